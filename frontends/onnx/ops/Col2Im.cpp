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

/// How many places a block has along a dimension: checked to be at least one.
static std::optional<Dim> places(Node &n, const Dim &image, const Dim &block,
                                 int64_t stride, int64_t dilation, int64_t pads) {
  Dim room = image + pads - (block - 1) * dilation - 1;
  if (stride < 1 || room.max() < 0) {
    (void)n.fail("the block does not fit the image");
    return std::nullopt;
  }
  n.symbols().requireLessEqual(0, room);
  return floorDiv(room, stride) + 1;
}

/// Sizes of image or block that only the program knows.
static LogicalResult col2ImAtRunTime(Node &n, const Shape &strides,
                                     const Shape &dilations, const Shape &pads) {
  Value x = n.input(0);
  size_t spatial = strides.size();
  if (n.rank(x) != 3 || spatial < 1 || spatial > 8)
    return n.fail("the input must be [N, C * K, L], the image have 1 to 8 "
                  "dimensions");
  Dims from = n.dims(x);
  auto declared = n.declared(0, 2 + spatial);
  auto image = n.boundExtents(
      1, "image_shape", ArrayRef(declared).drop_front(2), 1);
  auto block = n.boundExtents(
      2, "block_shape", SmallVector<std::optional<Dim>>(spatial), 1,
      from[1].max());
  if (!image || !block)
    return failure();
  Dim columns = 1, window = ir::product(*block);
  for (size_t i = 0; i < spatial; ++i) {
    auto count = places(n, (*image)[i], (*block)[i], strides[i], dilations[i],
                        pads[i] + pads[spatial + i]);
    if (!count)
      return failure();
    columns *= *count;
  }
  Dims result{from[0], declared[1] ? *declared[1] : floorDiv(from[1], window)};
  result.append(image->begin(), image->end());
  if (!n.same(columns, from[2]) || !n.same(result[1] * window, from[1]))
    return n.fail("the input does not hold the image's blocks");
  SmallVector<NamedAttribute> attributes{n.attr("strides", strides),
                                         n.attr("dilations", dilations),
                                         n.attr("pads", pads)};
  n.addExtents(attributes, "image", *image);
  n.addExtents(attributes, "block", *block);
  return n.result(n.make<ir::Col2ImOp>(n.tensorType(result, n.elementType(x)),
                                       {x}, attributes));
}

static LogicalResult legalizeCol2Im(Node &n) {
  auto image = n.extents(1, "image_shape"), block = n.extents(2, "block_shape");
  auto length = n.length(1, "image_shape");
  if (n.hasError() || !length)
    return failure();
  size_t spatial = *length;
  Shape strides = n.integers("strides").value_or(Shape(spatial, 1));
  Shape dilations = n.integers("dilations").value_or(Shape(spatial, 1));
  Shape pads = n.integers("pads").value_or(Shape(2 * spatial, 0));
  if (n.hasError())
    return failure();
  if (strides.size() != spatial || dilations.size() != spatial ||
      pads.size() != 2 * spatial)
    return n.fail("image_shape, strides, dilations and pads disagree in length");
  if (!image || !block || !ir::allStatic(*image) || !ir::allStatic(*block) ||
      !ir::allStatic(n.dims(n.input(0))))
    return col2ImAtRunTime(n, strides, dilations, pads);
  return n.result(n.make<ir::Col2ImOp>(
      {n.input(0)}, {n.attr("image", *ir::toNumbers(*image)),
                     n.attr("block", *ir::toNumbers(*block)),
                     n.attr("strides", strides), n.attr("dilations", dilations),
                     n.attr("pads", pads)}));
}

static LogicalResult legalizeCenterCropPad(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
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
  SmallVector<std::optional<Dim>> declared = n.declared(0, rank), given;
  for (int64_t axis : axes)
    given.push_back(declared[axis]);
  auto wanted = n.boundExtents(1, "shape", given, 0);
  if (!wanted)
    return failure();
  Dims low(rank, 0), high(rank, 0), starts(rank, 0), sizes = n.dims(x);
  for (auto [axis, size] : llvm::zip(axes, *wanted)) {
    if (size.max() < 0)
      return n.fail("'shape' has a negative entry");
    Dim extent = n.dims(x)[axis];
    Dim less = n.symbols().max(0, extent - size);
    Dim more = n.symbols().max(0, size - extent);
    starts[axis] = floorDiv(less, 2);
    sizes[axis] = n.symbols().min(size, extent);
    low[axis] = floorDiv(more, 2);
    high[axis] = more - low[axis];
  }
  return n.result(n.pad(n.slice(x, starts, sizes, Shape(rank, 1)), low, high));
}

void registerCol2Im(Registry &registry) {
  registry.add("Col2Im", 3, legalizeCol2Im);
  registry.add("CenterCropPad", 2, legalizeCenterCropPad);
}

} // namespace xgen::onnx
