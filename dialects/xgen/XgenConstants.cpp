//===- XgenConstants.cpp - Bytes of constants -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See XgenConstants.h. Resources are named by a hash of their contents, so that
// names do not depend on the order in which passes made them.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenConstants.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace mlir;
using namespace xgen::ir;

/// Above this many bytes a constant is a resource.
static constexpr size_t maxInlineBytes = 256;

std::optional<ArrayRef<char>>
xgen::ir::constantBytes(ElementsAttr value, std::vector<char> &storage) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t bytes = tensorBytes(cast<RankedTensorType>(value.getType()));
    if (!blob || (int64_t)blob->getData().size() != bytes)
      return std::nullopt;
    return blob->getData();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return std::nullopt;
  Type element = dense.getElementType();
  if (element.isInteger(1)) {
    storage.clear();
    for (bool b : dense.getValues<bool>())
      storage.push_back(b);
    return ArrayRef<char>(storage);
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  storage.resize(dense.getNumElements() * raw.size());
  for (size_t i = 0; i < storage.size(); i += raw.size())
    std::memcpy(storage.data() + i, raw.data(), raw.size());
  return ArrayRef<char>(storage);
}

/// A blob that owns `bytes`.
static AsmResourceBlob adopt(std::vector<char> bytes) {
  auto owner = std::make_shared<std::vector<char>>(std::move(bytes));
  ArrayRef<char> data(*owner);
  return AsmResourceBlob(
      data, /*dataAlignment=*/16,
      [owner](void *, size_t, size_t) mutable { owner.reset(); },
      /*dataIsMutable=*/false);
}

ElementsAttr xgen::ir::makeConstant(RankedTensorType type,
                                    std::vector<char> bytes) {
  assert((int64_t)bytes.size() == tensorBytes(type) && "wrong number of bytes");
  if (type.getElementType().isInteger(1) && bytes.size() <= 64 * maxInlineBytes) {
    SmallVector<bool> values(bytes.begin(), bytes.end());
    return DenseElementsAttr::get(type, values);
  }
  size_t element = elementBytes(type.getElementType());
  bool splat = !bytes.empty();
  for (size_t i = element; splat && i < bytes.size(); i += element)
    splat = !std::memcmp(bytes.data(), bytes.data() + i, element);
  if (splat && !type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(
        type, ArrayRef<char>(bytes).take_front(element));
  if (bytes.size() <= maxInlineBytes && !type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);

  auto hash = llvm::xxh3_128bits(
      ArrayRef<uint8_t>(reinterpret_cast<uint8_t *>(bytes.data()), bytes.size()));
  std::string name = "c" + llvm::utohexstr(hash.high64, true, 16) +
                     llvm::utohexstr(hash.low64, true, 16);
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(type.getContext());
  if (auto *entry = manager.getBlobManager().lookup(name)) {
    // The same contents, perhaps with its bytes given back meanwhile.
    if (!entry->getBlob() || entry->getBlob()->getData().size() != bytes.size())
      entry->setBlob(adopt(std::move(bytes)));
    return DenseResourceElementsAttr::get(
        type, DenseResourceElementsHandle(
                  entry, cast<BuiltinDialect>(manager.getDialect())));
  }
  return DenseResourceElementsAttr::get(type, name, adopt(std::move(bytes)));
}
