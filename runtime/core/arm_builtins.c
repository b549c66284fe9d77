/*===- arm_builtins.c - The run-time ABI of 32-bit Arm --------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Armv7 code calls __aeabi_ functions for integer division, 64-bit shifts,
 * conversions between 64-bit integers and floating point, and for memory copies
 * ("Run-time ABI for the Arm Architecture", IHI 0043). They usually come from
 * libgcc or compiler-rt; artefacts must need neither. Floating-point arguments
 * travel in core registers here, whatever the calling convention of the rest.
 *
 * Hidden: an application's own copies stay the ones that it uses.
 *
 *===----------------------------------------------------------------------===*/

#if defined(__arm__)

#include "internal.h"

#define BASE __attribute__((pcs("aapcs"), visibility("hidden"), used))

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);

/*===-- Integer division --------------------------------------------------===*/

static uint32_t udivmod32(uint32_t n, uint32_t d, uint32_t *rem) {
  if (!d) {
    *rem = n;
    return 0;
  }
  uint32_t q = 0;
  if (n >= d) {
    /* Shift and subtract, starting where the highest bits meet. */
    int shift = __builtin_clz(d) - __builtin_clz(n);
    for (d <<= shift; shift >= 0; --shift, d >>= 1) {
      if (n >= d) {
        n -= d;
        q |= 1u << shift;
      }
    }
  }
  *rem = n;
  return q;
}

static int clz64(uint64_t x) {
  uint32_t high = (uint32_t)(x >> 32);
  return high ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)x);
}

static uint64_t udivmod64(uint64_t n, uint64_t d, uint64_t *rem) {
  if (!d) {
    *rem = n;
    return 0;
  }
  if (!(n >> 32) && !(d >> 32)) {
    uint32_t r;
    uint32_t q = udivmod32((uint32_t)n, (uint32_t)d, &r);
    *rem = r;
    return q;
  }
  uint64_t q = 0;
  if (n >= d) {
    int shift = clz64(d) - clz64(n);
    uint64_t bit = 1;
    for (int i = 0; i < shift; ++i) {
      d += d;
      bit += bit;
    }
    for (; bit; bit >>= 1, d >>= 1) {
      if (n >= d) {
        n -= d;
        q |= bit;
      }
    }
  }
  *rem = n;
  return q;
}

BASE uint32_t __aeabi_uidiv(uint32_t n, uint32_t d) {
  uint32_t r;
  return udivmod32(n, d, &r);
}

BASE int32_t __aeabi_idiv(int32_t n, int32_t d) {
  uint32_t r;
  uint32_t q = udivmod32(n < 0 ? 0u - (uint32_t)n : (uint32_t)n,
                         d < 0 ? 0u - (uint32_t)d : (uint32_t)d, &r);
  return (int32_t)((n < 0) != (d < 0) ? 0u - q : q);
}

/* Quotient in r0, remainder in r1: as one 64-bit result. */
BASE uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d) {
  uint32_t r;
  uint32_t q = udivmod32(n, d, &r);
  return (uint64_t)r << 32 | q;
}

BASE uint64_t __aeabi_idivmod(int32_t n, int32_t d) {
  uint32_t r;
  uint32_t q = udivmod32(n < 0 ? 0u - (uint32_t)n : (uint32_t)n,
                         d < 0 ? 0u - (uint32_t)d : (uint32_t)d, &r);
  if ((n < 0) != (d < 0))
    q = 0u - q;
  if (n < 0)
    r = 0u - r;
  return (uint64_t)r << 32 | q;
}

/* Quotient in r0:r1, remainder in r2:r3, which no C type returns: the entries
 * are assembly around functions that store both. */
XGEN_LOCAL __attribute__((used)) void xgen_udivmod64(uint64_t n, uint64_t d,
                                                     uint64_t *out) {
  out[0] = udivmod64(n, d, &out[1]);
}

XGEN_LOCAL __attribute__((used)) void xgen_sdivmod64(int64_t n, int64_t d,
                                                     uint64_t *out) {
  uint64_t r;
  uint64_t q = udivmod64(n < 0 ? 0u - (uint64_t)n : (uint64_t)n,
                         d < 0 ? 0u - (uint64_t)d : (uint64_t)d, &r);
  out[0] = (n < 0) != (d < 0) ? 0u - q : q;
  out[1] = n < 0 ? 0u - r : r;
}

#define DIVMOD64(NAME, FUNCTION)                                               \
  __attribute__((naked, visibility("hidden"), used)) void NAME(void) {         \
    __asm__("push {r4, lr}\n\t"                                                \
            "sub sp, sp, #24\n\t"                                              \
            "add r4, sp, #8\n\t"                                               \
            "str r4, [sp]\n\t"                                                 \
            "bl " #FUNCTION "\n\t"                                             \
            "ldrd r0, r1, [sp, #8]\n\t"                                        \
            "ldrd r2, r3, [sp, #16]\n\t"                                       \
            "add sp, sp, #24\n\t"                                              \
            "pop {r4, pc}");                                                   \
  }
