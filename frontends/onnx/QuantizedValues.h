//===- QuantizedValues.h - Between ONNX integers and quantized types ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// In ONNX a quantized tensor is plain integers; here scale and zero point move into the element type as soon as they are known.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_QUANTIZEDVALUES_H
#define XGEN_FRONTENDS_ONNX_QUANTIZEDVALUES_H

#include "Node.h"

namespace xgen::onnx {

/// Scale, zero point (null is 0) and how they lie along the tensor.
struct QuantParameters {
  Value scale, zeroPoint;
  int64_t axis = 1;
  /// 0: per tensor or per axis.
  int64_t block = 0;
};

/// `!quant.uniform` of these parameters; null without an error when they are
/// not known at compile time or MLIR has no such type.
Type quantizedType(Node &n, Type storage, const QuantParameters &parameters);

/// Real numbers of element type `result` from the integers `q`.
Value dequantize(Node &n, Value q, QuantParameters parameters, Type result);

/// Integers (or float 8) of element type `storage` from the real `x`.
Value quantize(Node &n, Value x, QuantParameters parameters, Type storage,
               bool saturate = true);

/// `v` for a product that accumulates in i32, less its zero point.
Value integerOperand(Node &n, Value v, Value zeroPoint, int64_t axis,
                     bool isWeight);

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_QUANTIZEDVALUES_H
