//===- TensorProto.cpp - onnx.TensorProto files ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads and writes the wire format directly (Proto.h).
//
//===----------------------------------------------------------------------===//

#include "tools/io/Proto.h"
#include "tools/io/Tensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "xgen/xgen.h"
#include <cstring>

using namespace llvm;
using namespace xgen::io;

namespace {

/// Appends the repeated varints of a field, packed or not.
bool appendVarints(const ProtoField &field, std::vector<uint64_t> &values) {
  if (field.isVarint()) {
    values.push_back(field.number);
    return true;
  }
  if (!field.isBytes())
    return false;
  ProtoReader reader(field.bytes);
  while (!reader.done()) {
    uint64_t value;
    if (!reader.varint(value))
      return false;
    values.push_back(value);
  }
  return true;
}

/// Element types of which two or four share a byte of raw data.
int64_t packedBits(int32_t dtype) {
  switch (dtype) {
  case XGEN_U4:
  case XGEN_I4:
  case XGEN_F4E2M1:
    return 4;
  case XGEN_U2:
  case XGEN_I2:
    return 2;
  default:
    return 8 * dtypeBytes(dtype);
  }
}

uint8_t unpack(uint8_t byte, int64_t bits, int64_t at, bool isSigned) {
  uint8_t value = uint8_t(byte >> (bits * at)) & uint8_t((1 << bits) - 1);
  if (isSigned && value >> (bits - 1))
    value |= uint8_t(0xff << bits);
  return value;
}

} // namespace

Expected<Tensor> xgen::io::parseTensorProto(ArrayRef<uint8_t> bytes,
                                            StringRef file, std::string *name) {
  auto fail = [&](const Twine &what) {
    return createStringError(file + ": " + what);
  };
  Tensor t;
  std::vector<uint64_t> dims, words;
  std::vector<uint8_t> fixed; // float_data and double_data
  ArrayRef<uint8_t> raw;
  bool hasRaw = false, hasStrings = false, external = false;
  bool hasName = false, hasParts = false;
  ProtoReader reader(bytes);
  while (!reader.done()) {
    ProtoField field;
    bool ok = reader.next(field);
    ArrayRef<uint8_t> part = field.bytes;
    if (ok) {
      switch (field.id) {
      case 1:
        ok = appendVarints(field, dims);
        break;
      case 2:
        t.dtype = int32_t(field.number);
        ok = field.isVarint();
        break;
      case 3: // a segment, which nobody writes
        hasParts = true;
        break;
      case 4:  // float_data
      case 10: // double_data
        fixed.insert(fixed.end(), part.begin(), part.end());
        break;
      case 5:  // int32_data
      case 7:  // int64_data
      case 11: // uint64_data
        ok = appendVarints(field, words);
        break;
      case 6:
        hasStrings = true;
        break;
      case 8:
        hasName = true;
        if (name)
          name->assign(part.begin(), part.end());
        break;
      case 9:
        raw = part;
        hasRaw = true;
        ok = field.isBytes();
        break;
      case 14:
        external = field.number == 1;
        break;
      default:
        break;
      }
    }
    if (!ok)
      return fail("not an ONNX TensorProto (damaged at byte " +
                  Twine(bytes.size()) + " or another message)");
  }
  // Their messages number a name and elements as ours does dimensions and parts.
  constexpr StringLiteral otherMessage =
      "a sequence or an optional, not a tensor; neither is supported";
  if (hasParts || (!hasName && !dims.empty() && !hasRaw && words.empty() &&
                   fixed.empty() && !llvm::is_contained(dims, 0)))
    return fail(otherMessage);
  if (t.dtype == 8 || hasStrings)
    return fail("tensors of strings are not supported");
  if (external)
    return fail("its data is in another file, which is not supported here");
  int64_t elementBytes = dtypeBytes(t.dtype);
  if (!elementBytes)
    return fail("not an ONNX TensorProto, or its element type " +
                Twine(t.dtype) + " is unknown");
  t.dims.assign(dims.begin(), dims.end());
  Expected<int64_t> n = checkedElements(t.dims, elementBytes);
  if (!n) {
    std::string why = toString(n.takeError());
    return fail(hasName || hasRaw ? why : otherMessage.str());
  }

  int64_t bits = packedBits(t.dtype);
  int64_t perByte = bits < 8 ? 8 / bits : 1;
  bool isSigned = t.dtype == XGEN_I4 || t.dtype == XGEN_I2;
  uint64_t have, need = uint64_t(*n);
  if (hasRaw) {
    have = raw.size();
    need = bits < 8 ? uint64_t((*n + perByte - 1) / perByte)
                    : uint64_t(*n * elementBytes);
  } else if (t.dtype == XGEN_F32 || t.dtype == XGEN_F64) {
    have = fixed.size();
    need = uint64_t(*n * elementBytes);
  } else {
    have = words.size();
    if (bits < 8)
      need = uint64_t((*n + perByte - 1) / perByte);
  }
  if (have != need)
    return fail(formatv("shape {0} of {1} needs {2} values or bytes of data, "
                        "there are {3}",
                        shapeText(t.dims), dtypeName(t.dtype), need, have)
                    .str());
  t.data.resize(size_t(*n * elementBytes));
  if (bits < 8) {
    for (int64_t i = 0; i < *n; ++i) {
      uint8_t byte = hasRaw ? raw[size_t(i / perByte)]
                            : uint8_t(words[size_t(i / perByte)]);
      t.data[size_t(i)] = unpack(byte, bits, i % perByte, isSigned);
    }
  } else if (hasRaw) {
    std::copy(raw.begin(), raw.end(), t.data.begin());
  } else if (t.dtype == XGEN_F32 || t.dtype == XGEN_F64) {
    t.data = std::move(fixed);
  } else {
    for (int64_t i = 0; i < *n; ++i) // little-endian host, as everywhere here
      std::memcpy(&t.data[size_t(i * elementBytes)], &words[size_t(i)],
                  size_t(elementBytes));
  }
  return t;
}

Expected<Tensor> xgen::io::readTensorProto(StringRef path, std::string *name) {
  Expected<std::vector<uint8_t>> bytes = readBytes(path);
  if (!bytes)
    return bytes.takeError();
  return parseTensorProto(*bytes, path, name);
}

std::vector<uint8_t> xgen::io::formatTensorProto(const Tensor &tensor,
                                                 StringRef name) {
  std::vector<uint8_t> bytes, raw;
  ProtoWriter writer(bytes);
  for (int64_t dim : tensor.dims)
    writer.number(1, uint64_t(dim));
  writer.number(2, uint64_t(tensor.dtype));
  writer.text(8, name);
  int64_t bits = packedBits(tensor.dtype);
  if (bits >= 8) {
    writer.part(9, tensor.data);
    return bytes;
  }
  int64_t perByte = 8 / bits;
  raw.resize((tensor.data.size() + size_t(perByte) - 1) / size_t(perByte));
  for (auto [i, value] : enumerate(tensor.data))
    raw[i / size_t(perByte)] |=
        uint8_t((value & ((1 << bits) - 1)) << (bits * (int64_t(i) % perByte)));
  writer.part(9, raw);
  return bytes;
}
