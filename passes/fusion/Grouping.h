//===- Grouping.h - Which ops share a kernel --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The decision behind xgen-form-kernels, apart from the rewriting.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_FUSION_GROUPING_H
#define XGEN_PASSES_FUSION_GROUPING_H

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <functional>

namespace xgen {

struct GroupingOptions {
  bool oneOp = false;
  unsigned maxOps = 24;
  unsigned maxResults = 2;
  unsigned maxOperands = 16;
  /// Whether code can be generated for an op (then it may be grouped).
  std::function<bool(mlir::Operation *)> canEmit;
  /// Whether an anchor's kernel takes in the kernel of the anchors that it reads; see
  /// PassHooks.
  std::function<bool(llvm::ArrayRef<mlir::Operation *> producers, mlir::Operation *consumer)>
      fusesByRows;
};

/// Ops of one kernel, in program order.
struct Group {
  llvm::SmallVector<mlir::Operation *> ops;
  /// The op that is not pointwise and not an index map, if there is one.
  mlir::Operation *anchor = nullptr;
  /// Anchors that it reads row by row, the first one first.
  llvm::SmallVector<mlir::Operation *> rowSources;
  bool emitted = false;
};

/// Groups every op of `block` that needs a kernel. Groups are convex: kernels
/// can be ordered.
std::vector<Group> groupOps(mlir::Block &block, const GroupingOptions &options);

/// Unary, binary, select and conversions.
bool isPointwise(mlir::Operation *op);
/// Copies elements to other places, without arithmetic.
bool isIndexMap(mlir::Operation *op);

} // namespace xgen

#endif // XGEN_PASSES_FUSION_GROUPING_H
