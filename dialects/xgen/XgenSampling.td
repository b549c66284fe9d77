//===- XgenSampling.td - Reading between and around elements -*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Ops whose positions are data (grids, regions, offsets), and windows of a
// signal or image laid out one after another. Spatial ops are channels-last,
// so that one position is one contiguous run of channels.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_SAMPLING_TD
#define XGEN_DIALECTS_XGEN_SAMPLING_TD

include "XgenAttrs.td"

def Xgen_GridSampleOp : Xgen_InferOp<"grid_sample", "ManyToMany"> {
  let summary = "interpolation at the positions that a grid holds";
  let description = [{
    input `[N, S..., C]`, grid `[N, S'..., D]` with D spatial dimensions, result
    `[N, S'..., C]`. Coordinates are in [-1, 1] and, as in ONNX GridSample, come
    last dimension first (x, y, z). `align_corners`: -1 and 1 are the centres of
    the outermost elements instead of their outer edges. `padding`: zeros
    (constant), the nearest element (edge), or reflection (reflect) at those
    same borders; cubic interpolation pads the elements that it reads, not the
    position. `nearest` rounds halves to even.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$grid,
                       ResizeModeAttr:$mode, PadModeAttr:$padding,
                       DefaultValuedAttr<BoolAttr, "false">:$align_corners);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_DeformSampleOp : Xgen_InferOp<"deform_sample", "ManyToMany"> {
  let summary = "the inputs of a deformable convolution, window by window";
  let description = [{
    input `[N, S..., C]`, offset `[N, S'..., G * K * D]` (in G groups of
    channels, for each of the K positions of the window, how far to move in each
    of the D dimensions), mask `[N, S'..., G * K]` (a factor), result
    `[N, S'..., K, C]`: what a convolution multiplies with its weights. Between
    elements the input is interpolated linearly, outside it is 0.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$offset,
                       Optional<Xgen_Tensor>:$mask,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       I64Attr:$offset_groups);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_RoiAlignOp : Xgen_InferOp<"roi_align", "ManyToMany"> {
  let summary = "ONNX RoiAlign: regions of pictures, resampled to one size";
  let description = [{
    input `[N, H, W, C]`, rois `[R, 4]` (x1, y1, x2, y2, times `scale`), batch
    `[R]` (the picture of each region), result `[R, height, width, C]`. Each
    element is the mean (`avg`) or the maximum (`max`) over a grid of samples of
    its part of the region: `sampling_ratio` a side, or with 0 as many as there
    are input elements. `half_pixel` moves regions by half an element.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$rois,
                       Xgen_Tensor:$batch, PoolKindAttr:$kind,
                       I64Attr:$height, I64Attr:$width,
                       DefaultValuedAttr<I64Attr, "0">:$sampling_ratio,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale,
                       DefaultValuedAttr<BoolAttr, "false">:$half_pixel);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_MaxRoiPoolOp : Xgen_InferOp<"max_roi_pool", "ManyToMany"> {
  let summary = "ONNX MaxRoiPool: maxima over whole elements of regions";
  let description = [{
    input `[N, H, W, C]`, rois `[R, 5]` (picture, x1, y1, x2, y2, the last four
    times `scale`), result `[R, height, width, C]`. Where a part of a region
    holds no element the result is 0.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$rois, I64Attr:$height,
                       I64Attr:$width,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_FrameOp : Xgen_InferOp<"frame", "OneToMany"> {
  let summary = "overlapping windows of a signal";
  let description = [{
    input `[A..., L, B...]` with L at `axis`, result `[A..., F, size, B...]` with
    F = (L - size) / step + 1: element i of frame f is element f * step + i.
  }];
  let arguments = (ins Xgen_Tensor:$input, I64Attr:$axis, I64Attr:$size,
                       I64Attr:$step);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_Col2ImOp : Xgen_InferOp<"col2im", "ManyToMany"> {
  let summary = "sums of overlapping blocks, laid where they came from";
  let description = [{
    input `[N, C * K, L]`: L blocks (in row-major order of their positions) of K
    elements; result `[N, C, image...]`. The inverse of taking blocks apart but
    that what overlaps is added. `pads`: all begins, then all ends.
  }];
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$image,
                       DenseI64ArrayAttr:$block, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_SAMPLING_TD
