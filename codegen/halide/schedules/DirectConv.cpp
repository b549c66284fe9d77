//===- DirectConv.cpp - Direct convolution in fp32 ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sums of a register tile of positions x output channels stay in registers over
// the whole reduction. Weights come as [co / NR][ky][kx][ci][NR], so that each
// step loads the next NR of them; inputs are broadcast (x86) or staged as
// vectors of four reduction steps and multiplied by lane (Arm). Without dilation
// kx and ci are one loop: they are contiguous in a row of the input. The bias is
// added last: a large one, with the sum taken from it at each step, would round
// every step at its own size.
//
// Measured: 95 % and more of fp32 peak with AVX-512, 77 % of executed arm64
// instructions are fmla.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/RowFusion.h"
#include "codegen/halide/schedules/Templates.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
class DirectConv : public Anchor {
public:
  DirectConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  void addUpdate(RDom r, bool staged);
  Expr element(Expr step, Expr px, Expr py, Expr pn, Expr kx, Expr ky);
  Expr weight(Expr lane, Expr step, Expr kx, Expr ky, Expr panel);

  Emitter &e;
  ir::ConvOp op;
  ConvGeometry g;
  Root &root;
  Tile tile;
  PaddedInput input;
  Func acc{"acc"}, staging{"staging"};
  Var l{"l"}, x{"x"}, y{"y"}, n{"n"}, t{"t"}, q{"q"}, vkx{"vkx"}, vky{"vky"};
  bool packed;
  /// Steps of the innermost reduction loop, of which the first `main` are a
  /// multiple of `group`, which inputs are staged for.
  int64_t steps, main, group;
  std::vector<RDom> domains;
};
} // namespace

/// Where the pixels of a tile are, in bytes.
static std::vector<int64_t> pixelOffsets(const ConvGeometry &g, int64_t mr, int64_t my) {
  std::vector<int64_t> offsets;
  for (int64_t j = 0; j < my; ++j)
    for (int64_t i = 0; i < mr; ++i)
      offsets.push_back((j * g.sy * (g.w + g.left + g.right) + i * g.sx) * g.ci * 4);
  return offsets;
}

/// Measured: copies take a twelfth with two vectors, less with more work for each.
static auto readingOf(const xgen::Target &target, const ConvGeometry &g) {
  return [&target, &g](int64_t mr, int64_t my, int64_t vectors) {
    bool copied = target.arch == Arch::X86_64 && stagedSteps(target, pixelOffsets(g, mr, my));
    return copied ? 1 + 0.16 / vectors : 1;
  };
}

Tile halide::directConvTile(const xgen::Target &target, const ConvGeometry &g,
                            int64_t fixedNr) {
  return chooseFloatTile(target, g.ow, g.oh, g.co, g.kh * g.kw * g.ci, fixedNr,
                         readingOf(target, g));
}

std::vector<Tile> halide::directConvTiles(const xgen::Target &target, const ConvGeometry &g,
                                          size_t count) {
  return floatTiles(target, g.ow, g.oh, g.co, g.kh * g.kw * g.ci, count,
                    readingOf(target, g));
}

bool halide::channelsInner(const xgen::Target &target, const ConvGeometry &g) {
  return g.co * g.kh * g.kw * g.ci * 4 * 2 <= target.l2Bytes;
}

DirectConv::DirectConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root)
    : e(e), op(op), g(g), root(root), input(e, op.getInput(), g, 0.0f) {
  int64_t nr = packedWidth(op.getWeight());
  packed = nr != 0;
  ConvGeometry part = g;
  if (root.rowReader || input.source)
    part.oh = 1; // a row is computed at a time
  Tile chosen = directConvTile(e.target, part, nr);
  tile.mr = std::min(e.param(root, "mr", chosen.mr), g.ow);
  tile.my = root.vars.size() > 3 ? std::min(e.param(root, "my", chosen.my), part.oh) : 1;
  tile.nr = packed ? nr : e.param(root, "nr", chosen.nr);
  if (!e.mayRecompute()) {
    tile.mr = largestDivisor(g.ow, tile.mr);
    tile.my = largestDivisor(g.oh, tile.my);
  }
  bool fused = g.dx == 1;
  steps = fused ? g.kw * g.ci : g.ci;
  group = stagedSteps(e.target, pixelOffsets(g, tile.mr, tile.my));
  main = group ? steps / group * group : steps;

  acc(l, x, y, n, t) = 0.0f;
  staging(q, x, y, n, vkx, vky) = element(q, x, y, n, vkx, vky);
  int64_t kxs = fused ? 1 : g.kw;
  if (main)
    addUpdate(RDom(0, (int)main, 0, (int)kxs, 0, (int)g.kh, "r"), true);
  if (steps > main)
    addUpdate(RDom((int)main, (int)(steps - main), 0, (int)kxs, 0, (int)g.kh, "rt"), false);
}

