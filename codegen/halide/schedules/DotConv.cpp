//===- DotConv.cpp - Convolutions with few output channels ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// With fewer output channels than a vector has lanes, vectors run along the
// reduction: a row of the window, kx and ci, lies contiguous in the input, and so
// do weights that are stored a channel a panel. A tile has a vector of partial
// sums for each position and channel; in the end neighbours are added, which
// halves the vectors, until one lane is left of each. The sums of a tile are as
// contiguous as the channels-last result.
//
// What a row has beyond whole vectors is in a last vector that overlaps the one
// before it; its weights are zero where it does. So nothing is read that is not of
// the window. (An infinite number that is multiplied by such a zero makes the sum NaN.)
//
// Measured with AVX-512, in GMAC/s of 119, direct convolution and this: 7x3, 32 to 1
// channel: 6, 60; 1x256 in steps of 2, 1 to 1: 4.8, 90; 3x39, 8 to 8: 51, 102; 1x1, 64 to
// 4: 26, 88. Of the executed arm64 instructions of the first two a third and a quarter are
// left; four lanes of eight channels are better along the channels.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;
using llvm::divideCeil;

namespace {
/// A row of the window, which is contiguous, in vectors.
struct Row {
  int64_t length, lanes, whole, rest;
  Row(const xgen::Target &target, const ConvGeometry &g)
      : length(g.dx == 1 ? g.kw * g.ci : g.ci),
        lanes(std::min<int64_t>(target.lanes(4), llvm::bit_floor((uint64_t)length))),
        whole(length / lanes), rest(length % lanes) {}
  int64_t steps() const { return whole + (rest ? 1 : 0); }
};

class DotConv : public Anchor {
public:
  DotConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  void addUpdate(RDom r, Expr offset, bool tail);

  Emitter &e;
  ir::ConvOp op;
  ConvGeometry g;
  Root &root;
  Row row;
  int64_t mr;
  PaddedInput input;
  /// Partial sums: lane, channel and position in one dimension, in this order.
  Func acc{"acc"};
  /// Sums of two neighbours of the one before; the last are the results.
  std::vector<Func> sums;
  Var q{"q"}, y{"y"}, n{"n"};
  std::vector<RDom> domains;
};
} // namespace

/// The width of vectors that `count` elements are computed in. Small ones are better than
/// a last one that overlaps the one before, which memory would have to join.
static int64_t vectorWidth(int64_t count, int64_t lanes) {
  int64_t even = std::min<int64_t>(lanes, count & -count);
  return even >= 4 ? even : std::min<int64_t>(lanes, llvm::bit_floor((uint64_t)count));
}

/// Positions apart that read the same vector, one in the step after the other's; 0: none.
static int64_t sharedAt(const ConvGeometry &g, const Row &row) {
  int64_t apart = g.sx * g.ci;
  return apart < row.lanes && row.lanes % apart == 0 && row.whole > 1 ? row.lanes / apart : 0;
}

/// Steps that are unrolled. LLVM loads a vector once that other steps read, too, and keeps
/// it in a register: good for a few, but not for all of a step.
static int64_t unrolledSteps(const ConvGeometry &g, const Row &row) {
  int64_t apart = g.sx * g.ci;
  return largestDivisor(row.whole, apart % row.lanes ? 8 : std::min<int64_t>(8, apart / row.lanes));
}

/// What a tile of `mr` positions costs, as Tile::cycles; 0 where it does not fit.
static double tileCycles(const xgen::Target &target, const ConvGeometry &g, const Row &row,
                         int64_t mr) {
  const int64_t results = mr * g.co, shared = sharedAt(g, row);
  int64_t held = std::min(mr, g.co) + 1;
  if (shared)
    held = std::max(held, mr - shared + 2);
  if (results + held > target.vectorRegisters && mr > 1)
    return 0;
  double steps = (double)row.steps() * g.kh * (g.dx == 1 ? 1 : g.kw);
  double folds = 0;
  for (int64_t left = row.lanes / 2; left; left /= 2) {
    int64_t count = results * left, width = vectorWidth(count, target.lanes(4));
    // Vectors that overlap wait for memory.
    folds += divideCeil(count, width) + (count % width ? 10 : 0);
  }
  const int64_t inputs = shared ? std::min(shared, mr) : mr;
  if (target.arch != Arch::X86_64) {
    // Executed instructions. Pairs of loads reach 1 KB; sums want room for what they
    // are made of. Measured.
    bool pairs = target.arch == Arch::AArch64;
    double beyond = pairs ? std::max<int64_t>(0, mr - 256 / (g.sx * g.ci)) : 0;
    double crowded = std::max<double>(0, results - target.vectorRegisters * 3 / 8);
    double step = results + (inputs + g.co) * (pairs ? 0.6 : 1.5) + beyond + 0.8 * crowded + 1.5;
    return steps * step + folds * (pairs ? 1 : 2) + 24;
  }
  // Loads across cache lines are two.
  double across = 1 + (row.lanes - std::gcd(g.sx * g.ci, row.lanes)) / 16.0;
  double loads = inputs * across + g.co;
  double step = std::max({results / 2.0, loads / 2, 4.0}) + 0.3;
  // Weights that do not stay in L1; measured.
  if (g.kh * g.kw * g.ci * g.co * 4 > target.l1Bytes * 3 / 4 && g.ow * g.oh > mr)
    step = std::max(step, g.co * row.lanes * 4 / 36.0);
  // More results than lanes leave few registers for folding them.
  return steps * step + folds * (target.avx512 ? 1 : 2) + (results > target.lanes(4) ? 14 : 0);
}

