//===- Support.cpp - Element access for eval --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Conversion between element types and compute types.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

bool eval::sameNumbers(const EvalTensor &a, const EvalTensor &b) {
  if (baseType(a.dtype) != baseType(b.dtype) || !a.quant != !b.quant)
    return false;
  if (!a.quant)
    return true;
  // Per axis, the positions of two shapes need not agree.
  return a.quant->count == 1 && b.quant->count == 1 &&
         a.quant->scales[0] == b.quant->scales[0] &&
         a.quant->zeroPoints[0] == b.quant->zeroPoints[0] &&
         a.dtype == b.dtype;
}

int64_t eval::quantizedInteger(float x, float scale, int64_t zeroPoint) {
  float q = xgen_rintf(x / scale);
  // Far beyond any storage type, and safe to convert; NaN becomes zero.
  q = q > 0x1p40f ? 0x1p40f : q < -0x1p40f ? -0x1p40f : q != q ? 0.0f : q;
  return toInteger(q) + zeroPoint;
}

int64_t eval::saturate(int64_t q, int32_t dtype) {
  int bits = 0;
  bool isSigned = true;
  switch (baseType(dtype)) {
  case I32: bits = 32; break;
  case I16: bits = 16; break;
  case I8: bits = 8; break;
  case I4: bits = 4; break;
  case I2: bits = 2; break;
  case U32: bits = 32; isSigned = false; break;
  case U16: bits = 16; isSigned = false; break;
  case U8: bits = 8; isSigned = false; break;
  case U4: bits = 4; isSigned = false; break;
  case U2: bits = 2; isSigned = false; break;
  case I1: bits = 1; isSigned = false; break;
  default: return q;
  }
  if (int width = (dtype >> DTypeBitsShift) & 0xff)
    bits = min(bits, width);
  int64_t lo = isSigned ? -(INT64_C(1) << (bits - 1)) : 0;
  int64_t hi = (INT64_C(1) << (isSigned ? bits - 1 : bits)) - 1;
  if (dtype & DTypeNarrow) {
    if (isSigned)
      ++lo;
    else
      --hi;
  }
  return clamp(q, lo, hi);
}

