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
// Where Arm has no dot product, kr may be 8 n as well: n products of 8 bits are added
// in each of 8 lanes of 16 bits (smull, smlal) before pairs of lanes go to sums of 32
// bits (sadalp), which are 4 for each result. Weights are packed so only when they are
// known to be small enough (xgen-choose-schedules proves it): no sum overflows.
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
  void sumInputs(const std::function<Expr(Expr step, Expr kx, Expr ky)> &element);
  void defineNarrow(const std::function<Expr(Expr step, Expr kx, Expr ky)> &element);
  void scheduleNarrow();

  Emitter &e;
  Operation *op;
  Value input, weight, bias;
  ConvGeometry g;
  Root &root;
  Int8Types types;
  Tile tile;
  int64_t nr, kr, groups, paddedCi;
  /// Few input channels: those of a row of taps are one range of steps.
  bool merged;
  /// What the inputs have been shifted by, zero point included; the weights'
  /// zero point where it is not taken off the weights themselves.
  int64_t shift = 0, weightZero = 0;
  Halide::Type inType;
  bool stored;
  Func rows{"rows"}, acc{"acc"}, sums{"sums"}, offsets{"offsets"}, inputs{"inputs"};
  Func staging{"staging"}, factors{"factors"};
  /// Arm multiplies by lane: four steps of inputs come as one vector.
  bool staged;
  /// Sums of 16 bits; `parts` are the four 32-bit sums of each result, `inputParts` of
  /// `inputs`.
  bool narrow;
  Func parts{"parts"}, inputParts{"inputParts"};
  RDom pairs, four;
  /// Groups of steps that `parts` adds in one stage, with the operands in registers.
  struct GroupRange {
    RDom r;
    int64_t count;
    Func inputs{"operand"}, weights{"weights"};
  };
  std::vector<GroupRange> ranges;
  Var v{"v"}, q{"q"}, vkx{"vkx"}, vky{"vky"};
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
  if (!packed)
    return false;
  int64_t kr = packed.getKr(), group = target.int8ReductionGroup();
  return kr == group || (group == 1 && kr % 8 == 0 && kr <= 32 && packed.getNr() % 4 == 0);
}

