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

/// Coordinates in [-1, 1] of the elements of a dimension, as `shape`.
static Value coordinates(Node &n, const Dim &size, bool alignCorners,
                         const Dims &shape, Type element) {
  Type f64 = n.builder.getF64Type();
  auto number = [&](double v) { return n.splat(f64, v); };
  auto scalar = [&](const Dim &d) {
    return n.cast(n.reshape(n.extentsOf({d}), ShapeRef()), f64);
  };
  Value i = n.mul(n.cast(n.iota(size, shape), f64), number(2));
  Value y;
  if (alignCorners) {
    // The only element of a dimension lies in the middle.
    Value first = n.sub(scalar(n.symbols().equal(size, 1)), number(1));
    y = n.add(n.div(i, scalar(n.symbols().max(1, size - 1))), first);
  } else {
    y = n.sub(n.div(n.add(i, number(1)), scalar(size)), number(1));
  }
  return n.cast(y, element);
}

static LogicalResult legalizeAffineGrid(Node &n) {
  Value theta = n.input(0);
  auto length = n.length(1, "size");
  if (!length)
    return failure();
  int64_t spatial = *length - 2;
  if (spatial != 2 && spatial != 3)
    return n.fail("'size' must have 4 or 5 entries");
  // [N, (D,) H, W, 2 or 3], and the channels, which do not matter.
  auto given = n.declared(0, spatial + 2);
  given.pop_back();
  given.insert(given.begin() + 1, std::optional<Dim>());
  auto size = n.boundExtents(1, "size", given, 0);
  if (!size)
    return failure();
  Dim batch = size->front();
  if (!n.same(n.dims(theta), Dims{batch, spatial, spatial + 1}) ||
      !n.isFloat(theta))
    return n.fail("'theta' must be floats of shape [N, " +
                  llvm::Twine(spatial) + ", " + llvm::Twine(spatial + 1) + "]");
  bool alignCorners = n.integer("align_corners", 0) != 0;
  SmallVector<Value> axes;
  Dims scalar(spatial + 1, 1), last = *size;
  scalar[0] = batch;
  last.erase(last.begin() + 1);
  last.push_back(1);
  for (int64_t d = 0; d < spatial; ++d) {
    Dim extent = (*size)[2 + d];
    if (extent.max() < 1 || extent.max() > (1 << 20))
      return n.fail("a size is not positive, or too large");
    Dims along(spatial + 1, 1);
    along[d + 1] = extent;
    axes.push_back(coordinates(n, extent, alignCorners, along,
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
