//===- SinkReshapes.cpp - Reshapes move behind pointwise ops --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A reshape costs nothing, but a kernel ends at it. Exporters write
// product -> reshape -> add; as product -> add -> reshape the addition becomes
// part of the product's kernel.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/GraphUtils.h"
#include "passes/Passes.h"
#include "passes/fusion/Grouping.h"
#include "passes/fusion/Views.h"

namespace xgen {
#define GEN_PASS_DEF_SINKRESHAPES
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether the meaning of the type depends on where its dimensions are.
static bool isPositional(Value value) {
  return tensorOf(value).getEncoding() || !tensorOf(value).hasStaticShape() ||
         isa<quant::UniformQuantizedPerAxisType>(
             tensorOf(value).getElementType());
}

/// `value` with another shape; looks through a reshape.
static Value reshaped(OpBuilder &builder, Value value, ArrayRef<int64_t> shape) {
  if (auto before = value.getDefiningOp<ir::ReshapeOp>())
    value = before.getInput();
  if (tensorOf(value).getShape() == shape)
    return value;
  return ir::ReshapeOp::create(
      builder, value.getLoc(),
      RankedTensorType::get(shape, tensorOf(value).getElementType()), value);
}

namespace {
struct SinkReshapes : xgen::impl::SinkReshapesBase<SinkReshapes> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        sink(func.front());
  }

  void sink(Block &block) {
    constants = constantExpressions(block);
    // New ops stand where the old ones stood, so one walk meets every reshape
    // that sank as an operand of the next op.
    for (Operation &op : llvm::make_early_inc_range(block))
      if (isPointwise(&op) && !constants.contains(&op) && isStaticHere(&op))
        sink(&op);
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isa<ir::ReshapeOp>(op) && op.use_empty())
        op.erase();
  }

  /// Whether the value is computed by an op that a pointwise op can join.
  bool isComputed(Value value) const {
    Operation *op = value.getDefiningOp();
    return op && !constants.contains(op) && !isView(op) && !isCall(op);
  }
  /// Whether it is computed by a heavy op with or without pointwise ops behind.
  bool isAnchored(Value value) const {
    while (Operation *op = value.getDefiningOp()) {
      if (constants.contains(op) || isView(op) || isIndexMap(op) ||
          isCall(op))
        return false;
      if (!isPointwise(op))
        return true;
      Value next;
      for (Value operand : op->getOperands())
        if (tensorOf(operand).getShape() == tensorOf(value).getShape())
          next = operand;
      if (!next)
        return false;
      value = next;
    }
    return false;
  }

  void sink(Operation *op) {
    Value result = op->getResult(0);
    ArrayRef<int64_t> shape = tensorOf(result).getShape();
    if (isPositional(result) || llvm::any_of(op->getOperands(), isPositional))
      return;
    // The reshape to sink, one behind a heavy op first; unless the op can join
    // the kernel of another operand already.
    Value source;
    bool joinsAnother = false;
    for (Value operand : op->getOperands()) {
      if (tensorOf(operand).getShape() != shape)
        continue;
      auto reshape = operand.getDefiningOp<ir::ReshapeOp>();
      if (!reshape)
        joinsAnother |= isComputed(operand);
      else if (isComputed(reshape.getInput()) &&
               (!source || (!isAnchored(source) &&
                            isAnchored(reshape.getInput()))))
        source = reshape.getInput();
    }
    if (!source || (joinsAnother && !isAnchored(source)))
      return;

    ArrayRef<int64_t> inner = tensorOf(source).getShape();
    // Dimensions that are the same before and after the reshape.
    size_t common = 0;
    while (common < shape.size() && common < inner.size() &&
           shape[shape.size() - 1 - common] == inner[inner.size() - 1 - common])
      ++common;
    SmallVector<SmallVector<int64_t>> shapes;
    for (Value operand : op->getOperands()) {
      ArrayRef<int64_t> dims = tensorOf(operand).getShape();
      if (dims == shape) {
        shapes.emplace_back(inner);
        continue;
      }
      // Broadcast: only along what the reshape leaves alone.
      ArrayRef<int64_t> kept = dims.take_back(common);
      if (llvm::any_of(dims.drop_back(kept.size()),
                       [](int64_t extent) { return extent != 1; }))
        return;
      shapes.emplace_back(kept);
    }
    OpBuilder builder(op);
    SmallVector<Value> operands;
    for (auto [operand, dims] : llvm::zip(op->getOperands(), shapes))
      operands.push_back(reshaped(builder, operand, dims));
    Operation *moved = builder.clone(*op);
    moved->setOperands(operands);
    moved->getResult(0).setType(
        RankedTensorType::get(inner, tensorOf(result).getElementType()));
    result.replaceAllUsesWith(ir::ReshapeOp::create(
        builder, op->getLoc(), result.getType(), moved->getResult(0)));
    op->erase();
    ++numSunk;
  }

  llvm::DenseSet<Operation *> constants;
};
} // namespace
