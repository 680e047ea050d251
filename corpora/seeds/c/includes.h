#pragma once
#include "/etc/hostname"
#include_next <x.h>
#line 7 "f"
#error e
#ifdef A
#elif 1
#else
#endif
#undef A
_Static_assert(1, ""); extern int x __attribute__((weak));
