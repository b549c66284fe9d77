//===- WidenHalf.cpp - Half precision networks in single precision --------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-widen-half: values of f16 and bf16 are computed and kept in f32, with
// conversions where they enter and leave the network. Without half precision
// arithmetic each op would convert anyway; so it is done once, and results are
// at least as exact. A cast to half precision that the model itself asks for
// still rounds.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"

namespace xgen {
#define GEN_PASS_DEF_WIDENHALF
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static bool isHalf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && (tensor.getElementType().isF16() ||
                    tensor.getElementType().isBF16());
}

static RankedTensorType widened(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return ir::withElement(tensor, Float32Type::get(type.getContext()));
}

namespace {
struct WidenHalf : xgen::impl::WidenHalfBase<WidenHalf> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func.getBody().hasOneBlock())
        widen(func.getBody().front());
  }

private:
  void widen(Block &block) {
    OpBuilder builder(&getContext());
    auto convert = [&](Value value, Type type, Location loc) {
      return CastOp::create(builder, loc, type, value).getResult();
    };
    // The f32 value that stands for one which is still half, and the half type
    // of values that are f32 now.
    llvm::DenseMap<Value, Value> wide;
    llvm::DenseMap<Value, Type> narrow;
    builder.setInsertionPointToStart(&block);
    for (BlockArgument argument : block.getArguments())
      if (isHalf(argument.getType()))
        wide[argument] =
            convert(argument, widened(argument.getType()), argument.getLoc());
    for (Operation &op : llvm::make_early_inc_range(block)) {
      // One that stands for a half value, made above.
      if (isa<CastOp>(op) && wide.lookup(op.getOperand(0)) == op.getResult(0))
        continue;
      // What passes bytes on, or converts on purpose, keeps its types.
      bool keeps = isa<ConstantOp, ReinterpretOp, EncodeOp, CastOp, IfOp,
                       LoopOp>(op) ||
                   op.hasTrait<OpTrait::IsTerminator>();
      builder.setInsertionPoint(&op);
      for (OpOperand &operand : op.getOpOperands()) {
        Value value = operand.get();
        if (!keeps && isHalf(value.getType()))
          operand.set(wide.lookup(value));
        else if (keeps && !isa<CastOp>(op) && narrow.contains(value))
          operand.set(convert(value, narrow.lookup(value), op.getLoc()));
      }
      builder.setInsertionPointAfter(&op);
      for (Value result : op.getResults()) {
        Type type = result.getType();
        if (!isHalf(type))
          continue;
        if (keeps) {
          wide[result] = convert(result, widened(type), op.getLoc());
        } else {
          narrow[result] = type;
          result.setType(widened(type));
        }
      }
    }
  }
};
} // namespace
