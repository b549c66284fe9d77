//===- OutputFiles.h - Files that appear together ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Outputs are written beside their destination and renamed at the end; and a
// folder for what is only needed meanwhile. Internal to codegen/llvm.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_OUTPUTFILES_H
#define XGEN_CODEGEN_LLVM_OUTPUTFILES_H

#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>
#include <string>
#include <vector>

namespace xgen {

class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  /// Removes what was not committed.
  ~OutputFiles();

  /// A temporary path that will become `path`.
  llvm::Expected<std::string> add(llvm::StringRef path);
  /// The same, written by `write`. "-" is the standard output.
  llvm::Error add(llvm::StringRef path,
                  llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);
  /// Renames all.
  llvm::Error commit();

private:
  std::vector<std::pair<llvm::sys::fs::TempFile, std::string>> files;
  std::string toPrint;
};

/// A folder that vanishes with this object, and at signals.
class ScratchFolder {
public:
  static llvm::Expected<std::unique_ptr<ScratchFolder>> create();
  ~ScratchFolder();
  /// Path of a file in it, which is removed too.
  std::string file(llvm::StringRef name);

private:
  std::string path;
  std::vector<std::string> files;
};

/// Writes a whole file. Errors name it.
llvm::Error
writeFile(llvm::StringRef path,
          llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_OUTPUTFILES_H
