//===- Slice.cpp - Concat, Split, Slice, Pad ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Bounds are clamped as the specification says, so that xgen.slice always reads inside.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeConcat(Node &n) {
  auto axis = n.axis(n.integer("axis", 1), n.rank(n.input(0)));
  if (!axis)
    return failure();
  return n.result(n.concat(n.allInputs(), *axis));
}

static LogicalResult legalizeSplit(Node &n) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  if (!axis)
    return failure();
  Dim extent = n.dims(x)[*axis];
  int64_t parts = n.numResults();
  std::optional<Dims> sizes;
  if (n.has(1)) {
    sizes = n.extents(1, "split");
    if (n.hasError())
      return failure();
    if (!sizes) {
      SmallVector<std::optional<Dim>> given;
      for (int64_t i = 0; i < parts; ++i)
        given.push_back(n.declared(i, n.rank(x))[*axis]);
      if (n.length(1, "split") != parts)
        return n.fail("split needs one entry an output");
      sizes = n.bind(n.cast(n.input(1), n.i64()), given, 0, extent.max());
    }
  } else if (auto given = n.integers("split")) {
    sizes = ir::toDims(*given);
  }
  if (n.hasError())
    return failure();
  if (!sizes) {
    int64_t count = n.integer("num_outputs", parts);
    if (count < 1 || count != parts)
      return n.fail("num_outputs does not agree with the number of outputs");
    if (!n.hasAttribute("num_outputs") &&
        !n.same(floorDiv(extent, count) * count, extent))
      return n.fail("dimension " + llvm::Twine(*axis) + " (" + extent.str() +
                    ") does not divide into " + llvm::Twine(count) +
                    " equal parts");
    Dim chunk = ceilDiv(extent, count);
    sizes = Dims(count, chunk);
    sizes->back() = extent - chunk * (count - 1);
  }
  if (int64_t(sizes->size()) != parts)
    return n.fail("there are " + llvm::Twine(sizes->size()) + " sizes for " +
                  llvm::Twine(parts) + " outputs");
  Dim start = 0;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    if (size.max() < 0 || (size.isStatic() && extent.isStatic() &&
                           size.value() > (extent - start).max()))
      return n.fail("the sizes do not add up to dimension " +
                    llvm::Twine(*axis) + " (" + extent.str() + ")");
    if (n.used(i) && failed(n.result(i, n.slice(x, *axis, start, size))))
      return failure();
    start += size;
  }
  if (!n.same(start, extent))
    return n.fail("the sizes do not add up to dimension " +
                  llvm::Twine(*axis) + " (" + extent.str() + ")");
  return success();
}

/// A list of the tensor's rank: `values` at `axes`, `otherwise` elsewhere.
static Value spread(Node &n, Value values, Value axes, Value otherwise) {
  return n.make<ir::ScatterElementsOp>({otherwise, axes, values},
                                       {n.attr("axis", int64_t(0))});
}

/// Input `i`, a list, as int64.
static Value list(Node &n, unsigned i) {
  return n.cast(n.reshape(n.input(i), {n.count(n.input(i))}), n.i64());
}

/// Input `i` or 0, 1, ..., as axes that are not negative.
static Value axisList(Node &n, unsigned i, const Dim &count, int64_t rank) {
  if (!n.has(i))
    return n.iota(count, {count});
  Value axes = list(n, i);
  Value negative = n.binary(BinaryKind::Less, axes, n.splat(n.i64(), 0));
  return n.select(negative, n.add(axes, n.splat(n.i64(), double(rank))), axes);
}

