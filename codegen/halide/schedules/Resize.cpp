//===- Resize.cpp - Bilinear resizing of pictures -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// For channels-last pictures that change height and width. Each row of the result is
// interpolated between two rows of the input first, all of it, in whole vectors, and
// then along itself. So a row has two reads an element instead of four, conversions
// of a camera's bytes happen where reads are contiguous, and what few channels make
// a gather is gathered from one row in L1. Coordinates are tables.
//
// Measured (Zen 5, bytes of 480x640x3 to floats of 240x320x3): 0.17 ms; 0.33 with four
// reads an element and a conversion before it.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool halide::isPictureResize(Operation *op) {
  auto resize = dyn_cast<ir::ResizeOp>(op);
  if (!resize || resize.getMode() != ir::ResizeMode::Linear || resize->getNumOperands() != 1 ||
      !typeOf(resize.getInput()).hasStaticShape() ||
      !typeOf(resize.getInput()).getElementType().isF32())
    return false;
  Shape in = shapeOf(resize.getInput()), out = shapeOf(resize.getResult());
  auto stays = [&](size_t d) { return in[d] == out[d] && resize.getScales()[d] == 1; };
  return in.size() == 4 && stays(0) && stays(3) && !stays(1) && !stays(2) && in[1] > 1 &&
         in[2] > 1;
}

namespace {
class Resize : public Anchor {
public:
  Resize(Emitter &e, ir::ResizeOp op, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  /// Element `j` of the input's row.
  Expr element(Expr j, Expr y, Expr n);
  /// Fills tables of one dimension: the lower of two neighbours, and the upper one's
  /// share. The last position has both of the border, and a share of 1.
  void fill(Func low, Func share, size_t dimension);

  Emitter &e;
  ir::ResizeOp op;
  Root &root;
  Shape in, out;
  int lanes;
  /// Few channels: positions and channels are one loop, with its own tables.
  bool flat;
  Func lowY{"low_y"}, shareY{"share_y"}, lowX{"low_x"}, shareX{"share_x"};
  Func offset{"offset"}, share{"share"}, rows{"rows"};
  Var v{"v"}, j{"j"}, y{"y"}, n{"n"};
};
} // namespace

Resize::Resize(Emitter &e, ir::ResizeOp op, Root &root)
    : e(e), op(op), root(root), in(shapeOf(op.getInput())), out(shapeOf(op.getResult())),
      lanes(e.lanes(Halide::Float(32))), flat(out[3] < lanes) {
  fill(lowY, shareY, 1);
  fill(lowX, shareX, 2);
  Expr weight = shareY(y);
  rows(j, y, n) = element(j, lowY(y), n) * (1.0f - weight) +
                  element(j, lowY(y) + 1, n) * weight;
  if (flat) {
    offset(j) = lowX(j / (int)out[3]) * (int)in[3] + j % (int)out[3];
    share(j) = shareX(j / (int)out[3]);
  }
}

void Resize::fill(Func low, Func share, size_t dimension) {
  Expr x = resizeCoordinate(op, v, dimension);
  Expr c = Halide::clamp(x, 0.0f, (float)(in[dimension] - 1));
  Expr below = Halide::clamp(Halide::cast<int32_t>(c), 0, (int)in[dimension] - 2);
  low(v) = below;
  share(v) = c - Halide::cast<float>(below);
  for (Func f : {low, share})
    f.bound(v, 0, (int)out[dimension]).compute_root();
}

Expr Resize::element(Expr j, Expr row, Expr n) {
  Expr position = (n * (int)in[1] + row) * (int)(in[2] * in[3]) + j;
  Value input = op.getInput();
  if (e.isFlat(input))
    return e.flat(input, position);
  if (auto cast = input.getDefiningOp<ir::CastOp>(); cast && e.isFlat(cast.getInput()))
    return emitPointwise(e, cast, {position}, [&](Value operand, const Index &) {
      return e.flat(operand, position);
    });
  return e.dense(input, {n, row, j / (int)in[3], j % (int)in[3]});
}

Expr Resize::at(const Index &p) {
  Expr number = p[2] * (int)out[3] + p[3];
  Expr from = flat ? Expr(offset(number)) : lowX(p[2]) * (int)in[3] + p[3];
  Expr weight = flat ? Expr(share(number)) : Expr(shareX(p[2]));
  from = Halide::clamp(from, 0, (int)((in[2] - 1) * in[3] - 1));
  return rows(from, p[1], p[0]) * (1.0f - weight) +
         rows(from + (int)in[3], p[1], p[0]) * weight;
}

void Resize::schedule(Func f, const Shape &shape) {
  bool repeat = e.mayRecompute();
  auto tail = [&](int64_t extent) {
    return extent % lanes == 0 ? TailStrategy::RoundUp
           : repeat && extent >= lanes ? TailStrategy::ShiftInwards
                                       : TailStrategy::GuardWithIf;
  };
  Var fused("fused");
  if (flat) {
    f.fuse(root.vars[0], root.vars[1], fused);
    f.vectorize(fused, lanes, tail(out[2] * out[3]));
    for (Func table : {offset, share})
      table.bound(j, 0, (int)(out[2] * out[3])).compute_root();
  } else {
    f.vectorize(root.vars[0], lanes, tail(out[3]));
  }
  rows.bound(j, 0, (int)(in[2] * in[3])).compute_at(f, root.vars[2]);
  int64_t row = in[2] * in[3];
  rows.vectorize(j, lanes, row >= lanes ? TailStrategy::ShiftInwards : TailStrategy::GuardWithIf);
  if (e.target.threads > 1 && product(shape) > (1 << 14))
    f.parallel(root.vars[2]);
}

std::unique_ptr<Anchor> halide::makeResize(Emitter &e, ir::ResizeOp op, Root &root) {
  return std::make_unique<Resize>(e, op, root);
}
