//===- MathExprs.h - Vector math functions ----------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Single precision functions as Halide expressions, so that no kernel calls a
// math library and all lanes are computed at once. Errors are the largest seen
// over the finite range where the result is neither subnormal nor infinite.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_MATHEXPRS_H
#define XGEN_CODEGEN_HALIDE_MATHEXPRS_H

#include "codegen/halide/HalideSupport.h"

namespace xgen::halide {

/// What a target's instructions have to do with the choice of a formula.
struct MathTraits {
  /// Reciprocals by estimate and a Newton step are quicker than a division.
  bool slowDivision = false;
  /// Vectors of floats are rounded to integers by an instruction.
  bool hasRounding = false;
  /// Vectors of integers are narrowed with saturation, at the cost of narrowing.
  bool saturates = false;
};

/// 2 ULP; infinite above 88.72, 0 below -87.33.
Halide::Expr expExpr(Halide::Expr x);
/// For x at most 0, faster. Relative error 4e-7; 0 below -87.33.
Halide::Expr expOfNegativeExpr(Halide::Expr x, const MathTraits &traits);
Halide::Expr logExpr(Halide::Expr x);      ///< 2 ULP; NaN below 0
/// Relative error 4e-7, not below 1e-38.
Halide::Expr sigmoidExpr(Halide::Expr x, const MathTraits &traits);
Halide::Expr tanhExpr(Halide::Expr x);     ///< 5 ULP
Halide::Expr erfExpr(Halide::Expr x);      ///< 4 ULP
Halide::Expr softplusExpr(Halide::Expr x); ///< 4 ULP

/// Numbers of half precision (or bfloat16) are kept as their 16 bits: to and from
/// single precision, rounding half to even, on every target with the same bits.
Halide::Expr halfToFloat(Halide::Expr bits);
Halide::Expr floatToHalf(Halide::Expr x);
Halide::Expr bfloatToFloat(Halide::Expr bits);
Halide::Expr floatToBfloat(Halide::Expr x);

/// Rounds half to even, in integer arithmetic on the float's bits: the same on
/// every target. |x| must be below 2^22; as int32.
Halide::Expr roundToInt(Halide::Expr x);
/// sat(rint(x) + zeroPoint) in `type`, for any finite x.
Halide::Expr quantizeExpr(Halide::Expr x, int64_t zeroPoint, int64_t low,
                          int64_t high, Halide::Type type, const MathTraits &traits);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_MATHEXPRS_H
