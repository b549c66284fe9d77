//===- XgenBase.td - The xgen dialect: base definitions ----*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The tensor algebra that every network is rewritten to: about fifty pure ops
// with value semantics. Kinds are enum attributes, so that a pass needs one
// pattern for all unary ops and not forty.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_BASE_TD
#define XGEN_DIALECTS_XGEN_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "XgenInterfaces.td"

def Xgen_Dialect : Dialect {
  let name = "xgen";
  let cppNamespace = "::xgen::ir";
  let summary = "Tensor algebra of neural networks, target independent";
  let description = [{
    Ops are pure and work on ranked tensors. Three slots are independent, so
    that passes compose: the element type says what the numbers mean
    (`!quant.uniform`), the tensor encoding says how they are stored
    (`#xgen.block_sparse`), and op attributes hold the arithmetic contract.

    Signless integers are signed (`i8` is ONNX's int8), `ui8` is unsigned,
    `i1` is bool and takes one byte in memory. Spatial ops are channels-last:
    activations are `[N, spatial..., C]`, convolution weights
    `[spatial..., C_in / groups, C_out]`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasConstantMaterializer = 1;
}

/// `mapping`: OneToOne, OneToMany, ManyToMany, Reorganize or Shuffle.
class Xgen_Op<string mnemonic, string mapping, list<Trait> traits = []>
    : Op<Xgen_Dialect, mnemonic,
         !listconcat(traits, [Pure,
           DeclareOpInterfaceMethods<Xgen_TensorOpInterface>])> {
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = "::xgen::ir::Mapping $cppClass::getMapping() {"
      # " return ::xgen::ir::Mapping::" # mapping # "; }";
}

/// An op whose result types follow from its operands and attributes.
/// A quantized result may have other parameters than its operands.
class Xgen_InferOp<string mnemonic, string mapping, list<Trait> traits = []>
    : Xgen_Op<mnemonic, mapping, !listconcat(traits,
        [DeclareOpInterfaceMethods<InferTypeOpInterface,
                                   ["inferReturnTypes"]>])> {
  let extraClassDeclaration = "static bool isCompatibleReturnTypes("
      # "::mlir::TypeRange inferred, ::mlir::TypeRange actual);";
  let extraClassDefinition = "::xgen::ir::Mapping $cppClass::getMapping() {"
      # " return ::xgen::ir::Mapping::" # mapping # "; }\n"
      # "bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange inferred,"
      # " ::mlir::TypeRange actual) {"
      # " return ::xgen::ir::compatibleTypes(inferred, actual); }";
}

/// A convolution or matrix product.
class Xgen_MacOp<string mnemonic, list<Trait> traits = []>
    : Op<Xgen_Dialect, mnemonic,
         !listconcat(traits, [Pure,
           DeclareOpInterfaceMethods<Xgen_TensorOpInterface, ["getMacs"]>])> {
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = "::xgen::ir::Mapping $cppClass::getMapping() {"
      # " return ::xgen::ir::Mapping::ManyToMany; }";
  let hasVerifier = 1;
}

class Xgen_EnumAttr<EnumInfo info, string mnemonic>
    : EnumAttr<Xgen_Dialect, info, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

/// A ranked tensor of numbers or booleans, of any storage.
def Xgen_Tensor : RankedTensorOf<[AnyType]>;

#endif // XGEN_DIALECTS_XGEN_BASE_TD
