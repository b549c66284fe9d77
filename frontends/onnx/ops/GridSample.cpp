//===- GridSample.cpp - GridSample, AffineGrid --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sampling at positions that are data, and the positions that an affine
// transform gives: sums of products of one vector a dimension, so that no grid
// is stored.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeGridSample(Node &n) {
  Value x = n.input(0), grid = n.input(1);
  std::string mode = n.string("mode", n.since(20) ? "linear" : "bilinear");
  std::string padding = n.string("padding_mode", "zeros");
  std::optional<ir::ResizeMode> kind;
  // Version 20 renamed them, for any number of dimensions.
  if (mode == "linear" || mode == "bilinear")
    kind = ir::ResizeMode::Linear;
  else if (mode == "cubic" || mode == "bicubic")
    kind = ir::ResizeMode::Cubic;
  else if (mode == "nearest")
    kind = ir::ResizeMode::Nearest;
  std::optional<ir::PadMode> outside;
  if (padding == "zeros")
    outside = ir::PadMode::Constant;
  else if (padding == "border")
    outside = ir::PadMode::Edge;
  else if (padding == "reflection")
    outside = ir::PadMode::Reflect;
  if (n.hasError())
    return failure();
  if (!kind || !outside)
    return n.fail("unknown mode '" + (kind ? padding : mode) + "'");
  if (n.rank(x) < 3)
    return n.fail("the input has no spatial dimensions");
  mlir::MLIRContext *context = n.builder.getContext();
  SmallVector<NamedAttribute> attributes{
      n.attr("mode", ir::ResizeModeAttr::get(context, *kind)),
      n.attr("padding", ir::PadModeAttr::get(context, *outside))};
  if (n.integer("align_corners", 0))
    attributes.push_back(n.attr("align_corners", true));
  Value y = n.make<ir::GridSampleOp>({n.toChannelsLast(x), grid}, attributes);
  return n.result(n.toChannelsFirst(y));
}

/// Coordinates of the elements of a dimension in [-1, 1].
static SmallVector<double> coordinates(int64_t size, bool alignCorners) {
  SmallVector<double> values;
  for (int64_t i = 0; i < size; ++i) {
    if (alignCorners)
      values.push_back(size == 1 ? 0 : -1 + 2 * double(i) / double(size - 1));
    else
      values.push_back((2 * double(i) + 1) / double(size) - 1);
  }
  return values;
}

static LogicalResult legalizeAffineGrid(Node &n) {
  Value theta = n.input(0);
  auto size = n.ints(1, "size");
  if (!size)
    return failure();
  int64_t spatial = int64_t(size->size()) - 2;
  if (spatial != 2 && spatial != 3)
    return n.fail("'size' must have 4 or 5 entries");
  if (n.shape(theta) != Shape{(*size)[0], spatial, spatial + 1} ||
      !n.isFloat(theta))
    return n.fail("'theta' must be floats of shape [N, " +
                  llvm::Twine(spatial) + ", " + llvm::Twine(spatial + 1) + "]");
  bool alignCorners = n.integer("align_corners", 0) != 0;
  SmallVector<Value> axes;
  Shape scalar(spatial + 1, 1), last = *size;
  scalar[0] = (*size)[0];
  last.erase(last.begin() + 1);
  last.push_back(1);
  for (int64_t d = 0; d < spatial; ++d) {
    int64_t extent = (*size)[2 + d];
    if (extent < 1 || extent > (1 << 20))
      return n.fail("a size is not positive, or too large");
    Shape along(spatial + 1, 1);
    along[d + 1] = extent;
    axes.push_back(n.numbersOf(coordinates(extent, alignCorners), along,
                               n.elementType(theta)));
  }
  SmallVector<Value> results;
  for (int64_t row = 0; row < spatial; ++row) {
    auto entry = [&](int64_t column) {
      return n.reshape(n.slice(n.slice(theta, 1, row, 1), 2, column, 1),
                       scalar);
    };
    // Columns are x, y, z: the last dimension first.
    Value y = entry(spatial);
    for (int64_t k = 0; k < spatial; ++k)
      y = n.add(y, n.mul(entry(k), axes[spatial - 1 - k]));
    results.push_back(n.reshape(y, last));
  }
  return n.result(n.concat(results, spatial + 1));
}

void registerGridSample(Registry &registry) {
  registry.add("GridSample", 2, legalizeGridSample);
  registry.add("GridSample", 2, legalizeGridSample, "com.microsoft");
  registry.add("AffineGrid", 2, legalizeAffineGrid);
}

} // namespace xgen::onnx
