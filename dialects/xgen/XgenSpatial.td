//===- XgenSpatial.td - Convolutions, products, pooling ----*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_SPATIAL_TD
#define XGEN_DIALECTS_XGEN_SPATIAL_TD

include "XgenAttrs.td"

def Xgen_ConvOp : Xgen_MacOp<"conv"> {
  let summary = "n-dimensional convolution, channels-last";
  let description = [{
    input `[N, S..., Ci]`, weight `[K..., Ci / groups, Co]`, bias `[Co]`, result
    `[N, S'..., Co]` with 1 to 3 spatial dimensions. `strides` and `dilations`
    have one entry a spatial dimension, `pads` two: all begins, then all ends.
    Output channels are ordered group by group. Depthwise is groups == Ci.

    With quantized elements (input, weight and result `!quant.uniform`; weight
    symmetric, per tensor or per output channel; bias `i32` in units of input
    scale times weight scale) sums are exact in 32 bits and `rounding` says how
    they become outputs. A result of `i32` is the plain accumulator.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$weight,
                       Optional<Xgen_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads, I64Attr:$groups,
                       DefaultValuedAttr<RoundingAttr,
                         "::xgen::ir::Rounding::F32Even">:$rounding);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ConvTransposeOp : Xgen_MacOp<"conv_transpose"> {
  let summary = "transposed convolution, channels-last";
  let description = [{
    The gradient of a convolution with respect to its input. input
    `[N, S..., Ci]`, weight `[K..., Ci, Co / groups]`, bias `[Co]`, result
    `[N, S'..., Co]` with
    `S' = (S - 1) * stride + dilation * (K - 1) + 1 - pad_begin - pad_end`.
    ONNX's output_padding and output_shape are already in `pads`, whose ends
    may be negative.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$weight,
                       Optional<Xgen_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads, I64Attr:$groups);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_MatMulOp : Xgen_MacOp<"matmul"> {
  let summary = "matrix product over the last two dimensions";
  let description = [{
    lhs `[B..., M, K]`, rhs `[B..., K, N]`, bias broadcastable to the result
    `[B..., M, N]`; batch dimensions broadcast, ranks are equal and at least 2
    (legalization adds the 1s). Quantized as `xgen.conv`.
  }];
  let arguments = (ins Xgen_Tensor:$lhs, Xgen_Tensor:$rhs,
                       Optional<Xgen_Tensor>:$bias,
                       DefaultValuedAttr<RoundingAttr,
                         "::xgen::ir::Rounding::F32Even">:$rounding);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_PoolOp : Xgen_Op<"pool", "ManyToMany"> {
  let summary = "pooling over spatial windows, channels-last";
  let description = [{
    input and result `[N, S..., C]`. `pads`: all begins, then all ends; the
    result's type holds the rounding (floor or ceil) of the output extent, so
    windows may reach beyond the padded input (ONNX ceil_mode): positions there
    never count. `p` is the exponent of `lp`.
    A second result, when present, holds ONNX's flat indices of the maxima (i64,
    in NCHW order; `column_major` as ONNX's storage_order).
  }];
  let arguments = (ins Xgen_Tensor:$input, PoolKindAttr:$kind,
                       DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       DefaultValuedAttr<BoolAttr, "false">:$count_include_pad,
                       DefaultValuedAttr<BoolAttr, "false">:$column_major,
                       DefaultValuedAttr<I64Attr, "2">:$p);
  let results = (outs Variadic<Xgen_Tensor>:$results);
  let hasVerifier = 1;
}

def Xgen_ResizeOp : Xgen_Op<"resize", "OneToMany"> {
  let summary = "interpolation along any dimensions";
  let description = [{
    `scales` has one entry a dimension (1.0 where nothing changes, 0.0 for the
    result's extent by the input's); the result's type has the extents. Semantics
    of ONNX Resize 19. `roi` (starts, then ends) is used by tf_crop_and_resize
    only. `runtime` operands stand for the attributes where only the program
    knows them: scales, or scales and roi.
  }];
  let arguments = (ins Xgen_Tensor:$input, Variadic<Xgen_Tensor>:$runtime,
                       DenseF64ArrayAttr:$scales,
                       ResizeModeAttr:$mode, ResizeCoordAttr:$coord,
                       DefaultValuedAttr<ResizeNearestAttr,
                         "::xgen::ir::ResizeNearest::RoundPreferFloor">:$nearest,
                       DefaultValuedAttr<F64Attr, "-0.75">:$cubic_a,
                       DefaultValuedAttr<BoolAttr, "false">:$exclude_outside,
                       DefaultValuedAttr<BoolAttr, "false">:$antialias,
                       DefaultValuedAttr<F64Attr, "0.0">:$extrapolation,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$roi);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_RnnOp : Xgen_Op<"rnn", "ManyToMany", [AttrSizedOperandSegments]> {
  let summary = "recurrent layer over a sequence";
  let description = [{
    ONNX RNN, GRU and LSTM with ONNX's operand layouts (X `[T, B, I]`, W
    `[D, G*H, I]`, R `[D, G*H, H]`, B `[D, 2*G*H]`, sequence_lens `[B]` i32,
    initial_h and initial_c `[D, B, H]`, P `[D, 3*H]`; gate order iofc / zrh).
    Results: Y `[T, D, B, H]`, Y_h `[D, B, H]` and, LSTM only, Y_c. `batch_major`
    is ONNX's layout = 1. `activations` are UnaryKind values, per direction;
    `activation_alpha` and `activation_beta` run in parallel. `clip` 0 means none.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$weight,
                       Xgen_Tensor:$recurrence, Optional<Xgen_Tensor>:$bias,
                       Optional<Xgen_Tensor>:$sequence_lens,
                       Optional<Xgen_Tensor>:$initial_h,
                       Optional<Xgen_Tensor>:$initial_c,
                       Optional<Xgen_Tensor>:$peephole,
                       RnnKindAttr:$kind, RnnDirectionAttr:$direction,
                       DenseI64ArrayAttr:$activations,
                       DenseF64ArrayAttr:$activation_alpha,
                       DenseF64ArrayAttr:$activation_beta,
                       DefaultValuedAttr<F64Attr, "0.0">:$clip,
                       DefaultValuedAttr<BoolAttr, "false">:$linear_before_reset,
                       DefaultValuedAttr<BoolAttr, "false">:$input_forget,
                       DefaultValuedAttr<BoolAttr, "false">:$batch_major);
  let results = (outs Variadic<Xgen_Tensor>:$results);
}

def Xgen_LinearAttentionOp : Xgen_Op<"linear_attention", "ManyToMany",
                                     [AttrSizedOperandSegments]> {
  let summary = "attention by a state that is updated once a step";
  let description = [{
    query `[B, T, Hq, K]`, key `[B, T, H, K]`, value `[B, T, H, V]`, state
    `[B, H, K, V]` (zeros when absent), decay `[B, T, H, K or 1]`, beta
    `[B, T, H or 1]`; results `[B, T, Hq, V]` and the last state. `Hq` is a
    multiple of `H`; neighbouring heads share a state S. Each step is

      S = exp(decay) * S, when there is decay
      S = S + key (x) (beta * (value - S^T key)), without beta S + key (x) value
      result = scale * S^T query
  }];
  let arguments = (ins Xgen_Tensor:$query, Xgen_Tensor:$key, Xgen_Tensor:$value,
                       Optional<Xgen_Tensor>:$state,
                       Optional<Xgen_Tensor>:$decay,
                       Optional<Xgen_Tensor>:$beta, F64Attr:$scale);
  let results = (outs Xgen_Tensor:$result, Xgen_Tensor:$last);
  let hasVerifier = 1;
}

#endif // XGEN_DIALECTS_XGEN_SPATIAL_TD
