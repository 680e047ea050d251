all: a b
a:
	echo a > a
b: a
	cp a b
	+@true
.SUFFIXES: .c .o
.PRECIOUS: a
