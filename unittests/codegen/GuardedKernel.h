//===- GuardedKernel.h - Run a kernel in fenced memory ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Loads a compiled kernel into this process and calls it on buffers that end at
// a page which cannot be touched, or begin after one: reading or writing outside
// ends the test.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H
#define XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H

#include "codegen/halide/KernelEmitter.h"
#include "codegen/llvm/KernelCompiler.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <memory>
#include <vector>

/// Memory between two pages without access.
class GuardedBuffer {
public:
  /// At the end of its pages, or at their beginning.
  GuardedBuffer(size_t bytes, bool atEnd);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer &) = delete;
  template <typename T> T *as() { return reinterpret_cast<T *>(data); }
  char *data;

private:
  char *base;
  size_t mapped;
};

/// Gives `kernel` the schedule that is chosen for it, its arguments the encodings,
/// and returns the inputs stored like that. `constants` are the numbers of the
/// arguments that may be packed.
std::vector<std::vector<char>>
scheduleKernel(xgen::kernel::FuncOp kernel, llvm::ArrayRef<llvm::ArrayRef<char>> inputs,
               llvm::ArrayRef<unsigned> constants, const xgen::Target &target,
               xgen::ConvAlgorithm algorithm = xgen::ConvAlgorithm::Auto);

class GuardedKernel {
public:
  static llvm::Expected<GuardedKernel> load(const xgen::CompiledKernel &kernel);
  /// Copies `inputs` into guarded memory and runs; the result's bytes, or the
  /// kernel's status as an error. Inputs must come back unchanged.
  llvm::Expected<std::vector<char>>
  run(llvm::ArrayRef<llvm::ArrayRef<char>> inputs, size_t resultBytes, bool atEnd);

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  int64_t scratchBytes = 0;
  void *entry = nullptr;
};

#endif // XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H
