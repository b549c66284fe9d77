//===- XgenQuant.td - Between real and quantized numbers ---*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_QUANT_TD
#define XGEN_DIALECTS_XGEN_QUANT_TD

include "XgenAttrs.td"

def Xgen_QuantizeOp : Xgen_Op<"quantize", "OneToOne",
                              [SameOperandsAndResultShape]> {
  let summary = "sat(rint(x / scale) + zero_point), half to even";
  let description = [{
    The result's `!quant.uniform` element type holds storage, scale and zero
    point, per tensor or per axis.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_DequantizeOp : Xgen_Op<"dequantize", "OneToOne",
                                [SameOperandsAndResultShape]> {
  let summary = "(q - zero_point) * scale";
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_RequantizeOp : Xgen_Op<"requantize", "OneToOne",
                                [SameOperandsAndResultShape]> {
  let summary = "from one quantized type to another without a real number between";
  let description = [{
    sat(rint(float(q - zp_in) * float(s_in / s_out)) + zp_out).
  }];
  let arguments = (ins Xgen_Tensor:$input,
                       DefaultValuedAttr<RoundingAttr,
                         "::xgen::ir::Rounding::F32Even">:$rounding);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_EncodeOp : Xgen_Op<"encode", "Reorganize",
                             [SameOperandsAndResultShape]> {
  let summary = "from dense to the storage of the result's encoding";
  let description = [{
    Only of constants: it is carried out when weights are written.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_QUANT_TD
