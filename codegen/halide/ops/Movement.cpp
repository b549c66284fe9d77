//===- Movement.cpp - Ops that move elements ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Index arithmetic: where a result's element comes from.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool halide::isMovement(Operation *op) {
  return isa<ir::TransposeOp, ir::ReshapeOp, ir::ExpandOp, ir::TileOp, ir::SliceOp,
             ir::ConcatOp, ir::PadOp, ir::GatherOp, ir::ResizeOp, ir::FrameOp>(op);
}

static bool canEmitResize(ir::ResizeOp op) {
  auto x = typeOf(op.getInput());
  if (op.getAntialias() || op.getCoord() == ir::ResizeCoord::TfCropAndResize ||
      op.getMode() == ir::ResizeMode::Cubic)
    return false;
  return op.getMode() == ir::ResizeMode::Nearest || x.getElementType().isF32();
}

bool halide::canEmitMovement(Operation *op) {
  // Storage moves as it is: numbers must mean the same everywhere.
  mlir::Type result = typeOf(op->getResult(0)).getElementType();
  if (ir::isQuantized(result)) {
    if (isa<ir::PadOp>(op))
      return false;
    for (Value v : isa<ir::ConcatOp>(op) ? op->getOperands() : op->getOperands().take_front(1))
      if (typeOf(v).getElementType() != result)
        return false;
  }
  // Its filling is a number.
  if (isHalf(result) && isa<ir::PadOp>(op))
    return false;
  for (mlir::Type type : op->getOperandTypes())
    if (!supportedElement(cast<RankedTensorType>(type).getElementType()))
      return false;
  if (auto gather = dyn_cast<ir::GatherOp>(op)) {
    auto indices = typeOf(gather.getIndices()).getElementType();
    return indices.isSignlessInteger(32) || indices.isSignlessInteger(64);
  }
  if (auto resize = dyn_cast<ir::ResizeOp>(op))
    return resize->getNumOperands() == 1 &&
           !llvm::is_contained(resize.getScales(), 0.0) && canEmitResize(resize);
  return isMovement(op);
}

static Expr bounded(Expr x, int64_t extent) {
  return Halide::clamp(Halide::likely(x), 0, (int)extent - 1);
}

static Expr emitPad(ir::PadOp op, const Index &position, const Reader &read) {
  Shape in = shapeOf(op.getInput());
  Index at = position;
  Expr outside;
  for (size_t i = 0; i < in.size(); ++i) {
    int64_t low = op.getLow()[i], high = op.getHigh()[i], n = in[i];
    if (low == 0 && high == 0)
      continue;
    Expr x = low ? position[i] - (int)low : position[i];
    switch (op.getMode()) {
    case ir::PadMode::Constant: {
      Expr out = low && high ? x < 0 || x >= (int)n : low ? x < 0 : x >= (int)n;
      outside = outside.defined() ? outside || out : out;
      at[i] = bounded(x, n);
      break;
    }
    case ir::PadMode::Edge:
      at[i] = bounded(x, n);
      break;
    case ir::PadMode::Wrap:
      at[i] = (x + (int)(n * ((low + n - 1) / n))) % (int)n;
      break;
    case ir::PadMode::Reflect: {
      int64_t period = std::max<int64_t>(1, 2 * (n - 1));
      Expr p = x % (int)period; // Halide's modulo is not negative
      at[i] = Halide::min(p, (int)period - p);
      break;
    }
    }
  }
  Expr inside = read(op.getInput(), at);
  if (!outside.defined())
    return inside;
  double value = op.getValue().convertToDouble();
  Expr fill = inside.type().is_bool() ? Halide::Internal::const_true()
                                      : Halide::Internal::make_const(inside.type(), value);
  if (inside.type().is_bool() && value == 0)
    fill = Halide::Internal::const_false();
  return Halide::select(outside, fill, Halide::likely(inside));
}

