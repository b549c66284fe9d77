//===- Requantize.h - Accumulators to quantized outputs ---------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The two requantization contracts (Rounding in dialects/xgen/XgenAttrs.td).
// Every kernel of every target gives these bits.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_REQUANTIZE_H
#define XGEN_CODEGEN_REFERENCE_EVAL_REQUANTIZE_H

#include <stdint.h>

namespace xgen {
namespace eval {

/// f32_even: sat(rint(float(acc) * float(scale)) + zeroPoint).
/// fixed31: gemmlowp's multiplier and shifts made from `scale`.
/// `scale` is the product and quotient of float scales taken in double, left
/// to right: (s_in * s_w) / s_out.
int64_t requantized(int32_t acc, double scale, int64_t zeroPoint, int32_t dtype,
                    int32_t rounding);

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_REQUANTIZE_H
