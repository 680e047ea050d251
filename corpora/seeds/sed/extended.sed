s/(a|b)+\b/\U\1\E/Ig;0~3d;$!{n;x};/a/I{b};T;z;v
\,x,s,/,|,M
