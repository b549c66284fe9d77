//===- Link.h - Objects to artefacts ----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Joins kernels, entry and support libraries with lld, in a worker process.
// Internal to codegen/llvm.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_LINK_H
#define XGEN_CODEGEN_LLVM_LINK_H

#include "codegen/llvm/Artefact.h"
#include "codegen/llvm/OutputFiles.h"
#include "codegen/llvm/Program.h"

namespace xgen {

class Linker {
public:
  static llvm::Expected<std::unique_ptr<Linker>>
  create(const Program &program, const Target &target,
         const ArtefactOptions &options);
  ~Linker() { Worker::giveBack(std::move(worker)); }

  /// One object of everything, its weights section still empty.
  llvm::Expected<llvm::SmallVector<char, 0>> join(llvm::ArrayRef<char> entry);

  /// From the finished object `object` to `output`.
  llvm::Error archive(llvm::StringRef object, llvm::StringRef output);
  llvm::Error sharedLibrary(llvm::StringRef object, llvm::StringRef output,
                            llvm::StringRef soname);
  llvm::Error executable(llvm::StringRef object, llvm::StringRef output);

private:
  Linker(const Program &program, const ArtefactOptions &options)
      : program(program), options(options) {}
  llvm::Error checkUndefined(llvm::ArrayRef<char> object);
  llvm::Error run(std::vector<std::string> arguments);

  const Program &program;
  const ArtefactOptions &options;
  std::string support;
  std::unique_ptr<ScratchFolder> folder;
  std::unique_ptr<Worker> worker;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_LINK_H
