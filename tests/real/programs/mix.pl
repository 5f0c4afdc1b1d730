# SPDX-License-Identifier: MIT
use strict;
use warnings;
my %words;
for my $i (1 .. 100000) {
    push @{ $words{ "k" . ($i * 7919 % 5003) } }, "v$i" x ($i % 4);
}
my $sum = 0;
for my $key (sort keys %words) {
    $sum += length($key) * length(join(",", @{ $words{$key} }));
}
print "$sum\n";
my $text = join " ", map { "word$_" } 1 .. 20000;
my $count = () = $text =~ /\bword\d*(?:3|7)\b/g;
(my $other = $text) =~ s/(\d+)/<$1>/g;
print "$count ", length($other), "\n";
eval { die { code => 42 } };
print "died with $@->{code}\n";
my $pid = fork();
if (!$pid) { my @a = map { "x" x $_ } 1 .. 1000; exit(@a == 1000 ? 5 : 6) }
waitpid($pid, 0);
print "child ", $? >> 8, " ", `echo command`;
