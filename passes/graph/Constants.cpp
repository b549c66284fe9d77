//===- Constants.cpp - Reading and making constants -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// DenseElementsAttr lives as long as the context and is hashed whenever it is
// made, so it is for small tensors; weights are blobs.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/GraphUtils.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "dialects/xgen/XgenConstants.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

ElementsAttr xgen::constantOf(Value value) {
  if (auto op = value.getDefiningOp<ConstantOp>())
    return op.getValue();
  return nullptr;
}

bool xgen::isConstantLike(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isa<ReinterpretOp, QuantizeOp, DequantizeOp, RequantizeOp,
                   TransposeOp, ReshapeOp, SliceOp, EncodeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<ConstantOp>(op);
}

ArrayRef<char> xgen::bytesOf(ElementsAttr attr, std::vector<char> &storage) {
  auto type = cast<RankedTensorType>(attr.getType());
  std::optional<ArrayRef<char>> bytes = constantBytes(attr, storage);
  // A blob whose memory was given back is empty.
  if (!bytes || (int64_t)bytes->size() != tensorBytes(type))
    return {};
  return *bytes;
}

static float toFloat(const llvm::fltSemantics &semantics, uint64_t bits) {
  llvm::APFloat value(semantics,
                      llvm::APInt(llvm::APFloat::getSizeInBits(semantics), bits));
  bool lost;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &lost);
  return value.convertToFloat();
}

static uint64_t loadBits(const char *at, size_t width) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, width);
  return bits;
}

std::optional<std::vector<float>> xgen::floatsOf(Value value) {
  ElementsAttr attr = constantOf(value);
  if (!attr)
    return std::nullopt;
  auto type = dyn_cast<FloatType>(typeOf(value).getElementType());
  if (!type)
    return std::nullopt;
  std::vector<char> storage;
  ArrayRef<char> bytes = bytesOf(attr, storage);
  size_t width = type.getWidth() / 8;
  std::vector<float> result(typeOf(value).getNumElements());
  if (bytes.size() != result.size() * width || !width)
    return std::nullopt;
  if (type.isF32()) {
    std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }
  for (auto [i, out] : llvm::enumerate(result))
    out = toFloat(type.getFloatSemantics(),
                  loadBits(bytes.data() + i * width, width));
  return result;
}

std::optional<std::vector<int64_t>> xgen::integersOf(Value value) {
  ElementsAttr attr = constantOf(value);
  auto type = attr ? dyn_cast<IntegerType>(storageType(
                         typeOf(value).getElementType()))
                   : IntegerType();
  if (!type)
    return std::nullopt;
  std::vector<char> storage;
  ArrayRef<char> bytes = bytesOf(attr, storage);
  size_t width = elementBytes(type);
  std::vector<int64_t> result(typeOf(value).getNumElements());
  if (bytes.size() != result.size() * width)
    return std::nullopt;
  for (auto [i, out] : llvm::enumerate(result)) {
    uint64_t bits = loadBits(bytes.data() + i * width, width);
    bool isSigned = !type.isUnsigned() && type.getWidth() > 1;
    out = isSigned ? llvm::SignExtend64(bits, width * 8) : (int64_t)bits;
  }
  return result;
}

std::optional<double> xgen::splatOf(Value value) {
  ElementsAttr attr = constantOf(value);
  if (!attr || typeOf(value).getNumElements() == 0)
    return std::nullopt;
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  Type element = typeOf(value).getElementType();
  if (dense && !dense.isSplat())
    return std::nullopt;
  if (dense && isa<FloatType>(element)) {
    llvm::APFloat number = dense.getSplatValue<llvm::APFloat>();
    bool lost;
    number.convert(llvm::APFloat::IEEEdouble(),
                   llvm::APFloat::rmNearestTiesToEven, &lost);
    return number.convertToDouble();
  }
  std::vector<char> storage;
  ArrayRef<char> bytes = bytesOf(attr, storage);
  size_t width = elementBytes(element);
  if (bytes.empty() || bytes.size() % width)
    return std::nullopt;
  for (size_t i = width; i < bytes.size(); i += width)
    if (std::memcmp(bytes.data(), bytes.data() + i, width))
      return std::nullopt;
  uint64_t bits = loadBits(bytes.data(), width);
  if (auto type = dyn_cast<FloatType>(element)) {
    if (type.isF64())
      return llvm::bit_cast<double>(bits);
    return toFloat(type.getFloatSemantics(), bits);
  }
  auto type = cast<IntegerType>(storageType(element));
  return type.isUnsigned() || type.getWidth() == 1
             ? (double)bits
             : (double)llvm::SignExtend64(bits, width * 8);
}

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

