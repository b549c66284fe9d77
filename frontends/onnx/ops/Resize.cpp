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

/// Scales and regions that only the program knows.
struct RuntimeOperands {
  Value scales, roi;
};

static Value emitResize(Node &n, Value x, const Extents &extents,
                        ArrayRef<double> scales, ir::ResizeMode mode,
                        ir::ResizeCoord coord,
                        ArrayRef<NamedAttribute> extra = {},
                        RuntimeOperands runtime = {}) {
  if (DimsRef(n.dims(x)) == DimsRef(extents) && !runtime.scales &&
      llvm::all_of(scales, [](double s) { return s == 1; }) &&
      coord != ir::ResizeCoord::TfCropAndResize)
    return x;
  mlir::MLIRContext *context = n.builder.getContext();
  SmallVector<NamedAttribute> attributes{
      n.attr("scales", n.builder.getDenseF64ArrayAttr(scales)),
      n.attr("mode", ir::ResizeModeAttr::get(context, mode)),
      n.attr("coord", ir::ResizeCoordAttr::get(context, coord))};
  llvm::append_range(attributes, extra);
  SmallVector<Value> operands{x};
  if (runtime.roi && !runtime.scales)
    runtime.scales = n.numbersOf(scales, {int64_t(scales.size())}, n.f32());
  for (Value v : {runtime.scales, runtime.roi})
    if (v)
      operands.push_back(v);
  return n.make<ir::ResizeOp>(n.tensorType(extents, n.elementType(x)), operands,
                              attributes);
}

