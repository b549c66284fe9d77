/*===- narrow.h - Narrow floating-point formats --------------------*- C -*-===*/
/* Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*/
/*
 * Half, bfloat16, float 8 and float 4 to and from float, by integer code: the
 * same bits on every target, no compiler support functions. Included by math.h.
 */
/*===----------------------------------------------------------------------===*/

#ifndef XGEN_NARROW_H
#define XGEN_NARROW_H

/* A float format of at most 16 bits: 1 sign bit, `exp` and `man` bits. */
typedef struct {
  int exp, man, bias;
  int ieee; /* the largest exponent is infinity and NaN (half, e5m2) */
  int fnuz; /* NaN is minus zero, and there is no infinity */
  int finite; /* neither infinity nor NaN: NaN becomes minus zero */
} xgen_narrow_format;

XGEN_MATH float xgen_decode(uint32_t v, xgen_narrow_format f) {
  uint32_t sign = (v >> (f.exp + f.man)) & 1;
  uint32_t e = (v >> f.man) & ((1u << f.exp) - 1);
  uint32_t m = v & ((1u << f.man) - 1);
  uint32_t s = sign << 31;
  if (f.fnuz && sign && !e && !m)
    return xgen_from_bitsf(0x7fc00000u);
  if (f.ieee && e == (1u << f.exp) - 1)
    return xgen_from_bitsf(s | 0x7f800000u | (m ? 0x400000u : 0) |
                           (m << (23 - f.man)));
  if (!f.ieee && !f.fnuz && !f.finite && e == (1u << f.exp) - 1 &&
      m == (1u << f.man) - 1)
    return xgen_from_bitsf(s | 0x7fc00000u);
  if (!e) {
    /* Subnormal: exact in float. */
    float x = (float)m * xgen_from_bitsf((uint32_t)(128 - f.bias - f.man) << 23);
    return xgen_from_bitsf(xgen_bitsf(x) | s);
  }
  return xgen_from_bitsf(s | ((e + 127 - (uint32_t)f.bias) << 23) |
                         (m << (23 - f.man)));
}
/* Half to even. Beyond the largest number: that number when `saturate`, else
 * infinity, or NaN where the format has none. NaN stays NaN. */
XGEN_MATH uint32_t xgen_encode(float x, xgen_narrow_format f, int saturate) {
  uint32_t u = xgen_bitsf(x), sign = (u >> 31) << (f.exp + f.man);
  u &= 0x7fffffffu;
  uint32_t top = ((1u << f.exp) - 1) << f.man, all = top | ((1u << f.man) - 1);
  uint32_t nan = sign | (f.ieee ? top | (1u << (f.man - 1)) : all);
  if (f.fnuz || f.finite)
    nan = 1u << (f.exp + f.man);
  /* The largest finite code. */
  uint32_t max = f.ieee ? top - 1 : f.fnuz || f.finite ? all : all - 1;
  if (u > 0x7f800000u)
    return nan;
  uint32_t out = max + 1;
  if (u < 0x7f800000u) {
    int e = (int)(u >> 23) - 127 + f.bias;
    uint64_t m = u >> 23 ? (u & 0x7fffffu) | 0x800000u : u << 1;
    int drop = 23 - f.man;
    if (e < 1)
      drop += 1 - e;
    if (drop > 40) {
      out = 0;
    } else {
      uint64_t q = m >> drop, rest = m & ((1ull << drop) - 1);
      uint64_t half = 1ull << (drop - 1);
      q += rest > half || (rest == half && (q & 1));
      /* A carry moves into the exponent by itself. */
      uint64_t code = e < 1 ? q : q + ((uint64_t)(e - 1) << f.man);
      out = code > max ? max + 1 : (uint32_t)code;
    }
  }
  if (out > max) {
    if (saturate || f.finite)
      return sign | max;
    return f.ieee ? sign | top : nan;
  }
  return f.fnuz && !out ? 0 : sign | out;
}

#define XGEN_F16 ((xgen_narrow_format){5, 10, 15, 1, 0, 0})
#define XGEN_F8E4M3FN ((xgen_narrow_format){4, 3, 7, 0, 0, 0})
#define XGEN_F8E4M3FNUZ ((xgen_narrow_format){4, 3, 8, 0, 1, 0})
#define XGEN_F8E5M2 ((xgen_narrow_format){5, 2, 15, 1, 0, 0})
#define XGEN_F8E5M2FNUZ ((xgen_narrow_format){5, 2, 16, 0, 1, 0})
#define XGEN_F4E2M1 ((xgen_narrow_format){2, 1, 1, 0, 0, 1})

/* e8m0 is the exponent of a scale: 2^(v - 127), without sign or zero; 255 is
 * NaN. */
XGEN_MATH float xgen_e8m0_to_float(uint8_t v) {
  if (v == 255)
    return xgen_from_bitsf(0x7fc00000u);
  return xgen_from_bitsf(v ? (uint32_t)v << 23 : 0x400000u);
}
/* The magnitude rounded to a power of two: to the nearest (`mode` 0, ties go
 * up), up (1) or down (2), in steps of the exponent of a float. */
XGEN_MATH uint8_t xgen_float_to_e8m0(float x, int mode, int saturate) {
  uint32_t u = xgen_bitsf(x) & 0x7fffffffu, e = u >> 23, m = u & 0x7fffffu;
  if (e == 255)
    return 255;
  int up = mode == 1 ? m != 0 : mode == 0 && (e ? m >= 0x400000u : m > 0x400000u);
  if (up && e == 254 && saturate)
    up = 0;
  return (uint8_t)(e + (uint32_t)up);
}

XGEN_MATH float xgen_half_to_float(uint16_t h) {
  return xgen_decode(h, XGEN_F16);
}
XGEN_MATH uint16_t xgen_float_to_half(float x) {
  return (uint16_t)xgen_encode(x, XGEN_F16, 0);
}
XGEN_MATH float xgen_bfloat_to_float(uint16_t b) {
  return xgen_from_bitsf((uint32_t)b << 16);
}
XGEN_MATH uint16_t xgen_float_to_bfloat(float x) {
  uint32_t u = xgen_bitsf(x);
  if ((u & 0x7fffffffu) > 0x7f800000u)
    return (uint16_t)((u >> 16) | 0x40);
  return (uint16_t)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}
/* A float from which any narrower format rounds as from x itself: the last bit
 * is set when something was cut off. */
XGEN_MATH float xgen_round_to_odd(double x) {
  float f = (float)x;
  if ((double)f == x || x != x || xgen_isinf(f))
    return f;
  uint32_t u = xgen_bitsf(f);
  if (u & 1)
    return f;
  /* Towards x: the neighbour on its side is odd. */
  return xgen_from_bitsf(xgen_fabs(f) < xgen_fabs(x) ? u + 1 : u - 1);
}

#endif /* XGEN_NARROW_H */
