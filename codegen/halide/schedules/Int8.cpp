//===- Int8.cpp - 8-bit convolutions and products -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Exact 32-bit sums of 8-bit products, requantized at the store by f32_even.
// One multiply instruction reduces `kr` inputs, the weights' packing says how
// many: 4 with a dot product (vpdpbusd, sdot), 2 with 16-bit multiply-add
// (pmaddwd: products of 16 bits cannot saturate, as those of pmaddubsw can), 1
// with a widening multiply-add (smlal).
//
// What an instruction cannot take is changed on the way in: dot products want
// inputs of one signedness, so the other gets its top bit flipped, which shifts
// it by 128; the shift and the zero point come out again as
// (zero point) * (sum of a channel's weights), computed once a run. 16-bit inputs
// have room for the zero point itself.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/MathExprs.h"
#include "codegen/halide/Quant.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
/// Types of a quantized product, checked.
struct Int8Types {
  QuantInfo input, weight;
  std::optional<QuantInfo> output; ///< none: the sums themselves
  bool inputSigned;
};

class Int8Product : public Anchor {
public:
  Int8Product(Emitter &e, Operation *op, Value input, Value weight, Value bias,
              const ConvGeometry &g, Root &root, int64_t leading);
  Expr at(const Index &position) override;
  void schedule(Func f, const Shape &shape) override;

private:
  Expr weightAt(Expr lane, Expr step, Expr group, Expr kx, Expr ky, Expr panel);

  Emitter &e;
  Operation *op;
  Value input, weight, bias;
  ConvGeometry g;
  Root &root;
  Int8Types types;
  Tile tile;
  int64_t nr, kr, groups, paddedCi;
  /// What the inputs have been shifted by, zero point included; the weights'
  /// zero point where it is not taken off the weights themselves.
  int64_t shift = 0, weightZero = 0;
  Halide::Type inType;
  bool stored;
  Func rows{"rows"}, acc{"acc"}, sums{"sums"}, offsets{"offsets"}, inputs{"inputs"}, staging{"staging"};
  /// Arm multiplies by lane: four steps of inputs come as one vector.
  bool staged;
  Var q{"q"}, vkx{"vkx"}, vky{"vky"};
  Var c{"c"}, x{"x"}, y{"y"}, n{"n"}, l{"l"}, t{"t"};
  RDom r, inputSteps;
  std::unique_ptr<ScaleTable> scales;
};
} // namespace

static std::optional<Int8Types> int8Types(Value input, Value weight, Value bias,
                                          Value result, ir::Rounding rounding) {
  auto in = quantInfo(typeOf(input).getElementType());
  auto w = quantInfo(typeOf(weight).getElementType());
  mlir::Type out = typeOf(result).getElementType();
  if (!in || !w || in->axis >= 0 || in->high - in->low > 255 || w->high - w->low > 255 ||
      w->low < -128 || w->high > 127 || in->low < -128 || in->high > 255 ||
      !llvm::all_equal(w->zeroPoints))
    return std::nullopt;
  if (w->axis >= 0 && w->axis != typeOf(weight).getRank() - 1)
    return std::nullopt;
  if (bias && !ir::storageType(typeOf(bias).getElementType()).isSignlessInteger(32))
    return std::nullopt;
  Int8Types types{*in, *w, std::nullopt,
                  storedType(typeOf(input).getElementType()).is_int()};
  // Bounds come from the storage: the numbers between are all possible.
  if (out.isSignlessInteger(32))
    return types;
  types.output = quantInfo(out);
  if (!types.output || types.output->axis >= 0 ||
      types.output->high - types.output->low > 65535 || rounding != ir::Rounding::F32Even)
    return std::nullopt;
  return types;
}

static bool hasPacking(Value weight, const xgen::Target &target) {
  auto packed = dyn_cast_or_null<ir::PackedAttr>(typeOf(weight).getEncoding());
  return packed && packed.getKr() == target.int8ReductionGroup();
}