static Expr emitReshape(ir::ReshapeOp op, const Index &position, const Reader &read) {
  // Dimensions that are unchanged at both ends need no division.
  Shape from = shapeOf(op.getInput()), to = shapeOf(op.getResult());
  Index at(from.size());
  int64_t i = 0, j = 0;
  auto next = [](const Shape &shape, int64_t &k, int64_t &n) { n *= shape[k++]; };
  while (i < (int64_t)from.size() || j < (int64_t)to.size()) {
    // The shortest runs [i0, i) and [j0, j) with equally many elements.
    int64_t i0 = i, j0 = j, n = 1, m = 1;
    if (i < (int64_t)from.size()) next(from, i, n);
    if (j < (int64_t)to.size()) next(to, j, m);
    while (n != m || (i < (int64_t)from.size() && from[i] == 1 && j == (int64_t)to.size()) ) {
      if (n < m && i < (int64_t)from.size()) next(from, i, n);
      else if (m < n && j < (int64_t)to.size()) next(to, j, m);
      else if (i < (int64_t)from.size()) next(from, i, n);
      else break;
    }
    Expr flat = 0;
    int64_t stride = 1;
    for (int64_t k = j - 1; k >= j0; --k) {
      if (to[k] != 1)
        flat = stride == 1 ? position[k] : flat + position[k] * (int)stride;
      stride *= to[k];
    }
    stride = 1;
    for (int64_t k = i - 1; k >= i0; --k) {
      bool outermost = product(ArrayRef<int64_t>(from).slice(i0, k - i0)) == 1;
      if (from[k] == 1)
        at[k] = 0;
      else {
        Expr q = stride == 1 ? flat : flat / (int)stride;
        at[k] = outermost ? q : q % (int)from[k];
      }
      stride *= from[k];
    }
  }
  return read(op.getInput(), at);
}

static Expr emitConcat(ir::ConcatOp op, const Index &position, const Reader &read) {
  int64_t axis = op.getAxis();
  Expr x = position[axis], result;
  int64_t end = typeOf(op.getResult()).getDimSize(axis);
  // From the last to the first, so that each test is one comparison.
  for (Value input : llvm::reverse(op.getInputs())) {
    int64_t extent = typeOf(input).getDimSize(axis), begin = end - extent;
    end = begin;
    if (extent == 0)
      continue;
    Index at = position;
    at[axis] = Halide::clamp(begin ? x - (int)begin : x, 0, (int)extent - 1);
    Expr value = read(input, at);
    result = result.defined() ? Halide::select(x < (int)(begin + extent), value, result) : value;
  }
  return result;
}

static Expr emitGather(ir::GatherOp op, const Index &position, const Reader &read) {
  int64_t axis = op.getAxis(), rank = typeOf(op.getIndices()).getRank();
  int64_t extent = typeOf(op.getInput()).getDimSize(axis);
  Index which(position.begin() + axis, position.begin() + axis + rank);
  Expr i = read(op.getIndices(), which);
  if (i.type().bits() == 64) {
    auto lim = [&](int64_t v) { return Halide::Internal::make_const(Halide::Int(64), v); };
    i = Halide::clamp(i, lim(-extent), lim(extent));
  }
  i = Halide::cast<int32_t>(i);
  i = Halide::clamp(Halide::select(i < 0, i + (int)extent, i), 0, (int)extent - 1);
  Index at(position.begin(), position.begin() + axis);
  at.push_back(i);
  at.insert(at.end(), position.begin() + axis + rank, position.end());
  return read(op.getInput(), at);
}

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

Expr halide::resizeCoordinate(ir::ResizeOp op, Expr x, size_t dimension) {
  double scale = op.getScales()[dimension];
  int64_t in = shapeOf(op.getInput())[dimension], out = shapeOf(op.getResult())[dimension];
  Expr f = Halide::cast<float>(x);
  float s = (float)scale;
  // Not rounded to `out` where the specification speaks of the resized length.
  double length = scale * (double)in;
  auto div = [](Expr a, float b) { return Halide::strict_float(a / b); };
  switch (op.getCoord()) {
  case ir::ResizeCoord::HalfPixel:
    return div(f + 0.5f, s) - 0.5f;
  case ir::ResizeCoord::PytorchHalfPixel:
    return length > 1 ? div(f + 0.5f, s) - 0.5f : Expr(0.0f);
  case ir::ResizeCoord::AlignCorners:
    return out == 1 ? Expr(0.0f) : div(f * (float)(in - 1), (float)(length - 1));
  case ir::ResizeCoord::Asymmetric:
    return div(f, s);
  case ir::ResizeCoord::TfHalfPixelForNn:
    return div(f + 0.5f, s);
  case ir::ResizeCoord::HalfPixelSymmetric: {
    double adjust = (double)out / length, centre = in / 2.0;
    return (float)(centre * (1 - adjust)) + div(f + 0.5f, s) - 0.5f;
  }
  case ir::ResizeCoord::TfCropAndResize:
    break;
  }
  return f;
}

/// Without the floor instruction, which ARMv7 lacks.
static Expr floorInt(Expr x) {
  Expr n = Halide::cast<int32_t>(x);
  return n - Halide::select(Halide::cast<float>(n) > x, 1, 0);
}

