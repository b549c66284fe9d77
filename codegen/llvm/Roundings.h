//===- Roundings.h - Floats to the nearest integers -------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_ROUNDINGS_H
#define XGEN_CODEGEN_LLVM_ROUNDINGS_H

namespace llvm {
class Module;
}

namespace xgen {

/// Vectors of floats that are rounded half to even and then converted take two
/// instructions of LLVM's choice. AArch64 has one for both (FCVTNS), which also says
/// what becomes of a float outside of the integers: the nearest one. Expects optimized
/// IR.
void roundInOneInstruction(llvm::Module &module);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_ROUNDINGS_H
