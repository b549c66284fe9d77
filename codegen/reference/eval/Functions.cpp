//===- Functions.cpp - Elementwise functions of floats ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Simple functions work in the compute type and vectorize. Everything with an
// exponential or worse goes through double, and is rounded once.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

/// exp(x) / (1 + exp(x)) without overflow.
double sigmoid(double x) {
  double e = xgen_exp(-xgen_fabs(x));
  return x >= 0.0 ? 1.0 / (1.0 + e) : x != x ? x : e / (1.0 + e);
}

/// Loops that vectorize: no branch, no call. False when there is none.
bool fastBlock(float *x, int64_t n, int32_t kind, double alpha) {
  switch (kind) {
  case Exp:
    for (int64_t i = 0; i < n; ++i)
      x[i] = xgen_expf(x[i]);
    return true;
  case Tanh:
    for (int64_t i = 0; i < n; ++i)
      x[i] = xgen_tanhf(x[i]);
    return true;
  case Sigmoid:
    for (int64_t i = 0; i < n; ++i)
      x[i] = static_cast<float>(1.0 / (1.0 + xgen_exp_clamped(-x[i])));
    return true;
  case Swish:
    for (int64_t i = 0; i < n; ++i) {
      double v = x[i];
      x[i] = static_cast<float>(v / (1.0 + xgen_exp_clamped(-alpha * v)));
    }
    return true;
  default: return false;
  }
}
bool fastBlock(double *, int64_t, int32_t, double) { return false; }

double softplus(double x) {
  // log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)).
  return (x > 0.0 || x != x ? x : 0.0) + xgen_log1p(xgen_exp(-xgen_fabs(x)));
}

double elu(double x, double alpha) {
  return x < 0.0 ? alpha * xgen_expm1(x) : x;
}

double function(double x, int32_t kind, double alpha, double beta) {
  switch (kind) {
  case Exp: return xgen_exp(x);
  case Log: return xgen_log(x);
  case Sin: return xgen_sin(x);
  case Cos: return xgen_cos(x);
  case Tan: return xgen_tan(x);
  case Asin: return xgen_asin(x);
  case Acos: return xgen_acos(x);
  case Atan: return xgen_atan(x);
  case Sinh: return xgen_sinh(x);
  case Cosh: return xgen_cosh(x);
  case Tanh: return xgen_tanh(x);
  case Asinh: return xgen_asinh(x);
  case Acosh: return xgen_acosh(x);
  case Atanh: return xgen_atanh(x);
  case Erf: return xgen_erf(x);
  case Sigmoid: return sigmoid(x);
  case Softplus: return softplus(x);
  case Elu: return elu(x, alpha);
  case Selu: return beta * elu(x, alpha);
  // max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).
  case Celu: {
    double below = alpha * xgen_expm1(x / alpha);
    return x != x ? x : (x > 0.0 ? x : 0.0) + (below < 0.0 ? below : 0.0);
  }
  case Mish: return x * xgen_tanh(softplus(x));
  // 1 + erf(t) = erfc(-t), which keeps its digits far below zero.
  case Gelu: return 0.5 * x * xgen_erfc(-x * 0.70710678118654752440);
  case GeluTanh:
    return 0.5 * x *
           (1.0 + xgen_tanh(0.79788456080286535588 *
                            (x + 0.044715 * x * x * x)));
  case Swish: return x * sigmoid(alpha * x);
  default: return xgen_nan();
  }
}

} // namespace

template <class C>
bool eval::unaryBlock(C *x, int64_t n, int32_t kind, double alpha,
                      double beta) {
  const C a = static_cast<C>(alpha), b = static_cast<C>(beta);
#define XGEN_EACH(EXPR)                                                        \
  {                                                                            \
    for (int64_t i = 0; i < n; ++i) {                                          \
      C v = x[i];                                                              \
      x[i] = static_cast<C>(EXPR);                                             \
    }                                                                          \
    return true;                                                               \
  }
  switch (kind) {
  case Abs: XGEN_EACH(xgen_fabs(v))
  case Neg: XGEN_EACH(-v)
  case Sqrt: XGEN_EACH(xgen_sqrt(v))
  case Rsqrt: XGEN_EACH(1.0 / xgen_sqrt(static_cast<double>(v)))
  case Reciprocal: XGEN_EACH(C(1) / v)
  case Floor: XGEN_EACH(xgen_floor(v))
  case Ceil: XGEN_EACH(xgen_ceil(v))
  case Round: XGEN_EACH(xgen_rint(v))
  case Sign: XGEN_EACH(v > 0 ? C(1) : v < 0 ? C(-1) : v)
  case Not: XGEN_EACH(v == 0)
  case IsNaN: XGEN_EACH(v != v)
  case IsInf:
    XGEN_EACH(xgen_isinf(v) && (v < 0 ? alpha != 0.0 : beta != 0.0))
  case Relu: XGEN_EACH(v < 0 ? C(0) : v)
  case Softsign: XGEN_EACH(v / (C(1) + (v < 0 ? -v : v)))
  case LeakyRelu: XGEN_EACH(v < 0 ? a * v : v)
  case HardSigmoid: {
    for (int64_t i = 0; i < n; ++i) {
      C v = a * x[i] + b;
      x[i] = v < 0 ? C(0) : v > 1 ? C(1) : v;
    }
    return true;
  }
  case HardSwish: {
    for (int64_t i = 0; i < n; ++i) {
      C v = x[i] * C(1.0 / 6.0) + C(0.5);
      x[i] = x[i] * (v < 0 ? C(0) : v > 1 ? C(1) : v);
    }
    return true;
  }
  case Clamp: {
    for (int64_t i = 0; i < n; ++i) {
      C v = x[i] < a ? a : x[i];
      x[i] = v > b ? b : v;
    }
    return true;
  }
  case ThresholdedRelu: XGEN_EACH(v > a ? v : C(0))
  case Shrink: XGEN_EACH(v < -a ? v + b : v > a ? v - b : C(0))
  case BitNot: return false;
  default: break;
  }
  if (kind < 0 || kind > Swish)
    return false;
  if (fastBlock(x, n, kind, alpha))
    return true;
  for (int64_t i = 0; i < n; ++i)
    x[i] = static_cast<C>(function(x[i], kind, alpha, beta));
  return true;
#undef XGEN_EACH
}

template bool eval::unaryBlock<float>(float *, int64_t, int32_t, double,
                                      double);
template bool eval::unaryBlock<double>(double *, int64_t, int32_t, double,
                                       double);