/// Bounds that only the program knows: the specification's arithmetic on
/// tensors, for all dimensions at once.
static LogicalResult sliceAtRunTime(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  auto length = n.length(1, "starts");
  for (unsigned i = 2; i < 5; ++i)
    if (!length || (n.has(i) && n.length(i, "starts") != *length))
      return n.fail("starts, ends, axes and steps differ in length");
  auto number = [&](int64_t v) { return n.splat(n.i64(), double(v)); };
  auto less = [&](Value a, Value b) { return n.binary(BinaryKind::Less, a, b); };
  auto most = [&](Value a, Value b) { return n.binary(BinaryKind::Max, a, b); };
  auto least = [&](Value a, Value b) { return n.binary(BinaryKind::Min, a, b); };
  Value zero = number(0), one = number(1);
  Value extents = n.extentsOf(n.dims(x));
  Value zeros = n.integersOf(Shape(rank, 0)), ones = n.integersOf(Shape(rank, 1));
  Value axes = axisList(n, 3, *length, rank);
  Value start = spread(n, list(n, 1), axes, zeros);
  Value end = spread(n, list(n, 2), axes, extents);
  Value step = n.has(4) ? spread(n, list(n, 4), axes, ones) : ones;
  // Steps beyond the extent all take one element.
  Value far = n.add(extents, one);
  step = least(most(step, n.unary(UnaryKind::Neg, far)), far);
  Value forward = less(zero, step);
  auto fromBack = [&](Value v) {
    // Very negative numbers must not wrap.
    v = most(v, n.sub(n.unary(UnaryKind::Neg, extents), one));
    return n.select(less(v, zero), n.add(v, extents), v);
  };
  start = fromBack(start);
  end = fromBack(end);
  Value last = n.sub(extents, one);
  start = n.select(forward, least(most(start, zero), extents),
                   least(most(start, zero), last));
  end = n.select(forward, least(most(end, zero), extents),
                 least(most(end, number(-1)), last));
  Value span = n.select(forward, n.sub(end, start), n.sub(start, end));
  Value stride = n.unary(UnaryKind::Abs, step);
  Value sizes = most(zero, n.div(n.add(span, n.sub(stride, one)), stride));
  // Nothing is read where there is nothing to read.
  start = n.select(less(zero, sizes), start, zero);
  SmallVector<std::optional<Dim>> open(rank);
  int64_t largest = 0;
  for (const Dim &d : n.dims(x))
    largest = std::max(largest, d.max());
  auto boundSizes = n.bind(sizes, n.declared(0, rank), 0, largest);
  auto boundStarts = n.bind(start, open, 0, largest);
  auto boundSteps = n.has(4) ? n.bind(step, open, -largest - 1, largest + 1)
                             : std::optional<Dims>(Dims(rank, 1));
  if (!boundSizes || !boundStarts || !boundSteps)
    return failure();
  for (auto [size, extent] : llvm::zip(*boundSizes, n.dims(x)))
    size = size.within(0, extent.max());
  return n.result(n.slice(x, *boundStarts, *boundSizes, *boundSteps));
}

/// A bound as the specification clamps it; nullopt when its sign is open.
static std::optional<Dim> clampBound(Node &n, Dim v, const Dim &low,
                                     const Dim &high, const Dim &extent) {
  if (v.max() < 0) {
    if (v.isStatic())
      v = Dim(std::max(v.value(), -extent.max() - 1));
    v = v + extent;
  } else if (v.min() < 0) {
    return std::nullopt;
  }
  return n.symbols().min(n.symbols().max(v, low), high);
}

