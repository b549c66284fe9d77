//===- Reciprocals.h - Wide estimates of reciprocals ------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_RECIPROCALS_H
#define XGEN_CODEGEN_LLVM_RECIPROCALS_H

namespace llvm {
class Module;
}

namespace xgen {

/// Halide estimates the reciprocals of 16 floats by halves, since it knows the
/// instruction for 8 only (VRCPPS, 12 bits). AVX-512 has one for 16 with 14 bits
/// (VRCP14PS, Intel SDM volume 2C): this takes it. Expects optimized IR.
void widenReciprocalEstimates(llvm::Module &module);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_RECIPROCALS_H
