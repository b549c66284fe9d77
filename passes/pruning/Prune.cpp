//===- Prune.cpp - Block magnitude pruning --------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-prune: the block is what one multiply-add instruction row of the code
// generator's register tile reads, so that every block that goes is time saved.
// After Han et al., "Learning both Weights and Connections", NIPS 2015, by
// blocks and without retraining.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipelines.h"
#include "passes/pruning/Blocks.h"
#include <numeric>

namespace xgen {
#define GEN_PASS_DEF_PRUNE
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
struct Prune : xgen::impl::PruneBase<Prune> {
  using PruneBase::PruneBase;

  const PassContext *context = &defaultPassContext();

  void runOnOperation() override {
    if (!(density > 0 && density <= 1)) {
      getOperation().emitError("pruning keeps a density of ")
          << (double)density << ", must be above 0 and at most 1";
      return signalPassFailure();
    }
    // Convolutions that share a weight share what is left of it.
    DenseMap<Value, std::pair<Value, DictionaryAttr>> done;
    getOperation().walk([&](ConvOp conv) {
      if (const char *reason = whyNot(conv)) {
        Builder builder(conv);
        conv->setAttr("xgen.prune",
                      builder.getDictionaryAttr(builder.getNamedAttr(
                          "skipped", builder.getStringAttr(reason))));
        return;
      }
      auto [it, isNew] = done.try_emplace(conv.getWeight());
      if (isNew)
        it->second = prune(conv);
      conv.getWeightMutable().assign(it->second.first);
      conv->setAttr("xgen.prune", it->second.second);
    });
    getOperation().walk([](func::FuncOp func) { eraseDeadOps(func.getBody()); });
    releaseDeadResources(getOperation());
  }

  static const char *whyNot(ConvOp conv) {
    if (conv.getGroups() != 1)
      return "grouped or depthwise: its weights are too few to matter";
    if (typeOf(conv.getWeight()).getEncoding())
      return "the weight is stored in an encoding: it has been pruned before";
    if (!constantOf(conv.getWeight()))
      return "the weight is not a float constant";
    if (!isa<FloatType>(typeOf(conv.getWeight()).getElementType()))
      return "the weight is quantized";
    return nullptr;
  }

  std::pair<Value, DictionaryAttr> prune(ConvOp conv) {
    RankedTensorType type = typeOf(conv.getWeight());
    BlockView view(type, context->target);
    std::vector<float> numbers = *floatsOf(conv.getWeight());
    std::vector<double> norms(view.blocks(), 0.0);
    for (int64_t i = 0; i < view.blocks(); ++i) {
      auto [begin, width] = view.block(i);
      for (int64_t k = begin; k < begin + width; ++k)
        norms[i] += (double)numbers[k] * numbers[k];
      // A narrow block at the end costs as much as a whole one, so sums and
      // not means are compared.
    }
    int64_t keep = std::clamp<int64_t>(
        std::llround(density * (double)view.blocks()), 1, view.blocks());
    std::vector<int64_t> order(view.blocks());
    std::iota(order.begin(), order.end(), 0);
    std::nth_element(order.begin(), order.begin() + keep, order.end(),
                     [&](int64_t a, int64_t b) {
                       return norms[a] != norms[b] ? norms[a] > norms[b] : a < b;
                     });
    double lost = 0, all = 0;
    for (int64_t i = 0; i < view.blocks(); ++i)
      all += norms[order[i]];
    for (int64_t i = keep; i < view.blocks(); ++i) {
      lost += norms[order[i]];
      auto [begin, width] = view.block(order[i]);
      std::fill_n(numbers.begin() + begin, width, 0.0f);
    }
    OpBuilder builder(conv);
    Value weight = makeFloats(builder, conv.getWeight().getLoc(), type, numbers);
    auto attr = builder.getDictionaryAttr({
        builder.getNamedAttr("block", builder.getI64IntegerAttr(view.nr)),
        builder.getNamedAttr("blocks", builder.getI64IntegerAttr(view.blocks())),
        builder.getNamedAttr("kept", builder.getI64IntegerAttr(keep)),
        builder.getNamedAttr("density", builder.getF64FloatAttr(
                                            (double)keep / view.blocks())),
        builder.getNamedAttr("energy", builder.getF64FloatAttr(
                                           all > 0 ? 1 - lost / all : 1)),
    });
    return {weight, attr};
  }
};
} // namespace

std::unique_ptr<Pass> xgen::createPrune(const PassContext &context,
                                        double density) {
  PruneOptions options;
  options.density = density;
  auto pass = std::make_unique<Prune>(options);
  pass->context = &context;
  return pass;
}
