//===- Reduction.cpp - Reductions, softmax, normalization -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A tensor reduced over adjacent axes is [outer][reduced][inner]. With inner
// elements, vectors run along them. Without, a row is reduced in as many partial
// results as there are lanes in one or four vectors, which are combined in a tree;
// their number depends on the target alone, never on threads.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
/// Where the axes are.
struct Axes {
  int64_t first = 0, count = 0, outer = 1, reduced = 1, inner = 1;
};

/// Halide::Func `total(inner, outer)` of a reduction of read(r, inner, outer).
class RowReduction {
public:
  using Read = std::function<Expr(Expr r, Expr i, Expr o)>;
  using Combine = std::function<Expr(Expr, Expr)>;
  RowReduction(Emitter &e, const Axes &axes, Expr identity, Read read, Combine combine);
  Expr at(Expr i, Expr o) { return total(i, o); }
  void schedule(const Halide::LoopLevel &level);

private:
  Emitter &e;
  Axes axes;
  Func total{"total"}, part{"part"}, folded{"folded"};
  Var i{"i"}, o{"o"}, l{"l"};
  int64_t lanes = 1, width = 0, steps = 0;
  std::vector<Func> halves;
  std::vector<RDom> domains;
};

class ReductionAnchor : public Anchor {
public:
  ReductionAnchor(Emitter &e, Operation *op, Root &root);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  Expr read(Expr r, Expr i, Expr o);
  /// The element of the result, which has the input's shape unless it is a
  /// reduction: (r, i, o) of a position.
  void split(const Index &position, Expr &r, Expr &i, Expr &o);

  Emitter &e;
  Operation *op;
  Root &root;
  Value input;
  Axes axes;
  std::unique_ptr<RowReduction> first, second;
  Func stored{"stored"}, inverse{"inverse"};
  Var vr{"r"}, vi{"i"}, vo{"o"};
};
} // namespace

static std::optional<Axes> findAxes(Value input, ArrayRef<int64_t> list) {
  Shape shape = shapeOf(input);
  SmallVector<int64_t> sorted;
  for (int64_t a : list)
    sorted.push_back(a < 0 ? a + (int64_t)shape.size() : a);
  llvm::sort(sorted);
  if (sorted.empty())
    return std::nullopt;
  // Axes of extent 1 between do not matter.
  for (int64_t a = sorted.front(); a <= sorted.back(); ++a)
    if (!llvm::is_contained(sorted, a) && shape[a] != 1)
      return std::nullopt;
  Axes axes;
  axes.first = sorted.front();
  axes.count = sorted.back() - sorted.front() + 1;
  for (int64_t d = 0; d < (int64_t)shape.size(); ++d)
    (d < axes.first ? axes.outer : d < axes.first + axes.count ? axes.reduced : axes.inner) *= shape[d];
  return axes;
}

static ArrayRef<int64_t> axesOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, ArrayRef<int64_t>>(op)
      .Case<ir::ReduceOp, ir::SoftmaxOp, ir::NormalizeOp>([](auto o) { return o.getAxes(); });
}

bool halide::canEmitReduction(Operation *op) {
  if (auto reduce = dyn_cast<ir::ReduceOp>(op);
      reduce && ir::isQuantized(typeOf(reduce.getInput()).getElementType()))
    return canEmitQuantReduce(reduce);
  if (!typeOf(op->getOperand(0)).getElementType().isF32() ||
      !typeOf(op->getResult(0)).getElementType().isF32() ||
      !findAxes(op->getOperand(0), axesOf(op)))
    return false;
  if (auto reduce = dyn_cast<ir::ReduceOp>(op))
    switch (reduce.getKind()) {
    case ir::ReduceKind::LogSum:
    case ir::ReduceKind::LogSumExp:
      return false;
    default:
      return true;
    }
  return true;
}

//===----------------------------------------------------------------------===//
// One reduction
//===----------------------------------------------------------------------===//

