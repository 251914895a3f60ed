#!/usr/bin/perl
# plan-pools.pl write: writes the pools that standard input says into the volume, takes out those that are gone, and prints what is left to do, a line
# each: stop NAME, start NAME, reload NAME or restart NAME. plan-pools.pl wait SECONDS: until every pool listens and has read what it is to be.
# One process for all of them: an instance has hundreds, and each program that a shell starts for each takes a millisecond.
use strict;
use warnings;
use MIME::Base64;
use Time::HiRes qw(sleep time);

my ($config, $services, $scan) = ('/var/lib/pooler/config', '/run/pooler/services', '/run/pooler/scan');
my ($what, $seconds) = @ARGV;
if ($what eq 'write') { write_all(read_all()); plan() }
else { wait_for($seconds) }

sub fail { my ($code, $text) = @_; print STDERR "pgtenants: $text\n"; exit $code }

sub read_all {
  my %wanted;
  while (my $line = <STDIN>) {
    return \%wanted if $line eq "end\n";
    my ($name, $encoded) = $line =~ /^(\S*) (\S*)\n$/;
    $name //= $line;
    fail(64, "a pool's name is \"$name\", expected lower case letters, digits and dashes") unless $name =~ /^[a-z0-9][a-z0-9-]*$/;
    $wanted{$name} = decode_base64($encoded);
  }
  # Where the sender was killed the engine ends the input as if all had come.
  fail(65, 'standard input ended before its last line; the pools stay as they are. Deploy again');
}

sub content {
  open my $file, '<', $_[0] or return undef;
  local $/;
  return scalar <$file>;
}

sub names { return map { m{([^/]+)\.ini$} } glob "$config/*.ini" }

sub write_all {
  my ($wanted) = @_;
  for my $name (names()) { unlink "$config/$name.ini" unless exists $wanted->{$name} }
  for my $name (sort keys %$wanted) {
    next if (content("$config/$name.ini") // '') eq $wanted->{$name};
    open my $file, '>', "$config/.$name.new" or fail(74, "$config/.$name.new: $!");
    print $file $wanted->{$name};
    close $file or fail(74, "$config/.$name.new: $!");
    rename "$config/.$name.new", "$config/$name.ini" or fail(74, "$config/$name.ini: $!");
  }
}

# What PgBouncer takes over only when it starts, and what ends all its clients' sessions where it changes.
sub only_at_start { return join "\n", grep { /^(?:listen_|unix_socket_|; sessions )/ } split /\n/, $_[0] }

sub plan {
  my %there = map { $_ => 1 } names();
  for my $service (map { m{([^/]+)$} } glob "$services/*") { print "stop $service\n" unless $there{$service} }
  for my $name (sort keys %there) {
    my ($wanted, $applied) = (content("$config/$name.ini"), content("$services/$name/applied.ini"));
    if (!-l "$scan/$name") { print "start $name\n" }
    elsif (!defined $applied || $applied eq $wanted) { }
    elsif (only_at_start($applied) eq only_at_start($wanted)) { print "reload $name\n" }
    else { print "restart $name\n" }
  }
}

# Columns of /proc/net/tcp: 1 is the local address, 3 the state (0A: listening).
sub listening {
  my %ports;
  for my $file ('/proc/net/tcp', '/proc/net/tcp6') {
    for my $line (split /\n/, content($file) // '') {
      my @columns = split ' ', $line;
      $ports{hex((split /:/, $columns[1])[1])} = 1 if ($columns[3] // '') eq '0A';
    }
  }
  return \%ports;
}

sub wait_for {
  my $deadline = time + $_[0];
  my %wanted = map { $_ => content("$config/$_.ini") } names();
  while (1) {
    my $ports = listening();
    for my $name (keys %wanted) {
      my ($port) = $wanted{$name} =~ /^listen_port = (\d+)/m;
      delete $wanted{$name} if $ports->{$port} && (content("$services/$name/applied.ini") // '') eq $wanted{$name};
    }
    return unless %wanted;
    fail(75, "not listening after $_[0] s: " . join ' ', sort keys %wanted) if time >= $deadline;
    sleep 0.02;
  }
}
