# Writes to RESULTS what zsh offers at a terminal. usage: complete.zsh SCRIPT RESULTS LINE
zmodload zsh/zpty
export RESULTS=$2
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; source ${(q)1}"
# Every match passes through compadd; with -O, -A or -D it only computes.
zpty -w shell 'compadd() {
  [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return; }
  typeset -a offered
  builtin compadd -A offered "$@"
  [[ -n $offered ]] && print -l -- $offered >>$RESULTS
  builtin compadd "$@"
}'
zpty -w shell 'finish() { exit }; zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word; LISTMAX=100000'
zpty -n -w shell "$3"$'\t\030'
while zpty -r shell line; do :; done
