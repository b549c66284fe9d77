//===- RowFusion.h - Anchors that are computed in turn, by rows -*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A kernel may hold a chain of up to three anchors over pictures: a convolution, a
// depthwise convolution or pool that reads it, and a 1x1 convolution that reads that.
// The last one's loop over rows runs through them all: each step makes the rows that
// are read next, and keeps those that the window needs again, so that what lies
// between two anchors is never an array in memory. Nothing is computed twice.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_ROWFUSION_H
#define XGEN_CODEGEN_HALIDE_ROWFUSION_H

#include "codegen/halide/HalideSupport.h"
#include "mlir/IR/Operation.h"

namespace xgen::halide {

/// The anchor of the same kernel that reads the rows of `anchor` as they are made, or null.
mlir::Operation *rowReader(mlir::Operation *anchor);

/// The anchor of the same kernel whose rows `anchor` reads as they are made, or null.
mlir::Operation *rowSource(mlir::Operation *anchor);

/// What the rows above and below the picture hold that `reader` reads; undefined where it
/// reads none.
Halide::Expr rowBorder(mlir::Operation *reader);

/// Rows of a 1x1 convolution's result, of `height`, that are computed at a time when it
/// reads rows as they are made.
int64_t rowsPerStep(int64_t height);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_ROWFUSION_H
