trap 'echo t' TERM INT EXIT; kill -TERM $$; umask 022; ulimit -n; times; sleep 0 & jobs; wait
cd /tmp && pwd; export A=b; unset A; readonly R=1; alias l=ls; type ls; hash; command -v cat; getopts ab: o -a; eval 'echo e'; . /dev/null
echo * ?.[a-z] ~ {1..3}; exec true