namespace {

// Integers of 64 bits become float with one rounding, without a compiler
// support function on 32-bit machines.
XGEN_INLINE double doubleOf(int64_t x) {
  return static_cast<double>(static_cast<int32_t>(x >> 32)) * 0x1p32 +
         static_cast<double>(static_cast<uint32_t>(x));
}
XGEN_INLINE float floatOf(int64_t x) {
  double high = static_cast<double>(static_cast<int32_t>(x >> 32)) * 0x1p32;
  double low = static_cast<double>(static_cast<uint32_t>(x));
  double sum = high + low;
  // What the sum lost, exactly: it decides ties of the second rounding.
  double lost = low - (sum - high);
  if (lost != 0.0 && !(xgen_bits(sum) & 1)) {
    bool up = (lost > 0.0) == (sum > 0.0);
    sum = xgen_from_bits(xgen_bits(sum) + (up ? 1 : -1));
  }
  return static_cast<float>(sum);
}

XGEN_INLINE xgen_narrow_format narrowFormat(int32_t type) {
  switch (type) {
  case F8E4M3FN: return XGEN_F8E4M3FN;
  case F8E4M3FNUZ: return XGEN_F8E4M3FNUZ;
  case F8E5M2: return XGEN_F8E5M2;
  case F4E2M1: return XGEN_F4E2M1;
  default: return XGEN_F8E5M2FNUZ;
  }
}

template <class C>
struct Convert;
template <>
struct Convert<float> {
  static XGEN_INLINE float from(double x) { return static_cast<float>(x); }
  static XGEN_INLINE float from(float x) { return x; }
  static XGEN_INLINE float fromInt(int64_t x) { return floatOf(x); }
  static XGEN_INLINE float fromInt32(int32_t x) {
    return static_cast<float>(x);
  }
  static XGEN_INLINE float fromU64(uint64_t x) {
    // Halved with the lost bit kept, then doubled: one rounding.
    return x >> 63 ? floatOf(static_cast<int64_t>((x >> 1) | (x & 1))) * 2.0f
                   : floatOf(static_cast<int64_t>(x));
  }
};
template <>
struct Convert<double> {
  static XGEN_INLINE double from(double x) { return x; }
  static XGEN_INLINE double from(float x) { return x; }
  static XGEN_INLINE double fromInt(int64_t x) { return doubleOf(x); }
  static XGEN_INLINE double fromInt32(int32_t x) { return x; }
  static XGEN_INLINE double fromU64(uint64_t x) {
    return static_cast<double>(static_cast<uint32_t>(x >> 32)) * 0x1p32 +
           static_cast<double>(static_cast<uint32_t>(x));
  }
};
template <>
struct Convert<int64_t> {
  static XGEN_INLINE int64_t from(double x) { return toInteger(x); }
  static XGEN_INLINE int64_t from(float x) { return toInteger(x); }
  static XGEN_INLINE int64_t fromInt(int64_t x) { return x; }
  static XGEN_INLINE int64_t fromInt32(int32_t x) { return x; }
  static XGEN_INLINE int64_t fromU64(uint64_t x) {
    return static_cast<int64_t>(x);
  }
};

XGEN_INLINE float toFloat(float x) { return x; }
XGEN_INLINE float toFloat(double x) { return static_cast<float>(x); }
XGEN_INLINE float toFloat(int64_t x) { return floatOf(x); }
XGEN_INLINE double toDouble(float x) { return x; }
XGEN_INLINE double toDouble(double x) { return x; }
XGEN_INLINE double toDouble(int64_t x) { return doubleOf(x); }
/// A float that rounds to any narrower format as x does.
XGEN_INLINE float toWide(float x) { return x; }
XGEN_INLINE float toWide(double x) { return xgen_round_to_odd(x); }
XGEN_INLINE float toWide(int64_t x) { return xgen_round_to_odd(doubleOf(x)); }
XGEN_INLINE int64_t toInt(float x) { return toInteger(x); }
XGEN_INLINE int64_t toInt(double x) { return toInteger(x); }
XGEN_INLINE int64_t toInt(int64_t x) { return x; }
template <class C>
XGEN_INLINE uint64_t toU64(C x) {
  double d = toDouble(x);
  if (d >= 0x1p63 && d < 0x1p64)
    return static_cast<uint64_t>(static_cast<int64_t>(d - 0x1p63)) |
           (UINT64_C(1) << 63);
  return static_cast<uint64_t>(toInteger(d));
}
XGEN_INLINE uint64_t toU64(int64_t x) { return static_cast<uint64_t>(x); }

template <class T>
XGEN_INLINE const T *at(const EvalTensor &t, int64_t i) {
  return static_cast<const T *>(t.data) + i;
}

template <class C>
void readStorage(C *to, const EvalTensor &t, int64_t i, int64_t s, int64_t n) {
  using V = Convert<C>;
#define XGEN_LOOP(T, EXPR)                                                     \
  {                                                                            \
    const T *p = at<T>(t, i);                                                  \
    _Pragma("clang loop vectorize(disable) unroll(disable)")                   \
    for (int64_t k = 0; k < n; ++k) {                                          \
      T v = p[k * s];                                                          \
      to[k] = EXPR;                                                            \
    }                                                                          \
    return;                                                                    \
  }
// Types worth a vectorized loop over neighbours.
#define XGEN_FAST(T, EXPR)                                                     \
  if (s == 1) {                                                                \
    const T *p = at<T>(t, i);                                                  \
    _Pragma("clang loop unroll(disable) interleave(disable)")                  \
    for (int64_t k = 0; k < n; ++k) {                                          \
      T v = p[k];                                                              \
      to[k] = EXPR;                                                            \
    }                                                                          \
    return;                                                                    \
  }                                                                            \
  XGEN_LOOP(T, EXPR)
  switch (baseType(t.dtype)) {
  case F64: XGEN_LOOP(double, V::from(v))
  case F32: XGEN_FAST(float, V::from(v))
  case F16: XGEN_LOOP(uint16_t, V::from(xgen_half_to_float(v)))
  case BF16: XGEN_LOOP(uint16_t, V::from(xgen_bfloat_to_float(v)))
  case I64: XGEN_LOOP(int64_t, V::fromInt(v))
  case I32: XGEN_FAST(int32_t, V::fromInt32(v))
  case I16: XGEN_LOOP(int16_t, V::fromInt32(v))
  case I8:
  case I4:
  case I2: XGEN_FAST(int8_t, V::fromInt32(v))
  case U64: XGEN_LOOP(uint64_t, V::fromU64(v))
  case U32: XGEN_LOOP(uint32_t, V::fromInt(v))
  case U16: XGEN_LOOP(uint16_t, V::fromInt32(v))
  case U8:
  case U4:
  case U2: XGEN_FAST(uint8_t, V::fromInt32(v))
  case I1: XGEN_LOOP(uint8_t, V::fromInt32(v != 0))
  case F8E8M0: XGEN_LOOP(uint8_t, V::from(xgen_e8m0_to_float(v)))
  default: {
    xgen_narrow_format f = narrowFormat(baseType(t.dtype));
    XGEN_LOOP(uint8_t, V::from(xgen_decode(v, f)))
  }
  }
#undef XGEN_FAST
#undef XGEN_LOOP
}

template <class C>
void writeStorage(const EvalTensor &t, int64_t i, int64_t s, const C *from,
                  int64_t n) {
#define XGEN_LOOP(T, EXPR)                                                     \
  {                                                                            \
    T *p = static_cast<T *>(t.data) + i;                                       \
    _Pragma("clang loop vectorize(disable) unroll(disable)")                   \
    for (int64_t k = 0; k < n; ++k) {                                          \
      C v = from[k];                                                           \
      p[k * s] = static_cast<T>(EXPR);                                         \
    }                                                                          \
    return;                                                                    \
  }
  switch (baseType(t.dtype)) {
  case F64: XGEN_LOOP(double, toDouble(v))
  case F32:
    if (s == 1 && sizeof(C) == sizeof(float)) {
      __builtin_memcpy(static_cast<float *>(t.data) + i, from,
                       static_cast<size_t>(n) * sizeof(float));
      return;
    }
    XGEN_LOOP(float, toFloat(v))
  case F16: XGEN_LOOP(uint16_t, xgen_float_to_half(toWide(v)))
  case BF16: XGEN_LOOP(uint16_t, xgen_float_to_bfloat(toWide(v)))
  case I64: XGEN_LOOP(int64_t, toInt(v))
  case I32: XGEN_LOOP(uint32_t, toInt(v))
  case I16: XGEN_LOOP(uint16_t, toInt(v))
  case I8: XGEN_LOOP(uint8_t, toInt(v))
  case I4: XGEN_LOOP(uint8_t, ((toInt(v) & 15) ^ 8) - 8)
  case I2: XGEN_LOOP(uint8_t, ((toInt(v) & 3) ^ 2) - 2)
  case U64: XGEN_LOOP(uint64_t, toU64(v))
  case U32: XGEN_LOOP(uint32_t, toInt(v))
  case U16: XGEN_LOOP(uint16_t, toInt(v))
  case U8: XGEN_LOOP(uint8_t, toInt(v))
  case U4: XGEN_LOOP(uint8_t, toInt(v) & 15)
  case U2: XGEN_LOOP(uint8_t, toInt(v) & 3)
  case I1: XGEN_LOOP(uint8_t, v != 0)
  case F8E8M0: {
    int mode = t.dtype & DTypeRoundUp ? 1 : t.dtype & DTypeRoundDown ? 2 : 0;
    int saturating = !(t.dtype & DTypeNoSaturate);
    XGEN_LOOP(uint8_t, xgen_float_to_e8m0(toWide(v), mode, saturating))
  }
  default: {
    xgen_narrow_format f = narrowFormat(baseType(t.dtype));
    int saturating = !(t.dtype & DTypeNoSaturate);
    XGEN_LOOP(uint8_t, xgen_encode(toWide(v), f, saturating))
  }
  }
#undef XGEN_LOOP
}

/// Calls f(position in the block, count, channel) for runs of one scale.
template <class F>
XGEN_INLINE void forChannels(const EvalTensor &t, int64_t i, int64_t s,
                             int64_t n, F f) {
  if (t.quant->count == 1)
    return f(INT64_C(0), n, INT64_C(0));
  int64_t inner = 1;
  for (int32_t d = t.quant->axis + 1; d < t.rank; ++d)
    inner *= t.dims[d];
  int64_t channel = i / inner % t.quant->count, rest = i % inner;
  for (int64_t k = 0; k < n;) {
    if (s == 1) {
      int64_t m = min(inner - rest, n - k);
      f(k, m, channel);
      k += m;
      rest = 0;
      channel = channel + 1 == t.quant->count ? 0 : channel + 1;
    } else {
      f(k, INT64_C(1), (i + k * s) / inner % t.quant->count);
      ++k;
    }
  }
}

} // namespace

