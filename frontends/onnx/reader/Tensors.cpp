//===- Tensors.cpp - ONNX tensors to attributes ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Small tensors and splats become dense attributes, which read well in text;
// others adopt protobuf's string, or map a side file, as a resource blob: a
// weight is in memory once.
//
//===----------------------------------------------------------------------===//

#include "Reader.h"

#include "ElementTypes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace mlir;

namespace xgen::onnx {

namespace {

/// Tensors up to this size print as numbers.
constexpr int64_t inlineFloatBytes = 64;
constexpr int64_t inlineIntegerBytes = 1024;

/// Bits an element takes in ONNX's raw_data, and whether it is signed there.
struct Packing {
  unsigned bits;
  bool isSigned;
};

Packing packing(int32_t dataType, Type elementType) {
  switch (dataType) {
  case UInt4: case F4E2M1: return {4, false};
  case Int4: return {4, true};
  case UInt2: return {2, false};
  case Int2: return {2, true};
  case Bool: return {8, false};
  default: break;
  }
  if (auto complex = dyn_cast<ComplexType>(elementType))
    return {2 * complex.getElementType().getIntOrFloatBitWidth(), true};
  return {elementType.getIntOrFloatBitWidth(), true};
}

bool isSplat(StringRef bytes, size_t step) {
  // Each element equals its predecessor.
  return bytes.size() <= step ||
         std::memcmp(bytes.data(), bytes.data() + step, bytes.size() - step) == 0;
}

} // namespace

Type TensorReader::elementType(int32_t dataType) {
  return elementTypeOf(&context, dataType);
}

std::string TensorReader::typeName(int32_t dataType) {
  return elementTypeName(dataType);
}

bool TensorReader::checkedSize(ArrayRef<int64_t> shape, int64_t elementBytes,
                               int64_t &elements) {
  elements = 1;
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return false;
    if (dim == 0) {
      empty = true;
      continue;
    }
    if (llvm::MulOverflow(elements, dim, elements) ||
        elements > maxTensorBytes / elementBytes)
      return false;
  }
  if (empty)
    elements = 0;
  return true;
}

std::string TensorReader::unpackNibbles(StringRef packed, int64_t elements,
                                        unsigned bits, bool isSigned) {
  std::string bytes(elements, '\0');
  unsigned perByte = 8 / bits;
  for (int64_t i = 0; i < elements; ++i) {
    unsigned value = (uint8_t(packed[i / perByte]) >> (i % perByte * bits)) &
                     ((1u << bits) - 1);
    bytes[i] = isSigned ? char(llvm::SignExtend64(value, bits)) : char(value);
  }
  return bytes;
}

