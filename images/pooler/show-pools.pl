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

# No value has a unit separator: names of databases and roles that are in use are the tenant's own.
sub show {
  my ($port, $what) = @_;
  my @psql = ('psql', '--no-psqlrc', "--port=$port", '--no-align', '--pset=footer=off', "--field-separator=\x1f", "--command=SHOW $what");
  open my $out, '-|', @psql or die "pgtenants: psql: $!\n";
  chomp(my @lines = <$out>);
  close $out or die "pgtenants: the console of the pool at port $port does not answer\n";
  my @names = split /\x1f/, shift(@lines) // '', -1;
  return [ map { my %row; @row{@names} = split /\x1f/, $_, -1; \%row } @lines ];
}
