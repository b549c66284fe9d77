//===- Winograd.cpp - 3x3 convolutions with fewer multiplications ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// F(m x m, 3x3) with m = 2 or 4 (dialects/xgen/Winograd.h): tiles of m x m
// outputs from (m + 2)^2 matrix products, one a point, of tiles by input
// channels with input by output channels. Weights arrive transformed.
//
// A block of tiles goes through all stages before the next one: its inputs
// become points (`points`, in L2), a panel of output channels of all products is
// accumulated in registers (`acc`) and put down (`sums`, in L1 or L2), and
// interpolated at the store, where the rest of the kernel is computed as well.
// Where the weights are larger than the cache and all points are not, the points
// of the whole image are made first and the panels are the outer loop, so that
// weights are read once.
//
// Tiles that reach over the edge of the result are computed whole and stored in
// part. Blocks that do not divide the tiles overlap, in whole tiles.
//
// Errors: F(2) is as accurate as a direct convolution, F(4) has twice its error;
// see WinogradEncoding.cpp.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"
#include "dialects/xgen/Winograd.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;
using llvm::divideCeil;

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Cycles (x86) or instructions (Arm) of transforming one vector of channels of
/// one tile: loads, multiply-adds and stores.
static double transformCost(const Target &target, int64_t m, bool input) {
  bool x86 = target.arch == Arch::X86_64;
  double spills = target.vectorRegisters >= 32 ? 1 : 1.3;
  if (m == 2)
    return (input ? x86 ? 26 : 60 : x86 ? 18 : 50) * spills;
  return (input ? x86 ? 100 : 210 : x86 ? 80 : 200) * spills;
}

/// Visits the ways to cut the convolution into blocks of register tiles; with
/// `eitherOrder`, also with points and panels the other way round where both fit.
static void forPlans(const Target &target, const ConvGeometry &g, int64_t m, Tile tile,
                     bool eitherOrder, llvm::function_ref<void(const WinogradPlan &)> visit) {
  int64_t points = (m + 2) * (m + 2), lanes = target.lanes(4);
  int64_t columns = divideCeil(g.ow, m), rows = divideCeil(g.oh, m);
  int64_t weights = points * g.ci * llvm::alignTo(g.co, tile.nr) * 4;
  bool resident = weights <= target.l2Bytes * 3 / 4;
  auto fit = [&](int64_t tiles, int64_t channels, double share) {
    return points * tiles * channels * 4 <= target.l2Bytes * share;
  };
  auto consider = [&](int64_t bx, int64_t by, bool otherOrder) {
    int64_t blocksX = divideCeil(columns, bx), blocksY = divideCeil(rows, by);
    int64_t blocks = g.n * blocksX * blocksY, tiles = blocks * bx * by;
    bool pointsFirst = !resident && fit(tiles, g.ci, 0.9);
    bool least = bx == tile.mr && by == tile.my;
    // Weights come from far: let each that arrives serve as many tiles as fit. Near
    // ones want the sums near, too, and threads blocks.
    if (!least && (resident || !fit(bx * by, tile.nr, 0.25) ||
                   !(pointsFirst || fit(bx * by, g.ci, 0.9)) ||
                   (target.threads > 1 && blocks < 2 * target.threads)))
      return;
    // Threads want blocks, or else panels.
    if (target.threads > 1 && blocks < 2 * target.threads)
      pointsFirst = true;
    if (otherOrder) {
      if (!fit(pointsFirst ? bx * by : tiles, g.ci, 0.9))
        return;
      pointsFirst = !pointsFirst;
    }
    double products = points * g.n *
                      chooseFloatTile(target, blocksX * bx, blocksY * by, g.co, g.ci,
                                      tile.nr).cycles;
    double in = (double)tiles * divideCeil(g.ci, lanes) * transformCost(target, m, true);
    double out = (double)tiles * divideCeil(g.co, lanes) * transformCost(target, m, false);
    // Weights that do not stay in L2 are read once a block, while there is work.
    double traffic = resident ? weights : (double)weights * (pointsFirst ? 1 : blocks);
    double cycles = std::max(products, traffic / target.farBytesPerCycle()) + in + out;
    visit({m, tile, bx, by, pointsFirst, cycles});
  };
  for (bool otherOrder : {false, true}) {
    if (otherOrder && !eitherOrder)
      break;
    for (int64_t by = tile.my; by <= std::max(rows, tile.my); by += tile.my)
      consider(tile.mr, by, otherOrder);
    for (int64_t bx = tile.mr; bx <= columns; bx += tile.mr)
      consider(bx, std::max(rows / tile.my, int64_t(1)) * tile.my, otherOrder);
  }
}