/// item(0) to item(n - 1), combined in pairs.
static Expr tree(int64_t n, const RowReduction::Combine &combine,
                 llvm::function_ref<Expr(int64_t)> item) {
  SmallVector<Expr> level;
  for (int64_t k = 0; k < n; ++k)
    level.push_back(item(k));
  for (; n > 1; n = level.size()) {
    SmallVector<Expr> next;
    for (int64_t k = 0; k < n; k += 2)
      next.push_back(k + 1 < n ? combine(level[k], level[k + 1]) : level[k]);
    level = std::move(next);
  }
  return level.front();
}

RowReduction::RowReduction(Emitter &e, const Axes &axes, Expr identity, Read read,
                           Combine combine)
    : e(e), axes(axes) {
  lanes = e.lanes(Halide::Float(32));
  if (axes.inner > 1) {
    total(i, o) = identity;
    RDom r(0, (int)axes.reduced, "r");
    total(i, o) = combine(total(i, o), read(r.x, i, o));
    domains.push_back(r);
    return;
  }
  // Several vectors hide the latency of an addition.
  width = axes.reduced >= 16 * lanes && axes.reduced % (4 * lanes) < lanes ? 4 * lanes : lanes;
  steps = axes.reduced / width;
  if (steps) {
    part(l, i, o) = identity;
    RDom r(0, (int)steps, "r");
    part(l, i, o) = combine(part(l, i, o), read(r.x * (int)width + l, i, o));
    domains.push_back(r);
    folded(l, i, o) = tree(width / lanes, combine, [&](int64_t n) {
      return Expr(part(l + (int)(n * lanes), i, o));
    });
    // On x86 by halves, vectors each; elsewhere in pairs, an instruction each.
    Func all = folded;
    int64_t left = lanes;
    for (; left > 1 && !e.isArm(); left /= 2) {
      halves.emplace_back("half");
      halves.back()(l, i, o) = combine(all(l, i, o), all(l + (int)(left / 2), i, o));
      all = halves.back();
    }
    total(i, o) = tree(left, combine, [&](int64_t n) { return Expr(all((int)n, i, o)); });
  } else {
    total(i, o) = identity;
  }
  if (int64_t rest = axes.reduced - steps * width) {
    RDom r((int)(steps * width), (int)rest, "rt");
    total(i, o) = combine(total(i, o), read(r.x, i, o));
    domains.push_back(r);
  }
}

