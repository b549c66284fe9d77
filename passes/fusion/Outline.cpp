//===- Outline.cpp - One group becomes a kernel ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Scalars and splat constants move into the kernel, where they are immediates;
// other constants stay operands, marked `kernel.constant`, so that schedules
// know which operands can be packed.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Outline.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace xgen;

/// Whether a constant is better written into the code than loaded: one number,
/// and only pointwise ops of the kernel read it (weights may be all the same, but
/// an anchor reads them from memory).
static bool isImmediate(Value value,
                        const llvm::DenseSet<Operation *> &inside) {
  auto constant = value.getDefiningOp<ir::ConstantOp>();
  return constant && constant.getValue().isSplat() &&
         constant.getValue().getNumElements() > 0 &&
         llvm::all_of(value.getUsers(), [&](Operation *user) {
           return !inside.contains(user) || isPointwise(user);
         });
}

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

namespace {
/// Gives each expression that a group's types and attributes hold a symbol of
/// the kernel: launches pass their values.
class LocalSymbols {
public:
  explicit LocalSymbols(MLIRContext *context) : context(context) {}

  AffineExpr operator()(AffineExpr expr) {
    if (isa<AffineConstantExpr>(expr))
      return expr;
    auto it = llvm::find(exprs, expr);
    size_t number = it - exprs.begin();
    if (it == exprs.end())
      exprs.push_back(expr);
    return getAffineSymbolExpr(number, context);
  }
  /// What a launch passes; null when everything is known.
  AffineMapAttr launchDims() const {
    if (exprs.empty())
      return {};
    unsigned symbols = 0;
    for (AffineExpr expr : exprs)
      expr.walk([&](AffineExpr e) {
        if (auto s = dyn_cast<AffineSymbolExpr>(e))
          symbols = std::max(symbols, s.getPosition() + 1);
      });
    return AffineMapAttr::get(AffineMap::get(0, symbols, exprs, context));
  }

private:
  MLIRContext *context;
  SmallVector<AffineExpr> exprs;
};
} // namespace

kernel::LaunchOp xgen::outlineGroup(
    ModuleOp module, const Group &group,
    const llvm::DenseSet<Operation *> &constants, StringRef name) {
  llvm::SetVector<Value> operands, results, immediates;
  llvm::DenseSet<Operation *> inside(group.ops.begin(), group.ops.end());
  for (Operation *op : group.ops) {
    for (Value operand : op->getOperands()) {
      if (inside.contains(operand.getDefiningOp()))
        continue;
      // The reference kernel takes all operands from memory.
      if (group.emitted && isImmediate(operand, inside))
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
  LocalSymbols local(context);
  auto localExpr = [&](AffineExpr expr) { return local(expr); };
  for (Value operand : operands)
    inputTypes.push_back(ir::mapExprs(operand.getType(), localExpr));
  for (Value result : results)
    resultTypes.push_back(ir::mapExprs(result.getType(), localExpr));
  SmallVector<StringAttr> nodes;
  SmallVector<Location> locations;
  for (Operation *op : group.ops) {
    collectNodeNames(op->getLoc(), nodes);
    locations.push_back(op->getLoc());
  }
  Location loc = FusedLoc::get(context, locations);

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto kernel = kernel::FuncOp::create(
      builder, loc, name,
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
    ir::mapExprs(builder.clone(*op, mapping), localExpr);
  SmallVector<Value> returned;
  for (Value result : results)
    returned.push_back(mapping.lookup(result));
  kernel::ReturnOp::create(builder, loc, returned);
  declareInplace(kernel, group);

  builder.setInsertionPointAfter(group.ops.back());
  SmallVector<Attribute> names(nodes.begin(), nodes.end());
  SmallVector<Type> launchTypes;
  for (Value result : results)
    launchTypes.push_back(result.getType());
  auto launch = kernel::LaunchOp::create(
      builder, loc, launchTypes, FlatSymbolRefAttr::get(kernel),
      operands.getArrayRef(),
      names.empty() ? ArrayAttr() : builder.getArrayAttr(names),
      local.launchDims());
  for (auto [result, replacement] : llvm::zip(results, launch.getResults()))
    Value(result).replaceAllUsesWith(replacement);
  for (Operation *op : llvm::reverse(group.ops))
    op->erase();
  return launch;
}
