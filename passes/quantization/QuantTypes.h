//===- QuantTypes.h - Scales and zero points --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Per-tensor and per-axis quantized types seen as one thing.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_QUANTIZATION_QUANTTYPES_H
#define XGEN_PASSES_QUANTIZATION_QUANTTYPES_H

#include "passes/graph/GraphUtils.h"

namespace xgen {

/// Scales and zero points of a uniform quantized type; one entry per tensor.
struct QuantParams {
  llvm::SmallVector<double> scales;
  llvm::SmallVector<int64_t> zeroPoints;
  /// -1 when per tensor.
  int64_t axis = -1;

  static std::optional<QuantParams> of(mlir::Type type) {
    type = mlir::getElementTypeOrSelf(type);
    if (auto q = llvm::dyn_cast<mlir::quant::UniformQuantizedType>(type))
      return QuantParams{{q.getScale()}, {q.getZeroPoint()}, -1};
    if (auto q = llvm::dyn_cast<mlir::quant::UniformQuantizedPerAxisType>(type))
      return QuantParams{
          llvm::SmallVector<double>(q.getScales()),
          llvm::SmallVector<int64_t>(q.getZeroPoints()),
          q.getQuantizedDimension()};
    return std::nullopt;
  }
  double scale(int64_t channel) const {
    return scales[scales.size() == 1 ? 0 : channel];
  }
  int64_t zeroPoint(int64_t channel) const {
    return zeroPoints[zeroPoints.size() == 1 ? 0 : channel];
  }
};

/// `type`'s parameters on another storage.
mlir::quant::QuantizedType withStorage(mlir::quant::QuantizedType type,
                                       unsigned bits, bool isSigned,
                                       llvm::ArrayRef<int64_t> zeroPoints);

/// A constant of quantized elements: reinterpret of its storage.
mlir::Value makeQuantized(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::RankedTensorType type,
                          llvm::ArrayRef<int64_t> storage);

} // namespace xgen

#endif // XGEN_PASSES_QUANTIZATION_QUANTTYPES_H
