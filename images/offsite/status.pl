#!/usr/bin/perl
# status.pl: what is in the store and what is not, as one JSON document; times are seconds since 1970.
use strict;
use warnings;

my $home = $ENV{OFFSITE_HOME} // '/var/lib/offsite';
opendir my $folder, '/repositories' or die "pgtenants: /repositories: $!\n";
my @tenants = sort grep { !/^\./ } readdir $folder;
my @waiting = map { glob "$home/outbox/$_/*" } qw(state keys);

print object(
  now => time,
  answered => number("$home/answered"),
  error => failure("$home/error"),
  outbox => scalar @waiting,
  tenants => object(map { my $of = "$home/tenants/$_"; $_ => object(map { $_ => part("$of/$_") } qw(archive backup)) } @tenants),
), "\n";

# WAL, or backups: when all that there was then was in the store, how many files are not, how many bytes went there, what went wrong.
sub part {
  my ($of) = @_;
  return object(
    complete => number("$of.complete"),
    waiting => number("$of.waiting"),
    bytes => number("$of.bytes"),
    error => failure("$of.error"),
  );
}

sub failure {
  my ($time, $said) = lines($_[0]) or return 'null';
  return object(at => $time, said => text($said // ''));
}

sub number { my ($line) = lines($_[0]); return $line // 'null' }

sub lines {
  open my $file, '<', $_[0] or return ();
  chomp(my @lines = <$file>);
  return @lines;
}

sub text {
  my ($text) = @_;
  $text =~ s/["\\]/\\$&/g;
  $text =~ s/[^ -~]/?/g;
  return "\"$text\"";
}

sub object {
  my @pairs = @_;
  my @members;
  while (my ($name, $value) = splice @pairs, 0, 2) { push @members, text($name) . ":$value" }
  return '{' . join(',', @members) . '}';
}
