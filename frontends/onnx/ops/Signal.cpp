//===- Signal.cpp - DFT, STFT, windows, Det -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Windows and filter banks depend on sizes only, so they are constants. A
// short-time transform is frames, times the window, transformed.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/reader/ElementTypes.h"
#include <cmath>

namespace xgen::onnx {

/// Longer tables are mistakes.
static constexpr int64_t maxTable = int64_t(1) << 24;

/// The transform of a signal of `length` samples.
static Value emitDft(Node &n, Value x, int64_t axis, const Dim &length,
                     bool inverse, bool onesided) {
  if (!x)
    return {};
  // What is known, the op checks.
  if (Dim parts = n.dims(x).back(); !parts.isStatic()) {
    n.symbols().requireLessEqual(1, parts);
    n.symbols().requireLessEqual(parts, onesided && !inverse ? 1 : 2);
  }
  SmallVector<NamedAttribute> attributes{n.attr("axis", axis)};
  if (inverse)
    attributes.push_back(n.attr("inverse", true));
  if (onesided)
    attributes.push_back(n.attr("onesided", true));
  n.addExtents(attributes, "length", {length}, /*scalar=*/true);
  if (length.isStatic())
    return n.make<ir::DftOp>({x}, attributes);
  Dims result = n.dims(x);
  n.symbols().requireLessEqual(1, length);
  result[axis] = onesided && !inverse ? floorDiv(length, 2) + 1 : length;
  result.back() = onesided && inverse ? 1 : 2;
  return n.make<ir::DftOp>(n.tensorType(result, n.elementType(x)), {x},
                           attributes);
}

/// The transform along an axis that only the program knows: those along all
/// axes that the result's declared shape allows, and a choice between them.
static LogicalResult dftAtRunTime(Node &n, llvm::function_ref<Value(int64_t)> along) {
  int64_t rank = n.rank(n.input(0));
  auto declared = n.declared(0, rank);
  Value at = n.cast(n.reshape(n.input(2), ShapeRef()), n.i64());
  Value negative = n.binary(BinaryKind::Less, at, n.splat(n.i64(), 0));
  at = n.select(negative, n.add(at, n.splat(n.i64(), double(rank))), at);
  Value result;
  Shape axes;
  for (int64_t axis = 0; axis < rank - 1; ++axis) {
    if (n.dims(n.input(0))[axis].max() < 2 && axis + 2 < rank + !axes.empty())
      continue;
    Value y = along(axis);
    if (!y)
      return failure();
    bool fits = true;
    for (auto [want, have] : llvm::zip(declared, n.dims(y)))
      fits &= !want || !have.isStatic() || *want == have;
    if (!fits)
      continue;
    axes.push_back(axis);
    if (result && n.type(result) != n.type(y))
      return n.fail("the axis decides the result's shape, is only known at run "
                    "time, and the model does not declare that shape",
                    "make the axis an initializer");
    Value here = n.binary(BinaryKind::Equal, at, n.splat(n.i64(), double(axis)));
    result = result ? n.select(here, y, result) : y;
  }
  if (axes.empty())
    return n.fail("the result's declared shape fits no axis");
  auto bound = n.bind(n.reshape(at, {1}), {std::optional<Dim>()}, 0, rank - 2);
  if (!bound)
    return failure();
  n.symbols().requireLessEqual(axes.front(), bound->front());
  n.symbols().requireLessEqual(bound->front(), axes.back());
  return n.result(result);
}

static LogicalResult legalizeDft(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  if (rank < 2)
    return n.fail("the input needs a dimension of real and imaginary parts");
  bool inverse = n.integer("inverse", 0) != 0;
  bool onesided = n.integer("onesided", 0) != 0;
  std::optional<Dim> length;
  if (n.has(1)) {
    length = n.boundExtent(1, "dft_length", 1);
    if (!length)
      return failure();
  }
  auto along = [&](int64_t axis) {
    Dim samples = n.dims(x)[axis];
    // The one-sided spectrum of an even signal, unless told otherwise.
    if (inverse && onesided)
      samples = (samples - 1) * 2;
    samples = length.value_or(samples);
    if (samples.max() < 1)
      return n.noValue("the transform would have no samples");
    return emitDft(n, x, axis, samples, inverse, onesided);
  };
  // An attribute before version 20, then an input with another default.
  int64_t given = n.since(20) ? -2 : n.integer("axis", 1);
  if (n.since(20) && n.has(2)) {
    auto values = n.extents(2, "axis");
    if (n.hasError())
      return failure();
    if (!values || !ir::allStatic(*values))
      return dftAtRunTime(n, along);
    if (values->size() != 1)
      return n.fail("input 'axis' must be one number");
    given = values->front().value();
  }
  auto axis = n.axis(given, rank);
  if (!axis)
    return failure();
  if (*axis == rank - 1)
    return n.fail("the axis is the one of real and imaginary parts");
  return n.result(along(*axis));
}

static LogicalResult legalizeStft(Node &n) {
  Value x = n.input(0), window = n.input(2);
  // [B, L], [B, L, 1] or [B, L, 2].
  if (n.rank(x) == 2)
    x = n.reshape(x, {n.dims(x)[0], n.dims(x)[1], 1});
  if (n.rank(x) != 3)
    return n.fail("the signal must be [batch, length, 1 or 2]");
  Dim samples = n.dims(x)[1];
  auto step = n.boundExtent(1, "frame_step", 1, samples.max());
  if (!step)
    return failure();
  Dim length = n.count(window);
  if (n.has(3)) {
    auto given = n.boundExtent(3, "frame_length", 1, samples.max());
    if (!given)
      return failure();
    if (!window)
      length = *given;
    else if (!n.same(*given, length))
      return n.fail("the window must be a vector of frame_length (" +
                    given->str() + ")");
  } else if (!window) {
    return n.fail("neither window nor frame_length is given");
  }
  if (window && n.rank(window) != 1)
    return n.fail("the window must be a vector");
  if (window && n.elementType(window) != n.elementType(x))
    return n.fail("signal and window have different element types");
  if (step->max() < 1 || length.max() < 1 || samples.max() < length.min())
    return n.fail("the signal is shorter than a frame, or the step is not "
                  "positive");
  SmallVector<NamedAttribute> attributes{n.attr("axis", int64_t(1))};
  n.addExtents(attributes, "size", {length}, /*scalar=*/true);
  n.addExtents(attributes, "step", {*step}, /*scalar=*/true);
  n.symbols().requireLessEqual(length, samples);
  Dims shape{n.dims(x)[0], floorDiv(samples - length, *step) + 1, length,
             n.dims(x)[2]};
  if (auto frames = n.declared(0, 4)[1]) {
    if (!n.same(shape[1], *frames))
      return n.fail("the number of frames is not the declared one");
    shape[1] = *frames;
  }
  Value frames = n.make<ir::FrameOp>(n.tensorType(shape, n.elementType(x)), {x},
                                     attributes);
  if (window)
    frames = n.mul(frames, n.reshape(window, {length, 1}));
  return n.result(emitDft(n, frames, 2, length, /*inverse=*/false,
                          n.integer("onesided", 1) != 0));
}

/// 0, 1, ... as double.
static Value steps(Node &n, const Dim &count, const Extents &shape) {
  return n.cast(n.iota(count, shape), n.builder.getF64Type());
}

/// a0 - a1 cos(2 pi i / N) + a2 cos(4 pi i / N), computed in double.
static LogicalResult legalizeWindow(Node &n, double a0, double a1, double a2) {
  auto size = n.boundExtents(0, "size", ArrayRef(n.declared(0, 1)), 0);
  Type element =
      elementTypeOf(n.builder.getContext(), n.integer("output_datatype", 1));
  if (!size)
    return failure();
  if (!element)
    return n.fail("attribute 'output_datatype' is unsupported");
  Dim count = size->front();
  if (count.max() < 0 || count.max() > maxTable)
    return n.fail("the size is negative or too large");
  Type f64 = n.builder.getF64Type();
  auto number = [&](double v) { return n.splat(f64, v); };
  Dim period = n.integer("periodic", 1) != 0 ? count : count - 1;
  Value turns = n.cast(n.extentsOf({n.symbols().max(1, period)}), f64);
  Value t = n.mul(n.div(steps(n, count, {count}), turns), number(2 * M_PI));
  auto term = [&](double factor, double times) {
    Value angle = n.mul(t, number(times));
    return n.mul(n.unary(UnaryKind::Cos, angle), number(factor));
  };
  Value y = n.sub(number(a0), term(a1, 1));
  if (a2 != 0)
    y = n.add(y, term(a2, 2));
  return n.result(n.cast(y, element));
}

/// Triangles in frequency, evenly spaced on the mel scale.
static LogicalResult legalizeMel(Node &n) {
  Type element =
      elementTypeOf(n.builder.getContext(), n.integer("output_datatype", 1));
  if (!element)
    return n.fail("attribute 'output_datatype' is unsupported");
  auto declared = n.declared(0, 2);
  auto bands = n.boundExtents(0, "num_mel_bins", {declared[1]}, 1);
  auto length = n.boundExtent(1, "dft_length", 1);
  if (!bands || !length)
    return failure();
  Dim count = bands->front(), bins = floorDiv(*length, 2) + 1;
  if (count.max() < 1 || length->max() < 1 ||
      double(count.max()) * double(bins.max()) > double(maxTable))
    return n.fail("sizes must be positive and not too large");
  if (declared[0]) {
    if (!n.same(bins, *declared[0]))
      return n.fail("dft_length does not fit the result's declared shape");
    bins = *declared[0];
  }
  Type f64 = n.builder.getF64Type();
  auto number = [&](double v) { return n.splat(f64, v); };
  auto input = [&](unsigned i) {
    if (!n.count(n.input(i)).is(1))
      (void)n.fail("sample rate and edges must be one number each");
    return n.cast(n.reshape(n.input(i), ShapeRef()), f64);
  };
  // mel(f) = 2595 log10(1 + f / 700)
  auto mel = [&](Value hertz) {
    Value x = n.add(n.div(hertz, number(700)), number(1));
    return n.mul(n.unary(UnaryKind::Log, x), number(2595 / M_LN10));
  };
  Value low = mel(input(3)), high = mel(input(4));
  Value step = n.div(n.sub(high, low), n.cast(n.reshape(n.extentsOf({count + 2}),
                                                        ShapeRef()), f64));
  Value mels = n.add(n.mul(steps(n, count + 2, {count + 2}), step), low);
  Value hertz = n.mul(
      n.sub(n.binary(BinaryKind::Pow, number(10), n.div(mels, number(2595))),
            number(1)),
      number(700));
  Value scale = n.cast(n.reshape(n.extentsOf({*length + 1}), ShapeRef()), f64);
  Value edges = n.unary(UnaryKind::Floor,
                        n.div(n.mul(hertz, scale), input(2)));
  auto edge = [&](int64_t from) {
    return n.reshape(n.slice(edges, 0, from, count), {1, count});
  };
  Value left = edge(0), middle = edge(1), right = edge(2);
  Value bin = steps(n, bins, {bins, 1}), zero = number(0), one = number(1);
  auto less = [&](Value a, Value b) { return n.binary(BinaryKind::Less, a, b); };
  auto ramp = [&](Value distance, Value width) {
    return n.div(distance, n.binary(BinaryKind::Max, width, one));
  };
  Value rise = ramp(n.sub(bin, left), n.sub(middle, left));
  Value fall = ramp(n.sub(right, bin), n.sub(right, middle));
  // Outside there is nothing; a band without a side still has its middle.
  Value inside = n.binary(BinaryKind::And,
                          n.unary(UnaryKind::Not, less(bin, left)),
                          less(bin, right));
  Value y = n.select(less(bin, middle), rise, fall);
  y = n.select(inside, y, zero);
  y = n.select(n.binary(BinaryKind::Equal, bin, middle), one, y);
  return n.result(n.cast(y, element));
}

void registerSignal(Registry &registry) {
  registry.add("DFT", 1, legalizeDft);
  registry.add("STFT", 2, legalizeStft);
  registry.add("HannWindow", 1,
               [](Node &n) { return legalizeWindow(n, 0.5, 0.5, 0); });
  registry.add("HammingWindow", 1, [](Node &n) {
    return legalizeWindow(n, 25.0 / 46, 1 - 25.0 / 46, 0);
  });
  registry.add("BlackmanWindow", 1,
               [](Node &n) { return legalizeWindow(n, 0.42, 0.5, 0.08); });
  registry.add("MelWeightMatrix", 5, legalizeMel);
  registry.add("Det", 1, [](Node &n) {
    return n.result(n.make<ir::DetOp>({n.input(0)}, {}));
  });
}

} // namespace xgen::onnx
