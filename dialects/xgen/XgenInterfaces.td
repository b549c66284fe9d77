//===- XgenInterfaces.td - Interfaces of the xgen dialect --*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_INTERFACES_TD
#define XGEN_DIALECTS_XGEN_INTERFACES_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"

def Xgen_TensorOpInterface : OpInterface<"TensorOpInterface"> {
  let cppNamespace = "::xgen::ir";
  let description = [{
    What fusion and reports ask of every xgen op.
  }];
  let methods = [
    InterfaceMethod<[{
      How output elements depend on input elements: decides fusion (DNNFusion,
      PLDI 2021, table 2).
    }], "::xgen::ir::Mapping", "getMapping">,
    InterfaceMethod<[{
      Multiply-adds of one execution: non-zero for convolutions and matrix
      products only.
    }], "int64_t", "getMacs", (ins), [{}], [{ return 0; }]>
  ];
}

def Xgen_EncodingInterface : AttrInterface<"EncodingInterface"> {
  let cppNamespace = "::xgen::ir";
  let description = [{
    How a tensor is stored. A new scheme is one file that implements this: the
    compiler packs constants with it, `eval` and `verify` unpack with it, and
    only the emitters that know the scheme look inside.
  }];
  let methods = [
    InterfaceMethod<"bytes of `type`'s storage in this encoding", "int64_t",
      "getPackedBytes", (ins "::mlir::RankedTensorType":$type)>,
    InterfaceMethod<"dense row-major bytes to storage; fails with a reason when "
      "the contents do not fit the scheme", "::llvm::Error", "pack",
      (ins "::mlir::RankedTensorType":$type, "::llvm::ArrayRef<char>":$dense,
           "::llvm::MutableArrayRef<char>":$packed)>,
    InterfaceMethod<"storage to dense row-major bytes", "::llvm::Error",
      "unpack", (ins "::mlir::RankedTensorType":$type,
      "::llvm::ArrayRef<char>":$packed, "::llvm::MutableArrayRef<char>":$dense)>
  ];
}

#endif // XGEN_DIALECTS_XGEN_INTERFACES_TD
