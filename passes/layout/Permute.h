//===- Permute.h - Ops on permuted tensors ----------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Which ops can work on tensors whose dimensions are permuted, and how they are
// rewritten. "Space" is the list of dimensions that a permutation permutes: the
// result's for elementwise ops (operands align at the last dimension), else the
// first operand's.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_LAYOUT_PERMUTE_H
#define XGEN_PASSES_LAYOUT_PERMUTE_H

#include "passes/graph/GraphUtils.h"

namespace xgen {

/// Rank of the space of `op`, nullopt when it is tied to its layout.
std::optional<int64_t> permutableRank(mlir::Operation *op);

/// How `op` is carried out on permuted tensors: every space dimension i of the
/// op stands at place perm[i] of the new one.
struct PermutedOp {
  /// The permutation that brings the new result back.
  Shape resultPerm;
  /// Type of the new result.
  mlir::RankedTensorType resultType;
};
std::optional<PermutedOp> planPermuted(mlir::Operation *op,
                                       llvm::ArrayRef<int64_t> perm);

/// Operands that broadcast along the space (all but the first are not, for some
/// ops): how operand `index` must be permuted so that the op can be carried
/// out; empty when it stays as it is (one element, or indices).
Shape operandPerm(mlir::Operation *op, unsigned index,
                  llvm::ArrayRef<int64_t> perm);
/// The operand in the form that the permuted op takes.
mlir::Value permuteOperand(mlir::OpBuilder &builder, mlir::Operation *op,
                           unsigned index, llvm::ArrayRef<int64_t> perm);
/// Builds the op on permuted operands and returns its result.
mlir::Value buildPermuted(mlir::OpBuilder &builder, mlir::Operation *op,
                          llvm::ArrayRef<int64_t> perm, const PermutedOp &plan);

} // namespace xgen

#endif // XGEN_PASSES_LAYOUT_PERMUTE_H
