#!/usr/bin/perl
# next-backup.pl NAME SINCE STARTED SEGMENTS [NOW]: says which backup is next and in how many seconds: "full 0", "incr 5400"; or "none 60", to
# ask again then. NAME is the tenant's, SINCE when it was first told to make backups, STARTED when its container was, SEGMENTS how much WAL it
# has archived, NOW the time; times are seconds since 1970. The schedule comes as lines on standard input: full, incremental, zone; what
# pgBackRest says of the repository, as JSON, after them.
#
# A backup is due at the schedule's first time after the last one of its kind, a full one counts for both; so one that was missed is due at
# once, and only once. Each tenant has its own second within the hour after that; after a restart of the machine, where many have missed
# theirs, within ten minutes.
#
# The first one is not on schedule, as nothing can be brought back before it: each tenant has its own second in the ten minutes after SINCE,
# because many may have been made at once. One that is at work already, by the WAL that it writes, has it within the first minute.
use strict;
use warnings;
use Digest::MD5 qw(md5);
use JSON::PP;
use POSIX ();
use Schedule::Cron::Events;

my ($hour, $ten_minutes, $minute) = (3600, 600, 60);
# A new tenant's own settings are one or two.
my $at_work = 4;

my ($name, $since, $started, $segments, $now) = @ARGV;
$now //= time;
my ($full, $incremental, $zone, @json) = <STDIN>;
chomp($full, $incremental, $zone);
$ENV{TZ} = $zone;
POSIX::tzset();

my ($stanza) = @{ decode_json(join '', @json) };
my @all = @{ $stanza->{backup} // [] };
# Of the cluster that is live: after a restore in place the repository holds those of others as well. One with damaged pages counts, or it would
# be made again and again.
my ($database) = sort { $b <=> $a } map { $_->{id} } @{ $stanza->{db} // [] };
my @made = grep { $_->{database}{id} == $database } @all;
my $offset = unpack 'N', md5($name);
my $last_full = latest(grep { $_->{type} eq 'full' } @made);
if (!defined $last_full) {
  my $left = @all ? 0 : $since + $offset % ($segments >= $at_work ? $minute : $ten_minutes) - $now;
  # In a minute it may be at work.
  print $left <= 0 ? "full 0\n" : 'none ' . least($left, $minute) . "\n";
  exit;
}

my @due = sort { $a->[1] <=> $b->[1] } grep { defined $_->[1] } (
  ['full', due($full, $last_full)],
  ['incr', due($incremental, latest(@made))],
);
if (!@due) { print "none $hour\n"; exit }
my ($type, $time) = @{ $due[0] };
# Where both are due, the full one is enough.
$type = 'full' if grep { $_->[0] eq 'full' && $_->[1] <= $now } @due;
my $seconds = $time - $now;
print $type, ' ', $seconds > 0 ? $seconds : 0, "\n";

sub latest {
  my ($last) = sort { $b <=> $a } map { $_->{timestamp}{start} } @_;
  return $last;
}

sub least {
  my ($one, $other) = @_;
  return $one < $other ? $one : $other;
}

# The first time of a schedule after a moment; undefined for "never".
sub due {
  my ($schedule, $after) = @_;
  return undef if $schedule eq 'never';
  my $events = Schedule::Cron::Events->new($schedule, Seconds => $after);
  my $time;
  # In the hour that summer time gives back, a time of day may be read as the earlier one, which is over.
  do {
    my ($second, $minute, $of_day, $day, $month, $year) = $events->nextEvent;
    $time = POSIX::mktime($second, $minute, $of_day, $day, $month, $year, 0, 0, -1);
  } until $time > $after;
  $time += $offset % $hour;
  return $time < $started ? $started + $offset % $ten_minutes : $time;
}
