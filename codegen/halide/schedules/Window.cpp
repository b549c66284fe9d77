//===- Window.cpp - Depthwise convolution and pooling ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Windows that do not mix channels: vectors along channels, a small tile of
// positions in registers, taps unrolled, so that neighbours share the inputs
// that LLVM finds loaded already. Weights stay in registers along a row.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/RowFusion.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
class WindowAnchor : public Anchor {
public:
  WindowAnchor(Emitter &e, Value in, const ConvGeometry &g, Root &root,
               const WindowSpec &spec)
      : e(e), g(g), root(root), input(e, in, g, spec.fill, spec.convert), spec(spec) {
    rowsAtOnce = root.rowReader ? rowsPerStep(g.oh) : g.oh;
    acc(c, x, y, n) = spec.start(c);
    r = RDom(0, (int)g.kw, 0, (int)g.kh, "r");
    Expr value = input.at(x * (int)g.sx + r.x * (int)g.dx, c, y * (int)g.sy + r.y * (int)g.dy, n);
    acc(c, x, y, n) = spec.step(acc(c, x, y, n), value, r.y, r.x, c);
  }

  Expr at(const Index &p) override {
    Expr zero = 0, pc = p.back(), px = p[p.size() - 2];
    Expr py = p.size() == 4 ? p[1] : zero, pn = p[0];
    return spec.finish(acc(pc, px, py, pn), py, px, pc);
  }
  void schedule(Func f, const Shape &shape) override;

private:
  std::pair<int64_t, int64_t> chooseTile() const;
  /// Rows of the input that `rows` of the result read.
  int64_t liveRows(int64_t rows) const { return (rows - 1) * g.sy + (g.kh - 1) * g.dy + 1; }

  Emitter &e;
  ConvGeometry g;
  Root &root;
  PaddedInput input;
  WindowSpec spec;
  int64_t rowsAtOnce;
  Func acc{"acc"};
  RDom r;
  Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};
} // namespace

/// Positions (x, y) of a tile: neighbours share inputs, and sums, weights and a
/// few inputs must fit the registers.
std::pair<int64_t, int64_t> WindowAnchor::chooseTile() const {
  int64_t taps = g.kh * g.kw, registers = e.target.vectorRegisters;
  int64_t weights = spec.weighted && taps <= 9 && registers >= 32 ? taps : 1;
  // Rows share inputs only where windows overlap much.
  bool rows = root.vars.size() > 3 && (spec.weighted || g.sy == 1);
  int64_t maxY = rows ? std::min<int64_t>(4, rowsAtOnce) : 1;
  std::pair<int64_t, int64_t> best{1, 1};
  double least = 1e30;
  for (int64_t my = 1; my <= maxY; ++my)
    for (int64_t mx = 1; mx <= std::min<int64_t>(8, g.ow); ++mx) {
      if (mx * my > 1 && mx * my * (spec.lanes ? 2 : 1) + weights + 4 > registers)
        continue;
      // Unrolled code grows with the tile.
      if (mx * my * taps > 256 && mx * my > 1)
        continue;
      double loads = (double)((mx - 1) * g.sx + g.kw) * ((my - 1) * g.sy + g.kh);
      loads = std::min(loads, (double)mx * my * taps);
      double tile = mx * my * (taps + 3.0) + loads + (weights == 1 ? taps : taps * 0.1) + 6;
      double cost = (double)((g.ow + mx - 1) / mx) * ((g.oh + my - 1) / my) * tile;
      if (cost < least)
        least = cost, best = {mx, my};
    }
  return best;
}

