//===- Prefetches.h - Prefetches of streams of weights ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_PREFETCHES_H
#define XGEN_CODEGEN_LLVM_PREFETCHES_H

namespace llvm {
class Module;
}

namespace xgen {

/// Makes Halide's prefetches of a box one a cache line of 64 bytes: Halide 14 issues
/// as many as there are lines, but 64 elements apart. And lets what arrives stay in
/// all levels of the cache, where Halide says that it is read once: other tiles read
/// the same weights. Expects optimized IR.
void mendPrefetches(llvm::Module &module);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_PREFETCHES_H
