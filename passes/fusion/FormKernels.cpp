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
#include "llvm/ADT/SetVector.h"

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
    SmallVector<func::FuncOp> funcs = calledFunctions(module, main);
    bool failed = false;
    for (func::FuncOp func : funcs)
      for (Operation &op : func.front()) {
        if (isa<func::ReturnOp, kernel::LaunchOp>(op))
          continue;
        if (!isa_and_nonnull<ir::XgenDialect>(op.getDialect())) {
          op.emitError("'") << op.getName()
                            << "' cannot be compiled: it was not "
                            << "legalized to xgen ops";
          failed = true;
        }
      }
    if (failed)
      return signalPassFailure();
    unsigned number = 0;
    for (func::FuncOp func : funcs)
      formKernels(func, number);
  }

  /// @main and what it calls, before and after dead calls go. Other functions
  /// are erased: nobody would plan for the kernels in them.
  static SmallVector<func::FuncOp> calledFunctions(ModuleOp module,
                                                   func::FuncOp main) {
    SymbolTable symbols(module);
    llvm::SetVector<func::FuncOp> called;
    called.insert(main);
    for (size_t i = 0; i < called.size(); ++i) {
      func::FuncOp caller = called[i];
      removeDead(caller);
      for (Operation &op : caller.front())
        for (NamedAttribute attr : op.getAttrs())
          if (auto name = dyn_cast<FlatSymbolRefAttr>(attr.getValue()))
            if (auto func = symbols.lookup<func::FuncOp>(name.getValue());
                func && !func.isExternal())
              called.insert(func);
    }
    for (auto func :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (!called.contains(func))
        func.erase();
    return called.takeVector();
  }

  void formKernels(func::FuncOp func, unsigned &number) {
    ModuleOp module = getOperation();
    removeDead(func);
    GroupingOptions options;
    options.oneOp = oneOp;
    options.maxOps = maxOps;
    options.maxResults = maxResults;
    options.canEmit = [&](Operation *op) {
      return assumeEmitters ||
             (context->hooks.canEmit && context->hooks.canEmit(op));
    };
    options.fusesByRows = context->hooks.fusesByRows;
    std::vector<Group> groups = groupOps(func.front(), options);
    llvm::DenseSet<Operation *> constants = constantExpressions(func.front());
    for (const Group &group : groups) {
      numOps += group.ops.size();
      ++numKernels;
      outlineGroup(module, group, constants, ("k" + Twine(number++)).str());
    }
    // A kernel with two results may stand behind a reader of the first.
    sortTopologically(&func.front());
    removeDead(func);
  }

  /// Everything is pure, so what nobody reads goes.
  static void removeDead(func::FuncOp func) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(func.front())))
      if (op.use_empty() && !isa<ir::BindOp>(op) &&
          isa_and_nonnull<ir::XgenDialect, kernel::KernelDialect>(
              op.getDialect()))
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
