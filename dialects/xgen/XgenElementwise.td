//===- XgenElementwise.td - Pointwise ops ------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Ops that work element by element. Operands broadcast as in NumPy: shapes are
// aligned at the last dimension, extents are equal or 1. On quantized tensors
// they mean: dequantize the operands to f32, compute, quantize the result,
// each step rounded as the quantize and dequantize ops say.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_ELEMENTWISE_TD
#define XGEN_DIALECTS_XGEN_ELEMENTWISE_TD

include "XgenAttrs.td"

def Xgen_ConstantOp : Op<Xgen_Dialect, "constant", [Pure, ConstantLike,
    AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    `value` is a dense or dense_resource attribute of storage elements. For a
    quantized tensor, `xgen.reinterpret` a constant of the storage type.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Xgen_Tensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Xgen_ReinterpretOp : Xgen_Op<"reinterpret", "OneToOne"> {
  let summary = "the same bytes with another element type or encoding";
  let description = [{
    Between a quantized element type and its storage type, between a dense
    tensor of storage and an encoded one, or between plain element types of one
    size. Mostly free: no code is emitted.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_UnaryOp : Xgen_InferOp<"unary", "OneToOne"> {
  let summary = "elementwise function of one tensor";
  let description = [{
    `alpha` and `beta` are the parameters of kinds that have some (see
    UnaryKind). `is_nan`, `is_inf` give i1; everything else the operand's type.
  }];
  let arguments = (ins Xgen_Tensor:$input, UnaryKindAttr:$kind,
                       DefaultValuedAttr<F64Attr, "0.0">:$alpha,
                       DefaultValuedAttr<F64Attr, "0.0">:$beta);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_BinaryOp : Xgen_InferOp<"binary", "OneToOne"> {
  let summary = "elementwise function of two tensors, with broadcasting";
  let description = [{
    Operands have equal element types but for `pow` and shifts, where the
    result has the left one's. Comparisons give i1.
  }];
  let arguments = (ins Xgen_Tensor:$lhs, Xgen_Tensor:$rhs,
                       BinaryKindAttr:$kind);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_SelectOp : Xgen_InferOp<"select", "OneToOne"> {
  let summary = "condition ? a : b, elementwise, with broadcasting";
  let arguments = (ins Xgen_Tensor:$condition, Xgen_Tensor:$on_true,
                       Xgen_Tensor:$on_false);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_CastOp : Xgen_Op<"cast", "OneToOne", [SameOperandsAndResultShape]> {
  let summary = "number conversion";
  let description = [{
    Float to integer truncates towards zero (out of range wraps as C on two's
    complement through i64, except that `saturate` clamps to the range of float
    8 types as ONNX asks); anything to i1 is `!= 0`; narrower floats round half
    to even. Float 4 always saturates. To float 8 e8m0 the sign is lost and
    `round` says which power of two is taken.
  }];
  let arguments = (ins Xgen_Tensor:$input,
                       DefaultValuedAttr<BoolAttr, "true">:$saturate,
                       DefaultValuedAttr<CastRoundingAttr,
                         "::xgen::ir::CastRounding::Nearest">:$round);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_ELEMENTWISE_TD
