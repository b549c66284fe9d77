//===- FoldConstants.cpp - Evaluate what is known at compile time ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-fold-constants: one sweep in order, so that chains fold at once. An
// operand goes as soon as its last user is folded: with 500 MB of weights, one
// copy too many decides whether the machine can compile the model.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipelines.h"
#include "passes/graph/GraphUtils.h"

namespace xgen {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
struct FoldConstants : xgen::impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  const PassContext *context = &defaultPassContext();

  void runOnOperation() override {
    ResourceUses uses(getOperation());
    getOperation().walk([&](Block *block) {
      for (Operation &op : llvm::make_early_inc_range(*block))
        if (shouldFold(&op))
          fold(&op, uses);
    });
  }

  bool shouldFold(Operation *op) {
    if (!isa<XgenDialect>(op->getDialect()) || op->use_empty() ||
        op->getNumOperands() == 0 || op->getNumRegions() || isDynamic(op) ||
        // Not arithmetic: carried out where the weights are written.
        isa<ConstantOp, ReinterpretOp, EncodeOp, IfOp, LoopOp>(op))
      return false;
    // Earlier, these mark the islands that become integer ops.
    if (!quantized && isa<QuantizeOp, DequantizeOp, RequantizeOp>(op))
      return false;
    int64_t before = 0, after = 0;
    for (Value operand : op->getOperands()) {
      if (!constantOf(source(operand)))
        return false;
      before += tensorBytes(typeOf(operand));
    }
    for (Value result : op->getResults()) {
      RankedTensorType type = typeOf(result);
      // A constant holds storage elements.
      if (!type.hasStaticShape() || (isQuantized(type) && !quantized))
        return false;
      after += tensorBytes(type);
    }
    return after <= 8 * before || after <= growth;
  }

  /// The constant behind a reinterpret.
  static Value source(Value value) {
    if (auto reinterpret = value.getDefiningOp<ReinterpretOp>())
      return reinterpret.getInput();
    return value;
  }

  void fold(Operation *op, ResourceUses &uses) {
    OpBuilder builder(op);
    SmallVector<Value> values;
    if (isa<ReshapeOp, TransposeOp>(op) &&
        !isQuantized(typeOf(op->getOperand(0)))) {
      // No arithmetic, and often large: no copy of a reshaped weight.
      Value input = op->getOperand(0);
      values.push_back(
          isa<ReshapeOp>(op)
              ? createReshape(builder, op->getLoc(), input,
                              typeOf(op->getResult(0)).getShape())
              : createTranspose(builder, op->getLoc(), input,
                                cast<TransposeOp>(op).getPerm()));
      uses.add(constantOf(values[0]));
    } else {
      if (!context->hooks.evaluate)
        return;
      SmallVector<ElementsAttr> operands;
      for (Value operand : op->getOperands())
        operands.push_back(constantOf(source(operand)));
      auto results = context->hooks.evaluate(op, operands);
      if (!results) {
        // It stays in the program, where it computes the same.
        op->emitRemark("not folded: ") << llvm::toString(results.takeError());
        return;
      }
      for (auto [result, attr] : llvm::zip(op->getResults(), *results)) {
        if (!attr)
          return;
        auto type = cast<RankedTensorType>(attr.getType());
        Value value = ConstantOp::create(builder, op->getLoc(), type, attr);
        uses.add(attr);
        if (value.getType() != result.getType())
          value = ReinterpretOp::create(builder, op->getLoc(),
                                        result.getType(), value);
        values.push_back(value);
      }
    }
    llvm::SmallSetVector<Value, 4> operands(op->operand_begin(),
                                            op->operand_end());
    op->replaceAllUsesWith(values);
    op->erase();
    for (Value operand : operands)
      dropIfDead(operand, uses);
  }

  static void dropIfDead(Value value, ResourceUses &uses) {
    Operation *op = value.getDefiningOp();
    if (!op || !op->use_empty())
      return;
    Value input = isa<ReinterpretOp>(op) ? op->getOperand(0) : Value();
    ElementsAttr attr = constantOf(value);
    op->erase();
    if (attr)
      uses.drop(attr);
    if (input)
      dropIfDead(input, uses);
  }
};
} // namespace

std::unique_ptr<Pass> xgen::createFoldConstants(const PassContext &context,
                                                bool quantized) {
  FoldConstantsOptions options;
  options.quantized = quantized;
  auto pass = std::make_unique<FoldConstants>(options);
  pass->context = &context;
  return pass;
}
