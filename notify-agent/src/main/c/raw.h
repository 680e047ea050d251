/*
 * raw.h - system calls without libc.
 *
 * The child between clone and exec shares the parent's memory, errno included, and under its filter every further call
 * would be a notification: it makes exactly the calls that are written here.
 */
#ifndef TINY_JAIL_RAW_H
#define TINY_JAIL_RAW_H

#include <linux/audit.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

#define NATIVE_ARCH AUDIT_ARCH_X86_64

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

#define NATIVE_ARCH AUDIT_ARCH_AARCH64

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = nr;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

#else
#error "tiny-jail knows x86-64 and aarch64"
#endif

static inline long raw5(long nr, long a, long b, long c, long d, long e) { return raw6(nr, a, b, c, d, e, 0); }

static inline long raw4(long nr, long a, long b, long c, long d) { return raw5(nr, a, b, c, d, 0); }

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_restrict_self 446
#endif

#endif
