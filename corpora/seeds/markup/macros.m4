define(`f', `$1$#ifelse($1, 0, , `f(decr($1))')')dnl
f(3) include(/dev/null) changequote([, ]) eval([1 + 2 * 3]) syscmd([true]) esyscmd([echo x]) sinclude([no]) divert(1) undivert translit([abc], [a-b], [x-y]) mkstemp([/tmp/mXXXXXX]) m4exit(1)
