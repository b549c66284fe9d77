//===- States.cpp - TensorScatter, CausalConvWithState ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Operators that carry a cache from one run to the next.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Windows.h"

namespace xgen::onnx {

/// The update goes to positions `write_indices[b]` and following of the cache.
static LogicalResult legalizeTensorScatter(Node &n) {
  Value cache = n.input(0), update = n.input(1), start = n.input(2);
  int64_t rank = n.rank(cache);
  std::string mode = n.string("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return n.fail("unknown mode '" + mode + "'");
  auto axis = n.axis(n.integer("axis", -2), rank);
  if (!axis)
    return failure();
  if (*axis == 0)
    return n.fail("the axis must not be that of the batch");
  Dims wanted = n.dims(cache);
  Dim space = wanted[*axis];
  Dim length = n.rank(update) == rank ? n.dims(update)[*axis] : space;
  wanted[*axis] = length;
  if (!n.same(n.dims(update), wanted) || length.min() > space.max() ||
      n.elementType(update) != n.elementType(cache))
    return n.fail("the update must be of the cache's type and shape, and not "
                  "longer");
  n.symbols().requireLessEqual(length, space);
  Dims along(rank, 1), single(rank, 1);
  along[*axis] = length;
  single[0] = wanted[0];
  Value at = n.iota(length, along);
  if (start) {
    if (!n.same(n.dims(start), Dims{wanted[0]}))
      return n.fail("write_indices needs one index a batch entry");
    at = n.add(at, n.reshape(n.cast(start, n.i64()), single));
    if (mode == "circular")
      at = n.binary(BinaryKind::Mod, at, n.extentsOf({space}, ShapeRef()));
  }
  return n.result(n.make<ir::ScatterElementsOp>(
      {cache, n.expand(at, wanted), update}, {n.attr("axis", *axis)}));
}

/// A depthwise convolution over the past and the input; their end is the state.
static LogicalResult legalizeCausalConv(Node &n) {
  Value x = n.input(0), w = n.input(1), bias = n.input(2), past = n.input(3);
  if (n.rank(x) != 3 || n.rank(w) != 3 || !n.isFloat(x))
    return n.fail("the input must be floats [N, C, L], the weight [C, 1, K]");
  Type element = n.elementType(x);
  Dims extents = n.dims(x), weight = n.dims(w);
  // They are the groups of a convolution.
  int64_t channels = n.known(extents[1], "number of channels");
  Dim kernel = weight[2];
  if (n.hasError())
    return failure();
  if (!n.same(weight[0], channels) || !n.same(weight[1], 1) ||
      kernel.max() < 1)
    return n.fail("the weight must be [C, 1, K] with the input's channels");
  n.symbols().requireLessEqual(1, kernel);
  if (n.elementType(w) != element || (bias && n.elementType(bias) != element) ||
      (past && n.elementType(past) != element))
    return n.fail("all inputs must be of one type");
  if (bias && !n.same(n.dims(bias), Dims{channels}))
    return n.fail("the bias needs one entry a channel");
  Dim state = (kernel - 1).within(0, kernel.max());
  if (past && !n.same(n.dims(past), Dims{extents[0], channels, state}))
    return n.fail("past_state must be [N, C, K - 1]");
  std::string activation = n.string("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return n.fail("unknown activation '" + activation + "'");
  Dim length = extents[2];
  Value all = past && state.max() > 0 ? n.concat({past, x}, 2)
                            : n.pad(x, {0, 0, state}, Shape(3, 0));
  if (!all)
    return failure();
  if (n.used(1) && failed(n.result(1, n.slice(all, 2, length, state))))
    return failure();
  Window window;
  window.input = {n.dims(all)[2]};
  window.kernel = {kernel};
  window.strides = window.dilations = {1};
  window.pads = {0, 0};
  Value y = emitConv(n, all, w, bias, window, channels, Dims{length}, element);
  if (activation != "none")
    y = n.unary(UnaryKind::Swish, y, 1);
  return n.result(y);
}

void registerStates(Registry &registry) {
  registry.add("TensorScatter", 2, legalizeTensorScatter);
  registry.add("CausalConvWithState", 2, legalizeCausalConv);
}

} // namespace xgen::onnx
