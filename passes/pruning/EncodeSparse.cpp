//===- EncodeSparse.cpp - Store sparse weights by their blocks ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-encode-sparse looks at the weights and not at who pruned them: a model
// that comes with blocks of zeros gains the same.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipelines.h"
#include "passes/pruning/Blocks.h"

namespace xgen {
#define GEN_PASS_DEF_ENCODESPARSE
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
struct EncodeSparse : xgen::impl::EncodeSparseBase<EncodeSparse> {
  using EncodeSparseBase::EncodeSparseBase;

  const PassContext *context = &defaultPassContext();

  void runOnOperation() override {
    DenseMap<Value, Value> done;
    getOperation().walk([&](ConvOp conv) {
      Value weight = conv.getWeight();
      if (conv.getGroups() != 1 || !constantOf(weight) ||
          typeOf(weight).getEncoding() ||
          !isa<FloatType>(typeOf(weight).getElementType()))
        return;
      auto [it, isNew] = done.try_emplace(weight);
      if (isNew)
        it->second = encode(conv, weight);
      if (it->second)
        conv.getWeightMutable().assign(it->second);
    });
  }

  Value encode(ConvOp conv, Value weight) {
    RankedTensorType type = typeOf(weight);
    BlockView view(type, context->target);
    std::vector<char> storage;
    ArrayRef<char> bytes = bytesOf(constantOf(weight), storage);
    if (bytes.empty())
      return nullptr;
    // Zero is all bits zero: the encoding stores -0.0 as what it is.
    size_t width = elementBytes(type.getElementType());
    int64_t blocks = 0;
    for (int64_t i = 0; i < view.blocks(); ++i) {
      auto [begin, count] = view.block(i);
      blocks += llvm::any_of(bytes.slice(begin * width, count * width),
                             [](char c) { return c != 0; });
    }
    double density = (double)blocks / view.blocks();
    if (density > maxDensity) {
      // Only a layer that was meant to be sparse deserves a word.
      if (auto info = conv->getAttrOfType<DictionaryAttr>("xgen.prune");
          info && info.contains("kept"))
        conv.emitRemark("the weight stays dense: ")
            << llvm::formatv("{0:f2}", density).str()
            << " of its blocks are not zero, sparse kernels gain up to "
            << llvm::formatv("{0:f2}", (double)maxDensity).str();
      return nullptr;
    }
    auto encoding = BlockSparseAttr::get(&getContext(), view.nr, blocks);
    OpBuilder builder(conv);
    return EncodeOp::create(
        builder, weight.getLoc(),
        RankedTensorType::get(type.getShape(), type.getElementType(), encoding),
        weight);
  }
};
} // namespace

std::unique_ptr<Pass> xgen::createEncodeSparse(const PassContext &context) {
  auto pass = std::make_unique<EncodeSparse>();
  pass->context = &context;
  return pass;
}
