//===- FormKernels.cpp - Groups of ops become kernels ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Carries out what Grouping.cpp decides.
//
//===----------------------------------------------------------------------===//

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/fusion/Outline.h"

namespace xgen {
#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

namespace {
struct FormKernels : xgen::impl::FormKernelsBase<FormKernels> {
  using FormKernelsBase::FormKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    bool failed = false;
    for (Operation &op : main.front()) {
      if (isa<func::ReturnOp, kernel::LaunchOp>(op))
        continue;
      if (!isa_and_nonnull<ir::XgenDialect>(op.getDialect())) {
        op.emitError("'") << op.getName() << "' cannot be compiled: it was not "
                          << "legalized to xgen ops";
        failed = true;
      }
    }
    if (failed)
      return signalPassFailure();
    removeDead(main);

    GroupingOptions options;
    options.oneOp = oneOp;
    options.maxOps = maxOps;
    options.maxResults = maxResults;
    options.canEmit = [&](Operation *op) {
      return assumeEmitters ||
             (context->hooks.canEmit && context->hooks.canEmit(op));
    };
    std::vector<Group> groups = groupOps(main.front(), options);
    llvm::DenseSet<Operation *> constants = constantExpressions(main.front());
    for (auto [number, group] : llvm::enumerate(groups)) {
      numOps += group.ops.size();
      ++numKernels;
      outlineGroup(module, group, constants, ("k" + Twine(number)).str());
    }
    // A kernel with two results may stand behind a reader of the first.
    sortTopologically(&main.front());
    removeDead(main);
  }

  /// Everything is pure, so what nobody reads goes.
  static void removeDead(func::FuncOp main) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(main.front())))
      if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>() &&
          !isa<ir::BindOp>(op))
        op.erase();
  }

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass> xgen::createFormKernelsPass(const PassContext &context) {
  auto pass = std::make_unique<FormKernels>();
  pass->context = &context;
  return pass;
}
