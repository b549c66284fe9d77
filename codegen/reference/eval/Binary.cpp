//===- Binary.cpp - Functions of two elements -------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Broadcasting binary functions. The left operand's type decides what is
// computed in; the right one of pow and shifts may have another type.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class C>
XGEN_INLINE C floatMod(C a, C b, bool signOfDivisor) {
  double r = xgen_fmod(a, b);
  // Python's remainder; an infinite divisor keeps a finite dividend.
  if (signOfDivisor && r != 0.0 && (r < 0.0) != (b < 0))
    r += b;
  else if (signOfDivisor && r == 0.0)
    r = xgen_copysign(0.0, b);
  return static_cast<C>(r);
}

/// a[i] = f(a[i], b[i]); comparisons give 0 and 1.
template <class C>
bool floatBlock(C *a, const C *b, int64_t n, int32_t kind) {
#define XGEN_EACH(EXPR)                                                        \
  {                                                                            \
    for (int64_t i = 0; i < n; ++i) {                                          \
      C x = a[i], y = b[i];                                                    \
      a[i] = static_cast<C>(EXPR);                                             \
    }                                                                          \
    return true;                                                               \
  }
  switch (kind) {
  case Add: XGEN_EACH(x + y)
  case Sub: XGEN_EACH(x - y)
  case Mul: XGEN_EACH(x * y)
  case Div: XGEN_EACH(x / y)
  case Pow: XGEN_EACH(xgen_pow(x, y))
  case Mod: XGEN_EACH(floatMod(x, y, true))
  case Fmod: XGEN_EACH(floatMod(x, y, false))
  // A NaN of either side stays.
  case Min: XGEN_EACH(x != x ? x : y < x || y != y ? y : x)
  case Max: XGEN_EACH(x != x ? x : y > x || y != y ? y : x)
  case PRelu: XGEN_EACH(x < 0 ? x * y : x)
  case And: XGEN_EACH(x != 0 && y != 0)
  case Or: XGEN_EACH(x != 0 || y != 0)
  case Xor: XGEN_EACH((x != 0) != (y != 0))
  case Equal: XGEN_EACH(x == y)
  case NotEqual: XGEN_EACH(x != y)
  case Less: XGEN_EACH(x < y)
  case LessEqual: XGEN_EACH(x <= y)
  case Greater: XGEN_EACH(x > y)
  case GreaterEqual: XGEN_EACH(x >= y)
  default: return false;
  }
#undef XGEN_EACH
}

XGEN_INLINE int64_t wrap(uint64_t x) { return static_cast<int64_t>(x); }

int64_t divide(int64_t a, int64_t b, bool isUnsigned) {
  if (b == 0)
    return 0;
  if (isUnsigned)
    return wrap(static_cast<uint64_t>(a) / static_cast<uint64_t>(b));
  if (b == -1)
    return wrap(0 - static_cast<uint64_t>(a));
  return a / b;
}

