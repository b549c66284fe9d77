//===- Binary.h - Looking into and changing objects -------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sizes and symbols of ELF objects, and making symbols local. Internal to
// codegen/llvm.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_BINARY_H
#define XGEN_CODEGEN_LLVM_BINARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace xgen {

/// Bytes of the sections that hold instructions; 0 for what is no object.
uint64_t codeBytes(llvm::ArrayRef<char> object);

/// Names of the undefined symbols, sorted.
llvm::Expected<std::vector<std::string>>
undefinedSymbols(llvm::ArrayRef<char> object);

/// `object` with every defined symbol local but `globals`, without comments;
/// with `keepLocals` false, also without the local symbols that nothing refers
/// to.
llvm::Expected<llvm::SmallVector<char, 0>>
localizeSymbols(llvm::ArrayRef<char> object,
                llvm::ArrayRef<std::string> globals, bool keepLocals);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_BINARY_H