ElementsAttr TensorReader::fromBytes(RankedTensorType type, std::string bytes,
                                     StringRef name) {
  Type element = type.getElementType();
  if (element.isInteger(1)) {
    SmallVector<bool> values;
    values.reserve(bytes.size());
    for (char byte : bytes)
      values.push_back(byte != 0);
    return DenseElementsAttr::get(type, values);
  }
  bool subByte = element.isIntOrFloat() && element.getIntOrFloatBitWidth() < 8;
  if (!subByte) {
    int64_t elements = type.getNumElements();
    size_t step = elements ? bytes.size() / elements : 0;
    if (!elements)
      return DenseElementsAttr::getFromRawBuffer(type, {});
    int64_t inlineBytes =
        isa<IntegerType>(element) ? inlineIntegerBytes : inlineFloatBytes;
    if (isSplat(bytes, step))
      return DenseElementsAttr::getFromRawBuffer(
          type, ArrayRef<char>(bytes.data(), step));
    if (int64_t(bytes.size()) <= inlineBytes)
      return DenseElementsAttr::getFromRawBuffer(
          type, ArrayRef<char>(bytes.data(), bytes.size()));
  }
  auto *owner = new std::string(std::move(bytes));
  AsmResourceBlob blob(
      ArrayRef<char>(owner->data(), owner->size()), alignof(double),
      [owner](void *, size_t, size_t) { delete owner; }, false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

namespace {

template <class T>
void append(std::string &bytes, T value) {
  bytes.append(reinterpret_cast<const char *>(&value), sizeof(T));
}

} // namespace

LogicalResult TensorReader::typedField(const pb::TensorProto &tensor,
                                       int64_t elements, unsigned bits,
                                       std::string &bytes, StringRef what) {
  int32_t dataType = tensor.data_type();
  int64_t expected = elements, found = 0;
  auto fill = [&](const auto &field, auto convert) {
    found = field.size();
    if (found != expected)
      return;
    bytes.reserve(elements * (bits / 8));
    for (auto value : field)
      convert(value);
  };
  switch (dataType) {
  case Complex64: expected *= 2; [[fallthrough]];
  case Float:
    fill(tensor.float_data(), [&](float v) { append(bytes, v); });
    break;
  case Complex128: expected *= 2; [[fallthrough]];
  case Double:
    fill(tensor.double_data(), [&](double v) { append(bytes, v); });
    break;
  case Int64:
    fill(tensor.int64_data(), [&](int64_t v) { append(bytes, v); });
    break;
  case UInt64:
    fill(tensor.uint64_data(), [&](uint64_t v) { append(bytes, v); });
    break;
  case UInt32:
    fill(tensor.uint64_data(), [&](uint64_t v) { append(bytes, uint32_t(v)); });
    break;
  case UInt4: case Int4: case F4E2M1: case UInt2: case Int2: {
    // int32_data holds one byte of packed elements each.
    unsigned perByte = 8 / bits;
    expected = elements / perByte + (elements % perByte != 0);
    fill(tensor.int32_data(), [&](int32_t v) { append(bytes, uint8_t(v)); });
    break;
  }
  default:
    fill(tensor.int32_data(), [&](int32_t v) {
      if (bits == 32)
        append(bytes, v);
      else if (bits == 16)
        append(bytes, uint16_t(v));
      else
        append(bytes, uint8_t(v));
    });
    break;
  }
  if (found != expected)
    return emitError(loc) << what << " has " << elements << " elements of type "
                          << typeName(dataType) << ", but the file holds "
                          << found << " values instead of " << expected;
  return success();
}

ElementsAttr TensorReader::read(pb::TensorProto &tensor, StringRef what,
                                bool steal) {
  int32_t dataType = tensor.data_type();
  if (dataType == String) {
    emitError(loc) << what << ": strings are unsupported";
    return {};
  }
  Type element = elementType(dataType);
  if (!element) {
    emitError(loc) << what << ": unknown element type " << typeName(dataType);
    return {};
  }
  if (tensor.has_segment()) {
    emitError(loc) << what << ": tensors in segments are unsupported";
    return {};
  }
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  auto [bits, isSigned] = packing(dataType, element);
  int64_t elements;
  if (shape.size() > maxRank ||
      !checkedSize(shape, std::max(1u, bits / 8), elements)) {
    auto diag = emitError(loc) << what << ": bad shape [";
    llvm::interleaveComma(shape, diag);
    diag << "]";
    return {};
  }
  auto type = RankedTensorType::get(shape, element);
  unsigned perByte = bits < 8 ? 8 / bits : 1;
  int64_t bytes = bits < 8 ? elements / perByte + (elements % perByte != 0)
                           : elements * (bits / 8);

  std::string data;
  if (tensor.data_location() == pb::TensorProto_DataLocation_EXTERNAL) {
    ElementsAttr external = fromExternal(tensor, type, bytes, what);
    return external;
  }
  if (tensor.has_raw_data()) {
    if (int64_t(tensor.raw_data().size()) != bytes) {
      emitError(loc) << what << " of type " << type << " needs " << bytes
                     << " bytes, but the file holds "
                     << tensor.raw_data().size();
      return {};
    }
    if (steal) {
      std::unique_ptr<std::string> owned(tensor.release_raw_data());
      data = std::move(*owned);
    } else {
      data = tensor.raw_data();
    }
  } else {
    if (failed(typedField(tensor, elements, bits, data, what)))
      return {};
    if (steal) {
      // Clear() keeps the memory of repeated fields; swapping frees it.
      pb::TensorProto().Swap(&tensor);
    }
  }
  if (bits < 8)
    data = unpackNibbles(data, elements, bits, isSigned);
  StringRef name = what;
  name.consume_front("tensor '");
  name.consume_back("'");
  return fromBytes(type, std::move(data), name);
}

std::string TensorReader::resolveSideFile(StringRef location, StringRef what) {
  auto fail = [&](const llvm::Twine &why) {
    emitError(loc) << what << ": side file '" << location << "' " << why.str();
    return std::string();
  };
  if (folder.empty())
    return fail("cannot be read: a model in memory has no folder");
  if (location.empty())
    return fail("has no name");
  if (location.contains('\0'))
    return fail("has a name with a zero byte");
  if (llvm::sys::path::is_absolute(location) || location.starts_with("\\"))
    return fail("must be named relative to the model's folder");
  for (StringRef part : llvm::make_range(llvm::sys::path::begin(location),
                                         llvm::sys::path::end(location)))
    if (part == "..")
      return fail("must not leave the model's folder ('..' in its name)");
  SmallString<256> realFolder, realFile, joined(folder);
  llvm::sys::path::append(joined, location);
  if (std::error_code ec = llvm::sys::fs::real_path(folder, realFolder))
    return fail("cannot be read: " + ec.message());
  if (std::error_code ec = llvm::sys::fs::real_path(joined, realFile))
    return fail("cannot be read: " + ec.message());
  // Symbolic links are resolved by now, so a prefix of whole parts is proof.
  StringRef inside = realFile;
  if (!inside.consume_front(realFolder) ||
      (!realFolder.ends_with("/") && !inside.starts_with("/")))
    return fail("lies outside the model's folder");
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(realFile, status) ||
      status.type() != llvm::sys::fs::file_type::regular_file)
    return fail("is not a regular file");
  return std::string(realFile);
}

ElementsAttr TensorReader::fromExternal(pb::TensorProto &tensor,
                                        RankedTensorType type, int64_t bytes,
                                        StringRef what) {
  std::string location;
  int64_t offset = 0, length = bytes;
  for (const auto &entry : tensor.external_data()) {
    if (entry.key() == "location") {
      location = entry.value();
      continue;
    }
    int64_t *number = entry.key() == "offset"   ? &offset
                      : entry.key() == "length" ? &length
                                                : nullptr;
    if (!number)
      continue; // checksum
    if (StringRef(entry.value()).getAsInteger(10, *number) || *number < 0) {
      emitError(loc) << what << ": bad external data " << entry.key() << " '"
                     << entry.value() << "'";
      return {};
    }
  }
  if (length != bytes) {
    emitError(loc) << what << " of type " << type << " needs " << bytes
                   << " bytes, but its external data has length " << length;
    return {};
  }
  std::string path = resolveSideFile(location, what);
  if (path.empty())
    return {};
  uint64_t fileSize = 0;
  if (llvm::sys::fs::file_size(path, fileSize) ||
      uint64_t(offset) > fileSize || uint64_t(bytes) > fileSize - offset) {
    emitError(loc) << what << ": side file '" << location << "' has "
                   << fileSize << " bytes; the tensor wants " << bytes
                   << " from offset " << offset;
    return {};
  }
  if (!bytes)
    return fromBytes(type, {}, what);
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, bytes, offset);
  if (!buffer) {
    emitError(loc) << what << ": side file '" << location
                   << "' cannot be read: " << buffer.getError().message();
    return {};
  }
  StringRef data = (*buffer)->getBuffer();
  if (int64_t(data.size()) < bytes) {
    emitError(loc) << what << ": side file '" << location << "' is too short";
    return {};
  }
  data = data.take_front(bytes);
  auto [bits, isSigned] = packing(tensor.data_type(), type.getElementType());
  StringRef name = what;
  name.consume_front("tensor '");
  name.consume_back("'");
  if (bits < 8)
    return fromBytes(type,
                     unpackNibbles(data, type.getNumElements(), bits, isSigned),
                     name);
  bool aligned = reinterpret_cast<uintptr_t>(data.data()) % alignof(double) == 0;
  bool small = bytes <= inlineIntegerBytes ||
               type.getElementType().isInteger(1) ||
               isSplat(data, bytes / type.getNumElements());
  if (small || !aligned)
    return fromBytes(type, data.str(), name);
  llvm::MemoryBuffer *owner = buffer->release();
  AsmResourceBlob blob(
      ArrayRef<char>(data.data(), data.size()), alignof(double),
      [owner](void *, size_t, size_t) { delete owner; }, false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

} // namespace xgen::onnx
