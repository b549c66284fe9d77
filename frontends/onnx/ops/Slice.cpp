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
  int64_t extent = n.shape(x)[*axis], parts = n.numResults();
  auto sizes = n.intsFrom(1, "split");
  if (n.hasError())
    return failure();
  if (!sizes) {
    int64_t count = n.integer("num_outputs", parts);
    if (count < 1 || count != parts)
      return n.fail("num_outputs does not agree with the number of outputs");
    if (!n.hasAttribute("num_outputs") && extent % count)
      return n.fail("dimension " + llvm::Twine(*axis) + " (" +
                    llvm::Twine(extent) + ") does not divide into " +
                    llvm::Twine(count) + " equal parts");
    int64_t chunk = (extent + count - 1) / count;
    sizes = Shape(count, chunk);
    sizes->back() = extent - chunk * (count - 1);
  }
  if (int64_t(sizes->size()) != parts)
    return n.fail("there are " + llvm::Twine(sizes->size()) + " sizes for " +
                  llvm::Twine(parts) + " outputs");
  int64_t start = 0;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    if (size < 0 || size > extent - start)
      return n.fail("the sizes do not add up to dimension " +
                    llvm::Twine(*axis) + " (" + llvm::Twine(extent) + ")");
    if (n.used(i) && failed(n.result(i, n.slice(x, *axis, start, size))))
      return failure();
    start += size;
  }
  if (start != extent)
    return n.fail("the sizes do not add up to dimension " +
                  llvm::Twine(*axis) + " (" + llvm::Twine(extent) + ")");
  return success();
}

static LogicalResult legalizeSlice(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  bool inputs = n.since(10);
  auto starts = inputs ? n.ints(1, "starts") : n.integers("starts");
  auto ends = inputs ? n.ints(2, "ends") : n.integers("ends");
  if (!starts || !ends)
    return n.fail("starts or ends are missing");
  std::optional<Shape> axes, steps;
  if (inputs ? n.has(3) : n.hasAttribute("axes"))
    axes = inputs ? n.ints(3, "axes") : n.integers("axes");
  if (inputs && n.has(4))
    steps = n.ints(4, "steps");
  if (n.hasError())
    return failure();
  if (!axes) {
    axes.emplace();
    for (size_t i = 0; i < starts->size(); ++i)
      axes->push_back(i);
  }
  if (!steps)
    steps = Shape(starts->size(), 1);
  if (ends->size() != starts->size() || axes->size() != starts->size() ||
      steps->size() != starts->size())
    return n.fail("starts, ends, axes and steps differ in length");
  Shape from(rank, 0), sizes = n.shape(x), by(rank, 1);
  llvm::SmallBitVector seen(rank);
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = n.axis((*axes)[i], rank);
    if (!axis)
      return failure();
    if (seen.test(*axis))
      return n.fail("an axis is given twice");
    seen.set(*axis);
    int64_t extent = sizes[*axis], step = (*steps)[i];
    if (step == 0)
      return n.fail("a step is 0");
    // Steps beyond the extent all take one element.
    step = std::clamp(step, -extent - 1, extent + 1);
    auto clamp = [&](int64_t v, int64_t low, int64_t high) {
      if (v < 0)
        v = v < -extent ? low : v + extent;
      return std::clamp(v, low, high);
    };
    bool forward = step > 0;
    int64_t start = clamp((*starts)[i], 0, forward ? extent : extent - 1);
    int64_t end = clamp((*ends)[i], forward ? 0 : -1, extent);
    // A negative end counts from the back; only a far one means "before 0".
    int64_t span = forward ? end - start : start - end;
    int64_t size = 0;
    if (span > 0 && extent > 0)
      size = (span + std::abs(step) - 1) / std::abs(step);
    if (size == 0)
      start = 0;
    from[*axis] = start;
    sizes[*axis] = size;
    by[*axis] = step;
  }
  return n.result(n.slice(x, from, sizes, by));
}

static LogicalResult legalizePad(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  bool inputs = n.since(11);
  auto pads = inputs ? n.ints(1, "pads") : n.integers("pads");
  if (!pads)
    return n.fail("the pads are missing");
  Shape axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  if (inputs && n.has(3)) {
    auto given = n.ints(3, "axes");
    if (!given)
      return failure();
    axes.clear();
    for (int64_t a : *given) {
      auto axis = n.axis(a, rank);
      if (!axis)
        return failure();
      axes.push_back(*axis);
    }
  }
  if (pads->size() != 2 * axes.size())
    return n.fail("pads needs two entries a dimension");
  double value = 0;
  if (inputs && n.has(2)) {
    auto given = n.doubles(2, "constant_value");
    if (!given || given->size() != 1)
      return n.fail("input 'constant_value' must be one number");
    value = given->front();
  } else if (!inputs) {
    value = n.number("value", 0);
  }
  std::string name = n.string("mode", "constant");
  auto mode = ir::symbolizePadMode(name);
  if (!mode)
    return n.fail("unknown mode '" + name + "'");
  Shape low(rank, 0), high(rank, 0), starts(rank, 0), sizes = n.shape(x);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t begin = (*pads)[i], end = (*pads)[axes.size() + i];
    constexpr int64_t most = int64_t(1) << 32;
    if (begin > most || end > most || begin < -most || end < -most)
      return n.fail("a pad is too large");
    // Negative pads crop.
    starts[axis] = std::max<int64_t>(0, -begin);
    sizes[axis] -= std::max<int64_t>(0, -begin) + std::max<int64_t>(0, -end);
    low[axis] = std::max<int64_t>(0, begin);
    high[axis] = std::max<int64_t>(0, end);
    int64_t extent = sizes[axis];
    if (extent < 0)
      return n.fail("the pads crop more than dimension " + llvm::Twine(axis) +
                    " holds");
    if ((low[axis] || high[axis]) && *mode != ir::PadMode::Constant &&
        (extent == 0 || (*mode == ir::PadMode::Reflect &&
                         std::max(low[axis], high[axis]) >= extent)))
      return n.fail("mode '" + name + "' cannot pad dimension " +
                    llvm::Twine(axis) + " (" + llvm::Twine(extent) +
                    ") that much");
  }
  Value cropped = n.slice(x, starts, sizes, Shape(rank, 1));
  return n.result(n.pad(cropped, low, high, *mode, value));
}

void registerSlice(Registry &registry) {
  registry.add("Concat", 1, legalizeConcat);
  registry.add("Split", 1, legalizeSplit);
  registry.add("Slice", 1, legalizeSlice);
  registry.add("Pad", 1, legalizePad);
}

} // namespace xgen::onnx
