#!/bin/bash
declare -A m=([k]=v); a=(1 2 3); echo "${a[@]:1}" "${!m[@]}" ${x//a/b} ${x^^} ${#x} $'\n' $RANDOM
[[ abc =~ ^a(.)c$ && -r /etc/passwd ]] && ((n++)); select s in q; do break; done <<< 1
diff <(echo 1) <(echo 2); coproc cat; shopt -s extglob; mapfile -t l < /etc/passwd; printf -v v %q "a b"; : < /dev/tcp/127.0.0.1/1
