//===- Anchors.cpp - Ops that decide a kernel's loops ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// From op to anchor.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool halide::isAnchor(Operation *op) {
  return isa<ir::ConvOp, ir::MatMulOp, ir::PoolOp, ir::ReduceOp, ir::SoftmaxOp,
             ir::NormalizeOp>(op) ||
         isPictureResize(op);
}

bool halide::anchorCollapses(Operation *op) {
  if (auto conv = dyn_cast<ir::ConvOp>(op))
    return convCollapses(conv);
  if (auto matmul = dyn_cast<ir::MatMulOp>(op)) {
    auto right = typeOf(matmul.getRhs()).getShape();
    return product(right.drop_back(2)) == 1;
  }
  return false;
}

std::unique_ptr<Anchor> halide::makeAnchor(Emitter &e, Operation *op, Root &root) {
  return llvm::TypeSwitch<Operation *, std::unique_ptr<Anchor>>(op)
      .Case<ir::ConvOp>([&](Operation *o) { return makeConv(e, o, root); })
      .Case<ir::MatMulOp>([&](Operation *o) { return makeMatMul(e, o, root); })
      .Case<ir::PoolOp>([&](Operation *o) { return makePool(e, o, root); })
      .Case<ir::ResizeOp>([&](ir::ResizeOp o) { return makeResize(e, o, root); })
      .Case<ir::ReduceOp, ir::SoftmaxOp, ir::NormalizeOp>(
          [&](Operation *o) { return makeReduction(e, o, root); })
      .Default([&](Operation *o) -> std::unique_ptr<Anchor> {
        throw Unsupported{o, "this op"};
      });
}

bool halide::canEmitAnchor(Operation *op, const xgen::Target &target) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](ir::ConvOp o) { return canEmitConv(o, target); })
      .Case([&](ir::MatMulOp o) { return canEmitMatMul(o, target); })
      .Case([&](ir::PoolOp o) { return canEmitPool(o); })
      .Case([&](ir::ResizeOp o) { return canEmitMovement(o); })
      .Case<ir::ReduceOp, ir::SoftmaxOp, ir::NormalizeOp>(
          [&](Operation *o) { return canEmitReduction(o); })
      .Default(false);
}