void RowReduction::schedule(const Halide::LoopLevel &level) {
  total.compute_at(level);
  if (axes.inner > 1) {
    int64_t by = std::min<int64_t>(lanes, axes.inner);
    auto tail = axes.inner % by ? TailStrategy::GuardWithIf : TailStrategy::RoundUp;
    total.bound(i, 0, (int)axes.inner);
    if (axes.inner < lanes) {
      total.update().reorder(i, domains[0].x, o);
      return;
    }
    // Blocks of vectors whose sums stay in registers.
    int64_t block = axes.inner % (4 * by) == 0 ? 4 * by : by;
    Var io("io"), ii("ii");
    total.vectorize(i, (int)by, tail);
    total.update().split(i, io, ii, (int)block, tail).reorder(ii, domains[0].x, io, o);
    total.update().vectorize(ii, (int)by);
    if (block > by)
      total.update().unroll(ii);
    return;
  }
  if (steps) {
    part.compute_at(level).bound(l, 0, (int)width);
    part.vectorize(l, (int)lanes).unroll(l);
    part.update().reorder(l, domains[0].x).vectorize(l, (int)lanes).unroll(l);
    folded.compute_at(level).bound(l, 0, (int)lanes).vectorize(l, (int)lanes);
    int by = lanes;
    for (Func &half : halves) {
      by /= 2;
      half.compute_at(level).bound(l, 0, by).vectorize(l, by);
    }
    if (domains.size() > 1)
      total.update(0).unscheduled();
  }
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

static Expr sum(Expr a, Expr b) { return a + b; }
static Expr larger(Expr a, Expr b) { return Halide::max(a, b); }
static Expr smaller(Expr a, Expr b) { return Halide::min(a, b); }
static Expr times(Expr a, Expr b) { return a * b; }

ReductionAnchor::ReductionAnchor(Emitter &e, Operation *op, Root &root)
    : e(e), op(op), root(root), input(op->getOperand(0)),
      axes(*findAxes(input, axesOf(op))) {
  auto plain = [this](Expr r, Expr i, Expr o) { return read(r, i, o); };
  if (auto reduce = dyn_cast<ir::ReduceOp>(op)) {
    Expr identity = 0.0f;
    RowReduction::Read value = plain;
    RowReduction::Combine combine = sum;
    switch (reduce.getKind()) {
    case ir::ReduceKind::Max: identity = -INFINITY, combine = larger; break;
    case ir::ReduceKind::Min: identity = INFINITY, combine = smaller; break;
    case ir::ReduceKind::Prod: identity = 1.0f, combine = times; break;
    case ir::ReduceKind::L1:
      value = [this](Expr r, Expr i, Expr o) { return Halide::abs(read(r, i, o)); };
      break;
    case ir::ReduceKind::L2:
    case ir::ReduceKind::SumSquare:
      value = [this](Expr r, Expr i, Expr o) { return read(r, i, o) * read(r, i, o); };
      break;
    default:
      break;
    }
    first = std::make_unique<RowReduction>(e, axes, identity, value, combine);
    return;
  }
  if (auto softmax = dyn_cast<ir::SoftmaxOp>(op)) {
    first = std::make_unique<RowReduction>(e, axes, -INFINITY, plain, larger);
    stored(vr, vi, vo) = expOfNegativeExpr(read(vr, vi, vo) - first->at(vi, vo), e.math());
    second = std::make_unique<RowReduction>(
        e, axes, 0.0f, [this](Expr r, Expr i, Expr o) { return Expr(stored(r, i, o)); }, sum);
    if (!softmax.getLog())
      inverse(vi, vo) = 1.0f / second->at(vi, vo);
    return;
  }
  auto normalize = cast<ir::NormalizeOp>(op);
  float inverse = 1.0f / axes.reduced;
  bool mean = normalize.getKind() == ir::NormalizeKind::Mean;
  if (mean)
    first = std::make_unique<RowReduction>(e, axes, 0.0f, plain, sum);
  second = std::make_unique<RowReduction>(
      e, axes, 0.0f,
      [this, mean, inverse](Expr r, Expr i, Expr o) {
        Expr x = read(r, i, o);
        if (mean)
          x = x - first->at(i, o) * inverse;
        return x * x;
      },
      sum);
}

Expr ReductionAnchor::read(Expr r, Expr i, Expr o) {
  if (e.isFlat(input)) {
    Expr at = axes.reduced == 1 ? o : o * (int)axes.reduced + r;
    return e.flat(input, axes.inner == 1 ? at : at * (int)axes.inner + i);
  }
  Shape shape = shapeOf(input);
  Index at(shape.size());
  auto spread = [&](Expr flat, int64_t begin, int64_t end) {
    for (int64_t d = end - 1; d >= begin; --d) {
      bool last = product(ArrayRef<int64_t>(shape).slice(begin, d - begin)) == 1;
      at[d] = shape[d] == 1 ? Expr(0) : last ? flat : flat % (int)shape[d];
      if (shape[d] != 1)
        flat = flat / (int)shape[d];
    }
  };
  spread(o, 0, axes.first);
  spread(r, axes.first, axes.first + axes.count);
  spread(i, axes.first + axes.count, shape.size());
  return e.dense(input, at);
}

void ReductionAnchor::split(const Index &p, Expr &r, Expr &i, Expr &o) {
  Shape shape = shapeOf(input);
  auto join = [&](int64_t begin, int64_t end, int64_t shift) {
    Expr at = 0;
    int64_t stride = 1;
    for (int64_t d = end - 1; d >= begin; --d) {
      if (shape[d] != 1)
        at = stride == 1 ? p[d + shift] : at + p[d + shift] * (int)stride;
      stride *= shape[d];
    }
    return at;
  };
  bool removed = (int64_t)p.size() != (int64_t)shape.size();
  int64_t end = axes.first + axes.count;
  // Without keepdims the axes are gone; extents 1 among them may be kept, which
  // only happens with axes that are all listed.
  o = join(0, axes.first, 0);
  i = join(end, shape.size(), removed ? (int64_t)p.size() - (int64_t)shape.size() : 0);
  r = removed || isa<ir::ReduceOp>(op) ? Expr(0) : join(axes.first, end, 0);
}

Expr ReductionAnchor::at(const Index &position) {
  Expr r, i, o;
  split(position, r, i, o);
  if (auto reduce = dyn_cast<ir::ReduceOp>(op)) {
    Expr value = first->at(i, o);
    if (reduce.getKind() == ir::ReduceKind::Mean)
      value = value / (float)axes.reduced;
    if (reduce.getKind() == ir::ReduceKind::L2)
      value = Halide::sqrt(value);
    return value;
  }
  if (auto softmax = dyn_cast<ir::SoftmaxOp>(op)) {
    if (softmax.getLog())
      return read(r, i, o) - first->at(i, o) - logExpr(second->at(i, o));
    return stored(r, i, o) * inverse(i, o);
  }
  auto normalize = cast<ir::NormalizeOp>(op);
  Expr x = read(r, i, o);
  float inverse = 1.0f / axes.reduced;
  if (first)
    x = x - first->at(i, o) * inverse;
  float epsilon = normalize.getEpsilon().convertToDouble();
  x = x * (1.0f / Halide::sqrt(second->at(i, o) * inverse + epsilon));
  if (normalize.getScale())
    x = x * e.at(normalize.getScale(), position, root);
  if (normalize.getBias())
    x = x + e.at(normalize.getBias(), position, root);
  return x;
}

void ReductionAnchor::schedule(Func f, const Shape &shape) {
  int64_t rank = shape.size();
  if (rank) {
    int lanes = e.lanes(Halide::Float(32));
    int64_t inner = shape.back();
    bool reduceAll = isa<ir::ReduceOp>(op);
    if (inner >= lanes && (!reduceAll || axes.inner > 1))
      f.vectorize(root.vars[0], lanes,
                  inner % lanes == 0 ? TailStrategy::RoundUp
                  : e.mayRecompute() ? TailStrategy::ShiftInwards
                                     : TailStrategy::GuardWithIf);
  }
  // Statistics of one outer position at a time: they stay in the first cache.
  Halide::LoopLevel level = Halide::LoopLevel::root();
  int64_t outerVar = -1; // number (innermost first) of the innermost outer loop
  if (axes.first > 0 && rank == (int64_t)shapeOf(input).size())
    outerVar = rank - axes.first;
  else if (axes.first > 0)
    outerVar = rank - axes.first;
  if (outerVar == 0 && axes.inner == 1 && isa<ir::ReduceOp>(op))
    level = Halide::LoopLevel(f, root.vars[0]);
  else if (outerVar > 0 && outerVar < rank)
    level = Halide::LoopLevel(f, root.vars[outerVar]);
  if (first)
    first->schedule(level);
  if (second)
    second->schedule(level);
  if (isa<ir::SoftmaxOp>(op)) {
    int lanes = e.lanes(Halide::Float(32));
    stored.compute_at(level);
    stored.bound(vr, 0, (int)axes.reduced).bound(vi, 0, (int)axes.inner);
    if (axes.inner == 1 && axes.reduced >= lanes) {
      stored.vectorize(vr, lanes, TailStrategy::ShiftInwards);
    } else if (axes.inner >= lanes) {
      stored.reorder_storage(vi, vr, vo).reorder(vi, vr, vo);
      stored.vectorize(vi, lanes, TailStrategy::ShiftInwards);
    }
    if (inverse.defined()) {
      inverse.compute_at(level).bound(vi, 0, (int)axes.inner);
      if (axes.inner >= lanes)
        inverse.vectorize(vi, lanes, TailStrategy::ShiftInwards);
    }
  }
  if (e.target.threads > 1 && rank > 1 && product(shapeOf(input)) > (1 << 15) &&
      outerVar > 0 && outerVar < rank && shape[rank - 1 - outerVar] > 1)
    f.parallel(root.vars[outerVar]);
}

std::unique_ptr<Anchor> halide::makeReduction(Emitter &e, Operation *op, Root &root) {
  if (auto reduce = dyn_cast<ir::ReduceOp>(op);
      reduce && ir::isQuantized(typeOf(reduce.getInput()).getElementType()))
    return makeQuantReduce(e, reduce, root);
  return std::make_unique<ReductionAnchor>(e, op, root);
}
