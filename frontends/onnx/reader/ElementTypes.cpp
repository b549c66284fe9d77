//===- ElementTypes.cpp - Numbers of ONNX element types -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Signless integers are signed; unsigned ones say so.
//
//===----------------------------------------------------------------------===//

#include "ElementTypes.h"

using namespace mlir;

namespace xgen::onnx {

Type elementTypeOf(MLIRContext *c, int64_t dataType) {
  auto unsignedInt = [&](unsigned bits) {
    return IntegerType::get(c, bits, IntegerType::Unsigned);
  };
  switch (dataType) {
  case Float: return Float32Type::get(c);
  case UInt8: return unsignedInt(8);
  case Int8: return IntegerType::get(c, 8);
  case UInt16: return unsignedInt(16);
  case Int16: return IntegerType::get(c, 16);
  case Int32: return IntegerType::get(c, 32);
  case Int64: return IntegerType::get(c, 64);
  case Bool: return IntegerType::get(c, 1);
  case Float16: return Float16Type::get(c);
  case Double: return Float64Type::get(c);
  case UInt32: return unsignedInt(32);
  case UInt64: return unsignedInt(64);
  case Complex64: return ComplexType::get(Float32Type::get(c));
  case Complex128: return ComplexType::get(Float64Type::get(c));
  case BFloat16: return BFloat16Type::get(c);
  case F8E4M3FN: return Float8E4M3FNType::get(c);
  case F8E4M3FNUZ: return Float8E4M3FNUZType::get(c);
  case F8E5M2: return Float8E5M2Type::get(c);
  case F8E5M2FNUZ: return Float8E5M2FNUZType::get(c);
  case UInt4: return unsignedInt(4);
  case Int4: return IntegerType::get(c, 4);
  case F4E2M1: return Float4E2M1FNType::get(c);
  case F8E8M0: return Float8E8M0FNUType::get(c);
  case UInt2: return unsignedInt(2);
  case Int2: return IntegerType::get(c, 2);
  default: return {};
  }
}

std::string elementTypeName(int64_t dataType) {
  static const char *const names[] = {
      "undefined", "float", "uint8", "int8", "uint16", "int16", "int32",
      "int64", "string", "bool", "float16", "double", "uint32", "uint64",
      "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz",
      "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
      "float8e8m0", "uint2", "int2"};
  if (dataType >= 0 && dataType < int64_t(std::size(names)))
    return names[dataType];
  return "number " + std::to_string(dataType);
}

} // namespace xgen::onnx
