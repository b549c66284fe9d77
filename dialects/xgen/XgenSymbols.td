//===- XgenSymbols.td - Extents known at run time ----------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See XgenDims.h: symbols, extents made of them, and the ops between extents and
// tensors.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_SYMBOLS_TD
#define XGEN_DIALECTS_XGEN_SYMBOLS_TD

include "XgenAttrs.td"

def Xgen_DimsAttr : AttrDef<Xgen_Dialect, "Dims"> {
  let mnemonic = "dims";
  let summary = "extents of a tensor that are known at run time";
  let description = [{
    The encoding of a dynamic tensor: one result of `map` a dimension, over the
    module's symbols (in a kernel: over the kernel's own), and the bounds of
    each. Data is dense at its actual extents.
  }];
  let parameters = (ins "::mlir::AffineMap":$map,
                        ArrayRefParameter<"int64_t">:$min,
                        ArrayRefParameter<"int64_t">:$max);
  let assemblyFormat = "`<` $map `,` `min` `=` `[` $min `]` `,` `max` `=` `[` $max `]` `>`";
}

def SymbolKind : I32Enum<"SymbolKind", "where a symbol's value comes from", [
  // The extent of a free dimension of an input, divided by `factor`.
  I32EnumCase<"Input", 0, "input">,
  // An element of a tensor, read by xgen.bind.
  I32EnumCase<"Data", 1, "data">,
  // Of the expressions in `args`.
  I32EnumCase<"Min", 2, "min">, I32EnumCase<"Max", 3, "max">,
  // 1 when the expressions are equal (the first is less), else 0.
  I32EnumCase<"Equal", 4, "eq">, I32EnumCase<"Less", 5, "lt">,
  // floor(args[0] * factor), the product rounded to float.
  I32EnumCase<"Scaled", 6, "scaled">,
  // No values: the program fails with XGEN_E_SHAPE unless args[0] == args[1]
  // (args[0] <= args[1]).
  I32EnumCase<"RequireEqual", 7, "require_eq">,
  I32EnumCase<"RequireLessEqual", 8, "require_le">
]> { let cppNamespace = "::xgen::ir"; }

def Xgen_SymbolAttr : AttrDef<Xgen_Dialect, "Symbol"> {
  let mnemonic = "symbol";
  let summary = "an entry of the module's table of symbols";
  let description = [{
    A value outside [`min`, `max`] ends the program with XGEN_E_SHAPE. `scope`
    names the function that the entry belongs to: those of a branch that is not
    taken are never computed. None: `@main`.
  }];
  let parameters = (ins EnumParameter<SymbolKind>:$kind,
                        StringRefParameter<>:$name,
                        "int64_t":$min, "int64_t":$max,
                        OptionalParameter<"::mlir::AffineMapAttr">:$args,
                        OptionalParameter<"::mlir::FloatAttr">:$factor,
                        OptionalParameter<"::mlir::StringAttr">:$scope);
  let assemblyFormat = "`<` $kind `,` $name `,` $min `to` $max (`of` $args^)?"
                       " (`times` $factor^)? (`in` $scope^)? `>`";
}

def Xgen_ExtentsOp : Op<Xgen_Dialect, "extents", [Pure,
    DeclareOpInterfaceMethods<Xgen_TensorOpInterface>]> {
  let summary = "a tensor of integers that are expressions of symbols";
  let description = [{
    ONNX Shape and what models compute from it. The expressions stand in
    `xgen.dynamic`.
  }];
  let arguments = (ins DenseI64ArrayAttr:$values);
  let results = (outs Xgen_Tensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let extraClassDefinition = "::xgen::ir::Mapping $cppClass::getMapping() {"
      " return ::xgen::ir::Mapping::OneToMany; }";
}

def Xgen_PrefixOp : Xgen_Op<"prefix", "Reorganize"> {
  let summary = "the first elements, in row-major order, with another shape";
  let description = [{
    What ops with a padded result (XgenSelection.td) hold at their actual
    extents. The result never has more elements than the input. Costs nothing:
    it is the same memory.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_BindOp : Op<Xgen_Dialect, "bind"> {
  let summary = "elements of a tensor become symbols";
  let description = [{
    Element i of `value`, a tensor of integers, is result i of `map`: it defines
    the symbol when that is a data symbol without a value, and otherwise has to
    be equal, or the program ends with XGEN_E_SHAPE. Whatever uses the symbols
    comes later.
  }];
  let arguments = (ins Xgen_Tensor:$value, AffineMapAttr:$map);
  let assemblyFormat = "$value `as` $map attr-dict `:` type($value)";
}

#endif // XGEN_DIALECTS_XGEN_SYMBOLS_TD
