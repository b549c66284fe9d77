//===- Reshape.cpp - Operators that change the shape ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reshape and its relatives, transposes, and repetition.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/RunTimeAxes.h"

namespace xgen::onnx {

/// Resolves 0 (the input's extent) and -1 (what is left) in the program.
static std::optional<Dims> reshapeAtRunTime(Node &n, Value x, bool allowZero) {
  auto rank = n.length(1, "shape");
  if (!rank)
    return std::nullopt;
  Value shape = n.cast(n.reshape(n.input(1), {*rank}), n.i64());
  Value minusOne = n.splat(n.i64(), -1), one = n.splat(n.i64(), 1);
  if (!allowZero) {
    Dims from = n.dims(x);
    from.resize(*rank, 1);
    shape = n.select(n.binary(BinaryKind::Equal, shape, n.splat(n.i64(), 0)),
                     n.extentsOf(from), shape);
  }
  Value open = n.binary(BinaryKind::Equal, shape, minusOne);
  Value known = n.reduce(ReduceKind::Prod, n.select(open, one, shape), {0}, true);
  known = n.binary(BinaryKind::Max, known, one);
  Value rest = n.div(n.extentsOf({n.count(x)}), known);
  return n.bind(n.select(open, rest, shape), n.declared(0, *rank), 0,
                n.count(x).max());
}

static LogicalResult legalizeReshape(Node &n) {
  Value x = n.input(0);
  bool allowZero = n.integer("allowzero", 0) != 0;
  std::optional<Dims> extents;
  if (n.has(1)) {
    extents = n.extents(1, "shape");
    if (!extents && !n.hasError()) {
      extents = reshapeAtRunTime(n, x, allowZero);
      if (!extents)
        return failure();
      return n.result(n.reshape(x, *extents));
    }
  } else if (auto given = n.integers("shape")) {
    extents = ir::toDims(*given);
  }
  if (!extents)
    return n.fail("the shape is missing");
  int64_t unknown = -1;
  Dim known = 1;
  for (auto [i, extent] : llvm::enumerate(*extents)) {
    if (extent.is(0) && !allowZero) {
      if (int64_t(i) >= n.rank(x))
        return n.fail("the shape copies dimension " + llvm::Twine(i) +
                      " of a tensor of rank " + llvm::Twine(n.rank(x)));
      extent = n.dims(x)[i];
    }
    if (extent.is(-1)) {
      if (unknown >= 0)
        return n.fail("the shape has more than one -1");
      unknown = i;
      continue;
    }
    known *= extent;
    if (extent.max() < 0 || known.max() > int64_t(1) << 40)
      return n.fail("the shape is negative or too large");
  }
  Dim count = n.count(x);
  bool numbers = known.isStatic() && count.isStatic();
  if (unknown >= 0) {
    if (known.is(0) || (numbers && count.value() % known.value()))
      return n.fail("the tensor's " + count.str() +
                    " elements do not fit the shape");
    (*extents)[unknown] = floorDiv(count, known);
  } else if (numbers && known != count) {
    return n.fail("the shape has " + known.str() + " elements, the tensor " +
                  count.str());
  }
  return n.result(n.reshape(x, *extents));
}

static LogicalResult legalizeFlatten(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x), axis = n.integer("axis", 1);
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis > rank)
    return n.fail("axis is outside the tensor's rank");
  Dims extents = n.dims(x);
  return n.result(n.reshape(x, {ir::product(DimsRef(extents).take_front(axis)),
                                ir::product(DimsRef(extents).drop_front(axis))}));
}

static LogicalResult legalizeSqueeze(Node &n) {
  Value x = n.input(0);
  Dims from = n.dims(x), extents;
  int64_t rank = from.size();
  if (n.has(1) && !n.extents(1, "axes") && !n.hasError()) {
    auto count = n.length(1, "axes");
    if (!count)
      return failure();
    auto kept = RunTimeAxes(n, *count, rank).removedFrom(from);
    return kept ? n.result(n.reshape(x, *kept)) : failure();
  }
  auto given = n.intsFrom(1, "axes");
  if (n.hasError())
    return failure();
  std::optional<Shape> axes;
  if (given) {
    axes = n.axes(*given, rank);
    if (!axes)
      return failure();
  }
  for (auto [i, extent] : llvm::enumerate(from)) {
    bool drop = axes ? llvm::is_contained(*axes, int64_t(i)) : extent.is(1);
    if (drop && !n.same(extent, 1))
      return n.fail("dimension " + llvm::Twine(i) + " is " + extent.str() +
                    ", not 1");
    if (!drop)
      extents.push_back(extent);
  }
  return n.result(n.reshape(x, extents));
}

static LogicalResult legalizeUnsqueeze(Node &n) {
  Value x = n.input(0);
  Dims from = n.dims(x);
  if (n.has(1) && !n.extents(1, "axes") && !n.hasError()) {
    auto count = n.length(1, "axes");
    if (!count)
      return failure();
    auto extents = RunTimeAxes(n, *count, n.rank(x) + *count).insertedInto(from);
    return extents ? n.result(n.reshape(x, *extents)) : failure();
  }
  auto given = n.intsFrom(1, "axes");
  if (!given)
    return n.fail("the axes are missing");
  int64_t rank = n.rank(x) + given->size();
  if (rank > 64)
    return n.fail("the result would have " + llvm::Twine(rank) +
                  " dimensions");
  auto axes = n.axes(*given, rank);
  if (!axes)
    return failure();
  Dims extents;
  size_t next = 0;
  for (int64_t i = 0; i < rank; ++i)
    extents.push_back(llvm::is_contained(*axes, i) ? Dim(1) : from[next++]);
  return n.result(n.reshape(x, extents));
}

