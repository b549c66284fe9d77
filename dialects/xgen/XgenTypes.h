//===- XgenTypes.h - Element types and sizes --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What an element type means in memory. See docs/seams.md.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_TYPES_H
#define XGEN_DIALECTS_XGEN_TYPES_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/IR/TypeRange.h"

namespace xgen::ir {

/// How output elements depend on input elements (DNNFusion, PLDI 2021).
enum class Mapping { OneToOne, OneToMany, ManyToMany, Reorganize, Shuffle };

/// The element type that lies in memory: `i8` for `!quant.uniform<i8:f32, ..>`,
/// `ui8` for `<u8:..>`, otherwise `type` itself.
mlir::Type storageType(mlir::Type type);
/// `type` with storage elements and without encoding.
mlir::RankedTensorType storageTensor(mlir::RankedTensorType type);
/// Bytes of one element: i1 and 2- and 4-bit integers take one.
int64_t elementBytes(mlir::Type type);
/// Bytes of a tensor as it is stored, its encoding included; of a dynamic one
/// the most that it can have.
int64_t tensorBytes(mlir::RankedTensorType type);
inline bool isQuantized(mlir::Type type) {
  return llvm::isa<mlir::quant::QuantizedType>(mlir::getElementTypeOrSelf(type));
}
/// Whether results of types `actual` may stand where `inferred` was computed:
/// equal, or of equal shape where one of them is quantized. Extents that are
/// known at run time only may be any.
bool compatibleTypes(mlir::TypeRange inferred, mlir::TypeRange actual);
/// The NumPy broadcast of two static shapes; nullopt when there is none.
std::optional<llvm::SmallVector<int64_t>>
broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_TYPES_H
