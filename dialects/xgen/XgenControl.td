//===- XgenControl.td - Branches and loops -----------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A branch or a loop's body is a private function of the module that one op
// calls. Whatever it reads is an operand, so that passes work on straight lines
// everywhere. Its types may hold the symbols that are known where it is called.
//
// A result of these ops has the type of the largest tensor that may come out,
// and is dense at its actual extents, as in XgenSelection.td: whoever cares
// returns those extents as another result, binds them, and takes a prefix.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_CONTROL_TD
#define XGEN_DIALECTS_XGEN_CONTROL_TD

include "XgenBase.td"
include "mlir/IR/SymbolInterfaces.td"

class Xgen_CallOp<string mnemonic, list<Trait> traits = []>
    : Op<Xgen_Dialect, mnemonic, !listconcat(traits, [Pure,
         DeclareOpInterfaceMethods<Xgen_TensorOpInterface>,
         DeclareOpInterfaceMethods<SymbolUserOpInterface>])> {
  let extraClassDefinition = "::xgen::ir::Mapping $cppClass::getMapping() {"
      # " return ::xgen::ir::Mapping::ManyToMany; }";
}

def Xgen_IfOp : Xgen_CallOp<"if"> {
  let summary = "one of two functions, as a condition says";
  let description = [{
    `condition` is one i1. Both functions take `captured` and return as many
    results; only one of them runs.
  }];
  let arguments = (ins Xgen_Tensor:$condition, Variadic<Xgen_Tensor>:$captured,
                       FlatSymbolRefAttr:$then_branch,
                       FlatSymbolRefAttr:$else_branch);
  let results = (outs Variadic<Xgen_Tensor>:$results);
  let assemblyFormat = [{
    $condition `then` $then_branch `else` $else_branch `(` $captured `)`
    attr-dict `:` functional-type(operands, results)
  }];
}

def Xgen_LoopOp : Xgen_CallOp<"loop", [AttrSizedOperandSegments]> {
  let summary = "a function again and again";
  let description = [{
    `trips` times (one i64; negative is 0), and with `conditional` only as long
    as the first carried value, one i1, is true; one of the two must be there.
    The function takes the number of the iteration (i64, []), the carried values
    and `captured`; it returns the next carried values, and one part of each
    scan output.

    Results: the last carried values; the scan outputs, their parts one after
    another, with room for `most` of them; how often the function ran (i64, [1]).
    An iteration beyond `most` ends the program with XGEN_E_SHAPE.
  }];
  let arguments = (ins FlatSymbolRefAttr:$body, Optional<Xgen_Tensor>:$trips,
                       Variadic<Xgen_Tensor>:$initial,
                       Variadic<Xgen_Tensor>:$captured,
                       I64Attr:$most, UnitAttr:$conditional);
  let results = (outs Variadic<Xgen_Tensor>:$results);
  let assemblyFormat = [{
    $body (`trips` $trips^)? (`while` $conditional^)? `most` $most
    `carries` `(` $initial `)` `captures` `(` $captured `)`
    attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    /// Parts of the results.
    ::mlir::ResultRange getCarried() {
      return getResults().take_front(getInitial().size());
    }
    ::mlir::ResultRange getScans() {
      return getResults().drop_front(getInitial().size()).drop_back();
    }
    ::mlir::Value getCount() { return getResults().back(); }
  }];
  let hasVerifier = 1;
}

#endif // XGEN_DIALECTS_XGEN_CONTROL_TD
