//===- GuardedCall.h - Call a kernel in fenced memory -----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Calls a kernel of this machine on buffers that end at memory which cannot be
// touched, or begin after such memory. A kernel that reads or writes outside
// them is an error that names the buffer, not the end of the process.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_GUARDEDCALL_H
#define XGEN_CODEGEN_LLVM_GUARDEDCALL_H

#include "xgen/kernel.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace xgen {

/// Which end of each buffer meets the fence. Scratch is always fenced at its end,
/// because it has to be aligned.
enum class Fence { Before, Behind };

/// Calls `kernel` on copies of `inputs` (no data: a null pointer) and of
/// `results`, whose bytes it replaces. An error says which buffer was left, that
/// an operand was changed, or the kernel's status. One thread at a time.
llvm::Error callGuarded(xgen_kernel kernel, int64_t scratchBytes,
                        llvm::ArrayRef<llvm::ArrayRef<char>> inputs,
                        llvm::ArrayRef<llvm::MutableArrayRef<char>> results,
                        Fence fence);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_GUARDEDCALL_H