bool halide::canEmitInt8Conv(ir::ConvOp op, const ConvGeometry &g, const xgen::Target &target) {
  if (!int8Types(op.getInput(), op.getWeight(), op.getBias(), op.getResult(), op.getRounding()))
    return false;
  // Weights are packed when the schedule is chosen; until then only the type
  // speaks.
  if (g.groups == 1)
    return !typeOf(op.getWeight()).getEncoding() || hasPacking(op.getWeight(), target);
  return g.groups == g.ci && g.co == g.ci && !typeOf(op.getWeight()).getEncoding();
}

bool halide::canEmitInt8MatMul(ir::MatMulOp op, const xgen::Target &target) {
  if (!int8Types(op.getLhs(), op.getRhs(), op.getBias(), op.getResult(), op.getRounding()))
    return false;
  auto b = typeOf(op.getRhs());
  if (op.getBias() && typeOf(op.getBias()).getNumElements() != b.getShape().back())
    return false;
  return product(b.getShape().drop_back(2)) == 1 &&
         (!b.getEncoding() || hasPacking(op.getRhs(), target));
}

/// Requantization of a sum, channel `c`.
static Expr requantize(Expr sum, Expr c, const Int8Types &types, const ScaleTable &scales,
                       Halide::Type stored) {
  // Contraction with what follows is impossible: a clamp stands between.
  return quantizeExpr(Halide::cast<float>(sum) * scales.at(c), types.output->zeroPoints[0],
                      types.output->low, types.output->high, stored);
}

static std::unique_ptr<ScaleTable> outputScales(const Int8Types &types) {
  if (!types.output)
    return nullptr;
  std::vector<float> scales;
  for (double w : types.weight.scales)
    scales.push_back((float)((double)(float)types.input.scales[0] * (double)(float)w /
                             (double)(float)types.output->scales[0]));
  return std::make_unique<ScaleTable>(std::move(scales));
}