/// floor(extent * scale) for each dimension.
static std::optional<Dims> scaled(Node &n, DimsRef extents,
                                  ArrayRef<double> scales) {
  Dims result;
  if (scales.size() != extents.size())
    return (void)n.fail("scales needs one entry a dimension"), std::nullopt;
  for (auto [extent, scale] : llvm::zip(extents, scales)) {
    float wanted = std::floor(float(extent.max()) * float(scale));
    if (!(scale > 0) || !(wanted >= 0) || wanted > float(maxExtent))
      return (void)n.fail("a scale is not positive, or too large"),
             std::nullopt;
    result.push_back(n.symbols().scaled(extent, scale));
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

/// Extents that scales give which only the program knows.
static std::optional<Dims> scaledAtRunTime(Node &n, DimsRef in, Value scales) {
  Value extents = n.cast(n.extentsOf(in), n.f32());
  Value wanted = n.cast(n.unary(UnaryKind::Floor, n.mul(extents, scales)), n.i64());
  return n.bind(wanted, n.declared(0, in.size()), 0);
}

/// The same with scales that only the program knows: what shrinks first.
static LogicalResult legalizeOldAtRunTime(Node &n) {
  Value x = n.input(0), scales = n.input(1), one = n.splat(n.f32(), 1);
  auto mode = modeOf(n);
  if (!mode)
    return failure();
  if (!n.same(n.dims(scales), Dims{n.rank(x)}))
    return n.fail("scales needs one entry a dimension");
  SmallVector<double> ones(n.rank(x), 1.0);
  auto step = [&](Value by, ir::ResizeNearest nearest, bool last) -> Value {
    Value extents = n.cast(n.extentsOf(n.dims(x)), n.f32());
    Value wanted = n.cast(n.unary(UnaryKind::Floor, n.mul(extents, by)), n.i64());
    auto given = last ? n.declared(0, n.rank(x))
                      : SmallVector<std::optional<Dim>>(n.rank(x));
    auto dims = n.bind(wanted, given, 0);
    if (!dims)
      return {};
    return emitResize(n, x, *dims, ones, *mode, ir::ResizeCoord::Asymmetric,
                      {n.attr("nearest", ir::ResizeNearestAttr::get(
                                             n.builder.getContext(), nearest))},
                      {by, Value()});
  };
  if (*mode == ir::ResizeMode::Nearest && n.op.getOpType() == "Resize") {
    x = step(n.binary(BinaryKind::Min, scales, one), ir::ResizeNearest::Ceil, false);
    scales = n.binary(BinaryKind::Max, scales, one);
  }
  return n.result(step(scales, ir::ResizeNearest::Floor, true));
}

/// Upsample, and Resize before version 11: no choice of coordinates.
static LogicalResult legalizeOld(Node &n, bool scalesAreInput) {
  Value x = n.input(0);
  SmallVector<double> scales;
  if (scalesAreInput && !n.constantOf(n.input(1)))
    return legalizeOldAtRunTime(n);
  if (scalesAreInput) {
    auto given = n.doubles(1, "scales");
    if (!given)
      return failure();
    scales = *given;
  } else {
    scales = n.numbers("scales");
  }
  auto mode = modeOf(n);
  auto extents = scaled(n, n.dims(x), scales);
  if (!mode || !extents)
    return failure();
  // Nearest takes the element after the position where it shrinks, the one
  // before where it grows: first the dimensions that shrink.
  Dims first = n.dims(x);
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
  Dims in = n.dims(x), extents = in;
  Shape axes;
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

  // A scale of 0 stands for the quotient of the extents.
  SmallVector<double> scales(rank, 1.0);
  RuntimeOperands runtime;
  bool hasSizes = n.has(3) && !n.count(n.input(3)).is(0);
  bool hasScales = n.has(2) && !n.count(n.input(2)).is(0);
  if (hasSizes) {
    auto sizes = n.extents(3, "sizes");
    if (n.hasError())
      return failure();
    if (!n.count(n.input(3)).is(axes.size()))
      return n.fail("sizes needs one entry a dimension");
    std::string policy = n.string("keep_aspect_ratio_policy", "stretch");
    if (!sizes) {
      auto declared = n.declared(0, rank);
      SmallVector<std::optional<Dim>> given;
      for (int64_t axis : axes)
        given.push_back(policy == "stretch" ? declared[axis] : std::nullopt);
      sizes = n.bind(n.cast(n.input(3), n.i64()), given, 0);
      if (!sizes)
        return failure();
    }
    double common = 0;
    for (auto [axis, size] : llvm::zip(axes, *sizes)) {
      if (size.max() < 0 || size.max() > maxExtent || in[axis].is(0))
        return n.fail("a size is negative or too large");
      extents[axis] = size;
      if (!size.isStatic() || !in[axis].isStatic()) {
        scales[axis] = 0;
        continue;
      }
      double scale = double(size.value()) / double(in[axis].value());
      scales[axis] = scale;
      common = common == 0                ? scale
               : policy == "not_larger"   ? std::min(common, scale)
                                          : std::max(common, scale);
    }
    bool open = llvm::is_contained(scales, 0.0);
    if (policy == "not_larger" || policy == "not_smaller") {
      if (open) {
        // The scale of all axes is the least (largest) of theirs.
        Dims from;
        for (int64_t axis : axes)
          from.push_back(in[axis]);
        Value of = n.cast(n.extentsOf(from), n.builder.getF64Type());
        Value quotients =
            n.div(n.cast(n.extentsOf(*sizes), n.builder.getF64Type()), of);
        Value factor = n.reduce(policy == "not_larger" ? ReduceKind::Min
                                                       : ReduceKind::Max,
                                quotients, {0}, true);
        Value half = n.splat(n.builder.getF64Type(), 0.5);
        Value wanted = n.cast(
            n.unary(UnaryKind::Floor, n.add(n.mul(factor, of), half)), n.i64());
        auto declared = n.declared(0, rank);
        SmallVector<std::optional<Dim>> given;
        for (int64_t axis : axes)
          given.push_back(declared[axis]);
        auto bound = n.bind(wanted, given, 0);
        if (!bound)
          return failure();
        for (auto [axis, extent] : llvm::zip(axes, *bound))
          extents[axis] = extent;
        Value each = n.expand(factor, {int64_t(axes.size())});
        Value every = n.splat(n.builder.getF64Type(), 1, {rank});
        runtime.scales = n.make<ir::ScatterElementsOp>(
            {every, n.integersOf(axes), each}, {n.attr("axis", int64_t(0))});
      } else {
        for (int64_t axis : axes) {
          scales[axis] = common;
          extents[axis] =
              int64_t(std::floor(common * double(in[axis].value()) + 0.5));
        }
      }
    } else if (policy != "stretch") {
      return n.fail("unknown keep_aspect_ratio_policy '" + policy + "'");
    }
  } else if (hasScales) {
    if (!n.count(n.input(2)).is(axes.size()))
      return n.fail("scales needs one entry a dimension");
    if (!n.constantOf(n.input(2))) {
      Value every = n.splat(n.f32(), 1, {rank});
      runtime.scales = n.make<ir::ScatterElementsOp>(
          {every, n.integersOf(axes), n.input(2)}, {n.attr("axis", int64_t(0))});
      auto wanted = scaledAtRunTime(n, in, runtime.scales);
      if (!wanted)
        return failure();
      extents = *wanted;
    } else {
      auto given = n.doubles(2, "scales");
      if (!given)
        return failure();
      for (auto [axis, scale] : llvm::zip(axes, *given))
        scales[axis] = scale;
      auto wanted = scaled(n, in, scales);
      if (!wanted)
        return failure();
      extents = *wanted;
    }
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
  if (*coord == ir::ResizeCoord::TfCropAndResize && n.hasAttribute("extrapolation_value"))
    extra.push_back(n.attr("extrapolation", n.number("extrapolation_value", 0)));
  if (*coord == ir::ResizeCoord::TfCropAndResize && n.has(1) &&
      !n.constantOf(n.input(1))) {
    int64_t count = axes.size();
    if (!n.count(n.input(1)).is(2 * count))
      return n.fail("roi needs two entries a dimension");
    if (!hasSizes)
      return n.fail("a roi that is only known at run time needs sizes");
    // Starts at 0 and ends at 1 elsewhere.
    Value at = n.integersOf(axes);
    auto along = n.attr("axis", int64_t(0));
    Type element = n.elementType(n.input(1));
    Value starts = n.make<ir::ScatterElementsOp>(
        {n.splat(element, 0, {rank}), at, n.slice(n.input(1), 0, 0, count)}, {along});
    Value ends = n.make<ir::ScatterElementsOp>(
        {n.splat(element, 1, {rank}), at, n.slice(n.input(1), 0, count, count)},
        {along});
    runtime.roi = n.concat({starts, ends}, 0);
  } else if (*coord == ir::ResizeCoord::TfCropAndResize) {
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
      if (hasScales && !hasSizes) {
        double cropped = double(n.known(in[axis], "dimension")) *
                         (roi[rank + axis] - roi[axis]);
        double wanted = std::floor(cropped * scales[axis]);
        if (!(wanted >= 0) || wanted > double(maxExtent))
          return n.fail("roi is invalid");
        extents[axis] = int64_t(wanted);
      }
    }
    extra.push_back(n.attr("roi", n.builder.getDenseF64ArrayAttr(roi)));
  }
  return n.result(
      emitResize(n, x, extents, scales, *mode, *coord, extra, runtime));
}

void registerResize(Registry &registry) {
  registry.add("Resize", 1, legalizeResize);
  registry.add("Upsample", 1,
               [](Node &n) { return legalizeOld(n, n.since(9)); });
}

} // namespace xgen::onnx
