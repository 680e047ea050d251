a: b
b: a
  echo spaces
endif
$(error e)
$(call
