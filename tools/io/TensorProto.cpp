//===- TensorProto.cpp - onnx.TensorProto files ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads the wire format directly: eleven fields of one message are no reason to
// depend on protobuf, whose generated classes know fewer element types than
// ONNX has.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Tensor.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "xgen/xgen.h"
#include <cstring>

using namespace llvm;
using namespace xgen::io;

namespace {

/// A cursor over protobuf's wire format.
class Wire {
public:
  explicit Wire(ArrayRef<uint8_t> bytes) : bytes(bytes) {}
  bool done() const { return bytes.empty(); }

  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes.empty())
        return false;
      uint8_t byte = bytes.front();
      bytes = bytes.drop_front();
      value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return true;
    }
    return false;
  }
  bool take(uint64_t count, ArrayRef<uint8_t> &part) {
    if (count > bytes.size())
      return false;
    part = bytes.take_front(size_t(count));
    bytes = bytes.drop_front(size_t(count));
    return true;
  }
  /// Key and value of one field: `number` for varints, `part` else.
  bool field(unsigned &id, unsigned &type, uint64_t &number,
             ArrayRef<uint8_t> &part) {
    uint64_t key;
    if (!varint(key) || key >> 3 == 0 || key >> 3 > 0xffffffffu)
      return false;
    id = unsigned(key >> 3);
    type = unsigned(key & 7);
    switch (type) {
    case 0:
      return varint(number);
    case 1:
      return take(8, part);
    case 2: {
      uint64_t count;
      return varint(count) && take(count, part);
    }
    case 5:
      return take(4, part);
    default:
      return false;
    }
  }

private:
  ArrayRef<uint8_t> bytes;
};

/// Appends the repeated varints of a field, packed or not.
bool appendVarints(unsigned type, uint64_t number, ArrayRef<uint8_t> part,
                   std::vector<uint64_t> &values) {
  if (type == 0) {
    values.push_back(number);
    return true;
  }
  if (type != 2)
    return false;
  Wire wire(part);
  while (!wire.done()) {
    uint64_t value;
    if (!wire.varint(value))
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
  Wire wire(bytes);
  while (!wire.done()) {
    unsigned id, type;
    uint64_t number = 0;
    ArrayRef<uint8_t> part;
    bool ok = wire.field(id, type, number, part);
    if (ok) {
      switch (id) {
      case 1:
        ok = appendVarints(type, number, part, dims);
        break;
      case 2:
        t.dtype = int32_t(number);
        ok = type == 0;
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
        ok = appendVarints(type, number, part, words);
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
        ok = type == 2;
        break;
      case 14:
        external = number == 1;
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
  if (hasParts || (!hasName && !dims.empty() && !hasRaw && words.empty() &&
                   fixed.empty() && !llvm::is_contained(dims, 0)))
    return fail("a sequence or an optional, not a tensor; neither is supported");
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
  if (!n)
    return fail(toString(n.takeError()));

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
