//===- FormKernels.cpp - Groups of ops become kernels ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Carries out what Grouping.cpp decides. Scalars and splat constants move into
// the kernel, where they are immediates; other constants stay operands, marked
// `kernel.constant`, so that schedules know which operands can be packed.
//
//===----------------------------------------------------------------------===//

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/IRMapping.h"
#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/fusion/Grouping.h"
#include "passes/fusion/Views.h"
#include "llvm/ADT/SetVector.h"

namespace xgen {
#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

/// Whether a constant is better written into the code than loaded.
static bool isImmediate(Value value) {
  auto constant = value.getDefiningOp<ir::ConstantOp>();
  return constant && constant.getValue().isSplat() &&
         constant.getValue().getNumElements() > 0;
}

namespace {
class Outliner {
public:
  Outliner(ModuleOp module, func::FuncOp main)
      : module(module), constants(constantExpressions(main.front())) {}
  void outline(const Group &group, unsigned number);

private:
  ModuleOp module;
  llvm::DenseSet<Operation *> constants;
};
} // namespace

/// A pointwise kernel reads an operand of its result's shape only where it
/// writes next, so the two may share memory. Small tensors are not worth it: code
/// that must not store twice has slower tails.
static void declareInplace(kernel::FuncOp kernel, const Group &group) {
  if (!group.emitted || kernel.getResultTypes().size() != 1 ||
      !llvm::all_of(group.ops, isPointwise))
    return;
  auto result = cast<RankedTensorType>(kernel.getResultTypes().front());
  if (!result.hasStaticShape() || ir::tensorBytes(result) < 4096)
    return;
  SmallVector<int64_t> pairs;
  for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    auto operand = cast<RankedTensorType>(type);
    if (operand.getShape() == result.getShape() && !operand.getEncoding() &&
        ir::tensorBytes(operand) == ir::tensorBytes(result) &&
        !kernel.getArgAttr(index, "kernel.constant"))
      pairs.append({(int64_t)index, 0});
  }
  if (!pairs.empty())
    kernel.setInplace(ArrayRef<int64_t>(pairs));
}

void Outliner::outline(const Group &group, unsigned number) {
  llvm::SetVector<Value> operands, results, immediates;
  llvm::DenseSet<Operation *> inside(group.ops.begin(), group.ops.end());
  for (Operation *op : group.ops) {
    for (Value operand : op->getOperands()) {
      if (inside.contains(operand.getDefiningOp()))
        continue;
      // The reference kernel takes all operands from memory.
      if (group.emitted && isImmediate(operand))
        immediates.insert(operand);
      else
        operands.insert(operand);
    }
    // A single op keeps all its results: its meaning may depend on how many
    // there are.
    for (Value result : op->getResults())
      if (group.ops.size() == 1 ||
          llvm::any_of(result.getUsers(), [&](Operation *user) {
            return !inside.contains(user);
          }))
        results.insert(result);
  }
  MLIRContext *context = module.getContext();
  SmallVector<Type> inputTypes, resultTypes;
  for (Value operand : operands)
    inputTypes.push_back(operand.getType());
  for (Value result : results)
    resultTypes.push_back(result.getType());
  SmallVector<StringAttr> nodes;
  SmallVector<Location> locations;
  for (Operation *op : group.ops) {
    collectNodeNames(op->getLoc(), nodes);
    locations.push_back(op->getLoc());
  }
  Location loc = FusedLoc::get(context, locations);

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto kernel = kernel::FuncOp::create(
      builder, loc, ("k" + Twine(number)).str(),
      FunctionType::get(context, inputTypes, resultTypes));
  kernel.setSymVisibility("private");
  if (!group.emitted)
    kernel.setScheduleAttr(
        kernel::ScheduleAttr::get(context, "eval", DictionaryAttr()));
  Block *body = &kernel.getBody().front();
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    mapping.map(operand, body->getArgument(index));
    if (Operation *op = operand.getDefiningOp(); op && constants.contains(op))
      kernel.setArgAttr(index, "kernel.constant", builder.getUnitAttr());
  }
  for (Value immediate : immediates)
    builder.clone(*immediate.getDefiningOp(), mapping);
  for (Operation *op : group.ops)
    builder.clone(*op, mapping);
  SmallVector<Value> returned;
  for (Value result : results)
    returned.push_back(mapping.lookup(result));
  kernel::ReturnOp::create(builder, loc, returned);
  declareInplace(kernel, group);

  builder.setInsertionPointAfter(group.ops.back());
  SmallVector<Attribute> names(nodes.begin(), nodes.end());
  auto launch = kernel::LaunchOp::create(
      builder, loc, resultTypes, FlatSymbolRefAttr::get(kernel),
      operands.getArrayRef(),
      names.empty() ? ArrayAttr() : builder.getArrayAttr(names));
  for (auto [result, replacement] : llvm::zip(results, launch.getResults()))
    Value(result).replaceAllUsesWith(replacement);
  for (Operation *op : llvm::reverse(group.ops))
    op->erase();
}

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
    Outliner outliner(module, main);
    for (auto [number, group] : llvm::enumerate(groups)) {
      numOps += group.ops.size();
      ++numKernels;
      outliner.outline(group, number);
    }
    // A kernel with two results may stand behind a reader of the first.
    sortTopologically(&main.front());
    removeDead(main);
  }

  /// Everything is pure, so what nobody reads goes.
  static void removeDead(func::FuncOp main) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(main.front())))
      if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
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
