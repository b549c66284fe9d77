//===- XgenDims.h - Extents that are known at run time ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A dynamic extent is an expression of symbols: free dimensions of the inputs,
// and numbers that the network itself computes. It stands in the tensor's type
// (`#xgen.dims`) together with its bounds, so that two extents are equal when
// their types are, and memory can be planned for the largest ones.
//
// Expressions are kept as polynomials over symbols and quotients, in one order:
// equal values that models spell differently (H * W * C / W, for a reshape)
// become the same expression.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_DIMS_H
#define XGEN_DIALECTS_XGEN_DIMS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <optional>

namespace mlir {
class Operation;
class ModuleOp;
} // namespace mlir

namespace xgen::ir {

/// A number or an expression of symbols, with the range of its values.
class Dim {
public:
  Dim() = default;
  Dim(int64_t value) : low(value), high(value) {} // NOLINT: a number is one
  /// An expression that is known to lie in [min, max]. Becomes a number where
  /// it can be only one.
  Dim(mlir::AffineExpr expr, int64_t min, int64_t max);

  bool isStatic() const { return !expression; }
  /// The number; only of static ones.
  int64_t value() const {
    assert(isStatic() && "extent is not known at compile time");
    return low;
  }
  bool is(int64_t number) const { return isStatic() && low == number; }
  int64_t min() const { return low; }
  int64_t max() const { return high; }
  mlir::AffineExpr expr(mlir::MLIRContext *context) const;
  /// What MLIR's types hold: the number, or kDynamic.
  int64_t forType() const {
    return isStatic() ? low : mlir::ShapedType::kDynamic;
  }
  /// The same value, known to lie in a smaller range.
  Dim within(int64_t min, int64_t max) const;
  std::string str() const;

  /// Known to be equal. The converse is not "different".
  friend bool operator==(const Dim &a, const Dim &b) {
    return a.expression == b.expression && (a.expression || a.low == b.low);
  }
  friend bool operator!=(const Dim &a, const Dim &b) { return !(a == b); }
  friend Dim operator+(const Dim &a, const Dim &b);
  friend Dim operator-(const Dim &a, const Dim &b);
  friend Dim operator*(const Dim &a, const Dim &b);
  /// Rounded down; `b` must be positive.
  friend Dim floorDiv(const Dim &a, const Dim &b);
  /// The remainder that belongs to floorDiv.
  friend Dim mod(const Dim &a, const Dim &b);
  Dim &operator+=(const Dim &b) { return *this = *this + b; }
  Dim &operator*=(const Dim &b) { return *this = *this * b; }

private:
  mlir::AffineExpr expression;
  int64_t low = 0, high = 0;
};

Dim operator+(const Dim &a, const Dim &b);
Dim operator-(const Dim &a, const Dim &b);
Dim operator*(const Dim &a, const Dim &b);
Dim floorDiv(const Dim &a, const Dim &b);
Dim mod(const Dim &a, const Dim &b);
inline Dim ceilDiv(const Dim &a, const Dim &b) {
  return floorDiv(a + b - 1, b);
}

using Dims = llvm::SmallVector<Dim, 6>;
using DimsRef = llvm::ArrayRef<Dim>;

Dims toDims(llvm::ArrayRef<int64_t> numbers);
/// The numbers, when all are known.
std::optional<llvm::SmallVector<int64_t>> toNumbers(DimsRef dims);
inline bool allStatic(DimsRef dims) {
  return llvm::all_of(dims, [](const Dim &d) { return d.isStatic(); });
}
Dim product(DimsRef dims);
/// The NumPy broadcast; nullopt when it is known that there is none. Where one
/// of two extents may be 1, that they fit is for the program to find out.
std::optional<Dims> broadcastDims(DimsRef a, DimsRef b);
/// The expressions as one map.
mlir::AffineMap toMap(DimsRef dims, mlir::MLIRContext *context);

/// A tensor's extents, and a tensor of extents.
Dims dimsOf(mlir::RankedTensorType type);
inline Dims dimsOf(mlir::Value value) {
  return dimsOf(llvm::cast<mlir::RankedTensorType>(value.getType()));
}
mlir::RankedTensorType tensorOf(DimsRef dims, mlir::Type element);
/// `type` with another element type, its extents kept.
mlir::RankedTensorType withElement(mlir::RankedTensorType type,
                                   mlir::Type element);
/// The type with the largest extents: memory is planned for it.
mlir::RankedTensorType largestOf(mlir::RankedTensorType type);

/// Whether `type` is a tensor whose extents are only known at run time.
bool isDynamic(mlir::Type type);
/// Whether an operand, result or attribute of `op` is only known at run time.
bool isDynamic(mlir::Operation *op);

/// Expressions in place of an op's integer attributes: a dictionary from the
/// attribute's name to a map with one result an entry. The attribute itself
/// holds kDynamic where the map is no number.
inline constexpr llvm::StringLiteral dynamicAttrName = "xgen.dynamic";
/// The entries of `name` as extents: the attribute's, or the map's.
mlir::AffineMap dynamicAttr(mlir::Operation *op, llvm::StringRef name);

/// Every expression that `op` depends on: of operand types, result types and
/// attributes, in that order. `visit` may return another one.
void forEachExpr(mlir::Operation *op,
                 llvm::function_ref<void(mlir::AffineExpr)> visit);
void forEachExpr(mlir::Type type,
                 llvm::function_ref<void(mlir::AffineExpr)> visit);
using ExprMap = llvm::function_ref<mlir::AffineExpr(mlir::AffineExpr)>;
mlir::Type mapExprs(mlir::Type type, ExprMap map);
/// Rewrites result types and attributes.
void mapExprs(mlir::Operation *op, ExprMap map);

/// The module's table of symbols, `xgen.symbols`: symbol i of an expression is
/// entry i. Derived symbols are functions that expressions cannot say.
class Symbols {
public:
  explicit Symbols(mlir::ModuleOp module);

  /// A free dimension, by its name: a multiple of `step`.
  Dim input(llvm::StringRef name, int64_t min, int64_t max, int64_t step = 1);
  /// A number that the network computes; `xgen.bind` says where.
  Dim data(int64_t min, int64_t max);
  Dim min(const Dim &a, const Dim &b);
  Dim max(const Dim &a, const Dim &b);
  /// 1 if equal, else 0.
  Dim equal(const Dim &a, const Dim &b);
  /// 1 if a < b, else 0.
  Dim less(const Dim &a, const Dim &b);
  /// floor(a * factor), as ONNX computes extents of Resize in float.
  Dim scaled(const Dim &a, double factor);

  /// The program fails unless a == b, or a <= b.
  void requireEqual(const Dim &a, const Dim &b);
  void requireLessEqual(const Dim &a, const Dim &b);

  llvm::ArrayRef<mlir::Attribute> all() const { return entries; }
  /// Forgets all but the first `count` entries: nothing may mention them.
  void truncate(size_t count);
  /// The function that new entries belong to; empty for @main.
  std::string scope;

private:
  Dim derive(unsigned kind, DimsRef args, int64_t min, int64_t max,
             double factor = 0);
  Dim add(mlir::Attribute entry, int64_t min, int64_t max);
  mlir::MLIRContext *context() const;
  mlir::FloatAttr factorAttr(double factor) const;
  mlir::StringAttr scopeAttr() const;

  mlir::Operation *module;
  llvm::SmallVector<mlir::Attribute> entries;
};

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_DIMS_H
