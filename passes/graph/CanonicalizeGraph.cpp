//===- CanonicalizeGraph.cpp - One form for equal graphs ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-canonicalize-graph: runs the pattern families to a fixed point, merges
// equal ops and frees weights that no op uses any more.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/Patterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_CANONICALIZEGRAPH
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

namespace {
struct CanonicalizeGraph : xgen::impl::CanonicalizeGraphBase<CanonicalizeGraph> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMovementPatterns(patterns);
    populateSlicePatterns(patterns);
    populateScatterPatterns(patterns);
    populateElementwisePatterns(patterns);
    populateIdiomPatterns(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    // Folding and merging of constants by the driver moves them to the top and
    // loses which is whose; merging is done below.
    config.enableConstantCSE(false);
    // Twice: merged ops make new pairs.
    for (int round = 0; round < 2; ++round) {
      if (failed(applyPatternsGreedily(getOperation(), frozen, config))) {
        getOperation().emitError("canonicalization does not come to an end");
        return signalPassFailure();
      }
      getOperation().walk([](Block *block) { mergeEqualOps(*block); });
    }
    getOperation().walk([](func::FuncOp func) { eraseDeadOps(func.getBody()); });
    releaseDeadResources(getOperation());
  }
};
} // namespace
