//===- XgenSelection.td - Order, and choice by value -------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Ops that keep the elements that their values choose. How many there are is
// known only afterwards, so types hold the largest number possible, and the
// last result, `count` (i64, [1]), the number at run time. Results are dense at
// that number: row-major, with `count` as the extent of the chosen dimension;
// the bytes after that are undefined.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_SELECTION_TD
#define XGEN_DIALECTS_XGEN_SELECTION_TD

include "XgenAttrs.td"

def Xgen_TopKOp : Xgen_InferOp<"topk", "ManyToMany"> {
  let summary = "the k largest or smallest elements along `axis`";
  let description = [{
    Results: values and their indices (i64), in order; of equal values the one
    with the lower index comes first. NaN is larger than any number. The
    results' extent along `axis` is `k`, at most the input's.
  }];
  let arguments = (ins Xgen_Tensor:$input, I64Attr:$axis, I64Attr:$k,
                       DefaultValuedAttr<BoolAttr, "true">:$largest);
  let results = (outs Xgen_Tensor:$values, Xgen_Tensor:$indices);
}

def Xgen_NonZeroOp : Xgen_InferOp<"nonzero", "ManyToMany"> {
  let summary = "indices of the elements that are not 0";
  let description = [{
    Result `[rank, count]` (i64), in row-major order of the elements.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$indices, Xgen_Tensor:$count);
}

def Xgen_CompressOp : Xgen_InferOp<"compress", "ManyToMany"> {
  let summary = "slices along `axis` where `condition` holds";
  let description = [{
    `condition` (i1, one dimension) may be shorter than the axis: what it does
    not reach is left out.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$condition,
                       I64Attr:$axis);
  let results = (outs Xgen_Tensor:$result, Xgen_Tensor:$count);
}

def Xgen_UniqueOp : Xgen_InferOp<"unique", "ManyToMany"> {
  let summary = "the different slices along `axis`";
  let description = [{
    Results: the slices, in rising order (compared element by element) or with
    `sorted` false in order of their first appearance; the index of each one's
    first appearance; for each input slice its place among the results (always
    of the input's extent); how often each one appears. NaNs are equal to each
    other here, and last.
  }];
  let arguments = (ins Xgen_Tensor:$input, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "true">:$sorted);
  let results = (outs Xgen_Tensor:$result, Xgen_Tensor:$indices,
                      Xgen_Tensor:$inverse, Xgen_Tensor:$counts,
                      Xgen_Tensor:$count);
}

def Xgen_NmsOp : Xgen_InferOp<"nms", "ManyToMany", [AttrSizedOperandSegments]> {
  let summary = "ONNX NonMaxSuppression: the best boxes that overlap little";
  let description = [{
    boxes `[B, N, 4]`, scores `[B, C, N]`, then one number each: how many boxes a
    class (all when absent; never more than `limit`, when that is not negative),
    the largest overlap (intersection over union, 0 when absent), the score that
    must be exceeded. Result `[count, 3]` (i64): picture, class, box. Boxes are
    two opposite corners (y1, x1, y2, x2), or (x, y, width, height) with
    `center_point_box`. Of equal scores the lower index comes first.
  }];
  let arguments = (ins Xgen_Tensor:$boxes, Xgen_Tensor:$scores,
                       Optional<Xgen_Tensor>:$max_output,
                       Optional<Xgen_Tensor>:$iou_threshold,
                       Optional<Xgen_Tensor>:$score_threshold,
                       DefaultValuedAttr<I64Attr, "-1">:$limit,
                       DefaultValuedAttr<BoolAttr, "false">:$center_point_box);
  let results = (outs Xgen_Tensor:$selected, Xgen_Tensor:$count);
}

#endif // XGEN_DIALECTS_XGEN_SELECTION_TD
