//===- XgenInfer.h - Writing shape functions --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What the files with InferTypeOpInterface implementations share.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_INFER_H
#define XGEN_DIALECTS_XGEN_INFER_H

#include "dialects/xgen/XgenOps.h"

/// Defines `inferReturnTypes` of an op from a static function `infer<OP>`.
#define INFER(OP)                                                              \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location> loc, ValueRange operands,  \
      DictionaryAttr attributes, OpaqueProperties properties,                  \
      RegionRange regions, SmallVectorImpl<Type> &types) {                     \
    Adaptor op(operands, attributes, properties, regions);                     \
    return infer##OP(op, loc, types);                                          \
  }

namespace xgen::ir {

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

inline mlir::RankedTensorType make(llvm::ArrayRef<int64_t> shape,
                                   mlir::Type element) {
  return mlir::RankedTensorType::get(shape, element);
}

inline mlir::RankedTensorType makeDims(DimsRef dims, mlir::Type element) {
  return tensorOf(dims, element);
}

/// A tensor of which only the rank is known: its extents stand in attributes
/// that are expressions.
inline mlir::RankedTensorType makeOfRank(int64_t rank, mlir::Type element) {
  llvm::SmallVector<int64_t> shape(rank, mlir::ShapedType::kDynamic);
  return mlir::RankedTensorType::get(shape, element);
}

/// Known at compile time to be different.
inline bool clash(const Dim &a, const Dim &b) {
  return a.isStatic() && b.isStatic() && a != b;
}

inline bool anyDynamic(llvm::ArrayRef<int64_t> numbers) {
  return llvm::is_contained(numbers, mlir::ShapedType::kDynamic);
}

inline mlir::LogicalResult checkAxis(std::optional<mlir::Location> loc,
                                     int64_t axis, int64_t rank) {
  if (axis < 0 || axis >= rank)
    return mlir::emitOptionalError(loc, "axis ", axis,
                                   " is outside a tensor of rank ", rank);
  return mlir::success();
}

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_INFER_H
