/*===- internal.h - Shared by the runtime's sources -----------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Linkage of the runtime, and the system calls that it makes itself because it
 * may not depend on a libc.
 *
 *===----------------------------------------------------------------------===*/

#ifndef XGEN_RUNTIME_INTERNAL_H
#define XGEN_RUNTIME_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* Weak, so that several models that each carry the runtime link into one
 * program: any copy of the same major version serves all of them. */
#define XGEN_API __attribute__((weak, visibility("default")))
#define XGEN_LOCAL __attribute__((visibility("hidden")))

#if defined(__linux__)
#define XGEN_HAVE_SYSCALLS 1

#if defined(__x86_64__)
enum {
  XGEN_SYS_READ = 0, XGEN_SYS_WRITE = 1, XGEN_SYS_CLOSE = 3, XGEN_SYS_MMAP = 9,
  XGEN_SYS_MUNMAP = 11, XGEN_SYS_FUTEX = 202, XGEN_SYS_GETAFFINITY = 204,
  XGEN_SYS_CLOCK_GETTIME = 228, XGEN_SYS_EXIT_GROUP = 231, XGEN_SYS_OPENAT = 257,
  XGEN_SYS_LSEEK = 8
};
static inline long xgen_syscall(long n, long a, long b, long c, long d, long e,
                                long f) {
  long r;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(r)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return r;
}
#elif defined(__aarch64__)
enum {
  XGEN_SYS_READ = 63, XGEN_SYS_WRITE = 64, XGEN_SYS_CLOSE = 57,
  XGEN_SYS_MMAP = 222, XGEN_SYS_MUNMAP = 215, XGEN_SYS_FUTEX = 98,
  XGEN_SYS_GETAFFINITY = 123, XGEN_SYS_CLOCK_GETTIME = 113,
  XGEN_SYS_EXIT_GROUP = 94, XGEN_SYS_OPENAT = 56, XGEN_SYS_LSEEK = 62
};
static inline long xgen_syscall(long n, long a, long b, long c, long d, long e,
                                long f) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#elif defined(__arm__)
/* mmap2 takes its offset in pages; only offset 0 is used. futex_time64 would
 * matter with timeouts, which are not used either. clock_gettime64 is tried by
 * the one who asks for the time. */
enum {
  XGEN_SYS_READ = 3, XGEN_SYS_WRITE = 4, XGEN_SYS_CLOSE = 6, XGEN_SYS_MMAP = 192,
  XGEN_SYS_MUNMAP = 91, XGEN_SYS_FUTEX = 240, XGEN_SYS_GETAFFINITY = 242,
  XGEN_SYS_CLOCK_GETTIME = 263, XGEN_SYS_EXIT_GROUP = 248,
  XGEN_SYS_OPENAT = 322, XGEN_SYS_LSEEK = 19
};
static inline long xgen_syscall(long n, long a, long b, long c, long d, long e,
                                long f) {
  register long r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  register long r3 __asm__("r3") = d;
  register long r4 __asm__("r4") = e;
  register long r5 __asm__("r5") = f;
  /* r7 holds the number, and is the frame pointer in Thumb code: it is saved by
   * hand. */
  __asm__ volatile("mov r6, r7\n\tmov r7, %[n]\n\tsvc 0\n\tmov r7, r6"
                   : "+r"(r0)
                   : [n] "r"(n), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
                   : "r6", "memory");
  return r0;
}
#else
#undef XGEN_HAVE_SYSCALLS
#endif
#endif /* __linux__ */

#ifdef XGEN_HAVE_SYSCALLS
/* Nanoseconds of the monotonic clock. */
static inline uint64_t xgen_now(void) {
  long now[2] = {0, 0}; /* struct timespec of the system call's own width */
  xgen_syscall(XGEN_SYS_CLOCK_GETTIME, 1 /* CLOCK_MONOTONIC */, (long)now, 0, 0,
               0, 0);
  return (uint64_t)now[0] * 1000000000u + (uint64_t)now[1];
}

/* Zeroed pages, null when there are none. */
static inline void *xgen_pages(size_t bytes) {
  long p = xgen_syscall(XGEN_SYS_MMAP, 0, (long)bytes, 3 /* read, write */,
                        0x22 /* private, anonymous */, -1, 0);
  return (unsigned long)p >= (unsigned long)-4095 ? NULL : (void *)p;
}
#endif

/* A hint that this thread waits for another one. */
static inline void xgen_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory"); /* `yield` is a no-op on most cores */
#elif defined(__arm__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

#endif /* XGEN_RUNTIME_INTERNAL_H */
