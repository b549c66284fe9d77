//===- XgenBatch.cpp - Networks that run once a sample --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See XgenBatch.h.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenBatch.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static constexpr llvm::StringLiteral batchName = "xgen.batch";

std::optional<Batch> xgen::ir::batchOf(ModuleOp module) {
  auto dict = module->getAttrOfType<DictionaryAttr>(batchName);
  if (!dict)
    return std::nullopt;
  auto symbol = dict.getAs<SymbolAttr>("symbol");
  auto inputs = dict.getAs<DenseI64ArrayAttr>("inputs");
  auto outputs = dict.getAs<DenseI64ArrayAttr>("outputs");
  if (!symbol || !inputs || !outputs)
    return std::nullopt;
  return Batch{symbol, inputs, outputs};
}

void xgen::ir::setBatch(ModuleOp module, SymbolAttr symbol,
                        ArrayRef<int64_t> inputs, ArrayRef<int64_t> outputs) {
  Builder b(module.getContext());
  module->setAttr(batchName,
                  b.getDictionaryAttr(
                      {b.getNamedAttr("symbol", symbol),
                       b.getNamedAttr("inputs", b.getDenseI64ArrayAttr(inputs)),
                       b.getNamedAttr("outputs", b.getDenseI64ArrayAttr(outputs))}));
  module->removeAttr("xgen.symbols");
}

RankedTensorType xgen::ir::batchType(RankedTensorType sample, int64_t rows,
                                     SymbolAttr symbol) {
  if (rows == 0)
    return sample;
  Dims dims = dimsOf(sample);
  AffineExpr n = getAffineSymbolExpr(0, sample.getContext());
  dims[0] = Dim(n * rows, symbol.getMin() * rows, symbol.getMax() * rows);
  return tensorOf(dims, sample.getElementType());
}
