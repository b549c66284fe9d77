//===- QuantTypes.cpp - Scales and zero points ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See the header.
//
//===----------------------------------------------------------------------===//

#include "passes/quantization/QuantTypes.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

quant::QuantizedType xgen::withStorage(quant::QuantizedType type, unsigned bits,
                                       bool isSigned,
                                       ArrayRef<int64_t> zeroPoints) {
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(type.getContext(), bits);
  int64_t low = quant::QuantizedType::getDefaultMinimumForInteger(isSigned, bits);
  int64_t high =
      quant::QuantizedType::getDefaultMaximumForInteger(isSigned, bits);
  if (auto q = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return quant::UniformQuantizedPerAxisType::get(
        flags, storage, q.getExpressedType(), q.getScales(), zeroPoints,
        q.getQuantizedDimension(), low, high);
  auto q = cast<quant::UniformQuantizedType>(type);
  return quant::UniformQuantizedType::get(flags, storage, q.getExpressedType(),
                                          q.getScale(), zeroPoints.front(), low,
                                          high);
}

Value xgen::makeQuantized(OpBuilder &builder, Location loc,
                          RankedTensorType type, ArrayRef<int64_t> storage) {
  Value bytes = makeIntegers(builder, loc, storageTensor(type), storage);
  return ReinterpretOp::create(builder, loc, type, bytes);
}