int64_t halide::int8Group(Value weight, const xgen::Target &target) {
  if (auto packed = dyn_cast_or_null<ir::PackedAttr>(typeOf(weight).getEncoding()))
    return packed.getKr();
  int64_t group = target.int8ReductionGroup();
  auto arg = dyn_cast<BlockArgument>(weight);
  auto kernel = arg ? dyn_cast<kernel::FuncOp>(arg.getOwner()->getParentOp()) : nullptr;
  if (!kernel || group > 1)
    return group;
  auto safe = kernel.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(),
                                                         "kernel.narrow_sums");
  Shape shape = shapeOf(weight);
  return safe && shape.size() > 1
             ? narrowGroup(target, shape[shape.size() - 2], safe.asArrayRef())
             : group;
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
                       Halide::Type stored, const MathTraits &math) {
  // Contraction with what follows is impossible: a clamp stands between.
  return quantizeExpr(Halide::cast<float>(sum) * scales.at(c), types.output->zeroPoints[0],
                      types.output->low, types.output->high, stored, math);
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
  narrow = kr > 4;
  bool bytes = kr >= 4; // else of 16 bits
  Tile chosen = chooseInt8Tile(e.target, g.ow, g.oh, g.co, g.kh * g.kw * g.ci,
                               packed ? packed.getNr() : 0, kr);
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
  if (bytes) {
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
  merged = e.isArm() && kr == 1 && g.kw > 1 && g.dx == 1 && g.ci <= 4 && g.kw * g.ci <= 16;
  stored = merged || g.padded() || !e.isFlat(input) || paddedCi != g.ci || (convert && !cheap);
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
  if (merged || g.left || g.paddedWidth() > g.left + g.w) {
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
    value = Halide::select(outside, Halide::cast(inType, (int)(bytes ? shift : 0)),
                           Halide::likely(value));
  rows(c, x, y, n) = value;

  // The reduction: steps of a group innermost.
  int64_t steps = merged ? g.kw * g.ci : groups;
  r = RDom(0, (int)kr, 0, (int)steps, 0, (int)(merged ? 1 : g.kw), 0, (int)g.kh, "r");
  int64_t zeroOfWeights = types.weight.zeroPoints[0];
  if (bytes)
    weightZero = zeroOfWeights;
  Halide::Type wType = bytes ? Halide::Int(8) : Halide::Int(16);
  auto widened = [&](Expr step, Expr group, Expr kx, Expr ky) {
    Expr w = Halide::cast(wType, weightAt(l, step, group, kx, ky, t));
    if (!bytes && zeroOfWeights)
      w = w - Halide::cast<int16_t>((int)zeroOfWeights);
    return w;
  };
  Expr w = widened(r[0], r[1], r[2], r[3]);
  auto element = [&](Expr step, Expr kx, Expr ky) {
    return rows(step, x * (int)g.sx + kx * (int)g.dx, y * (int)g.sy + ky * (int)g.dy, n);
  };
  staged = e.isArm() && !narrow && (merged || groups % 4 == 0);
  if (merged) // `rows` has the taps of a row one after another
    staging(q, x, y, n, vkx, vky) =
        rows(q % (int)g.ci, x * (int)g.sx + q / (int)g.ci, y * (int)g.sy + vky * (int)g.dy, n);
  else if (staged)
    staging(q, x, y, n, vkx, vky) = element(q, vkx, vky);
  if (staged && kr == 1) {
    factors(l, q, vkx, vky, t) = widened(0, q, vkx, vky);
    w = factors(l, r[1], r[2], r[3], t);
  }
  Expr step = r[1] * (int)kr + r[0];
  Expr in = staged ? Expr(staging(step, x, y, n, r[2], r[3])) : element(step, r[2], r[3]);
  sums(l, t) = Expr(0);
  if (shift)
    sums(l, t) += Halide::cast<int32_t>(weightAt(l, r[0], r[1], r[2], r[3], t));
  if (narrow)
    pairs = RDom(0, 2, 0, (int)groups, 0, (int)g.kw, 0, (int)g.kh, "p");
  if (weightZero)
    sumInputs(element);
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
  if (narrow)
    defineNarrow(element);
  else
    acc(l, x, y, n, t) += Halide::cast<int32_t>(in) * Halide::cast<int32_t>(w);
  scales = outputScales(types);
}

/// What the weights' zero point is multiplied by.
void Int8Product::sumInputs(
    const std::function<Expr(Expr step, Expr kx, Expr ky)> &element) {
  if (!narrow) {
    inputSteps = RDom(0, (int)paddedCi, 0, (int)g.kw, 0, (int)g.kh, "ri");
    inputs(x, y, n) = Expr(0);
    inputs(x, y, n) +=
        Halide::cast<int32_t>(element(inputSteps[0], inputSteps[1], inputSteps[2]));
    return;
  }
  // As the products, with weights of 1.
  Expr some;
  for (int i = 0; i < kr; i += 8) {
    Expr in = Halide::cast<int16_t>(
        element(pairs[1] * (int)kr + i + v * 2 + pairs[0], pairs[2], pairs[3]));
    some = some.defined() ? some + in : in;
  }
  inputParts(v, x, y, n) = Expr(0);
  inputParts(v, x, y, n) += Halide::cast<int32_t>(some);
  inputs(x, y, n) = inputParts(0, x, y, n) + inputParts(1, x, y, n) +
                    inputParts(2, x, y, n) + inputParts(3, x, y, n);
}

void Int8Product::defineNarrow(
    const std::function<Expr(Expr step, Expr kx, Expr ky)> &element) {
  four = RDom(0, 4, "four");
  parts(v, l, x, y, n, t) = Expr(0);
  // The first groups on their own: they need no zeros to be added to, and an even
  // number may be left.
  int64_t alone = g.kw * g.kh > 1 ? 0 : groups % 2 ? 1 : std::min<int64_t>(2, groups);
  for (auto [from, to] : {std::pair(int64_t(0), alone), std::pair(alone, groups)}) {
    if (from == to)
      continue;
    GroupRange range;
    range.count = to - from;
    range.r = RDom(0, 2, (int)from, (int)(to - from), 0, (int)g.kw, 0, (int)g.kh, "p");
    range.inputs(q, x, y, n, vkx, vky) = element(q, vkx, vky);
    range.weights(q, l, vkx, vky, t) = weightAt(l, q % (int)kr, q / (int)kr, vkx, vky, t);
    Expr sum;
    for (int i = 0; i < kr; i += 8) {
      Expr step = range.r[1] * (int)kr + i + v * 2 + range.r[0];
      Expr product =
          Halide::cast<int16_t>(range.inputs(step, x, y, n, range.r[2], range.r[3])) *
          Halide::cast<int16_t>(range.weights(step, l, range.r[2], range.r[3], t));
      sum = sum.defined() ? sum + product : product;
    }
    parts(v, l, x, y, n, t) += Halide::cast<int32_t>(sum);
    ranges.push_back(range);
  }
  acc(l, x, y, n, t) += parts(four, l, x, y, n, t);
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
  return requantize(sum, pc, types, *scales, storedType(typeOf(op->getResult(0)).getElementType()),
                    e.math());
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
  if (narrow) {
    scheduleNarrow();
  } else if (staged) {
    RVar go("go"), gi("gi");
    int at = merged ? (int)(g.kw * g.ci) : 4 * (int)kr;
    update.split(rg, go, gi, at / (int)kr).reorder(ri, l, x, y, gi, go, rx, ry, n, t).unroll(gi);
    staging.compute_at(acc, go).bound_extent(q, (at + 3) / 4 * 4);
    staging.vectorize(q, merged ? 4 : at, TailStrategy::RoundUp).unroll(q).unroll(x).unroll(y);
    if (kr == 1) // 8 channels by one instruction
      factors.compute_at(acc, gi).bound_extent(l, (int)nr).vectorize(l, nr % 8 ? 4 : 8).unroll(l);
  } else {
    update.reorder(ri, l, x, y, rg, rx, ry, n, t);
    if (groups % 2 == 0)
      update.unroll(rg, 2);
  }
  if (!narrow) {
    if (kr > 1)
      update.atomic().vectorize(ri, (int)kr).vectorize(l, lanes);
    else
      update.vectorize(l, lanes);
    update.unroll(l).unroll(x).unroll(y);
  }
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
  if (weightZero && narrow) {
    inputs.bound(x, 0, (int)g.ow).bound(y, 0, (int)g.oh).bound(n, 0, (int)g.n);
    inputs.compute_root();
    RVar pair = pairs[0], group = pairs[1], px = pairs[2], py = pairs[3];
    auto add = inputParts.update();
    add.reorder(pair, v, x, group, px, py, y, n);
    Var xo("xo"), xi("xi");
    if (g.ow >= 4)
      inputs.split(x, xo, xi, 4, TailStrategy::ShiftInwards).vectorize(xi);
    inputParts.compute_at(inputs, g.ow >= 4 ? xo : x);
    inputParts.bound(v, 0, 4).vectorize(v, 4).unroll(x);
    add.atomic().vectorize(pair, 2).vectorize(v, 4).unroll(x);
    if (e.target.threads > 1)
      inputs.parallel(y, 8, TailStrategy::GuardWithIf);
  } else if (weightZero) {
    int64_t wide = largestDivisor(paddedCi, e.lanes(inType));
    inputs.bound(x, 0, (int)g.ow).bound(y, 0, (int)g.oh).bound(n, 0, (int)g.n);
    inputs.compute_root();
    inputs.update().reorder(inputSteps[0], inputSteps[1], inputSteps[2], x, y, n);
    inputs.update().atomic().vectorize(inputSteps[0], (int)wide);
    if (e.target.threads > 1)
      inputs.parallel(y, 8, TailStrategy::GuardWithIf);
  }
  if (stored) {
    // Where steps are read by fours, a few that nobody uses come behind the last row.
    rows.bound(c, 0, (int)paddedCi).bound(x, 0, (int)g.paddedWidth() + (merged ? 3 : 0));
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

/// Sums of a few channels at a time: as many as stay in registers with all steps of a group.
void Int8Product::scheduleNarrow() {
  int64_t positions = tile.mr * tile.my;
  bool wide = positions <= (kr <= 16 ? 2 : 1) && e.target.vectorRegisters >= 32;
  int64_t block = wide && nr % 8 == 0 ? 8 : 4;
  Var lo("lo"), li("li");
  RVar step = four[0];
  auto update = acc.update();
  update.split(l, lo, li, (int)block).reorder(step, li, x, y, lo, n, t);
  update.atomic().vectorize(step, 4).vectorize(li, 4).unroll(li).unroll(x).unroll(y);
  // Else sums would go through memory.
  update.unroll(lo);
  parts.bound(v, 0, 4).bound_extent(l, (int)block).compute_at(acc, lo);
  parts.vectorize(v, 4).unroll(l).unroll(x).unroll(y);
  // Whole registers, of which smull2 and smlal2 take the second half.
  int width = kr % 16 == 0 ? 16 : 8;
  for (auto [i, range] : llvm::enumerate(ranges)) {
    RVar pair = range.r[0], outer("outer"), group("group");
    auto add = parts.update(i);
    add.split(range.r[1], outer, group, range.count % 2 ? 1 : 2).unroll(group);
    add.reorder(pair, v, x, y, l, group, outer, range.r[2], range.r[3], n, t);
    add.atomic().vectorize(pair, 2).vectorize(v, 4).unroll(l).unroll(x).unroll(y);
    if (range.count == 1 && g.kw <= 4)
      add.unroll(range.r[2]);
    range.inputs.compute_at(parts, group).bound_extent(q, (int)kr);
    range.inputs.vectorize(q, width, TailStrategy::RoundUp).unroll(q).unroll(x).unroll(y);
    range.weights.compute_at(parts, group).bound_extent(q, (int)kr).bound_extent(l, (int)block);
    range.weights.vectorize(q, width, TailStrategy::RoundUp).unroll(q).unroll(l);
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
  spec.finish = [types, scales, stored, math = e.math()](Expr sum, Expr, Expr, Expr c) {
    return types.output ? requantize(sum, c, types, *scales, stored, math) : sum;
  };
  return makeWindow(e, op.getInput(), g, root, spec);
}