void WindowAnchor::schedule(Func f, const Shape &shape) {
  bool repeat = e.mayRecompute();
  int64_t channels = shape.back();
  int64_t lanes = spec.lanes ? spec.lanes : e.lanes(acc.output_types()[0]);
  if (!repeat)
    lanes = largestDivisor(channels, lanes);
  while (lanes > channels)
    lanes /= 2;
  bool small = g.kh * g.kw <= 32;
  // Large windows: more channels at a time instead of more positions.
  int64_t block = small ? lanes : std::min<int64_t>(4 * lanes, channels / lanes * lanes);
  auto [mx, my] = small ? chooseTile() : std::pair<int64_t, int64_t>(1, 1);
  mx = std::min(e.param(root, "mr", mx), g.ow);
  my = root.vars.size() > 3 ? std::min(e.param(root, "my", my), rowsAtOnce) : 1;
  if (root.rowReader)
    my = largestDivisor(rowsAtOnce, my);
  if (!repeat) {
    mx = largestDivisor(g.ow, mx);
    my = largestDivisor(rowsAtOnce, my);
    block = lanes;
  }
  auto tail = [](int64_t extent, int64_t by) {
    return extent % by ? TailStrategy::ShiftInwards : TailStrategy::RoundUp;
  };
  Var co("co"), ci("ci"), xo("xo"), xi("xi"), yo("yo"), yi("yi");
  f.split(root.vars[0], co, ci, (int)block, tail(channels, block));
  f.split(root.vars[1], xo, xi, (int)mx, tail(g.ow, mx));
  std::vector<Halide::VarOrRVar> order{ci, xi};
  if (root.vars.size() > 3) {
    f.split(root.vars[2], yo, yi, (int)my, tail(g.oh, my));
    order.insert(order.end(), {yi, xo, co, yo, root.vars[3]});
    f.unroll(yi);
  } else {
    order.insert(order.end(), {xo, co, root.vars[2]});
  }
  f.reorder(order);
  f.vectorize(ci, (int)lanes).unroll(xi);
  if (block > lanes)
    f.unroll(ci);
  acc.compute_at(f, xo).vectorize(c, (int)lanes).unroll(c).unroll(x).unroll(y);
  acc.update().reorder(c, x, y, r.x, r.y, n).vectorize(c, (int)lanes).unroll(c).unroll(x).unroll(y);
  if (small)
    acc.update().unroll(r.x).unroll(r.y);
  // With one image, since a window slides along one loop.
  bool slides = root.vars.size() > 3 && g.n == 1;
  std::optional<Halide::LoopLevel> rows, kept;
  if (slides)
    rows = Halide::LoopLevel(f, yo);
  if (root.rowReader) {
    const RowLoop &loop = *root.rowReader->rowLoop;
    f.compute_at(loop.step);
    if (input.source)
      input.scheduleSource(loop.step, loop.kept, liveRows(rowsAtOnce));
    return input.schedule(e, g, loop.step, 0, loop.kept);
  }
  int64_t steps = root.vars.size() > 3 ? (g.oh + my - 1) / my : 0;
  if (e.target.threads > 1 && steps > 1 && product(shape) > (1 << 14)) {
    // Each thread slides a window over blocks of rows. The first rows of a block are
    // copied twice: few blocks, but more than threads where rows are many.
    int64_t blocks = e.target.threads * (steps * my * g.sy >= 8 * g.kh * e.target.threads ? 2 : 1);
    int64_t block = std::max<int64_t>(1, (steps + blocks - 1) / blocks);
    if (!repeat)
      block = largestDivisor(steps, block);
    Var yb("yb");
    f.split(yo, yb, yo, (int)block, tail(steps, block)).parallel(yb);
    if (slides)
      kept = Halide::LoopLevel(f, yb);
  }
  if (input.source)
    input.scheduleSource(*rows, kept ? *kept : Halide::LoopLevel::root(), liveRows(my));
  input.schedule(e, g, rows, 0, kept);
}

std::unique_ptr<Anchor> halide::makeDepthwise(Emitter &e, ir::ConvOp op,
                                              const ConvGeometry &g, Root &root) {
  Value weight = op.getWeight(), bias = op.getBias();
  WindowSpec spec;
  spec.fill = 0.0f;
  // Minus zero, since adding it changes nothing: the first product is the sum.
  spec.start = [](Expr) { return Expr(-0.0f); };
  spec.step = [&e, weight, g](Expr sum, Expr in, Expr ky, Expr kx, Expr c) {
    return sum + in * e.flat(weight, (ky * (int)g.kw + kx) * (int)g.ci + c);
  };
  // The bias last, as in DirectConv.
  spec.finish = [&e, bias](Expr sum, Expr, Expr, Expr c) {
    return bias ? sum + e.flat(bias, c) : sum;
  };
  return makeWindow(e, op.getInput(), g, root, spec);
}

