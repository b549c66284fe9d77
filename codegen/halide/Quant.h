//===- Quant.h - Quantized element types in kernels -------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Scales and zero points of `!quant.uniform` types, and the requantization
// contract f32_even: sat(rint(float(acc) * scale) + zp), half to even, each step
// rounded on its own.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_QUANT_H
#define XGEN_CODEGEN_HALIDE_QUANT_H

#include "codegen/halide/Emitter.h"

namespace xgen::halide {

/// What a quantized element type says.
struct QuantInfo {
  std::vector<double> scales; ///< one, or one an entry of `axis`
  std::vector<int64_t> zeroPoints;
  int64_t axis = -1; ///< -1: per tensor
  int64_t low = 0, high = 0;
};

/// nullopt for types that are not (plain) uniform.
std::optional<QuantInfo> quantInfo(mlir::Type element);

bool canEmitQuant(mlir::Operation *op);
Expr emitQuant(Emitter &e, mlir::Operation *op, const Index &position,
               const Reader &read);

/// Elementwise arithmetic on quantized numbers: through floats, each step rounded
/// on its own, as the reference does it. Kinds whose floats are exact only.
bool canEmitQuantArithmetic(mlir::Operation *op);
/// The real number of a storage integer of an element type with one scale.
Expr dequantized(Expr stored, mlir::Type element);
/// The storage integer of a real number.
Expr quantized(Expr real, mlir::Type element, const MathTraits &traits);

/// A table of floats, one a channel; an immediate when all are equal.
class ScaleTable {
public:
  explicit ScaleTable(std::vector<float> values);
  Expr at(Expr channel) const;

private:
  std::vector<float> values;
  Halide::Buffer<float> buffer;
};

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_QUANT_H
