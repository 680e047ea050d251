#!/bin/sh
x=1; y="$x ${z:-d} $(echo s) `echo t`"
for i in a b; do case $i in a|c) echo "$y" ;; *) printf '%s\n' '$i' ;; esac; done
while [ $x -lt 3 ]; do x=$((x + 1)); done; until true; do :; done
f() { local v="$1"; shift; return 2; }; f 1 || echo $? && ! false
if test -e /etc/passwd -a -n "$x"; then set -- 1 2; echo "$@" $# $$ $!; else exit 1; fi
