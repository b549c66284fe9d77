//===- XgenBatch.h - Networks that run once a sample ------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The module's attribute `xgen.batch`: what the module computes is one sample
// of a batch whose size is free. `{symbol, inputs, outputs}`: the free dimension
// (`#xgen.symbol<input, ...>`), and for each input and output how many rows of
// its first dimension belong to a sample; 0 for an input that all samples share.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_BATCH_H
#define XGEN_DIALECTS_XGEN_BATCH_H

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace xgen::ir {

struct Batch {
  SymbolAttr symbol;
  llvm::ArrayRef<int64_t> inputs, outputs;
};

/// Null when the module computes whole batches, or the attribute is malformed.
std::optional<Batch> batchOf(mlir::ModuleOp module);

/// Makes the module one of samples; its table of symbols goes.
void setBatch(mlir::ModuleOp module, SymbolAttr symbol,
              llvm::ArrayRef<int64_t> inputs, llvm::ArrayRef<int64_t> outputs);

/// The type of a whole batch: `rows` * symbol 0 in the first dimension.
mlir::RankedTensorType batchType(mlir::RankedTensorType sample, int64_t rows,
                                 SymbolAttr symbol);

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_BATCH_H