Value xgen::makeConstant(OpBuilder &builder, Location loc,
                         RankedTensorType type, std::vector<char> bytes) {
  return ConstantOp::create(builder, loc, type,
                            ir::makeConstant(type, std::move(bytes)));
}

Value xgen::makeFloats(OpBuilder &builder, Location loc, RankedTensorType type,
                       ArrayRef<float> values) {
  auto element = cast<FloatType>(type.getElementType());
  if (element.isF32())
    return makeConstant(builder, loc, type,
                        std::vector<char>((const char *)values.begin(),
                                          (const char *)values.end()));
  size_t width = element.getWidth() / 8;
  std::vector<char> bytes(values.size() * width);
  for (auto [i, value] : llvm::enumerate(values)) {
    llvm::APFloat number(value);
    bool lost;
    number.convert(element.getFloatSemantics(),
                   llvm::APFloat::rmNearestTiesToEven, &lost);
    uint64_t bits = number.bitcastToAPInt().getZExtValue();
    std::memcpy(bytes.data() + i * width, &bits, width);
  }
  return makeConstant(builder, loc, type, std::move(bytes));
}

Value xgen::makeIntegers(OpBuilder &builder, Location loc,
                         RankedTensorType type, ArrayRef<int64_t> values) {
  size_t width = elementBytes(type.getElementType());
  std::vector<char> bytes(values.size() * width);
  for (auto [i, value] : llvm::enumerate(values))
    std::memcpy(bytes.data() + i * width, &value, width);
  return makeConstant(builder, loc, type, std::move(bytes));
}

Value xgen::makeScalar(OpBuilder &builder, Location loc, Type element,
                       double value) {
  auto type = RankedTensorType::get({}, element);
  if (isa<FloatType>(element))
    return makeFloats(builder, loc, type, {(float)value});
  return makeIntegers(builder, loc, type, {(int64_t)value});
}

//===----------------------------------------------------------------------===//
// Memory of blobs
//===----------------------------------------------------------------------===//

/// Calls fn for every blob handle that attributes below `root` mention.
static void forEachHandle(Attribute attr,
                          function_ref<void(DenseResourceElementsHandle)> fn) {
  if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(attr))
    return fn(resource.getRawHandle());
  if (isa_and_nonnull<ArrayAttr, DictionaryAttr>(attr))
    attr.walk([&](DenseResourceElementsAttr inner) { fn(inner.getRawHandle()); });
}

static void forEachHandle(Operation *root,
                          function_ref<void(DenseResourceElementsHandle)> fn) {
  root->walk([&](Operation *op) {
    if (auto constant = dyn_cast<ConstantOp>(op))
      return forEachHandle(constant.getValueAttr(), fn);
    for (NamedAttribute attr : op->getAttrs())
      forEachHandle(attr.getValue(), fn);
  });
}

static void freeBlob(DenseResourceElementsHandle handle) {
  if (auto *blob = handle.getBlob())
    *blob = AsmResourceBlob(ArrayRef<char>(), 1, nullptr, false);
}

ResourceUses::ResourceUses(Operation *root) {
  forEachHandle(root, [&](DenseResourceElementsHandle handle) {
    ++count[handle.getKey()];
  });
}

void ResourceUses::add(Attribute attr) {
  forEachHandle(attr, [&](DenseResourceElementsHandle handle) {
    ++count[handle.getKey()];
  });
}

void ResourceUses::drop(Attribute attr) {
  forEachHandle(attr, [&](DenseResourceElementsHandle handle) {
    if (--count[handle.getKey()] == 0)
      freeBlob(handle);
  });
}

void xgen::releaseDeadResources(Operation *root) {
  llvm::StringSet<> used;
  forEachHandle(root, [&](DenseResourceElementsHandle handle) {
    used.insert(handle.getKey());
  });
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(root->getContext());
  SmallVector<std::string> dead;
  manager.getBlobManager().getBlobMap([&](const auto &map) {
    for (const auto &entry : map)
      if (!used.contains(entry.getKey()) && entry.second.getBlob() &&
          !entry.second.getBlob()->getData().empty())
        dead.push_back(entry.getKey().str());
  });
  for (StringRef name : dead)
    manager.getBlobManager().update(
        name, AsmResourceBlob(ArrayRef<char>(), 1, nullptr, false));
}
