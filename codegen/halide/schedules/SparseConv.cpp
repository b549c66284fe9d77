//===- SparseConv.cpp - Block-sparse convolution in fp32 ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Weights pruned in blocks of one (ky, kx, ci) times NR output channels: the
// dense register tile stays, and the reduction runs over the blocks that are
// left of a panel. A list of offsets into the padded input, one a block, is made
// once a run, so that a step costs one index load more than a dense one: time
// falls in proportion to density.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
class SparseConv : public Anchor {
public:
  SparseConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  void definePlane();
  Expr word(Expr at) { return e.raw(op.getWeight(), Halide::Int(32))(at); }

  Emitter &e;
  ir::ConvOp op;
  ConvGeometry g;
  Root &root;
  Tile tile;
  int64_t blocks, panels, positionAt, valuesAt, planeSize;
  bool stored;
  Func acc{"acc"}, offsets{"offsets"}, plane{"plane"};
  Var l{"l"}, x{"x"}, y{"y"}, n{"n"}, t{"t"}, b{"b"}, i{"i"};
  RDom r, p;
};
} // namespace

SparseConv::SparseConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root)
    : e(e), op(op), g(g), root(root) {
  auto sparse = cast<ir::BlockSparseAttr>(typeOf(op.getWeight()).getEncoding());
  tile.nr = sparse.getNr();
  blocks = sparse.getBlocks();
  panels = (g.co + tile.nr - 1) / tile.nr;
  // In words; see BlockSparseAttr.
  positionAt = llvm::alignTo((panels + 1) * 4, 64) / 4;
  valuesAt = positionAt + llvm::alignTo(blocks * 4, 64) / 4;
  Tile chosen = chooseFloatTile(e.target, g.ow, g.oh, g.co, g.kh * g.kw * g.ci, tile.nr);
  tile.mr = std::min(e.param(root, "mr", chosen.mr), g.ow);
  tile.my = root.vars.size() > 3 ? std::min(e.param(root, "my", chosen.my), g.oh) : 1;
  if (!e.mayRecompute()) {
    tile.mr = largestDivisor(g.ow, tile.mr);
    tile.my = largestDivisor(g.oh, tile.my);
  }
  definePlane();
  int64_t rowWords = (stored ? g.paddedWidth() : g.w) * g.ci;
  int64_t planeRows = stored ? g.paddedHeight() : g.h;

  // Where a block's input lies, from a tile's first element.
  Expr position = word((int)positionAt + b);
  Expr ci = position % (int)g.ci, tap = position / (int)g.ci;
  offsets(b) = (tap / (int)g.kw) * (int)(g.dy * rowWords) +
               (tap % (int)g.kw) * (int)(g.dx * g.ci) + ci;

  acc(l, x, y, n, t) = 0.0f;
  r = RDom(0, (int)(g.kh * g.kw * g.ci), "r");
  r.where(r.x < word(t + 1) - word(t));
  Expr block = Halide::unsafe_promise_clamped(word(t) + r.x, 0,
                                              (int)std::max<int64_t>(0, blocks - 1));
  Expr value = Halide::reinterpret<float>(word((int)valuesAt + block * (int)tile.nr + l));
  Expr base = ((n * (int)planeRows + y * (int)g.sy) * (int)rowWords) + x * (int)(g.sx * g.ci);
  Expr where = Halide::unsafe_promise_clamped(base + offsets(block), 0, (int)planeSize - 1);
  Expr in = stored ? Expr(plane(where)) : e.flat(op.getInput(), where);
  acc(l, x, y, n, t) += value * in;
}

/// The padded input as one dense array of one dimension, which data-dependent
/// offsets can index.
void SparseConv::definePlane() {
  Value input = op.getInput();
  stored = g.padded() || !e.isFlat(input);
  int64_t width = g.paddedWidth() * g.ci, height = g.paddedHeight();
  planeSize = stored ? g.n * height * width : g.n * g.h * g.w * g.ci;
  if (!stored)
    return;
  PaddedInput rows(e, input, g, 0.0f);
  plane(i) = Halide::undef<float>();
  p = RDom(0, (int)width, 0, (int)height, 0, (int)g.n, "p");
  plane((p.z * (int)height + p.y) * (int)width + p.x) = rows.rows(p.x, p.y, p.z);
}

Expr SparseConv::at(const Index &position) {
  Expr c = position.back(), zero = 0;
  Expr px = position[position.size() - 2], py = zero, pn = zero;
  if (position.size() == 4)
    py = position[1], pn = position[0];
  else if (position.size() == 3)
    pn = position[0];
  Expr value = acc(c % (int)tile.nr, px, py, pn, c / (int)tile.nr);
  return op.getBias() ? value + e.flat(op.getBias(), c) : value;
}

void SparseConv::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Float(32)), tile.nr);
  TiledRoot loops(e, root, tile, lanes, blocks * tile.nr * 8 <= e.target.l2Bytes);
  acc.bound(l, 0, (int)tile.nr).compute_at(f, loops.at);
  acc.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  acc.update().reorder(l, x, y, r.x, n, t);
  acc.update().vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  int64_t extent = std::max<int64_t>(1, blocks);
  offsets.bound(b, 0, (int)extent).compute_root();
  if (extent >= lanes)
    offsets.vectorize(b, lanes, TailStrategy::ShiftInwards);
  if (stored) {
    plane.bound(i, 0, (int)planeSize).compute_root();
    int64_t width = g.paddedWidth() * g.ci;
    // Every element is written once, which Halide cannot see.
    int wide = e.lanes(Halide::Float(32));
    if (width >= wide)
      plane.update().allow_race_conditions().vectorize(p.x, wide, TailStrategy::GuardWithIf);
  }
}

std::unique_ptr<Anchor> halide::makeSparseConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g,
                                               Root &root) {
  return std::make_unique<SparseConv>(e, op, g, root);
}