Int8Product::Int8Product(Emitter &e, Operation *op, Value input, Value weight, Value bias,
                         const ConvGeometry &g, Root &root, int64_t leading)
    : e(e), op(op), input(input), weight(weight), bias(bias), g(g), root(root) {
  types = *int8Types(input, weight, bias, op->getResult(0), ir::Rounding::F32Even);
  auto packed = dyn_cast_or_null<ir::PackedAttr>(typeOf(weight).getEncoding());
  kr = packed ? packed.getKr() : 1;
  Tile chosen = chooseInt8Tile(e.target, g.ow, g.oh, g.co, g.kh * g.kw * g.ci,
                               packed ? packed.getNr() : 0);
  nr = packed ? packed.getNr() : chosen.nr;
  tile = {std::min(e.param(root, "mr", chosen.mr), g.ow), 1, nr};
  if (root.vars.size() > 3)
    tile.my = std::min(e.param(root, "my", chosen.my), g.oh);
  if (!e.mayRecompute()) {
    tile.mr = largestDivisor(g.ow, tile.mr);
    tile.my = largestDivisor(g.oh, tile.my);
  }
  groups = (g.ci + kr - 1) / kr;
  paddedCi = groups * kr;

  // The input as the instruction wants it.
  int64_t zero = types.input.zeroPoints[0];
  std::function<Expr(Expr)> convert;
  if (kr == 4) {
    bool wantSigned = e.target.arch != Arch::X86_64;
    inType = wantSigned ? Halide::Int(8) : Halide::UInt(8);
    shift = zero;
    if (wantSigned != types.inputSigned) {
      shift += wantSigned ? -128 : 128;
      Halide::Type in = inType;
      convert = [in](Expr v) {
        return Halide::reinterpret(in, Halide::reinterpret<uint8_t>(v) ^ Halide::cast<uint8_t>(128));
      };
    }
  } else {
    inType = Halide::Int(16);
    convert = [zero](Expr v) {
      return Halide::cast<int16_t>(v) - Halide::cast<int16_t>((int)zero);
    };
  }
  bool cheap = kr == 1; // widened where it is used
  stored = g.padded() || !e.isFlat(input) || paddedCi != g.ci || (convert && !cheap);
  Expr row = y - (int)g.top, column = x - (int)g.left;
  Expr outside;
  auto also = [&](Expr condition) {
    outside = outside.defined() ? outside || condition : condition;
  };
  Expr safeRow = row, safeColumn = column, safeC = c;
  if (g.top || g.paddedHeight() > g.top + g.h) {
    also(row < 0 || row >= (int)g.h);
    safeRow = Halide::clamp(Halide::likely(row), 0, (int)g.h - 1);
  }
  if (g.left || g.paddedWidth() > g.left + g.w) {
    also(column < 0 || column >= (int)g.w);
    safeColumn = Halide::clamp(Halide::likely(column), 0, (int)g.w - 1);
  }
  if (paddedCi != g.ci) {
    also(c >= (int)g.ci);
    safeC = Halide::min(c, (int)g.ci - 1);
  }
  Expr value;
  if (e.isFlat(input)) {
    value = e.flat(input, ((n * (int)g.h + safeRow) * (int)g.w + safeColumn) * (int)g.ci + safeC);
  } else {
    Index at{n};
    if (typeOf(input).getRank() == 4)
      at.push_back(safeRow);
    if (typeOf(input).getRank() >= 3)
      at.push_back(safeColumn);
    else
      at = {safeColumn};
    at.push_back(safeC);
    value = e.dense(input, at);
  }
  if (convert)
    value = convert(value);
  if (outside.defined())
    value = Halide::select(outside, Halide::cast(inType, (int)(kr == 4 ? shift : 0)),
                           Halide::likely(value));
  rows(c, x, y, n) = value;

  // The reduction: steps of a group innermost.
  r = RDom(0, (int)kr, 0, (int)groups, 0, (int)g.kw, 0, (int)g.kh, "r");
  int64_t zeroOfWeights = types.weight.zeroPoints[0];
  if (kr == 4)
    weightZero = zeroOfWeights;
  Halide::Type wType = kr == 4 ? Halide::Int(8) : Halide::Int(16);
  Expr w = Halide::cast(wType, weightAt(l, r[0], r[1], r[2], r[3], t));
  if (kr != 4 && zeroOfWeights)
    w = w - Halide::cast<int16_t>((int)zeroOfWeights);
  auto element = [&](Expr step, Expr kx, Expr ky) {
    return rows(step, x * (int)g.sx + kx * (int)g.dx, y * (int)g.sy + ky * (int)g.dy, n);
  };
  staged = e.isArm() && groups % 4 == 0;
  staging(q, x, y, n, vkx, vky) = element(q, vkx, vky);
  Expr step = r[1] * (int)kr + r[0];
  Expr in = staged ? Expr(staging(step, x, y, n, r[2], r[3])) : element(step, r[2], r[3]);
  sums(l, t) = Expr(0);
  if (shift)
    sums(l, t) += Halide::cast<int32_t>(weightAt(l, r[0], r[1], r[2], r[3], t));
  if (weightZero) {
    inputSteps = RDom(0, (int)paddedCi, 0, (int)g.kw, 0, (int)g.kh, "ri");
    inputs(x, y, n) = Expr(0);
    inputs(x, y, n) +=
        Halide::cast<int32_t>(element(inputSteps[0], inputSteps[1], inputSteps[2]));
  }
  // Of sum (x - shift) (w - zero): channels that pad hold 0 as weight and `shift`
  // as input, so that the same number of steps counts everywhere. All of it but
  // sum x w is there before the loop.
  Expr offset = 0;
  if (bias)
    offset = e.flat(bias, Halide::min(t * (int)nr + l, (int)g.co - 1));
  if (shift)
    offset -= (sums(l, t) - (int)(g.kh * g.kw * paddedCi * weightZero)) * (int)shift;
  offsets(l, t) = offset;
  Expr start = bias || shift ? Expr(offsets(l, t)) : Expr(0);
  if (weightZero)
    start -= inputs(x, y, n) * (int)weightZero;
  acc(l, x, y, n, t) = start;
  acc(l, x, y, n, t) += Halide::cast<int32_t>(in) * Halide::cast<int32_t>(w);
  scales = outputScales(types);
}

