//===- Sequence.cpp - Sequences and optionals -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sequences whose length and positions are known at compile time, as exporters
// write for lists of tensors: they are resolved here, and nothing of them is
// left. The same goes for optionals.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

/// Input `i` as a list; an error when it is a tensor or missing.
static const SmallVector<Value> *list(Node &n, unsigned i) {
  if (const SmallVector<Value> *values = n.sequence(i))
    return values;
  (void)n.fail("input " + llvm::Twine(i) +
               " is no sequence that is known at compile time");
  return nullptr;
}

/// A position in a list of `size`; `end` allows the one after the last.
static std::optional<int64_t> position(Node &n, unsigned i, int64_t size,
                                       bool end) {
  auto values = n.ints(i, "position");
  if (!values)
    return std::nullopt;
  int64_t at = values->size() == 1 ? values->front() : INT64_MIN;
  if (at < 0 && at >= -size)
    at += size;
  if (at >= 0 && at < size + (end ? 1 : 0))
    return at;
  (void)n.fail("the position is outside a sequence of " + llvm::Twine(size));
  return std::nullopt;
}

static LogicalResult legalizeConstruct(Node &n) {
  return n.resultSequence(SmallVector<Value>(n.allInputs()));
}

static LogicalResult legalizeAt(Node &n) {
  auto *values = list(n, 0);
  auto at = values ? position(n, 1, values->size(), false) : std::nullopt;
  return at ? n.result((*values)[*at]) : failure();
}

static LogicalResult legalizeInsert(Node &n) {
  auto *values = list(n, 0);
  if (!values)
    return failure();
  if (!n.has(1))
    return n.fail("the tensor to insert is missing");
  std::optional<int64_t> at = values->size();
  if (n.has(2))
    at = position(n, 2, values->size(), true);
  if (!at)
    return failure();
  SmallVector<Value> result = *values;
  result.insert(result.begin() + *at, n.input(1));
  return n.resultSequence(std::move(result));
}

static LogicalResult legalizeErase(Node &n) {
  auto *values = list(n, 0);
  if (!values)
    return failure();
  std::optional<int64_t> at = int64_t(values->size()) - 1;
  if (n.has(1))
    at = position(n, 1, values->size(), false);
  if (!at)
    return failure();
  if (*at < 0)
    return n.fail("the sequence is empty");
  SmallVector<Value> result = *values;
  result.erase(result.begin() + *at);
  return n.resultSequence(std::move(result));
}

static LogicalResult legalizeLength(Node &n) {
  auto *values = list(n, 0);
  if (!values)
    return failure();
  return n.result(n.integersOf({int64_t(values->size())}, ShapeRef()));
}

static LogicalResult legalizeConcat(Node &n) {
  auto *values = list(n, 0);
  if (!values)
    return failure();
  if (values->empty())
    return n.fail("the sequence is empty");
  bool stack = n.integer("new_axis", 0) != 0;
  int64_t rank = n.rank(values->front());
  if (!n.hasAttribute("axis"))
    return n.fail("attribute 'axis' is missing");
  auto axis = n.axis(n.integer("axis", 0), stack ? rank + 1 : rank);
  if (!axis)
    return failure();
  SmallVector<Value> parts = *values;
  if (stack)
    for (Value &v : parts) {
      if (n.rank(v) != rank)
        return n.fail("tensors of different ranks cannot be stacked");
      Dims extents = n.dims(v);
      extents.insert(extents.begin() + *axis, 1);
      v = n.reshape(v, extents);
    }
  return n.result(n.concat(parts, *axis));
}

