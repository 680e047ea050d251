#n
r /etc/hostname
w /tmp/o
1R /dev/null
s/x/y/w /dev/stdout
5q3
l 20
=
F
e true
