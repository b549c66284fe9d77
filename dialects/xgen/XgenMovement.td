//===- XgenMovement.td - Ops that move elements ------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// No arithmetic: every result element is a copy of an input element.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_MOVEMENT_TD
#define XGEN_DIALECTS_XGEN_MOVEMENT_TD

include "XgenAttrs.td"

def Xgen_TransposeOp : Xgen_InferOp<"transpose", "Shuffle"> {
  let summary = "permutation of dimensions: result dim i is input dim perm[i]";
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$perm);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ReshapeOp : Xgen_Op<"reshape", "Reorganize"> {
  let summary = "the same elements in row-major order with another shape";
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
  let hasVerifier = 1;
}

def Xgen_ExpandOp : Xgen_Op<"expand", "OneToMany"> {
  let summary = "NumPy broadcast to the result's shape";
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_TileOp : Xgen_InferOp<"tile", "OneToMany"> {
  let summary = "repetition: result dim i is input dim i times repeats[i]";
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$repeats);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_SliceOp : Xgen_InferOp<"slice", "OneToOne"> {
  let summary = "result[i] = input[starts + i * steps]";
  let description = [{
    All arrays have one entry a dimension; `sizes` is the result's shape; steps
    may be negative; every element read is inside the input.
  }];
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$steps);
  let results = (outs Xgen_Tensor:$result);
  let hasVerifier = 1;
}

def Xgen_ConcatOp : Xgen_InferOp<"concat", "OneToOne"> {
  let summary = "tensors one after another along `axis`";
  let arguments = (ins Variadic<Xgen_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_PadOp : Xgen_InferOp<"pad", "OneToOne"> {
  let summary = "border of `low` and `high` elements around each dimension";
  let description = [{
    Entries are not negative (legalization crops with `xgen.slice` first).
    `value` is the border of mode constant, converted to the element type.
  }];
  let arguments = (ins Xgen_Tensor:$input, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, PadModeAttr:$mode,
                       DefaultValuedAttr<F64Attr, "0.0">:$value);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_GatherOp : Xgen_InferOp<"gather", "OneToMany"> {
  let summary = "ONNX Gather: slices of `input` along `axis` chosen by indices";
  let description = [{
    Result shape: input[:axis] + indices.shape + input[axis+1:]. Indices are i32
    or i64; negative ones count from the end; others out of range are clamped
    into range, never read outside.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$indices, I64Attr:$axis);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_GatherElementsOp : Xgen_InferOp<"gather_elements", "OneToMany"> {
  let summary = "ONNX GatherElements";
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$indices, I64Attr:$axis);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_GatherNDOp : Xgen_InferOp<"gather_nd", "OneToMany"> {
  let summary = "ONNX GatherND";
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$indices,
                       DefaultValuedAttr<I64Attr, "0">:$batch_dims);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ScatterElementsOp : Xgen_InferOp<"scatter_elements", "ManyToMany"> {
  let summary = "ONNX ScatterElements: the result is a changed copy of input";
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$indices,
                       Xgen_Tensor:$updates, I64Attr:$axis,
                       DefaultValuedAttr<ScatterKindAttr,
                         "::xgen::ir::ScatterKind::Assign">:$kind);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_ScatterNDOp : Xgen_InferOp<"scatter_nd", "ManyToMany"> {
  let summary = "ONNX ScatterND: the result is a changed copy of input";
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$indices,
                       Xgen_Tensor:$updates,
                       DefaultValuedAttr<ScatterKindAttr,
                         "::xgen::ir::ScatterKind::Assign">:$kind);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_MOVEMENT_TD
