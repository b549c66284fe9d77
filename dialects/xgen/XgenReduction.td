//===- XgenReduction.td - Reductions, scans, normalization -*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_REDUCTION_TD
#define XGEN_DIALECTS_XGEN_REDUCTION_TD

include "XgenAttrs.td"

def Xgen_ReduceOp : Xgen_InferOp<"reduce", "ManyToMany"> {
  let summary = "reduction over `axes`";
  let arguments = (ins Xgen_Tensor:$input, ReduceKindAttr:$kind,
                       DenseI64ArrayAttr:$axes, BoolAttr:$keepdims);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ArgReduceOp : Xgen_InferOp<"arg_reduce", "ManyToMany"> {
  let summary = "index (i64) of the largest or smallest element along `axis`";
  let description = [{ `is_max` chooses; `select_last` breaks ties. }];
  let arguments = (ins Xgen_Tensor:$input, BoolAttr:$is_max, I64Attr:$axis,
                       BoolAttr:$keepdims,
                       DefaultValuedAttr<BoolAttr, "false">:$select_last);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ScanOp : Xgen_InferOp<"scan", "ManyToMany"> {
  let summary = "cumulative sum or product along `axis`";
  let arguments = (ins Xgen_Tensor:$input, ReduceKindAttr:$kind, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_SoftmaxOp : Xgen_InferOp<"softmax", "ManyToMany"> {
  let summary = "exp(x - max) / sum(exp(x - max)) over `axes`";
  let description = [{
    `log` gives the logarithm. ONNX's older coerced form has several axes.
  }];
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$axes,
                       DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_NormalizeOp : Xgen_InferOp<"normalize", "ManyToMany",
                                    [AttrSizedOperandSegments]> {
  let summary = "layer, instance, group or RMS normalization over `axes`";
  let description = [{
    Statistics over `axes`, then `* scale + bias`, both broadcast to the input.
  }];
  let arguments = (ins Xgen_Tensor:$input, Optional<Xgen_Tensor>:$scale,
                       Optional<Xgen_Tensor>:$bias, NormalizeKindAttr:$kind,
                       DenseI64ArrayAttr:$axes, F64Attr:$epsilon);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_LrnOp : Xgen_InferOp<"lrn", "ManyToMany"> {
  let summary = "local response normalization over the last dimension";
  let description = [{
    x / (bias + alpha / size * sum of squares over the window) ^ beta. The window
    starts floor((size - 1) / 2) before a channel.
  }];
  let arguments = (ins Xgen_Tensor:$input, I64Attr:$size, F64Attr:$alpha,
                       F64Attr:$beta, F64Attr:$bias);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_REDUCTION_TD
