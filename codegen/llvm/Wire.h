//===- Wire.h - Values over pipes and in cache files ------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A byte string of integers and strings, read and written in one order. Both
// ends are the same executable, so there are no tags and no versions; a reader
// that runs out of bytes fails once and for all instead of reading outside.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_WIRE_H
#define XGEN_CODEGEN_LLVM_WIRE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <cstring>
#include <string>

namespace xgen {

class WireWriter {
public:
  void number(uint64_t value) {
    char raw[8];
    std::memcpy(raw, &value, 8);
    bytes.append(raw, 8);
  }
  void text(llvm::StringRef value) {
    number(value.size());
    bytes.append(value.data(), value.size());
  }
  std::string bytes;
};

class WireReader {
public:
  explicit WireReader(llvm::StringRef bytes) : rest(bytes) {}
  uint64_t number() {
    uint64_t value = 0;
    if (rest.size() < 8) {
      failed = true;
      return 0;
    }
    std::memcpy(&value, rest.data(), 8);
    rest = rest.drop_front(8);
    return value;
  }
  llvm::StringRef text() {
    uint64_t size = number();
    if (failed || size > rest.size()) {
      failed = true;
      return {};
    }
    llvm::StringRef value = rest.take_front(size);
    rest = rest.drop_front(size);
    return value;
  }
  /// Whether everything was there and nothing is left.
  bool done() const { return !failed && rest.empty(); }
  bool failed = false;

private:
  llvm::StringRef rest;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_WIRE_H
