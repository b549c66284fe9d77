//===- Conv.cpp - Conv, ConvTranspose ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// ONNX is channels-first, xgen channels-last: activations and weights are transposed here, and the layout passes let the transposes meet.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Windows.h"

namespace xgen::onnx {

static LogicalResult legalizeConv(Node &n) {
  Value x = n.input(0), w = n.input(1);
  int64_t rank = n.rank(x), spatial = rank - 2;
  if (spatial < 1 || spatial > 3)
    return n.fail("input of rank " + llvm::Twine(rank) +
                  "; 1 to 3 spatial dimensions are supported");
  if (n.rank(w) != rank)
    return n.fail("input and weight differ in rank");
  if (!n.isFloat(x) || n.elementType(w) != n.elementType(x) ||
      (n.has(2) && n.elementType(n.input(2)) != n.elementType(x)))
    return n.fail("input, weight and bias must have one float type");
  auto window = readWindow(n, spatialDims(x), spatialDims(w));
  if (!window)
    return failure();
  int64_t groups = n.integer("group", 1);
  auto extents = convExtents(n, *window);
  if (!extents)
    return failure();
  Value y = emitConv(n, x, w, n.input(2), *window, groups, *extents,
                     n.elementType(x));
  return n.result(y);
}

static LogicalResult legalizeConvTranspose(Node &n) {
  Value x = n.input(0), w = n.input(1);
  int64_t rank = n.rank(x), spatial = rank - 2;
  if (spatial < 1 || spatial > 3)
    return n.fail("input of rank " + llvm::Twine(rank) +
                  "; 1 to 3 spatial dimensions are supported");
  if (n.rank(w) != rank)
    return n.fail("input and weight differ in rank");
  if (!n.isFloat(x) || n.elementType(w) != n.elementType(x) ||
      (n.has(2) && n.elementType(n.input(2)) != n.elementType(x)))
    return n.fail("input, weight and bias must have one float type");
  Dims in = spatialDims(x);
  auto window = readWindow(n, in, spatialDims(w), /*transposed=*/true);
  if (!window)
    return failure();
  int64_t groups = n.integer("group", 1);
  Shape extra = n.integers("output_padding").value_or(Shape(spatial, 0));
  auto wanted = n.integers("output_shape");
  if (n.hasError())
    return failure();
  if (int64_t(extra.size()) != spatial)
    return n.fail("output_padding needs one entry a spatial dimension");
  // Some exporters give the batch and channels, too.
  if (wanted && int64_t(wanted->size()) == rank)
    wanted = Shape(ShapeRef(*wanted).drop_front(2));
  if (wanted && int64_t(wanted->size()) != spatial)
    return n.fail("output_shape needs one entry a spatial dimension");
  bool same = window->autoPad == "SAME_UPPER" || window->autoPad == "SAME_LOWER";
  Dims out{n.dims(x)[0]};
  for (int64_t i = 0; i < spatial; ++i) {
    Dim full = (in[i] - 1) * window->strides[i] +
               (window->kernel[i] - 1) * window->dilations[i] + 1 + extra[i];
    Dim &begin = window->pads[i], &end = window->pads[spatial + i];
    Dim extent = full - begin - end;
    if (wanted || same) {
      extent = wanted ? Dim((*wanted)[i]) : in[i] * window->strides[i];
      // What is too few is added at the end.
      Dim total = full - extent, cut = n.symbols().max(total, 0);
      Dim half = floorDiv(cut, 2);
      begin = window->autoPad == "SAME_UPPER" ? half : cut - half;
      end = total - begin;
    }
    if (extent.max() < 0)
      return n.fail("the output would have a negative extent");
    n.symbols().requireLessEqual(0, extent);
    out.push_back(extent.within(0, extent.max()));
    // The op computes without output_padding; a smaller end pad is the same.
    end = end - extra[i];
  }
  out.push_back(n.dims(w)[1] * groups);
  if (failed(
          checkChannels(n, x, n.input(2), n.dims(w)[0], out.back(), groups)))
    return failure();
  Shape perm;
  for (int64_t i = 2; i < rank; ++i)
    perm.push_back(i);
  perm.append({0, 1});
  SmallVector<Value> operands{n.toChannelsLast(x), n.transpose(w, perm)};
  if (n.has(2))
    operands.push_back(n.input(2));
  SmallVector<NamedAttribute> attributes{
      n.attr("strides", window->strides), n.attr("dilations", window->dilations),
      n.attr("groups", groups), n.segments({1, 1, n.has(2) ? 1 : 0})};
  n.addExtents(attributes, "pads", window->pads);
  Value y = n.make<ir::ConvTransposeOp>(
      n.tensorType(out, n.elementType(x)), operands, attributes);
  return n.result(n.toChannelsFirst(y));
}

void registerConv(Registry &registry) {
  registry.add("Conv", 2, legalizeConv);
  registry.add("ConvTranspose", 2, legalizeConvTranspose);
}

} // namespace xgen::onnx