static LogicalResult legalizeTranspose(Node &n) {
  Value x = n.input(0);
  Shape perm;
  for (int64_t i = n.rank(x); i-- > 0;)
    perm.push_back(i);
  if (auto given = n.integers("perm"))
    perm = *given;
  return n.result(n.transpose(x, perm));
}

/// How many blocks of `b` there are, which must divide.
static std::optional<Dim> blocks(Node &n, const Dim &extent, int64_t b) {
  if (extent.isStatic() && extent.value() % b)
    return std::nullopt;
  Dim count = floorDiv(extent, b);
  if (!n.same(count * b, extent))
    return std::nullopt;
  return count;
}

static LogicalResult legalizeDepthToSpace(Node &n) {
  Value x = n.input(0);
  int64_t b = n.integer("blocksize", 0);
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  Dims s = n.dims(x);
  auto c = b < 1 || b > (1 << 15) ? std::nullopt : blocks(n, s[1], b * b);
  if (!c)
    return n.fail("the channels are not a multiple of the block");
  std::string mode = n.string("mode", "DCR");
  Value y;
  if (mode == "DCR")
    y = n.transpose(n.reshape(x, {s[0], b, b, *c, s[2], s[3]}),
                    {0, 3, 4, 1, 5, 2});
  else if (mode == "CRD")
    y = n.transpose(n.reshape(x, {s[0], *c, b, b, s[2], s[3]}),
                    {0, 1, 4, 2, 5, 3});
  else
    return n.fail("unknown mode '" + mode + "'");
  return n.result(n.reshape(y, {s[0], *c, s[2] * b, s[3] * b}));
}

static LogicalResult legalizeSpaceToDepth(Node &n) {
  Value x = n.input(0);
  int64_t b = n.integer("blocksize", 0);
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  Dims s = n.dims(x);
  bool valid = b >= 1 && b <= (1 << 15);
  auto h = valid ? blocks(n, s[2], b) : std::nullopt;
  auto w = valid ? blocks(n, s[3], b) : std::nullopt;
  if (!h || !w)
    return n.fail("the image is not a multiple of the block");
  std::string mode = n.string("mode", "DCR");
  Value y = n.reshape(x, {s[0], s[1], *h, b, *w, b});
  y = n.transpose(y, mode == "CRD" ? Shape{0, 1, 3, 5, 2, 4}
                                   : Shape{0, 3, 5, 1, 2, 4});
  return n.result(n.reshape(y, {s[0], s[1] * b * b, *h, *w}));
}

static LogicalResult legalizeExpand(Node &n) {
  Value x = n.input(0);
  auto wanted = n.extents(1, "shape");
  if (n.hasError())
    return failure();
  if (!wanted) {
    auto length = n.length(1, "shape");
    if (!length)
      return failure();
    int64_t rank = std::max(*length, n.rank(x));
    Dims from(rank - n.rank(x), 1);
    llvm::append_range(from, n.dims(x));
    // 1s in front and 1s in the shape keep the tensor's extents.
    Value shape = n.cast(n.reshape(n.input(1), {*length}), n.i64());
    Value ones = n.splat(n.i64(), 1, {rank - *length});
    shape = n.concat({ones, shape}, 0);
    Value one = n.binary(BinaryKind::Equal, shape, n.splat(n.i64(), 1));
    auto given = n.declared(0, rank);
    for (int64_t i = 0; i < rank; ++i)
      if (!given[i] && from[i].isStatic() && !from[i].is(1))
        given[i] = from[i];
    auto extents = n.bind(n.select(one, n.extentsOf(from), shape), given, 0);
    return extents ? n.result(n.expand(x, *extents)) : failure();
  }
  if (llvm::any_of(*wanted, [](const Dim &e) { return e.max() < 0; }))
    return n.fail("the shape has a negative extent");
  // Broadcasting goes both ways: a 1 in the shape keeps the tensor's extent.
  auto both = n.broadcast(n.dims(x), *wanted);
  if (!both) {
    n.reason = "the tensor does not broadcast to the shape";
    return failure();
  }
  return n.result(n.expand(x, *both));
}

static LogicalResult legalizeTile(Node &n) {
  Value x = n.input(0);
  auto repeats = n.extents(1, "repeats");
  if (n.hasError())
    return failure();
  if (!repeats) {
    auto length = n.length(1, "repeats");
    if (!length || *length != n.rank(x))
      return n.fail("repeats needs one entry a dimension");
    auto given = n.declared(0, n.rank(x));
    for (auto [d, extent] : llvm::zip(given, n.dims(x))) {
      bool known = d && d->isStatic() && extent.isStatic() && !extent.is(0) &&
                   d->value() % extent.value() == 0;
      d = known ? std::optional<Dim>(d->value() / extent.value()) : std::nullopt;
    }
    repeats = n.bind(n.cast(n.input(1), n.i64()), given, 0);
    if (!repeats)
      return failure();
  }
  if (int64_t(repeats->size()) != n.rank(x))
    return n.fail("repeats needs one entry a dimension");
  return n.result(n.tile(x, *repeats));
}

void registerReshape(Registry &registry) {
  registry.add("Reshape", 1, legalizeReshape);
  registry.add("Flatten", 1, legalizeFlatten);
  registry.add("Squeeze", 1, legalizeSqueeze);
  registry.add("Unsqueeze", 1, legalizeUnsqueeze);
  registry.add("Transpose", 1, legalizeTranspose);
  registry.add("DepthToSpace", 1, legalizeDepthToSpace);
  registry.add("SpaceToDepth", 1, legalizeSpaceToDepth);
  registry.add("Expand", 2, legalizeExpand);
  registry.add("Tile", 2, legalizeTile);
}

} // namespace xgen::onnx
