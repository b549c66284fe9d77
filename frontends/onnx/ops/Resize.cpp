//===- Resize.cpp - Resize and Upsample ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Any dimensions, so there is nothing to transpose. Extents are computed in float as the reference runtime does.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>

namespace xgen::onnx {

static constexpr int64_t maxExtent = int64_t(1) << 32;

static Value emitResize(Node &n, Value x, ShapeRef extents,
                        ArrayRef<double> scales, ir::ResizeMode mode,
                        ir::ResizeCoord coord,
                        ArrayRef<NamedAttribute> extra = {}) {
  if (n.shape(x) == extents &&
      llvm::all_of(scales, [](double s) { return s == 1; }) &&
      coord != ir::ResizeCoord::TfCropAndResize)
    return x;
  mlir::MLIRContext *context = n.builder.getContext();
  SmallVector<NamedAttribute> attributes{
      n.attr("scales", n.builder.getDenseF64ArrayAttr(scales)),
      n.attr("mode", ir::ResizeModeAttr::get(context, mode)),
      n.attr("coord", ir::ResizeCoordAttr::get(context, coord))};
  llvm::append_range(attributes, extra);
  return n.make<ir::ResizeOp>(RankedTensorType::get(extents, n.elementType(x)),
                              {x}, attributes);
}

/// floor(extent * scale) for each dimension.
static std::optional<Shape> scaled(Node &n, ShapeRef extents,
                                   ArrayRef<double> scales) {
  Shape result;
  if (scales.size() != extents.size())
    return (void)n.fail("scales needs one entry a dimension"), std::nullopt;
  for (auto [extent, scale] : llvm::zip(extents, scales)) {
    float wanted = std::floor(float(extent) * float(scale));
    if (!(scale > 0) || !(wanted >= 0) || wanted > float(maxExtent))
      return (void)n.fail("a scale is not positive, or too large"),
             std::nullopt;
    result.push_back(int64_t(wanted));
  }
  return result;
}

static std::optional<ir::ResizeMode> modeOf(Node &n) {
  std::string name = n.string("mode", "nearest");
  if (name == "bilinear" || name == "linear")
    return ir::ResizeMode::Linear;
  auto mode = ir::symbolizeResizeMode(name);
  if (!mode)
    (void)n.fail("unknown mode '" + name + "'");
  return mode;
}

/// Upsample, and Resize before version 11: no choice of coordinates.
static LogicalResult legalizeOld(Node &n, bool scalesAreInput) {
  Value x = n.input(0);
  SmallVector<double> scales;
  if (scalesAreInput) {
    auto given = n.doubles(1, "scales");
    if (!given)
      return failure();
    scales = *given;
  } else {
    scales = n.numbers("scales");
  }
  auto mode = modeOf(n);
  auto extents = scaled(n, n.type(x).getShape(), scales);
  if (!mode || !extents)
    return failure();
  // Nearest takes the element after the position where it shrinks, the one
  // before where it grows: first the dimensions that shrink.
  Shape first = n.shape(x);
  SmallVector<double> down(scales.size(), 1.0), up = scales;
  for (size_t i = 0; i < scales.size(); ++i)
    if (*mode == ir::ResizeMode::Nearest && scales[i] < 1) {
      first[i] = (*extents)[i];
      std::swap(down[i], up[i]);
    }
  auto rounding = [&](ir::ResizeNearest nearest) {
    return n.attr("nearest", ir::ResizeNearestAttr::get(n.builder.getContext(),
                                                        nearest));
  };
  x = emitResize(n, x, first, down, *mode, ir::ResizeCoord::Asymmetric,
                 {rounding(ir::ResizeNearest::Ceil)});
  return n.result(emitResize(n, x, *extents, up, *mode,
                             ir::ResizeCoord::Asymmetric,
                             {rounding(ir::ResizeNearest::Floor)}));
}

static LogicalResult legalizeResize(Node &n) {
  if (!n.since(11))
    return legalizeOld(n, /*scalesAreInput=*/true);
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  Shape in = n.shape(x), axes;
  if (auto given = n.integers("axes")) {
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
  auto mode = modeOf(n);
  std::string coordName =
      n.string("coordinate_transformation_mode", "half_pixel");
  auto coord = ir::symbolizeResizeCoord(coordName);
  std::string nearestName = n.string("nearest_mode", "round_prefer_floor");
  auto nearest = ir::symbolizeResizeNearest(nearestName);
  if (!mode || n.hasError())
    return failure();
  if (!coord || !nearest)
    return n.fail("unknown mode '" + (coord ? nearestName : coordName) + "'");

  SmallVector<double> scales(rank, 1.0);
  Shape extents = in;
  bool hasScales = n.has(2) && n.elements(n.input(2)) > 0;
  if (n.has(3) && n.elements(n.input(3)) > 0) {
    auto sizes = n.ints(3, "sizes");
    if (!sizes)
      return failure();
    if (sizes->size() != axes.size())
      return n.fail("sizes needs one entry a dimension");
    std::string policy = n.string("keep_aspect_ratio_policy", "stretch");
    double common = 0;
    for (auto [axis, size] : llvm::zip(axes, *sizes)) {
      if (size < 0 || size > maxExtent || in[axis] == 0)
        return n.fail("a size is negative or too large");
      double scale = double(size) / double(in[axis]);
      scales[axis] = scale;
      extents[axis] = size;
      common = common == 0                ? scale
               : policy == "not_larger"   ? std::min(common, scale)
                                          : std::max(common, scale);
    }
    if (policy == "not_larger" || policy == "not_smaller")
      for (int64_t axis : axes) {
        scales[axis] = common;
        extents[axis] = int64_t(std::floor(common * double(in[axis]) + 0.5));
      }
    else if (policy != "stretch")
      return n.fail("unknown keep_aspect_ratio_policy '" + policy + "'");
  } else if (hasScales) {
    auto given = n.doubles(2, "scales");
    if (!given)
      return failure();
    if (given->size() != axes.size())
      return n.fail("scales needs one entry a dimension");
    for (auto [axis, scale] : llvm::zip(axes, *given))
      scales[axis] = scale;
    auto wanted = scaled(n, in, scales);
    if (!wanted)
      return failure();
    extents = *wanted;
  } else {
    return n.fail("neither scales nor sizes are given");
  }

  SmallVector<NamedAttribute> extra;
  if (*mode == ir::ResizeMode::Nearest)
    extra.push_back(n.attr("nearest", ir::ResizeNearestAttr::get(
                                          n.builder.getContext(), *nearest)));
  if (n.hasAttribute("cubic_coeff_a"))
    extra.push_back(n.attr("cubic_a", n.number("cubic_coeff_a", -0.75)));
  if (n.integer("exclude_outside", 0))
    extra.push_back(n.attr("exclude_outside", true));
  if (n.integer("antialias", 0))
    extra.push_back(n.attr("antialias", true));
  if (*coord == ir::ResizeCoord::TfCropAndResize) {
    auto given = n.doubles(1, "roi");
    if (!given)
      return failure();
    if (given->size() != 2 * axes.size())
      return n.fail("roi needs two entries a dimension");
    SmallVector<double> roi(2 * rank, 0.0);
    std::fill(roi.begin() + rank, roi.end(), 1.0);
    for (auto [i, axis] : llvm::enumerate(axes)) {
      roi[axis] = (*given)[i];
      roi[rank + axis] = (*given)[axes.size() + i];
      // With scales, the extent follows from the cropped part.
      if (hasScales && !(n.has(3) && n.elements(n.input(3)) > 0)) {
        double cropped = double(in[axis]) * (roi[rank + axis] - roi[axis]);
        double wanted = std::floor(cropped * scales[axis]);
        if (!(wanted >= 0) || wanted > double(maxExtent))
          return n.fail("roi is invalid");
        extents[axis] = int64_t(wanted);
      }
    }
    extra.push_back(n.attr("roi", n.builder.getDenseF64ArrayAttr(roi)));
    if (n.hasAttribute("extrapolation_value"))
      extra.push_back(
          n.attr("extrapolation", n.number("extrapolation_value", 0)));
  }
  return n.result(emitResize(n, x, extents, scales, *mode, *coord, extra));
}

void registerResize(Registry &registry) {
  registry.add("Resize", 1, legalizeResize);
  registry.add("Upsample", 1,
               [](Node &n) { return legalizeOld(n, n.since(9)); });
}

} // namespace xgen::onnx
