//===- Regions.cpp - RoiAlign, MaxRoiPool -------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pooling of regions of interest; channels-last.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeRoiAlign(Node &n) {
  Value x = n.input(0), rois = n.input(1), batch = n.input(2);
  std::string mode = n.string("mode", "avg");
  auto kind = ir::symbolizePoolKind(mode);
  if (n.hasError())
    return failure();
  if (!kind || *kind == ir::PoolKind::Lp)
    return n.fail("unknown mode '" + mode + "'");
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  // Version 16 moved regions by half an element, and made that the default.
  std::string shift =
      n.string("coordinate_transformation_mode",
               n.since(16) ? "half_pixel" : "output_half_pixel");
  if (shift != "half_pixel" && shift != "output_half_pixel")
    return n.fail("unknown coordinate_transformation_mode '" + shift + "'");
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::PoolKindAttr::get(n.builder.getContext(), *kind)),
      n.attr("height", n.integer("output_height", 1)),
      n.attr("width", n.integer("output_width", 1)),
      n.attr("sampling_ratio", n.integer("sampling_ratio", 0)),
      n.attr("scale", n.number("spatial_scale", 1))};
  if (shift == "half_pixel")
    attributes.push_back(n.attr("half_pixel", true));
  if (n.hasError())
    return failure();
  Value y =
      n.make<ir::RoiAlignOp>({n.toChannelsLast(x), rois, batch}, attributes);
  return n.result(n.toChannelsFirst(y));
}

static LogicalResult legalizeMaxRoiPool(Node &n) {
  Value x = n.input(0), rois = n.input(1);
  auto size = n.integers("pooled_shape");
  if (!size || size->size() != 2)
    return n.fail("attribute 'pooled_shape' needs two entries");
  if (n.rank(x) != 4)
    return n.fail("the input must be [N, C, H, W]");
  Value y = n.make<ir::MaxRoiPoolOp>(
      {n.toChannelsLast(x), rois},
      {n.attr("height", (*size)[0]), n.attr("width", (*size)[1]),
       n.attr("scale", n.number("spatial_scale", 1))});
  return n.result(n.toChannelsFirst(y));
}

void registerRegions(Registry &registry) {
  registry.add("RoiAlign", 3, legalizeRoiAlign);
  registry.add("MaxRoiPool", 2, legalizeMaxRoiPool);
}

} // namespace xgen::onnx
