//===- NarrowSums.h - Which sums of products fit 16 bits --------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What a proof over constant weights tells the choice of schedules.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_FUSION_NARROWSUMS_H
#define XGEN_PASSES_FUSION_NARROWSUMS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

namespace xgen {

/// Which n from 1 to 4 are safe for 8-bit `weight` [D..., Ci, Co] and any signed 8-bit
/// inputs: input channels come in groups of 8 n; of each group, channels i, i + 8, ...,
/// i + 8 (n - 1) are multiplied and added, and the sum and all parts of it fit 16 bits.
/// Empty when the weight is not a constant.
llvm::SmallVector<int64_t> narrowSums(mlir::Value weight);

} // namespace xgen

#endif // XGEN_PASSES_FUSION_NARROWSUMS_H
