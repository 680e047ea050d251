1!G;h;$!d
/^r/,/x$/{s/\(a\)*b/[\1&]/2gp
y/abc/xyz/
}
:t;N;s/\n/ /;t t;P;D
2i\
inserted
$a end
3c\
changed
