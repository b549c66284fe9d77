//===- Patterns.h - Sets of graph rewrites ----------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The families of patterns that xgen-canonicalize-graph runs together.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_GRAPH_PATTERNS_H
#define XGEN_PASSES_GRAPH_PATTERNS_H

#include "passes/graph/GraphUtils.h"

namespace xgen {

/// Reshape, transpose, cast, expand, gather by constants: MovementPatterns.cpp.
void populateMovementPatterns(mlir::RewritePatternSet &patterns);
/// Slice, concat, pad: SlicePatterns.cpp.
void populateSlicePatterns(mlir::RewritePatternSet &patterns);
/// Scatter to constant places: ScatterPatterns.cpp.
void populateScatterPatterns(mlir::RewritePatternSet &patterns);
/// Algebra of unary and binary ops: ElementwisePatterns.cpp.
void populateElementwisePatterns(mlir::RewritePatternSet &patterns);
/// Activations, normalizations and look-ups spelled in basic ops: IdiomPatterns.cpp.
void populateIdiomPatterns(mlir::RewritePatternSet &patterns);

} // namespace xgen

#endif // XGEN_PASSES_GRAPH_PATTERNS_H
