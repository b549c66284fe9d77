//===- EvalAttrs.h - Ops as reference kernels see them ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Translates an op's operands, types and attributes to the contents of an
// EvalCall (eval/Eval.h). Used to run kernels in the compiler, and by
// codegen/llvm to emit the same tables as constants.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVALATTRS_H
#define XGEN_CODEGEN_REFERENCE_EVALATTRS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xgen {

/// `EvalTensor::dtype` of an element type: a DType, for quantized types with
/// the flags that describe the storage range. nullopt when eval lacks the type.
std::optional<int32_t> evalDType(mlir::Type elementType);

/// Contents of an EvalQuant.
struct EvalQuantContent {
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints;
  int32_t axis = 0;
};
/// nullopt for types that are not quantized.
std::optional<EvalQuantContent> evalQuant(mlir::Type elementType);

/// The attributes of an xgen op in alphabetical order of their names:
/// enum, bool and integer one word; float the bits of an f64; arrays the count
/// and then words or f64 bits; an absent optional one word INT64_MIN.
/// Segment sizes are left out.
std::vector<int64_t> serializeAttrs(mlir::Operation *op);

/// Where an integer or list of integers stands in these words: its first number
/// and how many there are.
std::optional<std::pair<size_t, size_t>> attrWords(mlir::Operation *op,
                                                   llvm::StringRef name);

/// For each entry of `EvalCall::in` the number of the op's operand, or -1 for an
/// absent optional one.
llvm::SmallVector<int> evalOperands(mlir::Operation *op);

/// "xgen_eval_conv", or "" when the op has no kernel function (constant,
/// reinterpret and encode have none: they are not computed at run time).
std::string evalSymbol(mlir::Operation *op);

} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVALATTRS_H
