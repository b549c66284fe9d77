//===- DeformConv.cpp - DeformConv --------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sampling, then a matrix product: the multiply-adds run in the kernel that all
// products use.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Windows.h"

namespace xgen::onnx {

static LogicalResult legalizeDeformConv(Node &n) {
  Value x = n.input(0), w = n.input(1), offset = n.input(2);
  Value bias = n.input(3), mask = n.input(4);
  int64_t rank = n.rank(x), spatial = rank - 2;
  if (spatial < 1 || spatial > 3)
    return n.fail("input of rank " + llvm::Twine(rank) +
                  "; 1 to 3 spatial dimensions are supported");
  if (n.rank(w) != rank || n.rank(offset) != rank ||
      (mask && n.rank(mask) != rank))
    return n.fail("input, weight, offset and mask differ in rank");
  for (Value v : {w, bias})
    if (v && n.elementType(v) != n.elementType(x))
      return n.fail("input, weight and bias must have one float type");
  Shape kernel(ShapeRef(n.shape(w)).drop_front(2));
  auto window = readWindow(n, spatialDims(x), ir::toDims(kernel));
  if (!window)
    return failure();
  auto pads = ir::toNumbers(window->pads);
  if (!pads)
    return n.fail("auto_pad needs extents that are known at compile time");
  int64_t groups = n.integer("group", 1);
  int64_t channels = n.shape(x)[1], outputs = n.shape(w)[0];
  if (groups < 1 || channels % groups || outputs % groups ||
      n.shape(w)[1] * groups != channels)
    return n.fail("weight and group do not fit an input with " +
                  llvm::Twine(channels) + " channels");
  if (bias && n.shape(bias) != Shape{outputs})
    return n.fail("the bias needs one entry an output channel");

  SmallVector<Value> operands{n.toChannelsLast(x), n.toChannelsLast(offset)};
  if (mask)
    operands.push_back(n.toChannelsLast(mask));
  Value columns = n.make<ir::DeformSampleOp>(
      operands,
      {n.attr("kernel", kernel), n.attr("strides", window->strides),
       n.attr("dilations", window->dilations), n.attr("pads", *pads),
       n.attr("offset_groups", n.integer("offset_group", 1))});
  if (!columns)
    return failure();
  // [N, S..., K, C] by [K, C, outputs].
  Shape out = n.shape(columns);
  out.resize(out.size() - 2);
  int64_t taps = n.shape(columns)[rank - 1];
  int64_t positions =
      channels && taps ? n.elements(columns) / taps / channels : 0;
  out.push_back(outputs);
  Shape perm;
  for (int64_t i = 2; i < rank; ++i)
    perm.push_back(i);
  perm.append({1, 0});
  Value weight = n.transpose(w, perm);
  Value y;
  if (groups == 1) {
    y = n.matmul(n.reshape(columns, {positions, taps * channels}),
                 n.reshape(weight, {taps * channels, outputs}));
  } else {
    int64_t in = channels / groups, to = outputs / groups;
    columns = n.transpose(n.reshape(columns, {positions, taps, groups, in}),
                          {2, 0, 1, 3});
    weight =
        n.transpose(n.reshape(weight, {taps, in, groups, to}), {2, 0, 1, 3});
    y = n.matmul(n.reshape(columns, {groups, positions, taps * in}),
                 n.reshape(weight, {groups, taps * in, to}));
    y = n.transpose(y, {1, 0, 2});
  }
  y = n.reshape(y, out);
  if (bias)
    y = n.add(y, bias);
  return n.result(n.toChannelsFirst(y));
}

void registerDeformConv(Registry &registry) {
  registry.add("DeformConv", 3, legalizeDeformConv);
}

} // namespace xgen::onnx
