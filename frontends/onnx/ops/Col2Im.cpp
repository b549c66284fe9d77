//===- Col2Im.cpp - Col2Im, CenterCropPad -------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Images from their blocks, and images cut or filled up to a size around their
// middle.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeCol2Im(Node &n) {
  auto image = n.ints(1, "image_shape"), block = n.ints(2, "block_shape");
  if (!image || !block)
    return failure();
  size_t spatial = image->size();
  Shape strides = n.integers("strides").value_or(Shape(spatial, 1));
  Shape dilations = n.integers("dilations").value_or(Shape(spatial, 1));
  Shape pads = n.integers("pads").value_or(Shape(2 * spatial, 0));
  if (n.hasError())
    return failure();
  return n.result(n.make<ir::Col2ImOp>(
      {n.input(0)}, {n.attr("image", *image), n.attr("block", *block),
                     n.attr("strides", strides), n.attr("dilations", dilations),
                     n.attr("pads", pads)}));
}

static LogicalResult legalizeCenterCropPad(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  auto sizes = n.ints(1, "shape");
  if (!sizes)
    return failure();
  Shape axes;
  if (auto given = n.integers("axes")) {
    // In the order of `shape`, so not sorted.
    for (int64_t a : *given) {
      auto axis = n.axis(a, rank);
      if (!axis)
        return failure();
      axes.push_back(*axis);
    }
  } else {
    for (int64_t i = 0; i < rank; ++i)
      axes.push_back(i);
  }
  if (n.hasError())
    return failure();
  if (axes.size() != sizes->size())
    return n.fail("'shape' has " + llvm::Twine(sizes->size()) +
                  " entries for " + llvm::Twine(axes.size()) + " axes");
  Shape low(rank, 0), high(rank, 0);
  for (auto [axis, size] : llvm::zip(axes, *sizes)) {
    int64_t extent = n.shape(x)[axis];
    if (size < 0)
      return n.fail("'shape' has a negative entry");
    if (size < extent) {
      x = n.slice(x, axis, (extent - size) / 2, size);
    } else {
      low[axis] = (size - extent) / 2;
      high[axis] = size - extent - low[axis];
    }
    if (!x)
      return failure();
  }
  return n.result(n.pad(x, low, high));
}

void registerCol2Im(Registry &registry) {
  registry.add("Col2Im", 3, legalizeCol2Im);
  registry.add("CenterCropPad", 2, legalizeCenterCropPad);
}

} // namespace xgen::onnx
