//===- Outline.h - Loop nests as functions of their own ---------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_OUTLINE_H
#define XGEN_CODEGEN_HALIDE_OUTLINE_H

#include "llvm/ADT/StringRef.h"

namespace llvm {
class Module;
}

namespace xgen {

/// What Halide calls roots that are made by rows (RowFusion.h), and their loops after them.
inline constexpr llvm::StringLiteral linkName = "link";

/// Makes a function of each loop nest of a root that is made by rows. In one function the
/// nests of several anchors, each of which wants all registers for its sums, lead LLVM's
/// register allocator to spill those of the inner loops (measured: the 1x1 convolution at
/// the end of a chain took 2.5 times as long).
void outlineLinks(llvm::Module &module);

} // namespace xgen

#endif // XGEN_CODEGEN_HALIDE_OUTLINE_H
