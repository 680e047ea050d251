CC ?= cc
A := $(shell echo a)
B += $(wildcard *.c) $(patsubst %.c,%.o,x.c) $(foreach i,1 2,$i)
export A
-include no.mk
ifeq ($(A),a)
all: x.o | /tmp ; @echo $@ $< $^ $(CURDIR)
else ifdef B
endif
%.o: %.c
	-@echo $(notdir $<) >$@; false
define M =
n: ; @$(MAKE) -n all
endef
$(eval $(call M,1))
.PHONY: all clean
.DEFAULT: ; @true
clean:: ; rm -f x.o
$(info i) $(warning w)
