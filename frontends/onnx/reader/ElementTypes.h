//===- ElementTypes.h - Numbers of ONNX element types ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// TensorProto.DataType, for the reader and for attributes such as Cast's `to`.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_READER_ELEMENTTYPES_H
#define XGEN_FRONTENDS_ONNX_READER_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include <string>

namespace xgen::onnx {

// Written out, because libonnx 1.12 stops at BFLOAT16.
enum DataType {
  Float = 1, UInt8, Int8, UInt16, Int16, Int32, Int64, String, Bool, Float16,
  Double, UInt32, UInt64, Complex64, Complex128, BFloat16, F8E4M3FN,
  F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, UInt4, Int4, F4E2M1, F8E8M0, UInt2, Int2
};

/// The element type, or null for strings and unknown numbers.
mlir::Type elementTypeOf(mlir::MLIRContext *context, int64_t dataType);
/// ONNX's name of an element type, for messages.
std::string elementTypeName(int64_t dataType);

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_READER_ELEMENTTYPES_H
