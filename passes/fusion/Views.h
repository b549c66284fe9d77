//===- Views.h - What costs nothing at run time -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Tensors are dense and row-major, so some ops only rename bytes: fusion leaves
// them in @main and planning turns them into offsets. Likewise expressions of
// constants: they are carried out when weights are written.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_FUSION_VIEWS_H
#define XGEN_PASSES_FUSION_VIEWS_H

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseSet.h"

namespace xgen {

/// Elements that lie before the slice's first one when its elements are
/// contiguous in the input; nullopt when they are not.
std::optional<int64_t> contiguousSliceStart(ir::SliceOp slice);

/// Whether the inputs lie one after another in the result: all dimensions
/// before the axis are 1.
bool isContiguousConcat(ir::ConcatOp concat);

/// Reshape, reinterpret, contiguous slice or contiguous concatenation.
bool isView(mlir::Operation *op);

/// A branch or loop: neither in a kernel nor known at compile time.
bool isCall(mlir::Operation *op);

/// Constants of `block`, and ops of constants only that are better carried out
/// at compile time (one that would blow its operands up is not).
llvm::DenseSet<mlir::Operation *> constantExpressions(mlir::Block &block);

/// Names of the ONNX nodes in a location, in order, without repetition.
void collectNodeNames(mlir::Location loc,
                      llvm::SmallVectorImpl<mlir::StringAttr> &names);

} // namespace xgen

#endif // XGEN_PASSES_FUSION_VIEWS_H
