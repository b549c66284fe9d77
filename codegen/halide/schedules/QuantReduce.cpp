//===- QuantReduce.cpp - Sums and means of quantized tensors --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// As the reference does it: real numbers, each rounded to float, are added in
// double. There the sum of 8-bit numbers times one scale is exact in any order
// (24 bits of a number, 8 of its range, and enough for the count), so that the
// result is the same on every target.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/MathExprs.h"
#include "codegen/halide/Quant.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
class QuantReduce : public Anchor {
public:
  QuantReduce(Emitter &e, ir::ReduceOp op, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  Emitter &e;
  ir::ReduceOp op;
  Root &root;
  QuantInfo in, out;
  Func acc{"acc"};
  std::vector<Var> vars; ///< innermost first
  RDom r;
  int64_t count = 1;
};
} // namespace

static SmallVector<int64_t> reducedAxes(ir::ReduceOp op) {
  SmallVector<int64_t> axes;
  for (int64_t a : op.getAxes())
    axes.push_back(a < 0 ? a + typeOf(op.getInput()).getRank() : a);
  llvm::sort(axes);
  return axes;
}

bool halide::canEmitQuantReduce(ir::ReduceOp op) {
  if (op.getKind() != ir::ReduceKind::Mean && op.getKind() != ir::ReduceKind::Sum)
    return false;
  auto in = quantInfo(typeOf(op.getInput()).getElementType());
  auto out = quantInfo(typeOf(op.getResult()).getElementType());
  SmallVector<int64_t> axes = reducedAxes(op);
  int64_t count = 1;
  for (int64_t a : axes)
    count *= typeOf(op.getInput()).getDimSize(a);
  return in && out && in->axis < 0 && out->axis < 0 && in->high - in->low < 256 &&
         out->high - out->low < 65536 && !axes.empty() && axes.size() <= 3 &&
         count <= (1 << 16) && typeOf(op.getResult()).getRank() > 0;
}

QuantReduce::QuantReduce(Emitter &e, ir::ReduceOp op, Root &root)
    : e(e), op(op), root(root), in(*quantInfo(typeOf(op.getInput()).getElementType())),
      out(*quantInfo(typeOf(op.getResult()).getElementType())) {
  Shape shape = shapeOf(op.getInput());
  SmallVector<int64_t> axes = reducedAxes(op);
  std::vector<Halide::Range> ranges;
  for (int64_t a : llvm::reverse(axes)) {
    ranges.emplace_back(0, (int)shape[a]);
    count *= shape[a];
  }
  r = RDom(ranges, "r");
  int64_t rank = typeOf(op.getResult()).getRank();
  for (int64_t i = 0; i < rank; ++i)
    vars.push_back(Var("a" + std::to_string(i)));
  bool kept = rank == (int64_t)shape.size();
  Index at;
  int64_t next = 0, reduced = axes.size();
  for (int64_t d = 0; d < (int64_t)shape.size(); ++d) {
    if (llvm::is_contained(axes, d)) {
      at.push_back(r[--reduced]);
      next += kept;
    } else {
      at.push_back(vars[rank - 1 - next++]);
    }
  }
  Expr q = Halide::cast<int32_t>(e.dense(op.getInput(), at)) - (int)in.zeroPoints[0];
  Expr real = Halide::strict_float(Halide::cast<float>(q) * (float)in.scales[0]);
  acc(vars) = Halide::Internal::make_zero(Halide::Float(64));
  acc(vars) += Halide::cast<double>(real);
}

Expr QuantReduce::at(const Index &position) {
  std::vector<Expr> args(position.rbegin(), position.rend());
  Expr value = acc(args);
  if (op.getKind() == ir::ReduceKind::Mean)
    value = Halide::strict_float(value / Halide::cast<double>((int)count));
  value = Halide::strict_float(Halide::cast<float>(value) / (float)out.scales[0]);
  return quantizeExpr(value, out.zeroPoints[0], out.low, out.high,
                      storedType(typeOf(op.getResult()).getElementType()), e.math());
}

void QuantReduce::schedule(Func f, const Shape &shape) {
  int64_t lanes = 2 * e.lanes(Halide::Float(64)), inner = shape.back();
  for (size_t i = 0; i < vars.size(); ++i)
    acc.bound(vars[i], 0, (int)shape[shape.size() - 1 - i]);
  acc.compute_root();
  if (inner < lanes)
    return;
  auto tail = inner % lanes ? TailStrategy::GuardWithIf : TailStrategy::RoundUp;
  f.vectorize(root.vars[0], (int)lanes, tail);
  acc.vectorize(vars[0], (int)lanes, tail);
  // The block of channels outside, so that its sums stay in registers.
  Var o("o"), i("i");
  std::vector<Halide::VarOrRVar> order{i};
  acc.update().split(vars[0], o, i, (int)lanes, tail);
  for (const RVar &v : std::vector<RVar>{r.x})
    order.push_back(v);
  for (int d = 1; d < r.dimensions(); ++d)
    order.push_back(r[d]);
  order.push_back(o);
  acc.update().reorder(order).vectorize(i);
}

std::unique_ptr<Anchor> halide::makeQuantReduce(Emitter &e, ir::ReduceOp op, Root &root) {
  return std::make_unique<QuantReduce>(e, op, root);
}
