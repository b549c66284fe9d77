//===- XgenDialect.cpp - The xgen dialect ---------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Registration, constants, and what element types mean in memory.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xgen::ir;

#include "dialects/xgen/XgenOpsDialect.cpp.inc"
#include "dialects/xgen/XgenOpsEnums.cpp.inc"
#include "dialects/xgen/XgenOpsAttrInterfaces.cpp.inc"
#include "dialects/xgen/XgenOpsInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/xgen/XgenOpsAttrs.cpp.inc"

void XgenDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/xgen/XgenOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/xgen/XgenOpsAttrs.cpp.inc"
      >();
}

Operation *XgenDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}

Type xgen::ir::storageType(Type type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized)
    return type;
  return IntegerType::get(type.getContext(),
                          quantized.getStorageTypeIntegralWidth(),
                          quantized.isSigned() ? IntegerType::Signless
                                               : IntegerType::Unsigned);
}

RankedTensorType xgen::ir::storageTensor(RankedTensorType type) {
  return withElement(type, storageType(type.getElementType()));
}

int64_t xgen::ir::elementBytes(Type type) {
  return llvm::divideCeil(storageType(type).getIntOrFloatBitWidth(), 8);
}

int64_t xgen::ir::tensorBytes(RankedTensorType type) {
  if (auto encoding =
          dyn_cast_or_null<EncodingInterface>(type.getEncoding()))
    return encoding.getPackedBytes(type);
  type = largestOf(type);
  return type.getNumElements() * elementBytes(type.getElementType());
}

bool xgen::ir::compatibleTypes(TypeRange inferred, TypeRange actual) {
  return inferred.size() == actual.size() &&
         llvm::all_of(llvm::zip(inferred, actual), [](auto pair) {
           auto want = cast<RankedTensorType>(std::get<0>(pair));
           auto have = dyn_cast<RankedTensorType>(std::get<1>(pair));
           if (want == have)
             return true;
           if (!have || want.getRank() != have.getRank())
             return false;
           bool dynamic = false;
           for (auto [a, b] : llvm::zip(want.getShape(), have.getShape())) {
             bool either = ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
             if (a != b && !either)
               return false;
             dynamic |= either;
           }
           return isQuantized(want) || isQuantized(have) ||
                  (dynamic && want.getElementType() == have.getElementType());
         });
}

std::optional<SmallVector<int64_t>>
xgen::ir::broadcastShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<int64_t> result(a);
  for (auto [r, e] : llvm::zip(llvm::reverse(result), llvm::reverse(b))) {
    if (r == e || e == 1)
      continue;
    if (r != 1)
      return std::nullopt;
    r = e;
  }
  return result;
}
