//===- SparseConv.cpp - Convolution with block-sparse weights -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// DirectConv's register tile, but the reduction runs over the blocks that are
// left of a panel: a block is NR weights of one position (ky, kx, ci), read from
// a list, and the position says where the input is. The three parts of the
// weight (counts, positions, values) are one array of 32-bit words, whose
// values are reinterpreted.
//
// Positions become offsets into the input once a call, so that a step costs a
// load or two beside its multiply-adds; time falls in proportion to the blocks.
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
  Expr word(Expr index) { return e.raw(op.getWeight(), Halide::Int(32))(index); }
  Expr element(Expr block);

  Emitter &e;
  ir::ConvOp op;
  ConvGeometry g;
  Root &root;
  Tile tile;
  PaddedInput input;
  Func acc{"acc"}, column{"column"}, row{"row"};
  Var l{"l"}, x{"x"}, y{"y"}, n{"n"}, t{"t"}, b{"b"};
  RDom r;
  int64_t blocks, positionAt, valuesAt; ///< the latter in words
  bool flat, biasAtStore;
};
} // namespace

SparseConv::SparseConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root)
    : e(e), op(op), g(g), root(root), input(e, op.getInput(), g, 0.0f) {
  auto encoding = cast<ir::BlockSparseAttr>(typeOf(op.getWeight()).getEncoding());
  tile.nr = encoding.getNr();
  blocks = encoding.getBlocks();
  // The layout of XgenEncodings.cpp.
  int64_t panels = llvm::divideCeil(g.co, tile.nr);
  positionAt = llvm::alignTo((panels + 1) * 4, 64) / 4;
  valuesAt = positionAt + llvm::alignTo(blocks * 4, 64) / 4;
  int64_t depth = g.kh * g.kw * g.ci;
  Tile chosen = chooseFloatTile(e.target, g.ow, g.oh, g.co, depth, tile.nr);
  tile.mr = std::min(e.param("mr", chosen.mr), g.ow);
  tile.my = root.vars.size() > 3 ? std::min(e.param("my", chosen.my), g.oh) : 1;
  if (!e.mayRecompute()) {
    tile.mr = largestDivisor(g.ow, tile.mr);
    tile.my = largestDivisor(g.oh, tile.my);
  }

  // (ky, kx, ci) of a block. An input that is an argument is one array, in
  // which the column can hold the whole way.
  flat = !input.stored;
  Expr position = word(b + (int)positionAt);
  Expr ky = position / (int)(g.kw * g.ci), inRow = position % (int)(g.kw * g.ci);
  Expr to = inRow;
  if (g.dx > 1)
    to = inRow / (int)g.ci * (int)(g.dx * g.ci) + inRow % (int)g.ci;
  if (flat && g.kh > 1)
    to = to + ky * (int)(g.dy * g.w * g.ci);
  column(b) = to;
  row(b) = ky * (int)g.dy;

  biasAtStore = op.getBias() && g.co % tile.nr;
  acc(l, x, y, n, t) = op.getBias() && !biasAtStore
                           ? e.flat(op.getBias(), t * (int)tile.nr + l)
                           : Expr(0.0f);
  if (!blocks)
    return;
  r = RDom(0, (int)std::min(depth, blocks), "r");
  r.where(r.x < word(t + 1) - word(t));
  Expr block = Halide::unsafe_promise_clamped(word(t) + r.x, 0, (int)blocks - 1);
  Expr value = Halide::reinterpret<float>(word(block * (int)tile.nr + l + (int)valuesAt));
  acc(l, x, y, n, t) += value * element(block);
}

Expr SparseConv::element(Expr block) {
  // No position leaves the padded input: the encoding's verifier and the packer
  // see to it, so no bound needs to be computed.
  if (flat) {
    int64_t all = g.n * g.h * g.w * g.ci;
    Expr base = ((n * (int)g.h + y * (int)g.sy) * (int)g.w + x * (int)g.sx) * (int)g.ci;
    return e.flat(op.getInput(),
                  base + Halide::unsafe_promise_clamped(column(block), 0, (int)all - 1));
  }
  Expr j = Halide::unsafe_promise_clamped(column(block), 0,
                                          (int)(((g.kw - 1) * g.dx + 1) * g.ci - 1));
  Expr down = g.kh == 1 ? Expr(0)
                        : Halide::unsafe_promise_clamped(row(block), 0, (int)((g.kh - 1) * g.dy));
  return input.rows(x * (int)(g.sx * g.ci) + j, y * (int)g.sy + down, n);
}

Expr SparseConv::at(const Index &p) {
  Expr c = p.back(), zero = 0;
  Expr px = p[p.size() - 2], py = zero, pn = zero;
  if (p.size() == 4)
    py = p[1], pn = p[0];
  else if (p.size() == 3)
    pn = p[0];
  Expr value = acc(c % (int)tile.nr, px, py, pn, c / (int)tile.nr);
  if (biasAtStore)
    value += e.flat(op.getBias(), c);
  return value;
}

void SparseConv::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Float(32)), tile.nr);
  bool channelsInner = blocks * tile.nr * 4 * 2 <= e.target.l2Bytes;
  channelsInner = e.param("channels_inner", channelsInner);
  TiledRoot loops(e, root, tile, lanes, channelsInner);
  acc.bound(l, 0, (int)tile.nr).compute_at(f, loops.at);
  acc.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  if (blocks) {
    auto update = acc.update();
    update.reorder(l, x, y, r.x, n, t);
    update.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
    auto table = [&](Func &f) {
      f.bound(b, 0, (int)blocks).compute_root();
      if (blocks >= lanes)
        f.vectorize(b, lanes, TailStrategy::ShiftInwards);
    };
    // A product's positions are its offsets.
    if (g.kh > 1 || g.dx > 1)
      table(column);
    if (!flat && g.kh > 1)
      table(row);
  }
  input.schedule(e, g);
}

std::unique_ptr<Anchor> halide::makeSparseConv(Emitter &e, ir::ConvOp op,
                                               const ConvGeometry &g, Root &root) {
  return std::make_unique<SparseConv>(e, op, g, root);
}