Expr Int8Product::weightAt(Expr lane, Expr step, Expr group, Expr kx, Expr ky, Expr panel) {
  Expr depth = ky * (int)g.kw + kx;
  if (packedWidth(weight)) {
    Expr at = (panel * (int)(g.kh * g.kw) + depth) * (int)groups + group;
    return e.raw(weight, Halide::Int(8))((at * (int)nr + lane) * (int)kr + step);
  }
  Expr channel = panel * (int)nr + lane;
  if (g.co % nr)
    channel = Halide::min(channel, (int)g.co - 1);
  return e.flat(weight, (depth * (int)g.ci + group) * (int)g.co + channel);
}

Expr Int8Product::at(const Index &p) {
  Expr pc = p.back(), zero = 0, px = zero, py = zero, pn = zero;
  if (p.size() >= 2)
    px = p[p.size() - 2];
  if (p.size() == 4)
    py = p[1], pn = p[0];
  else if (p.size() == 3)
    pn = p[0];
  Expr sum = acc(pc % (int)nr, px, py, pn, pc / (int)nr);
  if (!types.output)
    return sum;
  return requantize(sum, pc, types, *scales, storedType(typeOf(op->getResult(0)).getElementType()));
}

void Int8Product::schedule(Func f, const Shape &shape) {
  int lanes = std::min<int64_t>(e.lanes(Halide::Int(32)), nr);
  bool channelsInner = g.co * g.kh * g.kw * g.ci * 2 <= e.target.l2Bytes;
  // Stores are of bytes: a whole panel at a time.
  TiledRoot loops(e, root, tile, std::min<int64_t>(nr, e.target.vectorBytes), channelsInner);
  acc.bound(l, 0, (int)nr).compute_at(f, loops.at);
  acc.vectorize(l, lanes).unroll(l).unroll(x).unroll(y);
  auto update = acc.update();
  RVar ri = r[0], rg = r[1], rx = r[2], ry = r[3];
  if (staged) {
    RVar go("go"), gi("gi");
    update.split(rg, go, gi, 4).reorder(ri, l, x, y, gi, go, rx, ry, n, t).unroll(gi);
    staging.compute_at(acc, go).bound_extent(q, 4 * (int)kr);
    staging.vectorize(q, 4 * (int)kr, TailStrategy::RoundUp).unroll(x).unroll(y);
  } else {
    update.reorder(ri, l, x, y, rg, rx, ry, n, t);
    if (groups % 2 == 0)
      update.unroll(rg, 2);
  }
  if (kr > 1)
    update.atomic().vectorize(ri, (int)kr).vectorize(l, lanes);
  else
    update.vectorize(l, lanes);
  update.unroll(l).unroll(x).unroll(y);
  if (bias || shift) {
    offsets.bound(l, 0, (int)nr).bound(t, 0, (int)((g.co + nr - 1) / nr));
    offsets.compute_root();
    if (!bias || g.co % nr == 0)
      offsets.vectorize(l, lanes);
  }
  if (shift) {
    sums.bound(l, 0, (int)nr).bound(t, 0, (int)((g.co + nr - 1) / nr));
    sums.compute_root().vectorize(l, lanes);
    sums.update().reorder(ri, l, rg, rx, ry, t);
    if (kr > 1)
      sums.update().atomic().vectorize(ri, (int)kr).vectorize(l, lanes);
    else
      sums.update().vectorize(l, lanes);
    sums.update().unroll(l);
  }
  if (weightZero) {
    int64_t wide = largestDivisor(paddedCi, e.lanes(inType));
    inputs.bound(x, 0, (int)g.ow).bound(y, 0, (int)g.oh).bound(n, 0, (int)g.n);
    inputs.compute_root();
    inputs.update().reorder(inputSteps[0], inputSteps[1], inputSteps[2], x, y, n);
    inputs.update().atomic().vectorize(inputSteps[0], (int)wide);
    if (e.target.threads > 1)
      inputs.parallel(y, 8, TailStrategy::GuardWithIf);
  }
  if (stored) {
    rows.bound(c, 0, (int)paddedCi).bound(x, 0, (int)g.paddedWidth());
    rows.bound(y, 0, (int)g.paddedHeight()).bound(n, 0, (int)g.n);
    rows.compute_root();
    int wide = std::min<int64_t>(e.lanes(inType), largestDivisor(paddedCi, e.lanes(inType)));
    if (paddedCi <= 4)
      rows.unroll(c);
    else if (paddedCi >= e.lanes(inType))
      rows.vectorize(c, e.lanes(inType), TailStrategy::ShiftInwards);
    else
      rows.vectorize(c, wide);
    if (e.target.threads > 1)
      rows.parallel(y, 8, TailStrategy::GuardWithIf);
  }
}

