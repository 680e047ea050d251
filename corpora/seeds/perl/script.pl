#!/usr/bin/perl
use strict; use warnings; my %h = (a => 1, 'b' => [1, {c => 2}]); our @l = map { $_ * 2 } grep { $_ & 1 } 1 .. 9;
open(my $f, '<', '/etc/passwd') or die "no: $!"; while (<$f>) { chomp; next unless /^(\w+):(?<r>.*)$/; $h{$1} //= $+{r}; last if $. > 3 } close $f;
sub f { my ($x, @r) = @_; return wantarray ? sort { $b <=> $a } @r : scalar @r } print join(",", f(1, 3, 2)), "\n";
(my $s = "abc") =~ tr/a-c/A-C/; $s =~ s/(B)/<$1>/ge; printf "%s %vd\n", $s, $^V; local $@; eval { die { x => 1 } }; print ref $@;