std::vector<Tile> halide::dotConvTiles(const xgen::Target &target, const ConvGeometry &g) {
  std::vector<Tile> tiles;
  Row row(target, g);
  if (row.lanes < 4 || g.co > target.vectorRegisters - 3)
    return tiles;
  for (int64_t mr = 1; mr <= std::min<int64_t>(g.ow, target.vectorRegisters); ++mr)
    if (double cycles = tileCycles(target, g, row, mr))
      tiles.push_back({mr, 1, 1, cycles * divideCeil(g.ow, mr) * g.oh * g.n});
  llvm::sort(tiles, [](const Tile &a, const Tile &b) {
    return std::tie(a.cycles, a.mr) < std::tie(b.cycles, b.mr);
  });
  return tiles;
}

std::optional<Tile> halide::fasterDotConv(const xgen::Target &target, const ConvGeometry &g) {
  std::vector<Tile> tiles = dotConvTiles(target, g);
  // The models are coarse.
  if (tiles.empty() || tiles.front().cycles > 0.9 * directConvCycles(target, g))
    return std::nullopt;
  return tiles.front();
}

DotConv::DotConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root)
    : e(e), op(op), g(g), root(root), row(e.target, g), input(e, op.getInput(), g, 0.0f) {
  std::vector<Tile> tiles = dotConvTiles(e.target, g);
  mr = std::clamp<int64_t>(e.param(root, "mr", tiles.empty() ? 1 : tiles.front().mr), 1, g.ow);
  if (!e.mayRecompute())
    mr = largestDivisor(g.ow, mr);
  acc(q, y, n) = 0.0f;
  int64_t kxs = g.dx == 1 ? 1 : g.kw;
  RDom r(0, (int)row.whole, 0, (int)kxs, 0, (int)g.kh, "r");
  addUpdate(r, r.x * (int)row.lanes, false);
  if (row.rest) {
    RDom t(0, 1, 0, (int)kxs, 0, (int)g.kh, "rt");
    addUpdate(t, (int)(row.length - row.lanes), true);
  }
  Func last = acc;
  for (int64_t left = row.lanes / 2; left; left /= 2) {
    Func sum("sum" + std::to_string(left));
    sum(q, y, n) = last(2 * q, y, n) + last(2 * q + 1, y, n);
    sums.push_back(sum);
    last = sum;
  }
}

void DotConv::addUpdate(RDom r, Expr offset, bool tail) {
  Expr lane = q % (int)row.lanes, result = q / (int)row.lanes;
  Expr x = result / (int)g.co, c = result % (int)g.co;
  Expr tap = r.z * (int)(g.dx == 1 ? 1 : g.kw) + r.y;
  Expr weight = e.raw(op.getWeight(), Halide::Float(32))(
      c * (int)(g.kh * g.kw * g.ci) + tap * (int)row.length + offset + lane);
  if (tail)
    weight = Halide::select(lane < (int)(row.lanes - row.rest), 0.0f, weight);
  Expr at = x * (int)(g.sx * g.ci) + r.y * (int)(g.dx * g.ci) + offset + lane;
  acc(q, y, n) += weight * input.rows(at, y * (int)g.sy + r.z * (int)g.dy, n);
  domains.push_back(r);
}

Expr DotConv::at(const Index &p) {
  Expr c = p.back();
  Pixel at(p);
  Func total = sums.empty() ? acc : sums.back();
  Expr value = total(at.x * (int)g.co + c, at.y, at.n);
  return op.getBias() ? value + e.flat(op.getBias(), c) : value;
}

static void vectorize(Func f, Var v, int64_t count, int64_t lanes) {
  int64_t width = vectorWidth(count, lanes);
  if (width > 1)
    f.vectorize(v, (int)width, count % width ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
  f.unroll(v);
}

void DotConv::schedule(Func f, const Shape &shape) {
  const int64_t results = mr * g.co, lanes = e.lanes(Halide::Float(32));
  Var c = root.vars[0], xo("xo"), xi("xi"), cx("cx");
  f.split(root.vars[1], xo, xi, (int)mr,
          g.ow % mr ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
  f.fuse(c, xi, cx);
  std::vector<Halide::VarOrRVar> order{cx, xo};
  order.insert(order.end(), root.vars.begin() + 2, root.vars.end());
  f.reorder(order);
  // As one vector, whose index Halide sees to be contiguous.
  f.vectorize(cx);
  if (e.target.threads > 1)
    parallelize(f, ArrayRef(order).drop_front(order.size() > 2 ? 2 : 1));
  int64_t left = row.lanes;
  for (Func sum : sums) {
    left /= 2;
    sum.compute_at(f, xo);
    vectorize(sum, q, results * left, lanes);
  }
  acc.compute_at(f, xo).vectorize(q, (int)row.lanes, TailStrategy::RoundUp).unroll(q);
  for (size_t i = 0; i < domains.size(); ++i) {
    RDom &r = domains[i];
    Var j("j"), l("l"), x("x"), o("o");
    auto update = acc.update(i);
    update.split(q, j, l, (int)row.lanes, TailStrategy::RoundUp);
    update.split(j, x, o, (int)g.co, TailStrategy::RoundUp);
    // The inner ones are held in registers.
    if (mr < g.co)
      update.reorder(l, x, o, r.x, r.y, r.z, y, n);
    else
      update.reorder(l, o, x, r.x, r.y, r.z, y, n);
    update.vectorize(l).unroll(o).unroll(x);
    int64_t unrolled = e.param(root, "steps", unrolledSteps(g, row));
    if (i == 0)
      update.unroll(r.x, (int)largestDivisor(row.whole, unrolled));
  }
  input.schedule(e, g);
}

std::unique_ptr<Anchor> halide::makeDotConv(Emitter &e, ir::ConvOp op, const ConvGeometry &g,
                                            Root &root) {
  return std::make_unique<DotConv>(e, op, g, root);
}
