my $x = {;
}} s/a/ <<E
qw( "