WinogradPlan halide::planWinograd(const Target &target, const ConvGeometry &g, int64_t m,
                                  int64_t fixedNr) {
  WinogradPlan best;
  Tile tile = chooseFloatTile(target, divideCeil(g.ow, m), divideCeil(g.oh, m), g.co, g.ci,
                              fixedNr);
  forPlans(target, g, m, tile, false, [&](const WinogradPlan &plan) {
    // Of those that cost the same the largest: fewer passes over the weights.
    if (!best.m || plan.cycles <= best.cycles)
      best = plan;
  });
  return best;
}

std::vector<WinogradPlan> halide::winogradPlans(const Target &target, const ConvGeometry &g,
                                                int64_t m, size_t count) {
  std::vector<WinogradPlan> plans;
  for (const Tile &tile :
       floatTiles(target, divideCeil(g.ow, m), divideCeil(g.oh, m), g.co, g.ci, 4))
    forPlans(target, g, m, tile, true,
             [&](const WinogradPlan &plan) { plans.push_back(plan); });
  auto key = [](const WinogradPlan &p) {
    return std::make_tuple(p.cycles, p.tile.nr, p.tile.mr, p.tile.my, p.bx, p.by, p.pointsFirst);
  };
  llvm::sort(plans, [&](auto &a, auto &b) { return key(a) < key(b); });
  plans.resize(std::min(plans.size(), count));
  return plans;
}

bool halide::canUseWinograd(ir::ConvOp op) {
  auto g = convGeometry(op);
  return g && typeOf(op.getInput()).getRank() == 4 && g->kh == 3 && g->kw == 3 && g->sy == 1 &&
         g->sx == 1 && g->dy == 1 && g->dx == 1 && g->groups == 1 &&
         typeOf(op.getWeight()).getElementType().isF32();
}

//===----------------------------------------------------------------------===//
// The template
//===----------------------------------------------------------------------===//

