//===- Pointwise.cpp - Loops without a reduction --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Elementwise groups and data movement: vectors along the innermost dimension,
// a few of them a step.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

/// Lanes that keep the widest element of the kernel in one register.
static int commonLanes(Emitter &e, Root &root) {
  int64_t bytes = 1;
  auto see = [&](Value v) {
    bytes = std::max(bytes, ir::elementBytes(typeOf(v).getElementType()));
  };
  see(root.value);
  e.kernel.walk([&](Operation *op) {
    for (Value v : op->getOperands())
      see(v);
    bool arithmetic = isa<ir::UnaryOp, ir::BinaryOp>(op) &&
                      ir::isQuantized(typeOf(op->getResult(0)).getElementType());
    if (arithmetic || isa<ir::DequantizeOp, ir::QuantizeOp, ir::RequantizeOp>(op))
      bytes = std::max<int64_t>(bytes, 4);
  });
  return std::max<int64_t>(1, e.target.vectorBytes / bytes);
}

void halide::schedulePointwise(Emitter &e, Root &root) {
  if (root.vars.empty())
    return;
  Func &f = root.func;
  int lanes = commonLanes(e, root);
  int64_t inner = root.shape.back();
  bool repeat = e.mayRecompute();
  auto tail = [&](int64_t extent, int64_t by) {
    return extent % by == 0 ? TailStrategy::RoundUp
           : repeat         ? TailStrategy::ShiftInwards
                            : TailStrategy::GuardWithIf;
  };
  if (inner >= lanes) {
    Var v("v");
    int64_t unroll = inner >= 4 * lanes && (inner % (4 * lanes) == 0 || inner >= 32 * lanes) ? 4 : 1;
    if (unroll > 1) {
      Var o("o"), i("i");
      f.split(root.vars[0], o, i, (int)(lanes * unroll), tail(inner, lanes * unroll));
      f.vectorize(i, lanes).unroll(i);
      if (root.vars.size() == 1 && e.target.threads > 1 && inner > (1 << 16))
        f.parallel(o, (int)std::max<int64_t>(1, inner / (lanes * unroll) / 16),
                   TailStrategy::GuardWithIf);
    } else {
      f.vectorize(root.vars[0], lanes, tail(inner, lanes));
    }
  } else if (inner <= 16 && root.vars.size() > 1) {
    int64_t next = root.shape[root.shape.size() - 2];
    if (inner > 1)
      f.unroll(root.vars[0]);
    if (next >= lanes)
      f.vectorize(root.vars[1], lanes, tail(next, lanes));
  }
  if (root.vars.size() > 1 && e.target.threads > 1 && product(root.shape) > (1 << 16))
    f.parallel(root.vars.back());
}
