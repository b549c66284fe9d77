/*===- start.h - A process without a libc ---------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Entry point and the memory functions that compilers expect, for x86-64, arm64
 * and armv7 Linux.
 *
 *===----------------------------------------------------------------------===*/

#ifndef XGEN_RUNNER_START_H
#define XGEN_RUNNER_START_H

#include "../core/internal.h"

/* The initial stack: argc, then argv. */
__attribute__((noreturn, used)) void xgen_runner_start(long *stack);

#if defined(__x86_64__)
__asm__(".text\n.globl _start\n.type _start, @function\n_start:\n"
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "and $-64, %rsp\n"
        "call xgen_runner_start\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl _start\n.type _start, %function\n_start:\n"
        "mov x29, #0\n"
        "mov x30, #0\n"
        "mov x0, sp\n"
        "and x9, x0, #-64\n"
        "mov sp, x9\n"
        "bl xgen_runner_start\n");
#elif defined(__arm__)
__asm__(".text\n.arm\n.globl _start\n.type _start, %function\n_start:\n"
        "mov r11, #0\n"
        "mov r0, sp\n"
        "bic sp, sp, #63\n"
        "bl xgen_runner_start\n");
#endif

/* Compiled with -fno-builtin, or each would become a call of itself. */
void *memcpy(void *restrict to, const void *restrict from, size_t n) {
#if defined(__x86_64__)
  void *d = to;
  __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n)::"memory");
#else
  typedef uint8_t Vec __attribute__((vector_size(16), aligned(1)));
  uint8_t *d = (uint8_t *)to;
  const uint8_t *s = (const uint8_t *)from;
  for (; n >= 16; n -= 16, d += 16, s += 16)
    *(Vec *)d = *(const Vec *)s;
  for (; n; --n)
    *d++ = *s++;
#endif
  return to;
}

void *memmove(void *to, const void *from, size_t n) {
  uint8_t *d = (uint8_t *)to;
  const uint8_t *s = (const uint8_t *)from;
  if ((uintptr_t)d - (uintptr_t)s >= n)
    return memcpy(to, from, n);
  while (n--)
    d[n] = s[n];
  return to;
}

void *memset(void *to, int value, size_t n) {
#if defined(__x86_64__)
  void *d = to;
  __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(value) : "memory");
#else
  uint8_t *d = (uint8_t *)to;
  for (size_t i = 0; i < n; ++i)
    d[i] = (uint8_t)value;
#endif
  return to;
}

int memcmp(const void *a, const void *b, size_t n) {
  const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;
  for (size_t i = 0; i < n; ++i)
    if (p[i] != q[i])
      return p[i] - q[i];
  return 0;
}

#endif /* XGEN_RUNNER_START_H */
