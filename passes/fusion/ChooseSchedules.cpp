//===- ChooseSchedules.cpp - Schedules and encodings of weights -----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Code generation chooses (PassHooks::chooseSchedule); this pass adapts the
// launches to argument types that carry an encoding afterwards.
//
//===----------------------------------------------------------------------===//

#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/fusion/Views.h"

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
    for (auto kernel : module.getOps<kernel::FuncOp>()) {
      if (kernel.getScheduleAttr())
        continue;
      if (failed(schedule(kernel)))
        return signalPassFailure();
      for (kernel::LaunchOp launch : launches[kernel.getSymNameAttr()])
        if (failed(adapt(launch, kernel)))
          return signalPassFailure();
      // Has done its duty, and would keep equal kernels apart.
      for (unsigned i = 0, e = kernel.getNumArguments(); i < e; ++i)
        kernel.removeArgAttr(i, "kernel.constant");
    }
  }

  LogicalResult schedule(kernel::FuncOp kernel) {
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
      return kernel.emitError("kernel '")
             << kernel.getSymName()
             << "' has several ops, and no schedule was found for it";
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
    return success();
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

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass>
xgen::createChooseSchedulesPass(const PassContext &context) {
  auto pass = std::make_unique<ChooseSchedules>();
  pass->context = &context;
  return pass;
}
