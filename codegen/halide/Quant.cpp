//===- Quant.cpp - Quantized element types in kernels ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Quantize, dequantize, requantize.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Quant.h"
#include "codegen/halide/MathExprs.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

std::optional<QuantInfo> halide::quantInfo(mlir::Type element) {
  QuantInfo info;
  if (auto q = dyn_cast<quant::UniformQuantizedType>(element)) {
    info.scales = {q.getScale()};
    info.zeroPoints = {q.getZeroPoint()};
    info.low = q.getStorageTypeMin();
    info.high = q.getStorageTypeMax();
    return info;
  }
  if (auto q = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    info.scales.assign(q.getScales().begin(), q.getScales().end());
    info.zeroPoints.assign(q.getZeroPoints().begin(), q.getZeroPoints().end());
    info.axis = q.getQuantizedDimension();
    info.low = q.getStorageTypeMin();
    info.high = q.getStorageTypeMax();
    return info;
  }
  return std::nullopt;
}

ScaleTable::ScaleTable(std::vector<float> v) : values(std::move(v)) {
  if (!llvm::all_equal(values)) {
    buffer = Halide::Buffer<float>((int)values.size());
    std::copy(values.begin(), values.end(), buffer.begin());
  }
}

Expr ScaleTable::at(Expr channel) const {
  return buffer.defined() ? Expr(buffer(channel)) : Expr(values.front());
}

/// Per-axis types need the last dimension (which no collapse merges away) and
/// equal zero points.
static bool simple(const std::optional<QuantInfo> &info, int64_t rank) {
  return info && llvm::all_equal(info->zeroPoints) &&
         info->high - info->low < (1 << 20) &&
         (info->axis < 0 || info->axis == rank - 1);
}

Expr halide::dequantized(Expr stored, mlir::Type element) {
  auto q = quantInfo(element);
  Expr centred = Halide::cast<int32_t>(stored) - (int)q->zeroPoints[0];
  // A sum that follows must not be contracted with it.
  return Halide::strict_float(Halide::cast<float>(centred) * (float)q->scales[0]);
}

Expr halide::quantized(Expr real, mlir::Type element, const MathTraits &traits) {
  auto q = quantInfo(element);
  // A true division: a reciprocal would round twice.
  return quantizeExpr(Halide::strict_float(real / (float)q->scales[0]), q->zeroPoints[0],
                      q->low, q->high, storedType(element), traits);
}

bool halide::canEmitQuantArithmetic(Operation *op) {
  for (Value v : llvm::concat<const Value>(SmallVector<Value>(op->getOperands()),
                                           SmallVector<Value>(op->getResults()))) {
    auto q = quantInfo(typeOf(v).getElementType());
    if (!q || q->axis >= 0 || q->high - q->low > 65535)
      return false;
  }
  if (auto unary = dyn_cast<ir::UnaryOp>(op))
    return llvm::is_contained({ir::UnaryKind::Relu, ir::UnaryKind::Clamp, ir::UnaryKind::Abs,
                               ir::UnaryKind::Neg, ir::UnaryKind::LeakyRelu},
                              unary.getKind());
  if (auto binary = dyn_cast<ir::BinaryOp>(op))
    return llvm::is_contained({ir::BinaryKind::Add, ir::BinaryKind::Sub, ir::BinaryKind::Mul,
                               ir::BinaryKind::Min, ir::BinaryKind::Max},
                              binary.getKind());
  return false;
}

bool halide::canEmitQuant(Operation *op) {
  auto from = typeOf(op->getOperand(0)), to = typeOf(op->getResult(0));
  auto in = quantInfo(from.getElementType()), out = quantInfo(to.getElementType());
  // Per-axis scales would forbid collapsing; they are rare on activations.
  auto perTensor = [](const std::optional<QuantInfo> &q) { return q && q->axis < 0; };
  if (isa<ir::QuantizeOp>(op))
    return from.getElementType().isF32() && simple(out, to.getRank()) && perTensor(out);
  if (isa<ir::DequantizeOp>(op))
    return to.getElementType().isF32() && simple(in, from.getRank()) && perTensor(in);
  auto requantize = cast<ir::RequantizeOp>(op);
  return requantize.getRounding() == ir::Rounding::F32Even &&
         simple(in, from.getRank()) && simple(out, to.getRank()) && perTensor(in) &&
         perTensor(out);
}

Expr halide::emitQuant(Emitter &e, Operation *op, const Index &position,
                       const Reader &read) {
  Expr x = read(op->getOperand(0), position);
  auto in = quantInfo(typeOf(op->getOperand(0)).getElementType());
  auto out = quantInfo(typeOf(op->getResult(0)).getElementType());
  Halide::Type stored = storedType(typeOf(op->getResult(0)).getElementType());
  if (isa<ir::QuantizeOp>(op))
    return quantized(x, typeOf(op->getResult(0)).getElementType(), e.math());
  if (isa<ir::DequantizeOp>(op))
    return dequantized(x, typeOf(op->getOperand(0)).getElementType());
  Expr centred = Halide::cast<int32_t>(x) - (int)in->zeroPoints[0];
  float ratio = (float)(in->scales[0] / out->scales[0]);
  return quantizeExpr(Halide::cast<float>(centred) * ratio, out->zeroPoints[0],
                      out->low, out->high, stored, e.math());
}