int64_t remainder(int64_t a, int64_t b, bool isUnsigned, bool signOfDivisor) {
  if (b == 0)
    return 0;
  if (isUnsigned)
    return wrap(static_cast<uint64_t>(a) % static_cast<uint64_t>(b));
  if (b == -1)
    return 0;
  int64_t r = a % b;
  return signOfDivisor && r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

int64_t power(int64_t a, int64_t b) {
  if (b < 0)
    return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
  uint64_t r = 1, x = static_cast<uint64_t>(a);
  for (; b; b >>= 1, x *= x)
    if (b & 1)
      r *= x;
  return wrap(r);
}

bool intBlock(int64_t *a, const int64_t *b, int64_t n, int32_t kind,
              int32_t dtype) {
  const bool isU64 = baseType(dtype) == U64;
  const int64_t bits = elementBytes(dtype) * 8;
  const uint64_t bias = isU64 ? UINT64_C(1) << 63 : 0;
#define XGEN_EACH(EXPR)                                                        \
  {                                                                            \
    for (int64_t i = 0; i < n; ++i) {                                          \
      int64_t x = a[i], y = b[i];                                              \
      uint64_t ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);   \
      (void)ux, (void)uy;                                                      \
      a[i] = EXPR;                                                             \
    }                                                                          \
    return true;                                                               \
  }
#define XGEN_LESS(X, Y) (wrap((X) ^ bias) < wrap((Y) ^ bias))
  switch (kind) {
  case Add: XGEN_EACH(wrap(ux + uy))
  case Sub: XGEN_EACH(wrap(ux - uy))
  case Mul: XGEN_EACH(wrap(ux * uy))
  case Div: XGEN_EACH(divide(x, y, isU64))
  case Pow: XGEN_EACH(power(x, y))
  case Mod: XGEN_EACH(remainder(x, y, isU64, true))
  case Fmod: XGEN_EACH(remainder(x, y, isU64, false))
  case Min: XGEN_EACH(XGEN_LESS(uy, ux) ? y : x)
  case Max: XGEN_EACH(XGEN_LESS(ux, uy) ? y : x)
  case PRelu: XGEN_EACH(x < 0 && !isU64 ? wrap(ux * uy) : x)
  case And: XGEN_EACH(x != 0 && y != 0)
  case Or: XGEN_EACH(x != 0 || y != 0)
  case Xor: XGEN_EACH((x != 0) != (y != 0))
  case BitAnd: XGEN_EACH(x & y)
  case BitOr: XGEN_EACH(x | y)
  case BitXor: XGEN_EACH(x ^ y)
  case ShiftLeft: XGEN_EACH(uy >= static_cast<uint64_t>(bits) ? 0 : wrap(ux << uy))
  case ShiftRight:
    XGEN_EACH(uy >= static_cast<uint64_t>(bits) ? (x < 0 && !isU64 ? -1 : 0)
              : isU64                           ? wrap(ux >> uy)
                                                : x >> uy)
  case Equal: XGEN_EACH(x == y)
  case NotEqual: XGEN_EACH(x != y)
  case Less: XGEN_EACH(XGEN_LESS(ux, uy))
  case LessEqual: XGEN_EACH(!XGEN_LESS(uy, ux))
  case Greater: XGEN_EACH(XGEN_LESS(uy, ux))
  case GreaterEqual: XGEN_EACH(!XGEN_LESS(ux, uy))
  default: return false;
  }
#undef XGEN_LESS
#undef XGEN_EACH
}

XGEN_INLINE bool block(float *a, const float *b, int64_t n, int32_t kind,
                       int32_t) {
  return floatBlock(a, b, n, kind);
}
XGEN_INLINE bool block(double *a, const double *b, int64_t n, int32_t kind,
                       int32_t) {
  return floatBlock(a, b, n, kind);
}
XGEN_INLINE bool block(int64_t *a, const int64_t *b, int64_t n, int32_t kind,
                       int32_t dtype) {
  return intBlock(a, b, n, kind, dtype);
}

template <class C>
int32_t binaryAs(const EvalTensor *in, const EvalTensor &out, Walk<3> &w,
                 int32_t kind) {
  C a[kBlock], b[kBlock];
  int64_t n = w.rowLength(), so = w.rowStride(0), sa = w.rowStride(1),
          sb = w.rowStride(2);
  do {
    for (int64_t i = 0; i < n; i += kBlock) {
      int64_t m = min(kBlock, n - i);
      read<C>(a, in[0], w.offset[1] + i * sa, sa, m);
      read<C>(b, in[1], w.offset[2] + i * sb, sb, m);
      if (!block(a, b, m, kind, in[0].dtype))
        return EvalUnsupported;
      write<C>(out, w.offset[0] + i * so, so, a, m);
    }
  } while (w.next());
  return EvalOk;
}

} // namespace

extern "C" int32_t xgen_eval_binary(const EvalCall *call) {
  int32_t kind = static_cast<int32_t>(call->attrs[0]);
  const EvalTensor &out = call->out[0];
  Walk<3> w;
  if (!broadcastWalk(w, out, call->in))
    return EvalUnsupported;
  if (w.empty)
    return EvalOk;
  Compute compute = computeOf(call->in[0]);
  // An integer to a fractional power: the power is taken in double.
  if (compute == Compute::Int && isFloatType(call->in[1].dtype))
    compute = Compute::Double;
  if (compute == Compute::Float && computeOf(call->in[1]) == Compute::Double)
    compute = Compute::Double;
  switch (compute) {
  case Compute::Float: return binaryAs<float>(call->in, out, w, kind);
  case Compute::Double: return binaryAs<double>(call->in, out, w, kind);
  case Compute::Int: return binaryAs<int64_t>(call->in, out, w, kind);
  }
  return EvalUnsupported;
}
