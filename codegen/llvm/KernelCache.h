//===- KernelCache.h - Finished kernels on disk -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One file a kernel. The name is a hash of everything that influences the
// contents, so an entry is never updated: several compilers may share a folder,
// and one that is killed leaves at most a temporary file.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_KERNELCACHE_H
#define XGEN_CODEGEN_LLVM_KERNELCACHE_H

#include "codegen/llvm/KernelCodegen.h"
#include <optional>

namespace xgen {

/// Identifies this build of the compiler: the GNU build id of the executable,
/// or a hash of its bytes.
llvm::StringRef compilerBuildId();

/// 64 hexadecimal digits for a kernel's canonical text.
std::string kernelKey(llvm::StringRef text, const Target &target);

class KernelCache {
public:
  /// `folder` empty: the user's cache folder. Made when needed; a folder that
  /// cannot be written is no error, only never a hit.
  explicit KernelCache(llvm::StringRef folder, bool enabled = true);
  /// Nothing when absent or damaged.
  std::optional<KernelObject> find(llvm::StringRef key) const;
  void store(llvm::StringRef key, const KernelObject &object) const;
  /// Removes what has not been used for long. At most every few minutes.
  void prune() const;
  llvm::StringRef path() const { return folder; }

private:
  std::string folder;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_KERNELCACHE_H
