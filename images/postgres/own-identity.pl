#!/usr/bin/perl
# Makes the copied cluster in the folder $1 one of its own: another system identifier, by which PostgreSQL and its backup tools tell whose a
# log is, another secret for the salts that it shows for roles that do not exist, and a new, empty log. initdb draws both the same way.
#
# PostgreSQL has no command for it (pg_createsubscriber changes the identifier of what it makes, with this same step and pg_resetwal after
# it). What is to be changed is found by its value, not by its place, and pg_resetwal refuses a control file whose checksum is wrong.
use strict;
use warnings;

my ($cluster) = @ARGV;
my $file = "$cluster/global/pg_control";
my ($identifier, $secret) = identity();

open my $control, '+<:raw', $file or die "pgtenants: $file: $!\n";
my $size = read $control, my $bytes, 8192;
die "pgtenants: $file has $size bytes, expected 8192\n" if $size != 8192;

my $place = index $bytes, $secret;
# The checksum comes next, at a multiple of its size.
my $end = ($place + length($secret) + 3) & ~3;
die "pgtenants: $file is of a form that is not known\n"
  if $place < 0 || unpack('Q', $bytes) != $identifier || unpack('L', substr $bytes, $end, 4) != crc32c(substr $bytes, 0, $end);

open my $random, '<:raw', '/dev/urandom' or die "pgtenants: /dev/urandom: $!\n";
die "pgtenants: /dev/urandom ended\n" if read($random, my $drawn, 4 + length $secret) != 4 + length $secret;
substr $bytes, 0, 8, pack('Q', (time << 32) | unpack('L', $drawn));
substr $bytes, $place, length $secret, substr $drawn, 4;
substr $bytes, $end, 4, pack('L', crc32c(substr $bytes, 0, $end));

seek $control, 0, 0 or die "pgtenants: $file: $!\n";
print $control $bytes;
close $control or die "pgtenants: $file: $!\n";
system('pg_resetwal', $cluster) == 0 or exit 1;

# The system identifier, and the secret of the mock salts.
sub identity {
  open my $program, '-|', 'pg_controldata', $cluster or die "pgtenants: pg_controldata: $!\n";
  my $shown = join '', <$program>;
  my ($number) = $shown =~ /^Database system identifier: +(\d+)$/m;
  my ($hex) = $shown =~ /^Mock authentication nonce: +([0-9a-f]+)$/m;
  die "pgtenants: pg_controldata of $cluster says no identity\n" if !defined $number || !defined $hex;
  return ($number, pack('H*', $hex));
}

# The checksum of the control file: CRC-32C, reflected, with the polynomial of RFC 3720.
sub crc32c {
  my ($text) = @_;
  my $crc = 0xffffffff;
  for my $byte (unpack 'C*', $text) {
    $crc ^= $byte;
    $crc = ($crc >> 1) ^ (0x82f63b78 & -($crc & 1)) for 1 .. 8;
  }
  return $crc ^ 0xffffffff;
}
