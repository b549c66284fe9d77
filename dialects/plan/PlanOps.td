//===- PlanOps.td - The plan dialect -----------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What the program does, in order, on memory with known offsets. Generated
// code, headers, reports and profiles are made from this dialect alone.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_PLAN_OPS_TD
#define XGEN_DIALECTS_PLAN_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::xgen::plan";
  let summary = "Launches, weights and byte offsets";
  let useDefaultAttributePrinterParser = 1;
}

def Plan_Space : I32Enum<"Space", "memory that a buffer lies in", [
  I32EnumCase<"Input", 0, "input">, I32EnumCase<"Output", 1, "output">,
  I32EnumCase<"Weights", 2, "weights">, I32EnumCase<"Arena", 3, "arena">
]> { let cppNamespace = "::xgen::plan"; }

def Plan_RefAttr : AttrDef<Plan_Dialect, "Ref"> {
  let mnemonic = "ref";
  let summary = "a buffer";
  let description = [{
    For input and output, `index` is the position in the program's signature and
    `offset` a byte offset inside that tensor. For arena, `index` is the number
    of the value that lives there (the verifier checks with it that no two live
    values overlap) and `offset` its byte offset. For weights, `index` is the
    number of the weight. `bytes` is the extent.
  }];
  let parameters = (ins EnumParameter<Plan_Space>:$space, "int64_t":$index,
                        "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat =
    "`<` $space ` ` $index ` ` `at` $offset ` ` `size` $bytes `>`";
}
def Plan_RefArrayAttr : TypedArrayAttrBase<Plan_RefAttr, "buffers">;

def Plan_TensorAttr : AttrDef<Plan_Dialect, "Tensor"> {
  let mnemonic = "tensor";
  let summary = "an input or output: ONNX name and type";
  let parameters = (ins StringRefParameter<>:$name,
                        "::mlir::RankedTensorType":$type);
  let assemblyFormat = "`<` $name `,` $type `>`";
}
def Plan_TensorArrayAttr : TypedArrayAttrBase<Plan_TensorAttr, "tensors">;

class Plan_Op<string mnemonic, list<Trait> traits = []>
    : Op<Plan_Dialect, mnemonic, traits>;

def Plan_ProgramOp : Plan_Op<"program", [Symbol, IsolatedFromAbove, NoTerminator,
    SingleBlock]> {
  let summary = "one network's plan";
  let description = [{
    `arena_bytes` includes kernel scratch; `peak_live_bytes` is the largest sum
    of live values and scratch at any launch of this order: a bound that no
    placement can beat.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Plan_TensorArrayAttr:$inputs,
                       Plan_TensorArrayAttr:$outputs, I64Attr:$arena_bytes,
                       I64Attr:$weights_bytes, I64Attr:$peak_live_bytes);
  let regions = (region AnyRegion:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Plan_WeightOp : Plan_Op<"weight", []> {
  let summary = "constant bytes at an offset of the weights section";
  let description = [{
    `value` is what is stored there, already packed and in storage elements
    (a 1-D tensor of i8 for encoded tensors).
  }];
  let arguments = (ins Plan_RefAttr:$ref, ElementsAttr:$value);
  let assemblyFormat = "$ref `=` $value attr-dict";
}

def Plan_LaunchOp : Plan_Op<"launch", []> {
  let summary = "runs a kernel on buffers";
  let description = [{
    Kernel arguments are `reads` and then `writes`, in the order of the
    kernel's operands and results. `scratch`, if present, is the kernel's
    private memory. `macs` and `nodes` are for reports. `dims` are what the
    kernel's symbols are, as expressions of the module's.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Plan_RefArrayAttr:$reads,
                       Plan_RefArrayAttr:$writes,
                       OptionalAttr<Plan_RefAttr>:$scratch,
                       DefaultValuedAttr<I64Attr, "0">:$macs,
                       OptionalAttr<StrArrayAttr>:$nodes,
                       OptionalAttr<AffineMapAttr>:$dims);
  let assemblyFormat =
    "$kernel `reads` $reads `writes` $writes (`scratch` $scratch^)? attr-dict";
}

def Plan_CopyOp : Plan_Op<"copy", []> {
  let summary = "copies bytes: an input or constant that is also an output";
  let description = [{
    `count`, when present, is how many of the bytes there are at run time; `to`
    may then be larger, where the largest extents of a shape cannot all come
    together.
  }];
  let arguments = (ins Plan_RefAttr:$from, Plan_RefAttr:$to,
                       OptionalAttr<AffineMapAttr>:$count);
  let assemblyFormat = "$from `to` $to attr-dict";
}

def Plan_BindOp : Plan_Op<"bind", []> {
  let summary = "elements of a buffer of integers become symbols";
  let description = [{
    See `xgen.bind`. `width` is the bits of an element.
  }];
  let arguments = (ins Plan_RefAttr:$from, I64Attr:$width, AffineMapAttr:$map);
  let assemblyFormat = "$from `as` $map attr-dict";
}

def Plan_IfOp : Plan_Op<"if", [NoRegionArguments]> {
  let summary = "one of two pieces of the program";
  let description = [{
    `condition` is one byte, 0 or 1. Each piece ends in `plan.yield`, which
    names what it has written of `writes`: as many buffers, each the beginning
    of one of them. Symbols of the scopes `names` have values inside only.
  }];
  let arguments = (ins Plan_RefAttr:$condition, Plan_RefArrayAttr:$writes,
                       StrArrayAttr:$names);
  let regions = (region SizedRegion<1>:$then_body, SizedRegion<1>:$else_body);
  let assemblyFormat = [{
    $condition `writes` $writes `named` $names attr-dict-with-keyword
    $then_body `else` $else_body
  }];
}

def Plan_YieldOp : Plan_Op<"yield", [Terminator, HasParent<"IfOp">]> {
  let summary = "what a branch has written";
  let arguments = (ins Plan_RefArrayAttr:$writes);
  let assemblyFormat = "$writes attr-dict";
}

def Plan_LoopOp : Plan_Op<"loop", [NoRegionArguments, NoTerminator]> {
  let summary = "a piece of the program, again and again";
  let description = [{
    See `xgen.loop`. `trips`, `index` and `count` are 8 bytes, `condition` is one
    byte that the body may write. `index` holds the number of the iteration
    inside, `count` how often the body ran afterwards. `carries` must have been
    written before. `writes` (among them the buffers of which `carries` are the
    beginnings) count as written as a whole in the loop and after it, although
    some of their bytes may never be. What goes from one iteration to the next,
    the body copies itself. Symbols of the scope `name` have values inside only.
  }];
  let arguments = (ins OptionalAttr<Plan_RefAttr>:$trips,
                       OptionalAttr<Plan_RefAttr>:$condition,
                       I64Attr:$most, Plan_RefAttr:$index, Plan_RefAttr:$count,
                       Plan_RefArrayAttr:$carries, Plan_RefArrayAttr:$writes,
                       StrAttr:$name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`trips` $trips^)? (`while` $condition^)? `most` $most `index` $index
    `count` $count `carries` $carries `writes` $writes `named` $name
    attr-dict-with-keyword $body
  }];
}

def Plan_AppendOp : Plan_Op<"append", []> {
  let summary = "copies a loop's part behind those of earlier iterations";
  let description = [{
    To `to`, at the number of the iteration times the number of bytes: `count`,
    when present, else all of `from`.
  }];
  let arguments = (ins Plan_RefAttr:$from, Plan_RefAttr:$to,
                       OptionalAttr<AffineMapAttr>:$count);
  let assemblyFormat = "$from `to` $to attr-dict";
}

#endif // XGEN_DIALECTS_PLAN_OPS_TD
