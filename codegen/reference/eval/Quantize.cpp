//===- Quantize.cpp - Between real and quantized numbers --------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reading and writing quantized elements already rounds as the ops say; only
// requantize has an arithmetic of its own, shared with products.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Requantize.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {
template <class C>
void convert(const EvalTensor &in, const EvalTensor &out) {
  C b[kBlock];
  for (int64_t i = 0, n = elementCount(in); i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<C>(b, in, i, 1, m);
    write<C>(out, i, 1, b, m);
  }
}
} // namespace

extern "C" int32_t xgen_eval_quantize(const EvalCall *call) {
  convert<float>(call->in[0], call->out[0]);
  return EvalOk;
}

extern "C" int32_t xgen_eval_dequantize(const EvalCall *call) {
  convert<float>(call->in[0], call->out[0]);
  return EvalOk;
}

extern "C" int32_t xgen_eval_requantize(const EvalCall *call) {
  int32_t rounding = static_cast<int32_t>(call->attrs[0]);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  if (!in.quant || !out.quant)
    return EvalUnsupported;
  EvalTensor from = raw(in), to = raw(out);
  int64_t q[kBlock];
  for (int64_t i = 0, n = elementCount(in); i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<int64_t>(q, from, i, 1, m);
    for (int64_t k = 0; k < m; ++k) {
      int64_t ci = channelOf(in, i + k), co = channelOf(out, i + k);
      double scale = static_cast<double>(in.quant->scales[ci]) /
                     static_cast<double>(out.quant->scales[co]);
      q[k] = requantized(static_cast<int32_t>(q[k] - in.quant->zeroPoints[ci]),
                         scale, out.quant->zeroPoints[co], out.dtype, rounding);
    }
    write<int64_t>(to, i, 1, q, m);
  }
  return EvalOk;
}

namespace {

/// gemmlowp's SaturatingRoundingDoublingHighMul.
int32_t doublingHighMul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN)
    return INT32_MAX;
  int64_t ab = static_cast<int64_t>(a) * b;
  int64_t nudge = ab >= 0 ? INT64_C(1) << 30 : 1 - (INT64_C(1) << 30);
  // Division, not a shift: it rounds towards zero.
  int64_t sum = ab + nudge;
  return static_cast<int32_t>(sum >= 0 ? sum >> 31 : -((-sum) >> 31));
}

/// gemmlowp's RoundingDivideByPOT: half away from zero.
int32_t roundingShift(int32_t x, int shift) {
  if (shift > 31)
    return 0;
  int32_t mask = static_cast<int32_t>((INT64_C(1) << shift) - 1);
  int32_t rest = x & mask, threshold = (mask >> 1) + (x < 0);
  return (x >> shift) + (rest > threshold);
}

} // namespace

int64_t eval::requantized(int32_t acc, double scale, int64_t zeroPoint,
                          int32_t dtype, int32_t rounding) {
  if (rounding == 0) {
    float product = static_cast<float>(acc) * static_cast<float>(scale);
    float q = xgen_rintf(product);
    q = q > 0x1p40f ? 0x1p40f : q < -0x1p40f ? -0x1p40f : q != q ? 0.0f : q;
    return saturate(toInteger(q) + zeroPoint, dtype);
  }
  // scale = multiplier * 2^(exponent - 31), multiplier in [2^30, 2^31).
  if (!(scale > 0.0) || xgen_isinf(scale))
    return saturate(zeroPoint, dtype);
  int exponent = static_cast<int>(xgen_bits(scale) >> 52) - 1022;
  double significand = xgen_scalbn(scale, -exponent);
  int64_t multiplier = toInteger(xgen_floor(significand * 0x1p31 + 0.5));
  if (multiplier == INT64_C(1) << 31) {
    multiplier >>= 1;
    ++exponent;
  }
  int left = exponent > 0 ? exponent : 0, right = exponent > 0 ? 0 : -exponent;
  int64_t shifted = left > 31 ? (acc > 0 ? INT32_MAX : acc < 0 ? INT32_MIN : 0)
                              : static_cast<int64_t>(acc) * (INT64_C(1) << left);
  shifted = clamp(shifted, INT32_MIN, INT32_MAX);
  int32_t high = doublingHighMul(static_cast<int32_t>(shifted),
                                 static_cast<int32_t>(multiplier));
  return saturate(roundingShift(high, right) + zeroPoint, dtype);
}
