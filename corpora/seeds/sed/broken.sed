s/a/b
}
y/ab/c/
b nowhere
\1
