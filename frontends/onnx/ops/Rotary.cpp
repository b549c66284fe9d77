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
  if (!v)
    return {};
  Dims starts(n.rank(v), 0), sizes = n.dims(v), steps(n.rank(v), 1);
  starts.back() = start;
  sizes.back() = size / 2;
  steps.back() = 2;
  return n.slice(v, starts, sizes, steps);
}

static LogicalResult legalizeRotary(Node &n) {
  Value x = n.input(0), positions = n.input(3);
  Dims extents = n.dims(x);
  bool packed = n.rank(x) == 3;
  if ((!packed && n.rank(x) != 4) || !n.isFloat(x))
    return n.fail("the input must be a float tensor of 3 or 4 dimensions");
  int64_t heads = n.integer("num_heads", 0);
  if (packed) {
    int64_t all = n.known(extents[2], "last dimension");
    if (heads < 1 || all % heads != 0)
      return n.fail("num_heads does not divide the last dimension");
    x = n.reshape(x, {extents[0], extents[1], heads, all / heads});
  }
  if (!x)
    return failure();
  // [batch, length, heads, size] or [batch, heads, length, size].
  int64_t headAxis = packed ? 2 : 1;
  Dim length = n.dims(x)[packed ? 1 : 2];
  int64_t size = n.known(n.dims(x)[3], "head size");
  int64_t turned = n.integer("rotary_embedding_dim", 0);
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
    if (n.rank(cache) != 3 ||
        n.known(n.dims(cache)[2], "number of angles") < turned / 2)
      return n.noValue("the caches must hold " + llvm::Twine(turned / 2) +
                       " angles a position");
    cache = n.slice(cache, 2, 0, turned / 2);
    Dims spread = n.dims(cache);
    if (!n.same(spread[1], length))
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
    Dims column = n.dims(real), pair = column;
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
