# SPDX-License-Identifier: MIT
# Hashes, strings, regular expressions and nested structures.
use strict;
use warnings;
my (%words, @records);
for my $number (1 .. @N@) {
    my $line = join ' ', map { 'w' . ($number * $_ % 5003) } 1 .. 8;
    $words{$_}++ for $line =~ /\w+/g;
    push @records, { line => $line, parts => [split ' ', $line], number => $number };
    @records = @records[5000 .. 9999] if @records == 10000;
}
my @sorted = sort { $words{$b} <=> $words{$a} || $a cmp $b } keys %words;
my $text = join "\n", map { "$_ $words{$_}" } @sorted;
$text =~ s/(\d+)/<$1>/g;
print length($text), "\n";
