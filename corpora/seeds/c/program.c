#include <stdio.h>
#define M(x, ...) #x x##1 __VA_ARGS__
#if defined(__linux__) && !0 || 1 > 2
typedef struct s { int a : 3, b[2]; union { char c; double d; } u; } s_t; enum e { X = 1 << 2, Y };
#endif
static inline int f(const char *p, ...) { switch (*p) { case 'a': goto l; default: break; } for (;;) { l: return sizeof(s_t) + (int)0x1FuL; } }
int main(int argc, char **argv) { s_t v = {.a = 1}; do { v.a ^= ~argc ? 1 : 0; } while (0); printf("%d\n", f("\x41" "b") && v.u.c); __asm__("nop"); return 0; }
