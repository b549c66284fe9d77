//===- Polynomial.h - Expressions as sums of products -----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What arithmetic on extents is done with. An expression is taken apart into a sum
// of products of atoms (symbols, quotients, remainders), computed with, and put
// together again in one order, which does not depend on addresses: equal extents
// are one expression in every run of the compiler.
//
// A product of sums that would have too many terms is not multiplied out. It is an
// atom from then on.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_POLYNOMIAL_H
#define XGEN_DIALECTS_XGEN_POLYNOMIAL_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"

namespace xgen::ir {

/// A product of atoms, in order, with a factor. Factors wrap around, like ONNX's
/// integers.
struct Term {
  llvm::SmallVector<mlir::AffineExpr, 3> atoms;
  int64_t factor = 0;
};

/// A sum of terms with different atoms, in order.
class Polynomial {
public:
  Polynomial() = default;
  explicit Polynomial(mlir::AffineExpr expr) { addExpr(expr, 1); }

  llvm::SmallVector<Term, 4> terms;

  void add(llvm::ArrayRef<mlir::AffineExpr> atoms, int64_t factor);
  void addMultiple(const Polynomial &other, int64_t factor);
  Polynomial times(const Polynomial &other) const;
  /// Moves the terms that are multiples of `divisor` to the quotient; what is
  /// left is the rest.
  Polynomial divide(const Term &divisor);

  bool isConstant() const {
    return terms.empty() || (terms.size() == 1 && terms[0].atoms.empty());
  }
  int64_t constant() const { return terms.empty() ? 0 : terms[0].factor; }
  mlir::AffineExpr expr(mlir::MLIRContext *context) const;

private:
  void addExpr(mlir::AffineExpr expr, int64_t factor);
  bool hasFactored() const;
  bool staysFactored(const Polynomial &other) const;
  Polynomial factored(Polynomial other) const;
};

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_POLYNOMIAL_H