std::unique_ptr<Anchor> halide::makeWindow(Emitter &e, Value input, const ConvGeometry &g,
                                           Root &root, const WindowSpec &spec) {
  return std::make_unique<WindowAnchor>(e, input, g, root, spec);
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

std::optional<ConvGeometry> halide::poolGeometry(ir::PoolOp op) {
  Shape x = shapeOf(op.getInput()), y = shapeOf(op.getResults()[0]);
  int64_t spatial = (int64_t)x.size() - 2;
  if (spatial < 1 || spatial > 2)
    return std::nullopt;
  ConvGeometry g;
  g.n = x[0];
  g.ci = g.co = g.groups = x.back();
  ArrayRef<int64_t> k = op.getWindow(), s = op.getStrides(), d = op.getDilations(),
                    p = op.getPads();
  g.w = x[spatial], g.ow = y[spatial], g.kw = k[spatial - 1];
  g.sx = s[spatial - 1], g.dx = d[spatial - 1];
  g.left = p[spatial - 1], g.right = p[2 * spatial - 1];
  if (spatial == 2) {
    g.h = x[1], g.oh = y[1], g.kh = k[0], g.sy = s[0], g.dy = d[0];
    g.top = p[0], g.bottom = p[2];
  }
  return g;
}

bool halide::canEmitPool(ir::PoolOp op) {
  auto g = poolGeometry(op);
  if (!g || op.getResults().size() != 1 ||
      llvm::any_of(op.getPads(), [](int64_t p) { return p < 0; }))
    return false;
  mlir::Type t = typeOf(op.getInput()).getElementType();
  if (t != typeOf(op.getResults()[0]).getElementType())
    return false;
  if (op.getKind() == ir::PoolKind::Max)
    return supportedElement(t) && !isHalf(t) && !t.isInteger(1);
  return op.getKind() == ir::PoolKind::Avg && t.isF32() && g->dx == 1 && g->dy == 1;
}

/// Taps of the window at position `p` that count.
static Expr taps(Expr p, int64_t k, int64_t s, int64_t extent, int64_t before,
                 int64_t after, int64_t positions, bool includePad) {
  int64_t last = (positions - 1) * s + k;
  if (includePad ? last <= before + extent + after : (!before && last <= extent))
    return Expr((int)k);
  Expr begin = p * (int)s - (int)before, end = begin + (int)k;
  if (includePad)
    return Halide::min(end, (int)(extent + after)) - begin;
  return Halide::min(end, (int)extent) - Halide::max(begin, 0);
}

std::unique_ptr<Anchor> halide::makePool(Emitter &e, Operation *operation, Root &root) {
  auto op = cast<ir::PoolOp>(operation);
  ConvGeometry g = *poolGeometry(op);
  Halide::Type t = storedType(typeOf(op.getInput()).getElementType());
  WindowSpec spec;
  spec.weighted = false;
  if (op.getKind() == ir::PoolKind::Max) {
    Expr low = t.is_float() ? Halide::Internal::make_const(t, -INFINITY) : t.min();
    spec.fill = low;
    spec.start = [low](Expr) { return low; };
    spec.step = [](Expr sum, Expr in, Expr, Expr, Expr) { return Halide::max(sum, in); };
    spec.finish = [](Expr sum, Expr, Expr, Expr) { return sum; };
    return makeWindow(e, op.getInput(), g, root, spec);
  }
  bool pad = op.getCountIncludePad();
  spec.fill = 0.0f;
  spec.start = [](Expr) { return Expr(0.0f); };
  spec.step = [](Expr sum, Expr in, Expr, Expr, Expr) { return sum + in; };
  spec.finish = [g, pad](Expr sum, Expr y, Expr x, Expr) {
    Expr ny = taps(y, g.kh, g.sy, g.h, g.top, g.bottom, g.oh, pad);
    Expr nx = taps(x, g.kw, g.sx, g.w, g.left, g.right, g.ow, pad);
    return sum / Halide::cast<float>(ny * nx);
  };
  return makeWindow(e, op.getInput(), g, root, spec);
}