static Expr emitResize(ir::ResizeOp op, const Index &position, const Reader &read) {
  Shape in = shapeOf(op.getInput()), out = shapeOf(op.getResult());
  Index at = position;
  struct Lerp { size_t dim; Expr low, high, weight; };
  std::vector<Lerp> lerps;
  for (size_t i = 0; i < in.size(); ++i) {
    double scale = op.getScales()[i];
    if (scale == 1.0 && in[i] == out[i])
      continue;
    int64_t whole = in[i] ? out[i] / in[i] : 0;
    bool repeats = op.getMode() == ir::ResizeMode::Nearest && out[i] == in[i] * whole &&
                   scale == (double)whole &&
                   ((op.getCoord() == ir::ResizeCoord::Asymmetric &&
                     op.getNearest() == ir::ResizeNearest::Floor) ||
                    (op.getCoord() == ir::ResizeCoord::HalfPixel &&
                     op.getNearest() == ir::ResizeNearest::RoundPreferFloor));
    if (repeats) {
      at[i] = position[i] / (int)whole;
      continue;
    }
    Expr x = resizeCoordinate(op, position[i], i);
    if (op.getMode() == ir::ResizeMode::Nearest) {
      Expr n;
      switch (op.getNearest()) {
      case ir::ResizeNearest::RoundPreferFloor: n = -floorInt(-(x - 0.5f)); break;
      case ir::ResizeNearest::RoundPreferCeil: n = floorInt(x + 0.5f); break;
      case ir::ResizeNearest::Floor: n = floorInt(x); break;
      case ir::ResizeNearest::Ceil: n = -floorInt(-x); break;
      }
      at[i] = Halide::clamp(n, 0, (int)in[i] - 1);
      continue;
    }
    // Coordinates outside are those of the border, and the same for all rows and channels:
    // tables.
    Var v("v");
    x = resizeCoordinate(op, v, i);
    Expr c = Halide::clamp(x, 0.0f, (float)(in[i] - 1));
    Func low("low"), weight("weight");
    low(v) = Halide::clamp(floorInt(c), 0, (int)in[i] - 1);
    weight(v) = c - Halide::cast<float>(Halide::clamp(floorInt(c), 0, (int)in[i] - 1));
    low.bound(v, 0, (int)out[i]).compute_root();
    weight.bound(v, 0, (int)out[i]).compute_root();
    Expr l = low(position[i]);
    lerps.push_back({i, l, Halide::min(l + 1, (int)in[i] - 1), weight(position[i])});
  }
  std::function<Expr(size_t)> interpolate = [&](size_t k) -> Expr {
    if (k == lerps.size())
      return read(op.getInput(), at);
    const Lerp &l = lerps[k];
    at[l.dim] = l.low;
    Expr a = interpolate(k + 1);
    at[l.dim] = l.high;
    Expr b = interpolate(k + 1);
    return a * (1.0f - l.weight) + b * l.weight;
  };
  return interpolate(0);
}

Expr halide::emitMovement(Emitter &e, Operation *op, const Index &position,
                          const Reader &read) {
  return llvm::TypeSwitch<Operation *, Expr>(op)
      .Case([&](ir::TransposeOp t) {
        Index at(position.size());
        for (auto [i, from] : llvm::enumerate(t.getPerm()))
          at[from] = position[i];
        return read(t.getInput(), at);
      })
      .Case([&](ir::ReshapeOp r) { return emitReshape(r, position, read); })
      .Case([&](ir::ExpandOp x) {
        Shape in = shapeOf(x.getInput());
        Index at;
        for (size_t i = 0; i < in.size(); ++i)
          at.push_back(in[i] == 1 ? Expr(0) : position[position.size() - in.size() + i]);
        return read(x.getInput(), at);
      })
      .Case([&](ir::TileOp t) {
        Shape in = shapeOf(t.getInput());
        Index at;
        for (size_t i = 0; i < in.size(); ++i)
          at.push_back(t.getRepeats()[i] == 1 ? position[i] : position[i] % (int)in[i]);
        return read(t.getInput(), at);
      })
      .Case([&](ir::SliceOp s) {
        Index at;
        for (size_t i = 0; i < position.size(); ++i)
          at.push_back(position[i] * (int)s.getSteps()[i] + (int)s.getStarts()[i]);
        return read(s.getInput(), at);
      })
      .Case([&](ir::ConcatOp c) { return emitConcat(c, position, read); })
      .Case([&](ir::PadOp p) { return emitPad(p, position, read); })
      .Case([&](ir::GatherOp g) { return emitGather(g, position, read); })
      .Case([&](ir::ResizeOp r) { return emitResize(r, position, read); })
      .Case([&](ir::FrameOp f) {
        int64_t axis = f.getAxis();
        Index at(position);
        at.erase(at.begin() + axis);
        at[axis] = position[axis] * (int)f.getStep() + position[axis + 1];
        return read(f.getInput(), at);
      })
      .Default([&](Operation *other) -> Expr {
        throw Unsupported{other, "this op"};
      });
}
