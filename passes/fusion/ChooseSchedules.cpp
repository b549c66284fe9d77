//===- ChooseSchedules.cpp - Schedules and encodings of weights -----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Code generation chooses (PassHooks::chooseSchedule); this pass adapts the
// launches to argument types that carry an encoding afterwards. A group that
// cannot be emitted as a whole comes apart.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/IRMapping.h"
#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/fusion/NarrowSums.h"
#include "passes/fusion/Outline.h"

namespace xgen {
#define GEN_PASS_DEF_CHOOSESCHEDULES
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

namespace {
struct ChooseSchedules : xgen::impl::ChooseSchedulesBase<ChooseSchedules> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::DenseMap<StringAttr, SmallVector<kernel::LaunchOp>> launches;
    module.walk([&](kernel::LaunchOp launch) {
      launches[launch.getCalleeAttr().getAttr()].push_back(launch);
    });
    // Splitting appends kernels, so that the loop sees them, too.
    for (auto it = module.getBody()->begin(); it != module.getBody()->end();) {
      auto kernel = dyn_cast<kernel::FuncOp>(*it++);
      if (!kernel || kernel.getScheduleAttr())
        continue;
      SmallVector<kernel::LaunchOp> users =
          launches.lookup(kernel.getSymNameAttr());
      proveNarrowSums(kernel, users);
      if (!schedule(kernel)) {
        ++numSplit;
        for (kernel::LaunchOp launch : users)
          for (kernel::LaunchOp part : split(module, launch, kernel))
            launches[part.getCalleeAttr().getAttr()].push_back(part);
        // The first new kernel may stand right behind.
        it = std::next(kernel->getIterator());
        kernel.erase();
        continue;
      }
      for (kernel::LaunchOp launch : users)
        if (failed(adapt(launch, kernel)))
          return signalPassFailure();
      // Have done their duty, and would keep equal kernels apart.
      for (unsigned i = 0, e = kernel.getNumArguments(); i < e; ++i)
        for (StringRef name : {"kernel.constant", "kernel.narrow_sums"})
          kernel.removeArgAttr(i, name);
    }
  }

  /// Says of constant weights what no type does, for targets that can use it:
  /// `kernel.narrow_sums`, as narrowSums finds them for all launches.
  void proveNarrowSums(kernel::FuncOp kernel, ArrayRef<kernel::LaunchOp> launches) {
    if (context->target.int8ReductionGroup() > 1 || launches.empty())
      return;
    for (unsigned i = 0, e = kernel.getNumArguments(); i < e; ++i) {
      auto type = dyn_cast<RankedTensorType>(kernel.getArgumentTypes()[i]);
      if (!kernel.getArgAttr(i, "kernel.constant") || !type ||
          !ir::isQuantized(type.getElementType()))
        continue;
      SmallVector<int64_t> safe{1, 2, 3, 4};
      for (kernel::LaunchOp launch : launches) {
        SmallVector<int64_t> here = narrowSums(launch.getInputs()[i]);
        llvm::erase_if(safe, [&](int64_t n) { return !llvm::is_contained(here, n); });
      }
      if (!safe.empty())
        kernel.setArgAttr(i, "kernel.narrow_sums",
                          DenseI64ArrayAttr::get(&getContext(), safe));
    }
  }

  /// False when only the reference can carry the kernel out, but the kernel has
  /// not the reference's form: one op, all operands in memory.
  bool schedule(kernel::FuncOp kernel) {
    Block &body = kernel.getBody().front();
    SmallVector<bool> constantArgs;
    for (unsigned i = 0, e = kernel.getNumArguments(); i < e; ++i)
      constantArgs.push_back(bool(kernel.getArgAttr(i, "kernel.constant")));
    PassHooks::ScheduleChoice choice;
    if (context->hooks.chooseSchedule)
      choice = context->hooks.chooseSchedule(kernel, constantArgs);
    if (!choice.schedule)
      choice.schedule =
          kernel::ScheduleAttr::get(&getContext(), "eval", DictionaryAttr());
    // Two: the op and the return.
    if (choice.schedule.getTemplateName() == "eval" &&
        !llvm::hasNItems(body, 2))
      return false;
    kernel.setScheduleAttr(choice.schedule);
    SmallVector<Type> types(kernel.getArgumentTypes());
    for (auto [index, encoding] : choice.encodings) {
      auto type = cast<RankedTensorType>(types[index]);
      types[index] = RankedTensorType::get(type.getShape(),
                                           type.getElementType(), encoding);
      body.getArgument(index).setType(types[index]);
    }
    kernel.setFunctionType(FunctionType::get(&getContext(), types,
                                             kernel.getResultTypes()));
    return true;
  }

  /// Puts the kernel's ops back into the caller and makes a kernel of each.
  SmallVector<kernel::LaunchOp> split(ModuleOp module, kernel::LaunchOp launch,
                                      kernel::FuncOp kernel) {
    OpBuilder builder(launch);
    IRMapping mapping;
    mapping.map(kernel.getBody().getArguments(), launch.getInputs());
    SmallVector<Operation *> ops;
    Block &body = kernel.getBody().front();
    for (Operation &op : body.without_terminator()) {
      Operation *clone = builder.clone(op, mapping);
      if (!isa<ir::ConstantOp>(op))
        ops.push_back(clone);
    }
    for (auto [result, value] : llvm::zip(launch.getResults(),
                                          body.getTerminator()->getOperands()))
      Value(result).replaceAllUsesWith(mapping.lookup(value));
    llvm::DenseSet<Operation *> constants =
        constantExpressions(*launch->getBlock());
    launch.erase();
    SmallVector<kernel::LaunchOp> parts;
    for (Operation *op : ops) {
      Group group;
      group.ops.push_back(op);
      // An op that is alone already could not be emitted after all.
      group.emitted = ops.size() > 1 && context->hooks.canEmit &&
                      context->hooks.canEmit(op);
      parts.push_back(outlineGroup(
          module, group, constants,
          (kernel.getSymName() + "_part" + Twine(numParts++)).str()));
    }
    return parts;
  }

  LogicalResult adapt(kernel::LaunchOp launch, kernel::FuncOp kernel) {
    for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
      Value operand = launch.getInputs()[index];
      if (operand.getType() == type)
        continue;
      if (!kernel.getArgAttr(index, "kernel.constant"))
        return launch.emitError("the schedule of kernel '")
               << kernel.getSymName() << "' packs operand " << index
               << ", which is not a constant";
      OpBuilder builder(launch);
      launch.getInputsMutable()[index].set(
          ir::EncodeOp::create(builder, operand.getLoc(), type, operand));
    }
    return success();
  }

  unsigned numParts = 0;
  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass>
xgen::createChooseSchedulesPass(const PassContext &context) {
  auto pass = std::make_unique<ChooseSchedules>();
  pass->context = &context;
  return pass;
}