std::unique_ptr<Anchor> halide::makeInt8Conv(Emitter &e, ir::ConvOp op, const ConvGeometry &g,
                                             Root &root) {
  if (g.groups > 1)
    return makeInt8Depthwise(e, op, g, root);
  return std::make_unique<Int8Product>(e, op, op.getInput(), op.getWeight(), op.getBias(), g,
                                       root, 0);
}

std::unique_ptr<Anchor> halide::makeInt8MatMul(Emitter &e, ir::MatMulOp op, Root &root) {
  ConvGeometry g;
  g.ci = typeOf(op.getLhs()).getShape().back();
  g.co = root.shape.back();
  g.w = g.ow = product(root.shape) / g.co;
  if (root.shape.size() != 2)
    throw Unsupported{op, "a quantized product whose rows do not collapse"};
  return std::make_unique<Int8Product>(e, op, op.getLhs(), op.getRhs(), op.getBias(), g, root, 0);
}

//===----------------------------------------------------------------------===//
// Depthwise
//===----------------------------------------------------------------------===//

std::unique_ptr<Anchor> halide::makeInt8Depthwise(Emitter &e, ir::ConvOp op,
                                                  const ConvGeometry &g, Root &root) {
  Int8Types types = *int8Types(op.getInput(), op.getWeight(), op.getBias(), op.getResult(),
                               op.getRounding());
  Value weight = op.getWeight(), bias = op.getBias();
  int zero = types.input.zeroPoints[0];
  std::shared_ptr<ScaleTable> scales = outputScales(types);
  Halide::Type stored = storedType(typeOf(op.getResult()).getElementType());
  WindowSpec spec;
  int weightZero = types.weight.zeroPoints[0];
  auto weightAt = [&e, weight, g, weightZero](Expr ky, Expr kx, Expr c) {
    Expr w = Halide::cast<int16_t>(e.flat(weight, (ky * (int)g.kw + kx) * (int)g.ci + c));
    return weightZero ? w - Halide::cast<int16_t>(weightZero) : w;
  };
  Func start("start");
  Var c("c");
  start(c) = bias ? e.flat(bias, c) : Expr(0);
  if (e.isArm()) {
    // The copy with the border has 16 bits an element, which hold the zero point,
    // too; and LLVM makes widening multiply-adds of what it cannot narrow.
    spec.fill = Expr(int16_t(0));
    spec.convert = [zero](Expr v) {
      return Halide::cast<int16_t>(v) - Halide::cast<int16_t>(zero);
    };
    spec.start = [&e, bias](Expr c) { return bias ? e.flat(bias, c) : Expr(0); };
  } else {
    // Half the bytes. The zero point comes out before the loop: the border holds
    // it as well.
    spec.fill = zero;
    if (zero) {
      RDom taps(0, (int)g.kw, 0, (int)g.kh, "taps");
      start(c) -= Halide::cast<int32_t>(weightAt(taps.y, taps.x, c)) * zero;
      if (g.ci >= e.lanes(Halide::Int(32)))
        start.update().reorder(c, taps.x, taps.y).vectorize(
            c, e.lanes(Halide::Int(32)), TailStrategy::GuardWithIf);
    }
    start.compute_root();
    spec.start = [start](Expr c) { return Expr(start(c)); };
  }
  spec.step = [weightAt](Expr sum, Expr in, Expr ky, Expr kx, Expr c) {
    return sum + Halide::cast<int32_t>(Halide::cast<int16_t>(in)) *
                     Halide::cast<int32_t>(weightAt(ky, kx, c));
  };
  // Two registers of sums for one of 16-bit operands.
  spec.lanes = e.lanes(Halide::Int(16));
  spec.finish = [types, scales, stored](Expr sum, Expr, Expr, Expr c) {
    return types.output ? requantize(sum, c, types, *scales, stored) : sum;
  };
  return makeWindow(e, op.getInput(), g, root, spec);
}
