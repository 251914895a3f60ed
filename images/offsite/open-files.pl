#!/usr/bin/perl
# open-files.pl ROOT FOLDER FILES BYTES COMMAND...: opens the files below ROOT that standard input names, a line each, and runs COMMAND while
# FOLDER holds a link to each open one, at its name. As many as FILES and BYTES allow, at least one; prints which, with their sizes.
#
# Who owns ROOT may put a link in a name's place at any moment, which would lead to another's files: so no link is followed on the way, and
# COMMAND reads what was opened, whatever the name has become since. A file that is gone is no error.
use strict;
use warnings;
use Errno qw(ELOOP ENOENT ENOTDIR);
use Fcntl qw(:DEFAULT :mode);

my ($root, $folder, $most_files, $most_bytes, @command) = @ARGV;
my (@open, %size);
my $bytes = 0;
my $refused = 0;

while (defined(my $path = <STDIN>)) {
  chomp $path;
  last if @open >= $most_files;
  my $file = open_beneath($path) or next;
  my $size = -s $file;
  last if @open && $bytes + $size > $most_bytes;
  $bytes += $size;
  my ($parents) = "$folder/$path" =~ m{^(.*)/};
  make_folder($parents);
  symlink "/proc/$$/fd/" . fileno $file, "$folder/$path" or die "pgtenants: link for $path: $!\n";
  push @open, $file;
  $size{$path} = $size;
}
if (@open) {
  # Standard output is for the names.
  open my $out, '>&', \*STDOUT or die $!;
  open STDOUT, '>&', \*STDERR or die $!;
  system { $command[0] } @command;
  exit($? >> 8 || 1) if $?;
  print {$out} "$size{$_} $_\n" for sort keys %size;
}
exit($refused ? 3 : 0);

# Every part of a path by its own open, without following a link.
sub open_beneath {
  my ($path) = @_;
  my @parts = split m{/}, $path;
  return refuse($path, 'not a plain path') if grep { $_ eq '' || $_ eq '.' || $_ eq '..' } @parts;
  my $last = pop @parts;
  sysopen my $at, $root, O_RDONLY | O_DIRECTORY or die "pgtenants: $root: $!\n";
  for my $part (@parts) {
    sysopen my $next, '/proc/self/fd/' . fileno($at) . "/$part", O_RDONLY | O_DIRECTORY | O_NOFOLLOW or return missing($path);
    $at = $next;
  }
  # Not to wait for the other end of a pipe.
  sysopen my $file, '/proc/self/fd/' . fileno($at) . "/$last", O_RDONLY | O_NOFOLLOW | O_NONBLOCK or return missing($path);
  return S_ISREG((stat $file)[2]) ? $file : refuse($path, 'not a regular file');
}

sub missing {
  my ($path) = @_;
  return undef if $! == ENOENT;
  return refuse($path, $! == ELOOP || $! == ENOTDIR ? 'a link' : "$!");
}

sub refuse {
  my ($path, $why) = @_;
  print STDERR "pgtenants: $path: $why; not copied\n";
  $refused++;
  return undef;
}

sub make_folder {
  my ($path) = @_;
  return if -d $path;
  my ($above) = $path =~ m{^(.*)/};
  make_folder($above);
  mkdir $path or die "pgtenants: $path: $!\n";
}