namespace {
class Winograd : public Anchor {
public:
  Winograd(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  /// The geometry whose result is whole tiles.
  static ConvGeometry wholeTiles(ConvGeometry g, int64_t m) {
    g.ow = llvm::alignTo(g.ow, m);
    g.oh = llvm::alignTo(g.oh, m);
    return g;
  }
  Expr weight(Expr lane, Expr step, Expr row, Expr column, Expr panel);
  /// `f` as many vectors of `v` as `count` has, the last one possibly twice.
  static int vectorize(Func f, Var v, int64_t count, int lanes);
  void schedulePoints(Halide::LoopLevel block);
  void scheduleProducts(int lanes);

  Emitter &e;
  ir::ConvOp op;
  ConvGeometry g;
  Root &root;
  const ir::WinogradTransform &w;
  ConvGeometry whole;
  WinogradPlan plan;
  PaddedInput input;
  int64_t columns, rows;
  /// Stages: B^T d, B^T d B, the products, where they are put down, A^T s, A^T s A.
  Func half{"half"}, points{"points"}, acc{"acc"}, staging{"staging"}, sums{"sums"};
  Func folded{"folded"}, pixels{"pixels"};
  Var c{"c"}, l{"l"}, i{"i"}, j{"j"}, tx{"tx"}, ty{"ty"}, n{"n"}, t{"t"}, q{"q"};
  std::vector<RDom> domains;
  int64_t main;
};
} // namespace

static int64_t tileOf(ir::ConvOp op) {
  return cast<ir::WinogradAttr>(typeOf(op.getWeight()).getEncoding()).getM();
}

using Term = llvm::function_ref<Expr(int64_t)>;

/// The sum of factor * term over `terms`, multiply-adds after what needs none.
static Expr combine(ArrayRef<std::pair<double, Expr>> terms) {
  Expr sum;
  for (bool unit : {true, false})
    for (auto [factor, term] : terms) {
      if (factor == 0 || (std::fabs(factor) == 1) != unit)
        continue;
      if (!sum.defined())
        sum = factor == 1 ? term : term * (float)factor;
      else
        sum = factor == 1 ? sum + term : factor == -1 ? sum - term : sum + term * (float)factor;
    }
  return sum;
}

/// Row `i` of B^T times `d`. The rows of points p and -p share their even and
/// their odd part, which LLVM finds.
static Expr toPoint(const ir::WinogradTransform &w, int64_t i, Term d) {
  SmallVector<std::pair<double, Expr>> parts[2];
  bool paired = i > 0 && i < w.n - 1;
  const double *row = w.bt[paired ? (i - 1) / 2 * 2 + 1 : i];
  for (int64_t k = 0; k < w.n; ++k)
    if (row[k] != 0)
      parts[paired ? k % 2 : 0].push_back({row[k], d(k)});
  if (!paired)
    return combine(parts[0]);
  Expr even = combine(parts[0]), odd = combine(parts[1]);
  return i % 2 ? even + odd : even - odd;
}

/// Row `i` of A^T times `s`: even rows want sums of the products at p and -p, odd
/// ones differences.
static Expr fromPoints(const ir::WinogradTransform &w, int64_t i, Term s) {
  SmallVector<std::pair<double, Expr>> terms{{w.at[i][0], s(0)}};
  for (int64_t k = 1; k < w.n - 1; k += 2)
    terms.push_back({w.at[i][k], i % 2 ? s(k) - s(k + 1) : s(k) + s(k + 1)});
  terms.push_back({w.at[i][w.n - 1], s(w.n - 1)});
  return combine(terms);
}

Winograd::Winograd(Emitter &e, ir::ConvOp op, const ConvGeometry &g, Root &root)
    : e(e), op(op), g(g), root(root), w(*ir::winogradTransform(tileOf(op))),
      whole(wholeTiles(g, w.m)), input(e, op.getInput(), whole, 0.0f) {
  int64_t nr = cast<ir::WinogradAttr>(typeOf(op.getWeight()).getEncoding()).getNr();
  plan = planWinograd(e.target, g, w.m, nr);
  columns = whole.ow / w.m, rows = whole.oh / w.m;
  plan.tile.mr = std::min(e.param(root, "mr", plan.tile.mr), columns);
  plan.tile.my = std::min(e.param(root, "my", plan.tile.my), rows);
  plan.tile.nr = nr;
  if (!e.mayRecompute()) {
    plan.tile.mr = largestDivisor(columns, plan.tile.mr);
    plan.tile.my = largestDivisor(rows, plan.tile.my);
  }
  // Blocks are whole register tiles.
  auto block = [&](StringRef name, int64_t chosen, int64_t tile, int64_t extent) {
    int64_t tiles = std::max<int64_t>(1, std::min(e.param(root, name, chosen), extent) / tile);
    if (!e.mayRecompute())
      tiles = largestDivisor(extent / tile, tiles);
    return tiles * tile;
  };
  plan.bx = block("bx", plan.bx, plan.tile.mr, columns);
  plan.by = block("by", plan.by, plan.tile.my, rows);
  plan.pointsFirst = e.param(root, "points_first", plan.pointsFirst);

  std::vector<Expr> values;
  auto pixel = [&](int64_t k) {
    return Expr(input.rows((tx * (int)w.m + j) * (int)g.ci + c, ty * (int)w.m + (int)k, n));
  };
  for (int64_t row = 0; row < w.n; ++row)
    values.push_back(toPoint(w, row, pixel));
  half(c, i, j, tx, ty, n) = Halide::mux(i, values);
  values.clear();
  for (int64_t column = 0; column < w.n; ++column)
    values.push_back(
        toPoint(w, column, [&](int64_t k) { return Expr(half(c, i, (int)k, tx, ty, n)); }));
  points(c, tx, ty, i, j, n) = Halide::mux(j, values);

  acc(l, tx, ty, i, j, n, t) = 0.0f;
  staging(q, tx, ty, i, j, n) = points(q, tx, ty, i, j, n);
  main = e.isArm() ? g.ci / 4 * 4 : g.ci;
  auto update = [&](int64_t begin, int64_t extent, bool staged) {
    RDom r((int)begin, (int)extent, "r");
    acc(l, tx, ty, i, j, n, t) += weight(l, r.x, i, j, t) * (staged ? staging(r.x, tx, ty, i, j, n)
                                                    : points(r.x, tx, ty, i, j, n));
    domains.push_back(r);
  };
  if (main)
    update(0, main, e.isArm());
  if (g.ci > main)
    update(main, g.ci - main, false);
  sums(l, i, j, tx, ty, n, t) = acc(l, tx, ty, i, j, n, t);

  values.clear();
  for (int64_t row = 0; row < w.m; ++row)
    values.push_back(fromPoints(w, row, [&](int64_t k) {
      return Expr(sums(c % (int)nr, (int)k, j, tx, ty, n, c / (int)nr));
    }));
  folded(c, i, j, tx, ty, n) = Halide::mux(i, values);
  values.clear();
  for (int64_t column = 0; column < w.m; ++column)
    values.push_back(
        fromPoints(w, column, [&](int64_t k) { return Expr(folded(c, i, (int)k, tx, ty, n)); }));
  pixels(c, i, j, tx, ty, n) = Halide::mux(j, values);
}

Expr Winograd::weight(Expr lane, Expr step, Expr row, Expr column, Expr panel) {
  Expr point = (panel * (int)w.n + row) * (int)w.n + column;
  return e.raw(op.getWeight(), Halide::Float(32))(
      (point * (int)g.ci + step) * (int)plan.tile.nr + lane);
}

Expr Winograd::at(const Index &p) {
  int m = w.m;
  Expr value = pixels(p[3], p[1] % m, p[2] % m, p[2] / m, p[1] / m, p[0]);
  return op.getBias() ? value + e.flat(op.getBias(), p[3]) : value;
}

int Winograd::vectorize(Func f, Var v, int64_t count, int lanes) {
  while (lanes > count)
    lanes /= 2;
  if (lanes > 1)
    f.vectorize(v, lanes, count % lanes ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
  return lanes;
}

/// `block`: where points are made, for one block or for all.
void Winograd::schedulePoints(Halide::LoopLevel block) {
  int n2 = w.n;
  Var co("co"), ci("ci");
  int lanes = e.lanes(Halide::Float(32));
  while (lanes > g.ci)
    lanes /= 2;
  points.bound(c, 0, (int)g.ci).bound(i, 0, n2).bound(j, 0, n2);
  points.split(c, co, ci, lanes,
               g.ci % lanes ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
  points.reorder(ci, i, j, co, tx, ty, n).vectorize(ci).unroll(i).unroll(j);
  half.compute_at(points, co).bound_extent(c, lanes).bound(i, 0, n2).bound(j, 0, n2);
  half.reorder(c, i, j).vectorize(c).unroll(i).unroll(j);
}

void Winograd::scheduleProducts(int lanes) {
  Var xo("xo"), xi("xi"), yo("yo"), yi("yi");
  int n2 = w.n, nr = plan.tile.nr;
  sums.bound(l, 0, nr).bound(i, 0, n2).bound(j, 0, n2);
  sums.bound_extent(tx, (int)plan.bx).bound_extent(ty, (int)plan.by);
  sums.split(tx, xo, xi, (int)plan.tile.mr, TailStrategy::RoundUp);
  sums.split(ty, yo, yi, (int)plan.tile.my, TailStrategy::RoundUp);
  sums.reorder(l, xi, yi, xo, yo, j, i, n, t);
  sums.vectorize(l, lanes).unroll(l).unroll(xi).unroll(yi);
  acc.bound(l, 0, nr).compute_at(sums, xo);
  acc.vectorize(l, lanes).unroll(l).unroll(tx).unroll(ty);
  for (size_t k = 0; k < domains.size(); ++k) {
    RDom &r = domains[k];
    auto update = acc.update(k);
    if (k == 0 && main && e.isArm()) {
      RVar ro("ro"), ri("ri");
      update.split(r.x, ro, ri, 4);
      update.reorder(l, tx, ty, ri, ro, i, j, n, t).unroll(ri);
      staging.compute_at(acc, ro).bound_extent(q, 4);
      staging.vectorize(q, 4, TailStrategy::RoundUp).unroll(tx).unroll(ty);
    } else {
      update.reorder(l, tx, ty, r.x, i, j, n, t);
      int64_t unrolled = largestDivisor(k == 0 && main ? main : g.ci - main, 8);
      update.unroll(r.x, (int)unrolled);
      prefetchWeights(e, update, r.x, op.getWeight(), unrolled * nr * 4,
                      n2 * n2 * g.ci * g.co * 4,
                      {g.ci * nr * 4, plan.bx / plan.tile.mr * (plan.by / plan.tile.my)});
    }
    update.vectorize(l, lanes).unroll(l).unroll(tx).unroll(ty);
  }
}

void Winograd::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Float(32)), plan.tile.nr);
  int m = w.m, nr = plan.tile.nr;
  Var vc = root.vars[0], vx = root.vars[1], vy = root.vars[2], vn = root.vars[3];
  Var co("co"), ci("ci"), cv("cv"), cl("cl");
  f.split(vc, co, ci, nr, g.co % nr ? TailStrategy::GuardWithIf : TailStrategy::RoundUp);
  f.split(ci, cv, cl, lanes, TailStrategy::RoundUp);
  auto splitTiles = [&](Var v, int64_t extent, int64_t tiles, int64_t block, Var o, Var tile,
                        Var in) {
    Var all("all");
    f.split(v, all, in, m, extent % m ? TailStrategy::GuardWithIf : TailStrategy::RoundUp);
    f.split(all, o, tile, (int)block,
            tiles % block ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
  };
  Var xb("xb"), xt("xt"), xi("xi"), yb("yb"), yt("yt"), yi("yi");
  splitTiles(vx, g.ow, columns, plan.bx, xb, xt, xi);
  splitTiles(vy, g.oh, rows, plan.by, yb, yt, yi);
  if (plan.pointsFirst)
    f.reorder({cl, xi, yi, cv, xt, yt, xb, yb, vn, co});
  else
    f.reorder({cl, xi, yi, cv, xt, yt, co, xb, yb, vn});
  f.vectorize(cl).unroll(xi).unroll(yi);
  bool threads = e.target.threads > 1;
  Var par("par");
  if (threads && plan.pointsFirst)
    f.parallel(co);
  else if (threads)
    f.fuse(yb, vn, par).parallel(par);

  pixels.compute_at(f, cv).bound_extent(c, lanes).bound(i, 0, m).bound(j, 0, m);
  pixels.bound_extent(tx, 1).bound_extent(ty, 1);
  pixels.reorder(c, j, i).vectorize(c).unroll(i).unroll(j);
  folded.compute_at(f, cv).bound_extent(c, lanes).bound(i, 0, m).bound(j, 0, (int)w.n);
  folded.bound_extent(tx, 1).bound_extent(ty, 1);
  folded.reorder(c, i, j).vectorize(c).unroll(i).unroll(j);
  sums.compute_at(f, plan.pointsFirst ? xb : co);
  scheduleProducts(lanes);

  Halide::LoopLevel rowsAt;
  if (plan.pointsFirst) {
    points.compute_root();
    points.bound(tx, 0, (int)columns).bound(ty, 0, (int)rows);
    if (threads)
      points.parallel(ty);
    rowsAt = Halide::LoopLevel(points, ty);
  } else {
    points.compute_at(f, xb);
    points.bound_extent(tx, (int)plan.bx).bound_extent(ty, (int)plan.by);
    rowsAt = Halide::LoopLevel(f, threads ? par : yb);
  }
  schedulePoints(rowsAt);
  input.schedule(e, whole, rowsAt, (plan.pointsFirst ? 1 : plan.by) * m + 2);
}

std::unique_ptr<Anchor> halide::makeWinograd(Emitter &e, ir::ConvOp op, const ConvGeometry &g,
                                             Root &root) {
  return std::make_unique<Winograd>(e, op, g, root);
}
