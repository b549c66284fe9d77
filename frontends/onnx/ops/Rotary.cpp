//===- Rotary.cpp - RotaryEmbedding ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pairs of elements turn by the angle of their position. A pair is an element of
// the first half and one of the second, or two neighbours.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

/// Every second element of the last dimension's first `size`, from `start`.
static Value everySecond(Node &n, Value v, int64_t start, int64_t size) {
  Shape starts(n.rank(v), 0), sizes = n.shape(v), steps(n.rank(v), 1);
  starts.back() = start;
  sizes.back() = size / 2;
  steps.back() = 2;
  return n.slice(v, starts, sizes, steps);
}

static LogicalResult legalizeRotary(Node &n) {
  Value x = n.input(0), positions = n.input(3);
  Shape extents = n.shape(x);
  bool packed = n.rank(x) == 3;
  if ((!packed && n.rank(x) != 4) || !n.isFloat(x))
    return n.fail("the input must be a float tensor of 3 or 4 dimensions");
  int64_t heads = n.integer("num_heads", 0);
  if (packed) {
    if (heads < 1 || extents[2] % heads != 0)
      return n.fail("num_heads does not divide the last dimension");
    x = n.reshape(x, {extents[0], extents[1], heads, extents[2] / heads});
  }
  if (!x)
    return failure();
  // [batch, length, heads, size] or [batch, heads, length, size].
  int64_t headAxis = packed ? 2 : 1;
  auto length = n.shape(x)[packed ? 1 : 2];
  int64_t size = n.shape(x)[3], turned = n.integer("rotary_embedding_dim", 0);
  if (turned == 0)
    turned = size;
  if (turned < 0 || turned > size || turned % 2 != 0)
    return n.fail("rotary_embedding_dim must be even and at most " +
                  llvm::Twine(size));

  auto angles = [&](Value cache) -> Value {
    if (n.rank(cache) != (positions ? 2 : 3) ||
        n.elementType(cache) != n.elementType(x))
      return n.noValue("the caches need " + llvm::Twine(positions ? 2 : 3) +
                       " dimensions and the input's type");
    if (positions)
      cache = n.gather(cache, positions, 0);
    if (n.shape(cache).size() != 3 || n.shape(cache)[2] < turned / 2)
      return n.noValue("the caches must hold " + llvm::Twine(turned / 2) +
                       " angles a position");
    cache = n.slice(cache, 2, 0, turned / 2);
    Shape spread = n.shape(cache);
    if (spread[1] != length)
      return n.noValue("caches or position_ids differ from the input in length");
    spread.insert(spread.begin() + headAxis, 1);
    return n.reshape(cache, spread);
  };
  Value cosine = angles(n.input(1)), sine = angles(n.input(2));
  bool neighbours = n.integer("interleaved", 0) != 0;
  int64_t half = turned / 2;
  Value a = neighbours ? everySecond(n, x, 0, turned) : n.slice(x, 3, 0, half);
  Value b = neighbours ? everySecond(n, x, 1, turned)
                       : n.slice(x, 3, half, half);
  Value real = n.sub(n.mul(cosine, a), n.mul(sine, b));
  Value imaginary = n.add(n.mul(sine, a), n.mul(cosine, b));
  if (!real || !imaginary)
    return failure();
  SmallVector<Value> parts{real, imaginary};
  if (neighbours) {
    Shape column = n.shape(real), pair = column;
    column.push_back(1);
    pair.back() = turned;
    parts = {n.reshape(n.concat({n.reshape(real, column),
                                 n.reshape(imaginary, column)},
                                4),
                       pair)};
  }
  if (turned < size)
    parts.push_back(n.slice(x, 3, turned, size - turned));
  return n.result(n.reshape(n.concat(parts, 3), extents));
}

void registerRotary(Registry &registry) {
  registry.add("RotaryEmbedding", 3, legalizeRotary);
}

} // namespace xgen::onnx
