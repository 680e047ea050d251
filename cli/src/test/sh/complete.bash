# Prints what bash would offer. usage: complete.bash SCRIPT WORD...
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_tiny_jail
printf '%s\n' "${COMPREPLY[@]}"
