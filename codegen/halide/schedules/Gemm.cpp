//===- Gemm.cpp - Matrix products in fp32 ---------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// As DirectConv with rows for pixels. A constant right operand is packed in
// panels [N / NR][K][NR]; another one is read in place when its rows are whole
// panels, else copied into panels first. One row is a matrix-vector product:
// the tile is then one row of many columns, and memory is the limit.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool halide::canEmitMatMul(ir::MatMulOp op, const xgen::Target &target) {
  auto a = typeOf(op.getLhs()), b = typeOf(op.getRhs()), y = typeOf(op.getResult());
  if (a.getShape().back() == 0)
    return false;
  if (ir::isQuantized(a))
    return canEmitInt8MatMul(op, target);
  if (auto packed = dyn_cast_or_null<ir::PackedAttr>(b.getEncoding())) {
    if (product(b.getShape().drop_back(2)) != 1)
      return false;
  } else if (b.getEncoding()) {
    return false;
  }
  return a.getElementType().isF32() && b.getElementType().isF32() &&
         y.getElementType().isF32();
}

namespace {
class Gemm : public Anchor {
public:
  Gemm(Emitter &e, ir::MatMulOp op, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  /// Elements of the operands for result position `p` (outermost first, without
  /// the column).
  Expr left(const Index &p, Expr step);
  Expr rightBatch(const Index &p);
  Expr right(Expr lane, Expr step, const Index &p, Expr panel);
  Expr batchOf(const Index &p, ArrayRef<int64_t> operand);

  Emitter &e;
  ir::MatMulOp op;
  Root &root;
  Tile tile;
  int64_t k, n, main;
  bool packed, sharedRight;
  Func acc{"acc"}, staging{"staging"}, panels{"panels"};
  Var l{"l"}, t{"t"}, q{"q"}, batch{"batch"};
  std::vector<Var> rows; ///< position without the column, innermost first
  std::vector<RDom> domains;
  bool copied = false;
};
} // namespace

/// Rows that push each other out of L1 take twice the time.
static auto readingOf(const xgen::Target &target, int64_t k) {
  return [&target, k](int64_t mr, int64_t, int64_t) {
    std::vector<int64_t> offsets;
    for (int64_t i = 0; i < mr; ++i)
      offsets.push_back(i * k * 4);
    return target.arch == Arch::X86_64 && stagedSteps(target, offsets) ? 2.0 : 1.0;
  };
}

Tile halide::gemmTile(const xgen::Target &target, int64_t rows, int64_t k, int64_t columns,
                      int64_t fixedNr) {
  return chooseFloatTile(target, rows, 1, columns, k, fixedNr, readingOf(target, k));
}

std::vector<Tile> halide::gemmTiles(const xgen::Target &target, int64_t rows, int64_t k,
                                    int64_t columns, size_t count) {
  return floatTiles(target, rows, 1, columns, k, count, readingOf(target, k));
}

Gemm::Gemm(Emitter &e, ir::MatMulOp op, Root &root) : e(e), op(op), root(root) {
  Shape a = shapeOf(op.getLhs()), b = shapeOf(op.getRhs());
  k = a.back();
  n = b.back();
  sharedRight = product(ArrayRef<int64_t>(b).drop_back(2)) == 1;
  int64_t nr = packedWidth(op.getRhs());
  packed = nr != 0;
  int64_t m = root.shape[root.shape.size() - 2];
  Tile chosen = gemmTile(e.target, m, k, n, nr);
  tile.nr = packed ? nr : e.param(root, "nr", chosen.nr);
  tile.mr = std::min(e.param(root, "mr", chosen.mr), m);
  if (!e.mayRecompute())
    tile.mr = largestDivisor(m, tile.mr);
  copied = !packed && n % tile.nr;
  for (size_t i = 1; i < root.vars.size(); ++i)
    rows.push_back(Var("m" + std::to_string(i)));
  Index p(rows.rbegin(), rows.rend());

  if (copied) {
    Expr column = t * (int)tile.nr + l;
    Expr in = Halide::clamp(column, 0, (int)n - 1);
    Index at{batch * (int)k + q, in};
    Expr value = e.isFlat(op.getRhs())
                     ? e.flat(op.getRhs(), (batch * (int)k + q) * (int)n + in)
                     : Expr();
    if (!value.defined()) {
      Index own;
      Expr rest = batch;
      for (int64_t i = (int64_t)b.size() - 3; i >= 0; --i) {
        own.insert(own.begin(), b[i] == 1 ? Expr(0) : rest % (int)b[i]);
        if (b[i] != 1)
          rest = rest / (int)b[i];
      }
      own.push_back(q);
      own.push_back(in);
      value = e.dense(op.getRhs(), own);
    }
    panels(l, q, t, batch) = Halide::select(column < (int)n, value, 0.0f);
  }

  std::vector<Expr> args{l};
  args.insert(args.end(), rows.begin(), rows.end());
  args.push_back(t);
  acc(args) = 0.0f;

  main = e.isArm() ? k / 4 * 4 : k;
  std::vector<Expr> stagingArgs{q};
  stagingArgs.insert(stagingArgs.end(), rows.begin(), rows.end());
  staging(std::vector<Var>([&] {
    std::vector<Var> v{q};
    v.insert(v.end(), rows.begin(), rows.end());
    return v;
  }())) = left(p, q);
  auto update = [&](int64_t begin, int64_t extent, bool staged) {
    RDom r((int)begin, (int)extent, "r");
    std::vector<Expr> at = stagingArgs;
    at[0] = r.x;
    acc(args) += right(l, r.x, p, t) * (staged ? Expr(staging(at)) : left(p, r.x));
    domains.push_back(r);
  };
  if (main)
    update(0, main, e.isArm());
  if (k > main)
    update(main, k - main, false);
}

Expr Gemm::left(const Index &p, Expr step) {
  Shape a = shapeOf(op.getLhs());
  if (sharedRight && e.isFlat(op.getLhs())) {
    // All leading dimensions are those of the result.
    Expr row = 0;
    int64_t stride = 1;
    for (int64_t i = (int64_t)p.size() - 1; i >= 0; --i) {
      if (root.shape[i] != 1)
        row = stride == 1 ? p[i] : row + p[i] * (int)stride;
      stride *= root.shape[i];
    }
    return e.flat(op.getLhs(), row * (int)k + step);
  }
  Index own;
  for (size_t i = 0; i < p.size(); ++i)
    own.push_back(a[i] == 1 ? Expr(0) : p[i]);
  own.push_back(step);
  return e.dense(op.getLhs(), own);
}

/// Number of the matrix of the right operand.
Expr Gemm::rightBatch(const Index &p) {
  Expr at = 0;
  if (sharedRight)
    return at;
  Shape b = shapeOf(op.getRhs());
  int64_t stride = 1;
  for (int64_t i = (int64_t)b.size() - 3; i >= 0; --i) {
    if (b[i] != 1)
      at = at + p[i] * (int)stride;
    stride *= b[i];
  }
  return at;
}

Expr Gemm::right(Expr lane, Expr step, const Index &p, Expr panel) {
  if (packed)
    return e.raw(op.getRhs(), Halide::Float(32))((panel * (int)k + step) * (int)tile.nr + lane);
  if (copied)
    return panels(lane, step, panel, rightBatch(p));
  Expr column = panel * (int)tile.nr + lane;
  if (e.isFlat(op.getRhs()))
    return e.flat(op.getRhs(), (rightBatch(p) * (int)k + step) * (int)n + column);
  Shape b = shapeOf(op.getRhs());
  Index own;
  for (size_t i = 0; i + 2 < b.size(); ++i)
    own.push_back(b[i] == 1 ? Expr(0) : p[i]);
  own.push_back(step);
  own.push_back(column);
  return e.dense(op.getRhs(), own);
}

Expr Gemm::at(const Index &p) {
  Expr c = p.back();
  std::vector<Expr> args{c % (int)tile.nr};
  for (int64_t i = (int64_t)p.size() - 2; i >= 0; --i)
    args.push_back(p[i]);
  args.push_back(c / (int)tile.nr);
  Expr value = acc(args);
  if (op.getBias())
    value += e.at(op.getBias(), p, root);
  return value;
}

void Gemm::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Float(32)), tile.nr);
  bool channelsInner = k * n * 4 * 2 <= e.target.l2Bytes;
  TiledRoot loops(e, root, tile, lanes, channelsInner);
  ArrayRef<int64_t> positions = ArrayRef<int64_t>(root.shape).drop_back(1);
  int64_t tiles = channelsInner ? 1
                                : product(positions.drop_back(1)) *
                                      llvm::divideCeil(positions.back(), tile.mr);
  acc.bound(l, 0, (int)tile.nr).compute_at(f, loops.at);
  acc.vectorize(l, lanes).unroll(l).unroll(rows[0]);
  for (size_t i = 0; i < domains.size(); ++i) {
    RDom &r = domains[i];
    auto update = acc.update(i);
    if (i == 0 && main && e.isArm()) {
      RVar qo("qo"), qi("qi");
      update.split(r.x, qo, qi, 4);
      update.reorder(l, rows[0], qi, qo).unroll(qi);
      staging.compute_at(acc, qo).bound_extent(q, 4);
      staging.vectorize(q, 4, TailStrategy::RoundUp).unroll(rows[0]);
    } else {
      update.reorder(l, rows[0], r.x);
      int64_t extent = i == 0 && main ? main : k - main;
      int64_t unrolled = largestDivisor(extent, 8);
      update.unroll(r.x, (int)unrolled);
      if (packed)
        prefetchWeights(e, update, r.x, op.getRhs(), unrolled * tile.nr * 4, k * n * 4,
                        {k * tile.nr * 4, tiles});
    }
    update.vectorize(l, lanes).unroll(l).unroll(rows[0]);
  }
  if (copied) {
    Shape b = shapeOf(op.getRhs());
    panels.bound(l, 0, (int)tile.nr).bound(q, 0, (int)k);
    panels.bound(t, 0, (int)((n + tile.nr - 1) / tile.nr));
    panels.bound(batch, 0, (int)product(ArrayRef<int64_t>(b).drop_back(2)));
    panels.compute_root().vectorize(l, lanes);
  }
}

std::unique_ptr<Anchor> halide::makeMatMul(Emitter &e, Operation *op, Root &root) {
  if (ir::isQuantized(typeOf(op->getOperand(0))))
    return makeInt8MatMul(e, cast<ir::MatMulOp>(op), root);
  return std::make_unique<Gemm>(e, cast<ir::MatMulOp>(op), root);
}
