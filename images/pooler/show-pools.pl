#!/usr/bin/perl
# show-pools.pl: what each pool's administration console says, as one JSON document: by the pool's name the rows of SHOW VERSION, POOLS, STATS
# and CONFIG, each row as it is called there.
use strict;
use warnings;
use JSON::PP;

my %pools;
for my $file (glob '/run/pooler/services/*/applied.ini') {
  my ($name) = $file =~ m{([^/]+)/applied\.ini$};
  open my $ini, '<', $file or die "pgtenants: $file: $!\n";
  my ($port) = map { /^listen_port = (\d+)/ } <$ini>;
  $pools{$name} = { map { lc $_ => show($port, $_) } qw(VERSION POOLS STATS CONFIG) };
}
print JSON::PP->new->canonical->encode(\%pools), "\n";

# As CSV, in which a value may have anything in it: a client may ask for a database of any name.
sub show {
  my ($port, $what) = @_;
  my @psql = ('psql', '--no-psqlrc', "--port=$port", '--csv', "--command=SHOW $what");
  open my $out, '-|', @psql or die "pgtenants: psql: $!\n";
  my $text = do { local $/; <$out> } // '';
  close $out or die "pgtenants: the console of the pool at port $port does not answer\n";
  my ($names, @rows) = rows($text);
  return [ map { my %row; @row{ @{ $names // [] } } = @$_; \%row } @rows ];
}

sub rows {
  my ($text) = @_;
  my (@rows, @row);
  while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gc) {
    my ($quoted, $plain, $end) = ($1, $2, $3);
    push @row, defined $quoted ? $quoted =~ s/""/"/gr : $plain;
    if ($end eq "\n") { push @rows, [@row]; @row = (); }
  }
  if ((pos $text // 0) != length $text) { die "pgtenants: the console of a pool printed no CSV\n"; }
  return @rows;
}
