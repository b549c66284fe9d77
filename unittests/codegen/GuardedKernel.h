//===- GuardedKernel.h - Run a kernel in fenced memory ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Loads a compiled kernel into this process, and calls it on fenced buffers.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H
#define XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H

#include "codegen/halide/KernelEmitter.h"
#include "codegen/llvm/GuardedCall.h"
#include "codegen/llvm/KernelCompiler.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <memory>
#include <vector>

/// Gives `kernel` the schedule that is chosen for it, its arguments the encodings,
/// and returns the inputs stored like that. `constants` are the numbers of the
/// arguments that may be packed.
std::vector<std::vector<char>>
scheduleKernel(xgen::kernel::FuncOp kernel, llvm::ArrayRef<llvm::ArrayRef<char>> inputs,
               llvm::ArrayRef<unsigned> constants, const xgen::Target &target,
               xgen::ConvAlgorithm algorithm = xgen::ConvAlgorithm::Auto);

/// The same with a schedule that the caller has chosen.
std::vector<std::vector<char>> applySchedule(xgen::kernel::FuncOp kernel,
                                             llvm::ArrayRef<llvm::ArrayRef<char>> inputs,
                                             const xgen::ScheduleChoice &choice);

class GuardedKernel {
public:
  static llvm::Expected<GuardedKernel> load(const xgen::CompiledKernel &kernel);
  /// The result's bytes, or an error of callGuarded's.
  llvm::Expected<std::vector<char>>
  run(llvm::ArrayRef<llvm::ArrayRef<char>> inputs, size_t resultBytes, xgen::Fence fence);

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  int64_t scratchBytes = 0;
  xgen_kernel entry = nullptr;
};

#endif // XGEN_UNITTESTS_CODEGEN_GUARDEDKERNEL_H