Expr DirectConv::element(Expr step, Expr px, Expr py, Expr pn, Expr kx, Expr ky) {
  if (input.source)
    return input.at(px, step, py, pn);
  return input.rows(px * (int)(g.sx * g.ci) + step + kx * (int)(g.dx * g.ci),
                    py * (int)g.sy + ky * (int)g.dy, pn);
}

Expr DirectConv::weight(Expr lane, Expr step, Expr kx, Expr ky, Expr panel) {
  Expr row = (ky * (int)(g.dx == 1 ? 1 : g.kw) + kx) * (int)steps + step;
  if (packed)
    return e.raw(op.getWeight(), Halide::Float(32))(
        (panel * (int)(g.kh * g.kw * g.ci) + row) * (int)tile.nr + lane);
  Expr channel = panel * (int)tile.nr + lane;
  if (g.co % tile.nr)
    channel = Halide::min(channel, (int)g.co - 1);
  return e.flat(op.getWeight(), row * (int)g.co + channel);
}

void DirectConv::addUpdate(RDom r, bool staged) {
  Expr in = staged && group ? Expr(staging(r.x, x, y, n, r.y, r.z))
                                : element(r.x, x, y, n, r.y, r.z);
  acc(l, x, y, n, t) += weight(l, r.x, r.y, r.z, t) * in;
  domains.push_back(r);
}

Expr DirectConv::at(const Index &p) {
  Expr c = p.back();
  Pixel at(p);
  Expr value = acc(c % (int)tile.nr, at.x, at.y, at.n, c / (int)tile.nr);
  return op.getBias() ? value + e.flat(op.getBias(), c) : value;
}

void DirectConv::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Float(32)), tile.nr);
  bool inner = e.param(root, "channels_inner", channelsInner(e.target, g));
  TiledRoot loops(e, root, tile, lanes, inner, /*byRows=*/input.source);
  if (root.rowReader)
    f.compute_at(root.rowReader->rowLoop->step);
  int64_t depth = g.kh * g.kw * g.ci;
  int64_t tiles = inner ? 1
                        : g.n * llvm::divideCeil(g.ow, tile.mr) * llvm::divideCeil(g.oh, tile.my);

  acc.bound(l, 0, (int)tile.nr).compute_at(f, loops.at);
  acc.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  for (size_t i = 0; i < domains.size(); ++i) {
    RDom &r = domains[i];
    auto update = acc.update(i);
    int64_t unrolled = 8;
    auto prefetch = [&](RVar loop) {
      if (packed)
        prefetchWeights(e, update, loop, op.getWeight(), unrolled * tile.nr * 4,
                        g.co * depth * 4, {depth * tile.nr * 4, tiles});
    };
    if (i == 0 && main && group) {
      RVar qo("qo"), qi("qi");
      update.split(r.x, qo, qi, (int)group);
      // Half a cache line a time: what is unrolled as a whole LLVM keeps in
      // registers, and there are none left.
      update.reorder(l, x, y, qi, qo, r.y, r.z, n, t).unroll(qi, e.isArm() ? 4 : 8);
      staging.compute_at(acc, qo).bound_extent(q, (int)group);
      staging.vectorize(q, (int)group, TailStrategy::RoundUp).unroll(x).unroll(y);
      prefetch(qi);
    } else {
      update.reorder(l, x, y, r.x, r.y, r.z, n, t);
      int64_t extent = i == 0 && main ? main : steps - main;
      // Elements that neighbouring positions share within what is unrolled LLVM
      // loads once, and keeps in registers that the sums need.
      int64_t apart = tile.mr > 1 ? g.sx * g.ci : 8;
      unrolled = largestDivisor(extent, std::min<int64_t>(8, apart));
      update.unroll(r.x, (int)unrolled);
      prefetch(r.x);
    }
    update.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  }
  input.schedule(e, g);
}

double halide::directConvCycles(const xgen::Target &target, const ConvGeometry &g) {
  int64_t depth = g.kh * g.kw * g.ci;
  double products = g.n * directConvTile(target, g, 0).cycles;
  return std::max(products, depth * g.co * 4 / target.farBytesPerCycle());
}

std::unique_ptr<Anchor> halide::makeDirectConv(Emitter &e, ir::ConvOp op,
                                               const ConvGeometry &g, Root &root) {
  return std::make_unique<DirectConv>(e, op, g, root);
}
