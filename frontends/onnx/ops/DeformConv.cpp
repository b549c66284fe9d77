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
  Shape kernel;
  int64_t taps = 1;
  for (const Dim &extent : spatialDims(w)) {
    kernel.push_back(n.known(extent, "kernel extent"));
    if (llvm::MulOverflow(taps, kernel.back(), taps))
      return n.fail("the kernel is too large");
  }
  auto window = readWindow(n, spatialDims(x), ir::toDims(kernel));
  if (!window)
    return failure();
  auto pads = ir::toNumbers(window->pads);
  if (!pads)
    return n.fail("auto_pad needs extents that are known at compile time");
  int64_t groups = n.integer("group", 1);
  int64_t offsetGroups = n.integer("offset_group", 1);
  Dim channels = n.dims(x)[1], outputs = n.dims(w)[0];
  if (failed(checkChannels(n, x, bias, n.dims(w)[1] * groups, outputs, groups)))
    return failure();
  if (offsetGroups < 1 || !n.same(mod(channels, offsetGroups), 0))
    return n.fail("offset_group must divide the channels");
  // One offset a position of the result, dimension and tap; one factor a tap.
  auto extents = convExtents(n, *window);
  if (!extents)
    return failure();
  Dims out{n.dims(x)[0]};
  llvm::append_range(out, *extents);
  for (Value v : {offset, mask}) {
    if (!v)
      continue;
    Dims wanted = out;
    wanted.insert(wanted.begin() + 1,
                  Dim(offsetGroups) * taps * (v == offset ? spatial : 1));
    if (!n.same(n.dims(v), wanted))
      return n.fail(llvm::Twine(v == offset ? "offset" : "mask") +
                    " does not fit the result");
  }

  SmallVector<Value> operands{n.toChannelsLast(x), n.toChannelsLast(offset)};
  if (mask)
    operands.push_back(n.toChannelsLast(mask));
  Value columns = n.make<ir::DeformSampleOp>(
      operands,
      {n.attr("kernel", kernel), n.attr("strides", window->strides),
       n.attr("dilations", window->dilations), n.attr("pads", *pads),
       n.attr("offset_groups", offsetGroups)});
  if (!columns)
    return failure();
  // [N, S..., K, C] by [K, C, outputs].
  Dim positions = ir::product(out);
  out.push_back(outputs);
  Shape perm;
  for (int64_t i = 2; i < rank; ++i)
    perm.push_back(i);
  perm.append({1, 0});
  Value weight = n.transpose(w, perm);
  Value y;
  if (groups == 1) {
    y = n.matmul(n.reshape(columns, {positions, channels * taps}),
                 n.reshape(weight, {channels * taps, outputs}));
  } else {
    Dim in = n.dims(w)[1], to = floorDiv(outputs, groups);
    columns = n.transpose(n.reshape(columns, {positions, taps, groups, in}),
                          {2, 0, 1, 3});
    weight =
        n.transpose(n.reshape(weight, {taps, in, groups, to}), {2, 0, 1, 3});
    y = n.matmul(n.reshape(columns, {groups, positions, in * taps}),
                 n.reshape(weight, {groups, in * taps, to}));
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