static LogicalResult legalizeSlice(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  bool inputs = n.since(10);
  auto read = [&](unsigned i, StringRef name) -> std::optional<Dims> {
    if (inputs)
      return n.has(i) ? n.extents(i, name) : std::nullopt;
    auto given = n.integers(name);
    return given ? std::optional<Dims>(ir::toDims(*given)) : std::nullopt;
  };
  if (inputs && (!n.has(1) || !n.has(2)))
    return n.fail("starts or ends are missing");
  auto starts = read(1, "starts"), ends = read(2, "ends");
  auto axes = read(3, "axes"), steps = inputs ? read(4, "steps") : std::nullopt;
  if (n.hasError())
    return failure();
  bool open = !starts || !ends || (inputs && n.has(3) && !axes) ||
              (inputs && n.has(4) && !steps);
  if (!inputs && open)
    return n.fail("starts or ends are missing");
  if (open || (axes && !ir::allStatic(*axes)) ||
      (steps && !ir::allStatic(*steps)))
    return sliceAtRunTime(n);
  if (!axes) {
    axes.emplace();
    for (size_t i = 0; i < starts->size(); ++i)
      axes->push_back(i);
  }
  if (!steps)
    steps = Dims(starts->size(), 1);
  if (ends->size() != starts->size() || axes->size() != starts->size() ||
      steps->size() != starts->size())
    return n.fail("starts, ends, axes and steps differ in length");
  Dims from(rank, 0), sizes = n.dims(x), by(rank, 1);
  llvm::SmallBitVector seen(rank);
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = n.axis((*axes)[i].value(), rank);
    if (!axis)
      return failure();
    if (seen.test(*axis))
      return n.fail("an axis is given twice");
    seen.set(*axis);
    Dim extent = sizes[*axis];
    int64_t step = (*steps)[i].value();
    if (step == 0)
      return n.fail("a step is 0");
    // Steps beyond the extent all take one element.
    step = std::clamp(step, -extent.max() - 1, extent.max() + 1);
    bool forward = step > 0;
    auto start = clampBound(n, (*starts)[i], 0, forward ? extent : extent - 1,
                            extent);
    auto end = clampBound(n, (*ends)[i], forward ? 0 : -1,
                          forward ? extent : extent - 1, extent);
    if (!start || !end)
      return sliceAtRunTime(n);
    // A negative end counts from the back; only a far one means "before 0".
    Dim span = forward ? *end - *start : *start - *end;
    Dim size = n.symbols().max(0, ceilDiv(span, std::abs(step)));
    if (size.is(0))
      start = Dim(0);
    // An empty input has no last element to start from.
    from[*axis] = n.symbols().max(0, *start);
    sizes[*axis] = size;
    by[*axis] = step;
  }
  return n.result(n.slice(x, from, sizes, by));
}

/// Padding that only the program knows.
static LogicalResult padAtRunTime(Node &n, ir::PadMode mode, Value value) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  auto length = n.length(1, "pads");
  if (!length)
    return failure();
  int64_t count = *length / 2;
  if (*length != 2 * count || (n.has(3) && n.length(3, "axes") != count))
    return n.fail("pads needs two entries a dimension");
  Value pads = list(n, 1), zero = n.splat(n.i64(), 0);
  Value zeros = n.integersOf(Shape(rank, 0));
  Value axes = axisList(n, 3, count, rank);
  Value low = spread(n, n.slice(pads, 0, 0, count), axes, zeros);
  Value high = spread(n, n.slice(pads, 0, count, count), axes, zeros);
  auto positive = [&](Value v) { return n.binary(BinaryKind::Max, v, zero); };
  auto negative = [&](Value v) { return positive(n.unary(UnaryKind::Neg, v)); };
  Value extents = n.extentsOf(n.dims(x));
  Value kept = n.sub(extents, n.add(negative(low), negative(high)));
  auto given = n.declared(0, rank);
  int64_t largest = 0;
  for (const Dim &extent : n.dims(x))
    largest = std::max(largest, extent.max());
  SmallVector<std::optional<Dim>> open(rank);
  auto result = n.bind(n.add(extents, n.add(low, high)), given, 0);
  if (!result)
    return failure();
  // What is added is bounded by what the result may be.
  int64_t most = 0;
  for (const Dim &d : *result)
    most = std::max(most, d.max());
  auto starts = n.bind(negative(low), open, 0, largest);
  auto sizes = n.bind(kept, open, 0, largest);
  auto lows = n.bind(positive(low), open, 0, most);
  auto highs = n.bind(positive(high), open, 0, most);
  if (!starts || !sizes || !lows || !highs)
    return failure();
  for (auto [size, extent] : llvm::zip(*sizes, n.dims(x)))
    size = size.within(0, extent.max());
  Value cropped = n.slice(x, *starts, *sizes, Shape(rank, 1));
  auto padded = [&](Value v) {
    SmallVector<NamedAttribute> attributes{
        n.attr("mode", ir::PadModeAttr::get(n.builder.getContext(), mode))};
    n.addExtents(attributes, "low", *lows);
    n.addExtents(attributes, "high", *highs);
    return n.make<ir::PadOp>(n.tensorType(*result, n.elementType(v)), {v},
                             attributes);
  };
  Value y = padded(cropped);
  if (!value)
    return n.result(y);
  Value inside = padded(n.splat(n.i1(), 1, *sizes));
  return n.result(n.select(inside, y, value));
}

