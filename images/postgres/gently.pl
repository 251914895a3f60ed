#!/usr/bin/perl
# gently.pl COMMAND...: runs a command beside the other tenants of the machine. As long as the processors have time left it runs on; where they
# have none it gets a twentieth of them at most: it is stopped and let go on, ten times a second. Ends with what the command ended with.
#
# A nice value, and the kernel's idle class, count among the processes of one container only; between two containers their shares do, and a
# backup is worth as much there as its tenant's own queries.
use strict;
use warnings;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep);

my $slot = 0.1;
my $slots_a_look = 5;
# Less than that is left: others would have taken it.
my ($scarce, $plenty) = (0.05, 0.2);

my ($processors, @before) = look();
my $least = 0.05 * $processors;
my $share = $least;

my $child = fork // die "pgtenants: fork: $!\n";
if ($child == 0) {
  # A group of its own, to which its own processes belong. Were this one killed while the group is stopped, the kernel would end the group.
  setpgrp;
  exec @ARGV or do { print STDERR "pgtenants: $ARGV[0]: $!\n"; POSIX::_exit(127) };
}
setpgrp $child, $child;
for my $signal (qw(INT TERM HUP)) {
  $SIG{$signal} = sub { kill CONT => -$child; kill $signal => -$child };
}

my $slots = 0;
while (waitpid($child, WNOHANG) != $child) {
  if ($share >= 1) {
    sleep $slot;
  } else {
    sleep $slot * $share;
    kill STOP => -$child;
    sleep $slot * (1 - $share);
    kill CONT => -$child;
  }
  next if ++$slots % $slots_a_look;
  (undef, my @now) = look();
  my ($left, $all) = map { $now[$_] - $before[$_] } 0, 1;
  @before = @now;
  next if $all == 0;
  if ($left < $scarce * $all) {
    $share = $least;
  } elsif ($left > $plenty * $all && $share < 1) {
    $share += 0.1;
  }
}
my $status = $?;
# A worker whose master was killed would wait on, and hold the lock.
kill KILL => -$child;
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);

# How many processors the machine has, and since its start the time that they had nothing to do, and all of it. Waiting for a disk is not
# nothing: somebody may be in want of that as well.
sub look {
  open my $stat, '<', '/proc/stat' or die "pgtenants: /proc/stat: $!\n";
  my @lines = grep { /^cpu/ } <$stat>;
  my (undef, @times) = split ' ', $lines[0];
  my $all = 0;
  # What guests had is counted in the first two.
  $all += $_ for @times[0 .. 7];
  return ($#lines, $times[3], $all);
}
