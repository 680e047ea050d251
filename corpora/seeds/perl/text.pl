our ($a, $b) = (1, 2); $_ = <<"E" . <<'F'; print; write;
here $a @{[1 + 1]}
E
raw $a
F
format STDOUT =
@<<< @>>>
$a, $b
.
package P; sub new { bless {}, shift } sub AUTOLOAD { } sub DESTROY { } package main; P->new->x; use utf8; pos = 0; m{(?{1})}x; sprintf '%b', 5; pack 'NnC*', 1, 2, 3; local $/ = undef; require v5.10; BEGIN { unshift @INC, '.' }
=pod

=cut
