//===- KernelOps.td - The kernel dialect -------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The unit of code generation. A kernel groups xgen ops; semantics stay in
// those ops, so that the reference evaluator, the Halide emitters and a reader
// see the same thing.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_KERNEL_OPS_TD
#define XGEN_DIALECTS_KERNEL_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::xgen::kernel";
  let summary = "Units of code generation and their schedules";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def Kernel_ScheduleAttr : AttrDef<Kernel_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "a schedule template and its parameters";
  let description = [{
    `template` names a file of codegen/halide/schedules, or `eval` for the
    reference kernel; `params` are integers. Part of the kernel cache's key.
  }];
  let parameters = (ins StringRefParameter<>:$template_name,
                        OptionalParameter<"::mlir::DictionaryAttr">:$params);
  let assemblyFormat = "`<` $template_name (`,` $params^)? `>`";
}

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_FuncOp : Kernel_Op<"func", [FunctionOpInterface, IsolatedFromAbove,
    OpAsmOpInterface, SingleBlock]> {
  let summary = "a kernel: isolated, its body xgen ops";
  let description = [{
    Equal kernels are one symbol. `schedule` is chosen before code generation.
    `inplace` lists pairs (operand, result) that may share memory. `kernel.serial`
    among the other attributes: code is made for one thread whatever the target has.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
    TypeAttrOf<FunctionType>:$function_type,
    OptionalAttr<Kernel_ScheduleAttr>:$schedule,
    OptionalAttr<DenseI64ArrayAttr>:$inplace,
    OptionalAttr<DictArrayAttr>:$arg_attrs,
    OptionalAttr<DictArrayAttr>:$res_attrs,
    OptionalAttr<StrAttr>:$sym_visibility);
  let regions = (region AnyRegion:$body);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name,
                                 "::mlir::FunctionType":$type)>];
  let hasCustomAssemblyFormat = 1;
  let skipDefaultBuilders = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    bool isDeclaration() { return false; }
  }];
}

def Kernel_ReturnOp : Kernel_Op<"return", [Pure, Terminator, ReturnLike,
    HasParent<"FuncOp">]> {
  let summary = "results of a kernel";
  let arguments = (ins Variadic<AnyRankedTensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def Kernel_LaunchOp : Kernel_Op<"launch", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one execution of a kernel";
  let description = [{
    `nodes` are the names of the ONNX nodes that the kernel computes: they stand
    here and not on the kernel, so that equal kernels stay equal. `dims` are
    the values of the symbols that extents in the kernel are made of.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee,
                       Variadic<AnyRankedTensor>:$inputs,
                       OptionalAttr<StrArrayAttr>:$nodes,
                       OptionalAttr<AffineMapAttr>:$dims);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $results)
  }];
}

#endif // XGEN_DIALECTS_KERNEL_OPS_TD