DIVMOD64(__aeabi_uldivmod, xgen_udivmod64)
DIVMOD64(__aeabi_ldivmod, xgen_sdivmod64)

/*===-- 64-bit shifts -----------------------------------------------------===*/

typedef union {
  uint64_t all;
  struct {
    uint32_t low, high;
  } half;
} Words;

BASE uint64_t __aeabi_llsl(uint64_t a, int by) {
  Words in = {a}, out;
  if (by >= 32) {
    out.half.low = 0;
    out.half.high = in.half.low << (by - 32);
  } else if (by == 0) {
    return a;
  } else {
    out.half.low = in.half.low << by;
    out.half.high = in.half.high << by | in.half.low >> (32 - by);
  }
  return out.all;
}

BASE uint64_t __aeabi_llsr(uint64_t a, int by) {
  Words in = {a}, out;
  if (by >= 32) {
    out.half.high = 0;
    out.half.low = in.half.high >> (by - 32);
  } else if (by == 0) {
    return a;
  } else {
    out.half.high = in.half.high >> by;
    out.half.low = in.half.low >> by | in.half.high << (32 - by);
  }
  return out.all;
}

BASE int64_t __aeabi_lasr(int64_t a, int by) {
  Words in = {(uint64_t)a}, out;
  int32_t high = (int32_t)in.half.high;
  if (by >= 32) {
    out.half.high = (uint32_t)(high >> 31);
    out.half.low = (uint32_t)(high >> (by - 32));
  } else if (by == 0) {
    return a;
  } else {
    out.half.high = (uint32_t)(high >> by);
    out.half.low = in.half.low >> by | in.half.high << (32 - by);
  }
  return (int64_t)out.all;
}

/*===-- 64-bit integers and floating point --------------------------------===*/

/* Exact: each half is, and their sum is rounded once. */
BASE double __aeabi_ul2d(uint64_t a) {
  return (double)(uint32_t)(a >> 32) * 4294967296.0 + (double)(uint32_t)a;
}

BASE double __aeabi_l2d(int64_t a) {
  return (double)(int32_t)(a >> 32) * 4294967296.0 + (double)(uint32_t)a;
}

/* Rounding to double first would round twice: the bits that a float cannot hold
 * are folded into one sticky bit that a double still holds. */
BASE float __aeabi_ul2f(uint64_t a) {
  if (a >> 53)
    a = (a & ~0x7ffull) | ((a & 0x7ff) ? 0x400 : 0);
  return (float)((double)(uint32_t)(a >> 32) * 4294967296.0 +
                 (double)(uint32_t)a);
}

BASE float __aeabi_l2f(int64_t a) {
  uint64_t magnitude = a < 0 ? 0u - (uint64_t)a : (uint64_t)a;
  float f = __aeabi_ul2f(magnitude);
  return a < 0 ? -f : f;
}

BASE uint64_t __aeabi_d2ulz(double a) {
  if (!(a > 0))
    return 0;
  if (a >= 18446744073709551616.0)
    return ~0ull;
  uint32_t high = (uint32_t)(a * (1.0 / 4294967296.0));
  uint32_t low = (uint32_t)(a - (double)high * 4294967296.0);
  return (uint64_t)high << 32 | low;
}

BASE int64_t __aeabi_d2lz(double a) {
  if (a >= 9223372036854775808.0)
    return INT64_MAX;
  if (a <= -9223372036854775808.0)
    return INT64_MIN;
  return a < 0 ? (int64_t)(0u - __aeabi_d2ulz(-a)) : (int64_t)__aeabi_d2ulz(a);
}

BASE uint64_t __aeabi_f2ulz(float a) { return __aeabi_d2ulz(a); }
BASE int64_t __aeabi_f2lz(float a) { return __aeabi_d2lz(a); }

/*===-- Memory ------------------------------------------------------------===*/

#define MEMORY(SUFFIX)                                                         \
  BASE void __aeabi_memcpy##SUFFIX(void *to, const void *from, size_t n) {     \
    memcpy(to, from, n);                                                       \
  }                                                                            \
  BASE void __aeabi_memmove##SUFFIX(void *to, const void *from, size_t n) {    \
    memmove(to, from, n);                                                      \
  }                                                                            \
  BASE void __aeabi_memset##SUFFIX(void *to, size_t n, int value) {            \
    memset(to, value, n);                                                      \
  }                                                                            \
  BASE void __aeabi_memclr##SUFFIX(void *to, size_t n) { memset(to, 0, n); }
MEMORY()
MEMORY(4)
MEMORY(8)

#endif /* __arm__ */
typedef int xgen_arm_builtins_not_empty;
