//===- ReshapeLayout.h - Reshapes of transposed tensors ---------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// How a transpose gets past a reshape.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_LAYOUT_RESHAPELAYOUT_H
#define XGEN_PASSES_LAYOUT_RESHAPELAYOUT_H

#include "passes/graph/GraphUtils.h"

namespace xgen {

/// reshape(transpose(x)) as transpose(reshape(x)) where dimensions that are
/// merged are neighbours in x too. Where they are not, the transpose is split:
/// the part that makes them neighbours stays before the reshape, provided that
/// the other part cancels against a user. Null when neither holds.
mlir::Value reshapeBeforeTranspose(mlir::OpBuilder &builder,
                                   ir::ReshapeOp reshape,
                                   ir::TransposeOp transpose);

/// matmul(reshape(transpose(x)), W) with a constant W: x is reshaped as it
/// lies, and the rows of W are put in its order. Rewrites those users of the
/// reshape that allow it; returns whether there were any.
bool absorbIntoMatMul(mlir::OpBuilder &builder, ir::ReshapeOp reshape,
                      ir::TransposeOp transpose);

} // namespace xgen

#endif // XGEN_PASSES_LAYOUT_RESHAPELAYOUT_H
