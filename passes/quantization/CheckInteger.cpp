//===- CheckInteger.cpp - Nothing falls back to float unseen --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-check-integer: for tests, and for users who count on integer arithmetic.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"

namespace xgen {
#define GEN_PASS_DEF_CHECKINTEGER
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

/// Whether the op computes on quantized elements.
static bool computesQuantized(Operation *op) {
  return isa<XgenDialect>(op->getDialect()) &&
         !isa<DequantizeOp, QuantizeOp, ReinterpretOp>(op) &&
         llvm::any_of(op->getOperandTypes(),
                      [](Type type) { return isQuantized(type); });
}

namespace {
struct CheckInteger : xgen::impl::CheckIntegerBase<CheckInteger> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isDeclaration())
        continue;
      // Forward: what depends on a dequantized activation. Backward: what
      // quantized arithmetic depends on.
      DenseSet<Operation *> after, before;
      for (Operation &op : func.getBody().front()) {
        bool from = isa<DequantizeOp>(op) && !isConstantLike(op.getOperand(0));
        for (Value operand : op.getOperands())
          from |= after.contains(operand.getDefiningOp());
        if (from)
          after.insert(&op);
      }
      for (Operation &op : llvm::reverse(func.getBody().front())) {
        bool to = false;
        for (Operation *user : op.getUsers())
          to |= before.contains(user) || computesQuantized(user);
        if (to)
          before.insert(&op);
      }
      for (Operation &op : func.getBody().front())
        if (after.contains(&op) && before.contains(&op) &&
            !isa<QuantizeOp, DequantizeOp, ReinterpretOp>(op) &&
            isa<FloatType>(typeOf(op.getResult(0)).getElementType())) {
          op.emitOpError("computes in float between quantized ops: there is no "
                         "integer form of it with these operands");
          signalPassFailure();
        }
    }
  }
};
} // namespace