/// Into parts of given sizes, of one size, or into single slices.
static LogicalResult legalizeSplit(Node &n) {
  Value x = n.input(0);
  if (!x)
    return n.fail("input 0 is missing");
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  if (!axis)
    return failure();
  // It decides how many parts there are.
  int64_t extent = n.known(n.dims(x)[*axis], "dimension that is split");
  if (n.hasError())
    return failure();
  Shape sizes;
  bool keep = true;
  constexpr int64_t most = 4096;
  auto isTooMany = [&](int64_t parts) {
    if (parts > most)
      n.fail("there are more than " + llvm::Twine(most) + " parts");
    return parts > most;
  };
  if (n.has(1)) {
    auto given = n.ints(1, "split");
    if (!given)
      return failure();
    if (n.rank(n.input(1)) == 0) {
      int64_t size = given->front();
      if (size < 1)
        return n.fail("the size of a part is not positive");
      // Before they are listed: a dimension may be as large as a number can be.
      if (isTooMany(extent / size))
        return failure();
      for (int64_t start = 0; start < extent; start += size)
        sizes.push_back(std::min(size, extent - start));
    } else {
      sizes = *given;
    }
  } else {
    keep = n.integer("keepdims", 1) != 0;
    if (isTooMany(extent))
      return failure();
    sizes.assign(extent, 1);
  }
  if (isTooMany(sizes.size()))
    return failure();
  SmallVector<Value> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    if (size < 0 || size > extent - start)
      break;
    Value part = n.slice(x, *axis, start, size);
    if (!keep && part) {
      Dims extents = n.dims(part);
      extents.erase(extents.begin() + *axis);
      part = n.reshape(part, extents);
    }
    parts.push_back(part);
    start += size;
  }
  if (parts.size() != sizes.size() || start != extent)
    return n.fail("the sizes do not add up to dimension " + llvm::Twine(*axis) +
                  " (" + llvm::Twine(extent) + ")");
  return n.resultSequence(std::move(parts));
}

/// The body once for each element of the first sequence.
static LogicalResult legalizeMap(Node &n) {
  auto *values = list(n, 0);
  if (!values)
    return failure();
  if (n.numResults() != 1)
    return n.fail("more than one output is unsupported");
  if (values->size() > 256)
    return n.fail("there are more than 256 elements");
  SmallVector<Value> results;
  for (size_t k = 0; k < values->size(); ++k) {
    SmallVector<Value> arguments, made;
    for (unsigned i = 0; i < n.numInputs(); ++i) {
      const SmallVector<Value> *more = n.sequence(i);
      if (more && more->size() != values->size())
        return n.fail("the sequences differ in length");
      arguments.push_back(more ? (*more)[k] : n.input(i));
    }
    if (failed(n.inlineSubgraph("body", arguments, made)) || made.size() != 1)
      return n.fail("the body cannot be legalized");
    results.push_back(made.front());
  }
  return n.resultSequence(std::move(results));
}

/// A tensor, a sequence, or nothing, as it is.
static LogicalResult legalizeSame(Node &n) {
  if (const SmallVector<Value> *values = n.sequence(0))
    return n.resultSequence(*values);
  return n.has(0) ? n.result(n.input(0)) : n.resultNothing();
}

static LogicalResult legalizeGet(Node &n) {
  if (!n.sequence(0) && !n.has(0))
    return n.fail("the optional has no value");
  return legalizeSame(n);
}

static LogicalResult legalizeHas(Node &n) {
  bool has = n.sequence(0) || n.has(0);
  return n.result(n.integersOf({has}, ShapeRef(), n.i1()));
}

void registerSequence(Registry &registry) {
  registry.addSequence("SequenceConstruct", legalizeConstruct);
  registry.addSequence("SequenceEmpty",
                       [](Node &n) { return n.resultSequence({}); });
  registry.addSequence("SequenceAt", legalizeAt);
  registry.addSequence("SequenceInsert", legalizeInsert);
  registry.addSequence("SequenceErase", legalizeErase);
  registry.addSequence("SequenceLength", legalizeLength);
  registry.addSequence("ConcatFromSequence", legalizeConcat);
  registry.addSequence("SplitToSequence", legalizeSplit);
  registry.addSequence("SequenceMap", legalizeMap);
  registry.addSequence("Identity", legalizeGet);
  registry.addSequence("Optional", legalizeSame);
  registry.addSequence("OptionalGetElement", legalizeGet);
  registry.addSequence("OptionalHasElement", legalizeHas);
}

} // namespace xgen::onnx
