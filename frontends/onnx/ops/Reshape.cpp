//===- Reshape.cpp - Operators that change the shape ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reshape and its relatives, transposes, and repetition.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static int64_t product(ShapeRef extents) {
  int64_t total = 1;
  for (int64_t extent : extents)
    total *= extent;
  return total;
}

static LogicalResult legalizeReshape(Node &n) {
  Value x = n.input(0);
  auto extents = n.intsFrom(1, "shape");
  if (!extents)
    return n.fail("the shape is missing");
  bool allowZero = n.integer("allowzero", 0) != 0;
  int64_t unknown = -1, known = 1;
  for (auto [i, extent] : llvm::enumerate(*extents)) {
    if (extent == 0 && !allowZero) {
      if (int64_t(i) >= n.rank(x))
        return n.fail("the shape copies dimension " + llvm::Twine(i) +
                      " of a tensor of rank " + llvm::Twine(n.rank(x)));
      extent = n.shape(x)[i];
    }
    if (extent == -1) {
      if (unknown >= 0)
        return n.fail("the shape has more than one -1");
      unknown = i;
      continue;
    }
    if (extent < 0 || extent > int64_t(1) << 40 ||
        (known && extent && known > (int64_t(1) << 40) / extent))
      return n.fail("the shape is negative or too large");
    known *= extent;
  }
  if (unknown >= 0) {
    if (!known || n.elements(x) % known)
      return n.fail("the tensor's " + llvm::Twine(n.elements(x)) +
                    " elements do not fit the shape");
    (*extents)[unknown] = n.elements(x) / known;
  } else if (known != n.elements(x)) {
    return n.fail("the shape has " + llvm::Twine(known) +
                  " elements, the tensor " + llvm::Twine(n.elements(x)));
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
  ShapeRef extents = n.type(x).getShape();
  return n.result(n.reshape(x, {product(extents.take_front(axis)),
                                product(extents.drop_front(axis))}));
}

static LogicalResult legalizeSqueeze(Node &n) {
  Value x = n.input(0);
  auto given = n.intsFrom(1, "axes");
  if (n.hasError())
    return failure();
  std::optional<Shape> axes;
  if (given) {
    axes = n.axes(*given, n.rank(x));
    if (!axes)
      return failure();
  }
  Shape extents;
  for (auto [i, extent] : llvm::enumerate(n.shape(x))) {
    bool drop = axes ? llvm::is_contained(*axes, int64_t(i)) : extent == 1;
    if (drop && extent != 1)
      return n.fail("dimension " + llvm::Twine(i) + " is " +
                    llvm::Twine(extent) + ", not 1");
    if (!drop)
      extents.push_back(extent);
  }
  return n.result(n.reshape(x, extents));
}

static LogicalResult legalizeUnsqueeze(Node &n) {
  Value x = n.input(0);
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
  Shape extents, from = n.shape(x);
  size_t next = 0;
  for (int64_t i = 0; i < rank; ++i)
    extents.push_back(llvm::is_contained(*axes, i) ? 1 : from[next++]);
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

static LogicalResult legalizeDepthToSpace(Node &n) {
  Value x = n.input(0);
  int64_t b = n.integer("blocksize", 0);
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  Shape s = n.shape(x);
  if (b < 1 || b > (1 << 15) || s[1] % (b * b))
    return n.fail("the channels are not a multiple of the block");
  int64_t c = s[1] / (b * b);
  std::string mode = n.string("mode", "DCR");
  Value y;
  if (mode == "DCR")
    y = n.transpose(n.reshape(x, {s[0], b, b, c, s[2], s[3]}),
                    {0, 3, 4, 1, 5, 2});
  else if (mode == "CRD")
    y = n.transpose(n.reshape(x, {s[0], c, b, b, s[2], s[3]}),
                    {0, 1, 4, 2, 5, 3});
  else
    return n.fail("unknown mode '" + mode + "'");
  return n.result(n.reshape(y, {s[0], c, s[2] * b, s[3] * b}));
}

static LogicalResult legalizeSpaceToDepth(Node &n) {
  Value x = n.input(0);
  int64_t b = n.integer("blocksize", 0);
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  Shape s = n.shape(x);
  if (b < 1 || b > (1 << 15) || s[2] % b || s[3] % b)
    return n.fail("the image is not a multiple of the block");
  std::string mode = n.string("mode", "DCR");
  Value y = n.reshape(x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
  y = n.transpose(y, mode == "CRD" ? Shape{0, 1, 3, 5, 2, 4}
                                   : Shape{0, 3, 5, 1, 2, 4});
  return n.result(n.reshape(y, {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
}

static LogicalResult legalizeExpand(Node &n) {
  auto wanted = n.ints(1, "shape");
  if (!wanted)
    return failure();
  if (llvm::any_of(*wanted, [](int64_t e) { return e < 0; }))
    return n.fail("the shape has a negative extent");
  // Broadcasting goes both ways: a 1 in the shape keeps the tensor's extent.
  auto both = ir::broadcastShapes(n.shape(n.input(0)), *wanted);
  if (!both)
    return n.fail("the tensor does not broadcast to the shape");
  return n.result(n.expand(n.input(0), *both));
}

static LogicalResult legalizeTile(Node &n) {
  auto repeats = n.ints(1, "repeats");
  if (!repeats)
    return failure();
  if (int64_t(repeats->size()) != n.rank(n.input(0)))
    return n.fail("repeats needs one entry a dimension");
  return n.result(n.tile(n.input(0), *repeats));
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
