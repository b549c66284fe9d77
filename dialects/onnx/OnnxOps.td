//===- OnnxOps.td - The onnx dialect -----------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A model as it was read, without loss: one generic op a node, so that import
// never fails on an operator that nobody knows yet.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_ONNX_OPS_TD
#define XGEN_DIALECTS_ONNX_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::xgen::onnx";
  let summary = "ONNX models, node by node";
  let description = [{
    A model is a `func.func @main` (arguments and results carry `onnx.name`;
    free dimensions carry `onnx.dims`, an array with a name or "" a dimension)
    whose body is `onnx.node`s. Values are `tensor`, unranked when ONNX does not
    tell the shape.
  }];
}

class Onnx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node"> {
  let summary = "an ONNX node";
  let description = [{
    `op_type`, `domain` ("" is ai.onnx), `opset` (of that domain) and the node's
    attributes in `onnx_attributes`: i64, f32, strings, arrays of these, and dense elements for
    tensors. Inputs that are left out are `onnx.none`. Subgraphs are regions, in
    the order of the attribute names in `subgraphs`; their values from outside
    are used directly.
  }];
  let arguments = (ins Variadic<AnyType>:$inputs, StrAttr:$op_type,
                       DefaultValuedStrAttr<StrAttr, "">:$domain,
                       I64Attr:$opset, DefaultValuedStrAttr<StrAttr, "">:$node_name,
                       DictionaryAttr:$onnx_attributes,
                       OptionalAttr<StrArrayAttr>:$subgraphs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)
    ($bodies^)?
  }];
}

def Onnx_ConstantOp : Onnx_Op<"constant", [Pure, ConstantLike]> {
  let summary = "an initializer";
  let arguments = (ins ElementsAttr:$value, DefaultValuedStrAttr<StrAttr, "">:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Onnx_NoneOp : Onnx_Op<"none", [Pure]> {
  let summary = "an optional input that is left out";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Onnx_YieldOp : Onnx_Op<"yield", [Terminator]> {
  let summary = "outputs of a subgraph";
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

#endif // XGEN_DIALECTS_ONNX_OPS_TD
