#!/usr/bin/perl
# watch-server.pl: while the server is away, holds every pool, so that its clients wait. By itself PgBouncer would let them go with an error as soon
# as it cannot connect.
#
# An idle session tells: it ends when the server's other sessions do, at the first moment of a stop as well as in a crash. A start in which it ends at
# once is looked at again ten times a second. A server that answers and refuses, as it does while the disk is full, is not away: its clients are to
# see why.
use strict;
use warnings;
use Socket;

$SIG{PIPE} = 'IGNORE';
my $server = '/var/lib/pooler/socket/.s.PGSQL.5432';
# Sessions at the consoles of pools that are held. A pool that starts meanwhile is held as well.
my %held;

while (1) {
  my ($session, $refusal) = open_session($server, 'pgtenants_pooler', 'postgres');
  release() if $session || $refusal;
  if ($session) { 1 while sysread $session, my $said, 8192 }
  if ($refusal) { sleep 1 } else { hold() }
  select undef, undef, undef, 0.1;
}

# All of them: what held them may have been another process of this program. One that is not held says so, and nothing else.
sub release {
  for my $console (consoles()) {
    my ($admin) = open_session($console, 'pgbouncer', 'pgbouncer');
    next if !$admin;
    send_message($admin, 'Q', "RESUME\0");
    ready($admin);
  }
  %held = ();
}

# A PAUSE is answered when the last transaction has ended; nobody waits for that here.
sub hold {
  for my $console (consoles()) {
    # A process that starts makes its socket anew.
    my $inode = (stat $console)[1] // next;
    next if $held{"$console $inode"};
    my ($admin) = open_session($console, 'pgbouncer', 'pgbouncer');
    next if !$admin;
    send_message($admin, 'Q', "PAUSE\0");
    $held{"$console $inode"} = $admin;
  }
}

sub consoles { return glob '/run/pooler/.s.PGSQL.*[0-9]' }

# open_session SOCKET USER DATABASE: a session without a password, ready for commands. Without one the second value is true where it was refused,
# for a reason other than that the server is starting or stopping (57P0x).
sub open_session {
  my ($path, $user, $database) = @_;
  socket my $socket, PF_UNIX, SOCK_STREAM, 0 or die "pgtenants: socket: $!\n";
  connect $socket, pack_sockaddr_un($path) or return;
  my $startup = pack 'N', 196608;
  $startup .= join("\0", 'user', $user, 'database', $database, 'application_name', 'pgtenants watch') . "\0\0";
  syswrite $socket, pack('N', 4 + length $startup) . $startup;
  my $why = ready($socket);
  return ($socket) if !defined $why;
  return (undef, $why =~ /^[^\0]/ && $why !~ /57P0/);
}

sub send_message {
  my ($socket, $type, $body) = @_;
  syswrite $socket, $type . pack('N', 4 + length $body) . $body;
}

# Undef when ReadyForQuery comes; else the error that comes before it, empty where the other side just goes.
sub ready {
  my ($socket) = @_;
  while (1) {
    my $head = take($socket, 5) // return '';
    my ($type, $length) = unpack 'aN', $head;
    my $body = take($socket, $length - 4) // return '';
    return $body if $type eq 'E';
    return undef if $type eq 'Z';
  }
}

sub take {
  my ($socket, $count) = @_;
  my $bytes = '';
  while (length $bytes < $count) { sysread($socket, $bytes, $count - length $bytes, length $bytes) or return undef }
  return $bytes;
}
