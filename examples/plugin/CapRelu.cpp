//===- CapRelu.cpp - A pass that is not part of xgen ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// -example-cap-relu=limit=6 replaces relu by min(relu, limit). Bounded
// activations suit fixed-point hardware, where the range has to be known; this
// changes what a network computes, so it is an experiment and no optimization.
//
// A plugin is a shared library with one function, mlirGetPassPluginInfo, that
// xgen-opt calls to register its passes.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir;

namespace {

struct CapReluPattern : OpRewritePattern<xgen::ir::UnaryOp> {
  CapReluPattern(MLIRContext *context, double limit)
      : OpRewritePattern(context), limit(limit) {}

  LogicalResult matchAndRewrite(xgen::ir::UnaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != xgen::ir::UnaryKind::Relu)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.setKind(xgen::ir::UnaryKind::Clamp);
      op.setAlpha(APFloat(0.0));
      op.setBeta(APFloat(limit));
    });
    return success();
  }

  double limit;
};

class CapReluPass : public PassWrapper<CapReluPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CapReluPass)

  CapReluPass() = default;
  CapReluPass(const CapReluPass &other) : PassWrapper(other) {}

  StringRef getArgument() const final { return "example-cap-relu"; }
  StringRef getDescription() const final { return "bound relu from above"; }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<CapReluPattern>(&getContext(), limit);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

private:
  Option<double> limit{*this, "limit", llvm::cl::desc("largest activation"),
                       llvm::cl::init(6.0)};
};

} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "CapRelu", LLVM_VERSION_STRING,
          [] { PassRegistration<CapReluPass>(); }};
}
