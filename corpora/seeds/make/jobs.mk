MAKEFLAGS += -j2
.ONESHELL:
all: x y
x y: ; @sleep 0; kill -TERM $$$$
$(file > /tmp/f,text)
load /nonexistent/l.so