template <class C>
void eval::read(C *to, const EvalTensor &t, int64_t index, int64_t stride,
                int64_t n) {
  if (!t.quant)
    return readStorage(to, t, index, stride, n);
  for (int64_t k = 0; k < n; k += kBlock) {
    int64_t m = min(kBlock, n - k), q[kBlock], i = index + k * stride;
    readStorage(q, t, i, stride, m);
    forChannels(t, i, stride, m, [&](int64_t from, int64_t count, int64_t c) {
      float scale = t.quant->scales[c];
      int64_t zero = t.quant->zeroPoints[c];
      for (int64_t j = from; j < from + count; ++j)
        to[k + j] = Convert<C>::from(floatOf(q[j] - zero) * scale);
    });
  }
}

template <class C>
void eval::write(const EvalTensor &t, int64_t index, int64_t stride,
                 const C *from, int64_t n) {
  if (!t.quant)
    return writeStorage(t, index, stride, from, n);
  for (int64_t k = 0; k < n; k += kBlock) {
    int64_t m = min(kBlock, n - k), q[kBlock], i = index + k * stride;
    forChannels(t, i, stride, m, [&](int64_t first, int64_t count, int64_t c) {
      float scale = t.quant->scales[c];
      int64_t zero = t.quant->zeroPoints[c];
      for (int64_t j = first; j < first + count; ++j)
        q[j] = saturate(quantizedInteger(toFloat(from[k + j]), scale, zero),
                        t.dtype);
    });
    writeStorage(t, i, stride, q, m);
  }
}

namespace xgen {
namespace eval {
#define XGEN_INSTANTIATE(C)                                                    \
  template void read<C>(C *, const EvalTensor &, int64_t, int64_t, int64_t);   \
  template void write<C>(const EvalTensor &, int64_t, int64_t, const C *,      \
                         int64_t);
XGEN_INSTANTIATE(float)
XGEN_INSTANTIATE(double)
XGEN_INSTANTIATE(int64_t)
#undef XGEN_INSTANTIATE
} // namespace eval
} // namespace xgen
