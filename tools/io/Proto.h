//===- Proto.h - Protobuf's wire format -------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads and writes fields of messages one by one. Tools look at a few fields of
// ONNX's messages: no reason for generated classes, which know fewer element
// types than ONNX has.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_IO_PROTO_H
#define XGEN_TOOLS_IO_PROTO_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <vector>

namespace xgen::io {

/// One field: `number` of varints, `bytes` of everything else.
struct ProtoField {
  unsigned id = 0, type = 0;
  uint64_t number = 0;
  llvm::ArrayRef<uint8_t> bytes;

  bool isVarint() const { return type == 0; }
  bool isBytes() const { return type == 2; }
  llvm::StringRef text() const {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  }
};

/// A cursor over a message.
class ProtoReader {
public:
  explicit ProtoReader(llvm::ArrayRef<uint8_t> bytes) : bytes(bytes) {}
  bool done() const { return bytes.empty(); }
  /// False when the bytes are damaged, here and from then on.
  bool next(ProtoField &field) {
    uint64_t key;
    if (!varint(key) || key >> 3 == 0 || key >> 3 > 0xffffffffu)
      return false;
    field.id = unsigned(key >> 3);
    field.type = unsigned(key & 7);
    switch (field.type) {
    case 0:
      return varint(field.number);
    case 1:
      return take(8, field.bytes);
    case 2: {
      uint64_t count;
      return varint(count) && take(count, field.bytes);
    }
    case 5:
      return take(4, field.bytes);
    default:
      return false;
    }
  }
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

private:
  bool take(uint64_t count, llvm::ArrayRef<uint8_t> &part) {
    if (count > bytes.size())
      return false;
    part = bytes.take_front(size_t(count));
    bytes = bytes.drop_front(size_t(count));
    return true;
  }
  llvm::ArrayRef<uint8_t> bytes;
};

/// Appends fields to a message. What is appended to one that is there already
/// is merged into it: a later number or text replaces, lists and messages grow.
class ProtoWriter {
public:
  explicit ProtoWriter(std::vector<uint8_t> &bytes) : bytes(bytes) {}
  void number(unsigned id, uint64_t value) {
    varint(uint64_t(id) << 3);
    varint(value);
  }
  void part(unsigned id, llvm::ArrayRef<uint8_t> content) {
    varint(uint64_t(id) << 3 | 2);
    varint(content.size());
    bytes.insert(bytes.end(), content.begin(), content.end());
  }
  /// Of type 1 (8 bytes) or 5 (4 bytes).
  void fixed(unsigned id, unsigned type, llvm::ArrayRef<uint8_t> content) {
    varint(uint64_t(id) << 3 | type);
    bytes.insert(bytes.end(), content.begin(), content.end());
  }
  void text(unsigned id, llvm::StringRef content) {
    part(id, {reinterpret_cast<const uint8_t *>(content.data()), content.size()});
  }

private:
  void varint(uint64_t value) {
    for (; value >= 128; value >>= 7)
      bytes.push_back(uint8_t(value) | 128);
    bytes.push_back(uint8_t(value));
  }
  std::vector<uint8_t> &bytes;
};

} // namespace xgen::io

#endif // XGEN_TOOLS_IO_PROTO_H