static LogicalResult legalizePad(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  bool inputs = n.since(11);
  std::string name = n.string("mode", "constant");
  auto mode = ir::symbolizePadMode(name);
  if (!mode)
    return n.fail("unknown mode '" + name + "'");
  // A border that is only known at run time is selected.
  double value = inputs ? 0 : n.number("value", 0);
  Value border;
  if (inputs && n.has(2) && *mode == ir::PadMode::Constant) {
    if (!n.count(n.input(2)).is(1))
      return n.fail("input 'constant_value' must be one number");
    if (ElementsAttr known = n.constantOf(n.input(2))) {
      auto number = readDoubles(known);
      if (!number)
        return n.fail("input 'constant_value' must be one number");
      value = number->front();
    } else {
      border = n.reshape(n.input(2), ShapeRef());
    }
  }
  std::optional<Dims> pads;
  if (inputs) {
    pads = n.extents(1, "pads");
    if (!pads && n.has(1) && !n.hasError()) {
      if (value != 0 && !border)
        border = n.splat(n.elementType(x), value);
      return padAtRunTime(n, *mode, border);
    }
  } else if (auto given = n.integers(n.since(2) ? "pads" : "paddings")) {
    pads = ir::toDims(*given);
  }
  if (!pads)
    return n.fail("the pads are missing");
  Shape axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  if (inputs && n.has(3)) {
    auto given = n.extents(3, "axes");
    if (n.hasError())
      return failure();
    if (!given || !ir::allStatic(*given)) {
      if (value != 0 && !border)
        border = n.splat(n.elementType(x), value);
      return padAtRunTime(n, *mode, border);
    }
    axes.clear();
    for (const Dim &a : *given) {
      auto axis = n.axis(a.value(), rank);
      if (!axis)
        return failure();
      axes.push_back(*axis);
    }
  }
  if (pads->size() != 2 * axes.size())
    return n.fail("pads needs two entries a dimension");
  Dims low(rank, 0), high(rank, 0), starts(rank, 0), sizes = n.dims(x);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    const Dim &begin = (*pads)[i], &end = (*pads)[axes.size() + i];
    constexpr int64_t most = int64_t(1) << 32;
    if (begin.max() > most || end.max() > most || begin.min() < -most ||
        end.min() < -most)
      return n.fail("a pad is too large");
    // Negative pads crop.
    Dim before = n.symbols().max(0, Dim(0) - begin);
    starts[axis] = before;
    sizes[axis] = sizes[axis] - before - n.symbols().max(0, Dim(0) - end);
    low[axis] = n.symbols().max(0, begin);
    high[axis] = n.symbols().max(0, end);
    const Dim &extent = sizes[axis];
    if (extent.max() < 0)
      return n.fail("the pads crop more than dimension " + llvm::Twine(axis) +
                    " holds");
    if ((low[axis].is(0) && high[axis].is(0)) || *mode == ir::PadMode::Constant)
      continue;
    Dim least = *mode == ir::PadMode::Reflect
                    ? n.symbols().max(low[axis], high[axis]) + 1
                    : Dim(1);
    if (extent.max() < least.min())
      return n.fail("mode '" + name + "' cannot pad dimension " +
                    llvm::Twine(axis) + " (" + extent.str() + ") that much");
    n.symbols().requireLessEqual(least, extent);
  }
  Value cropped = n.slice(x, starts, sizes, Shape(rank, 1));
  Value y = n.pad(cropped, low, high, *mode, value);
  if (!border || y == cropped)
    return n.result(y);
  Value inside = n.pad(n.splat(n.i1(), 1, sizes), low, high);
  return n.result(n.select(inside, y, border));
}

void registerSlice(Registry &registry) {
  registry.add("Concat", 1, legalizeConcat);
  registry.add("Split", 1, legalizeSplit);
  registry.add("Slice", 1, legalizeSlice);
  registry.add("Pad", 1, legalizePad);
}

} // namespace xgen::onnx
