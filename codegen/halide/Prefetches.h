//===- Prefetches.h - Prefetches of streams of weights ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_PREFETCHES_H
#define XGEN_CODEGEN_HALIDE_PREFETCHES_H

namespace llvm {
class Module;
}

namespace xgen {

struct WeightStream;

/// Makes Halide's prefetches of a box what was meant: one a cache line of 64 bytes
/// (Halide 14 issues as many as there are lines, but 64 elements apart), and into all
/// levels of the cache (Halide says that what arrives is read once; other tiles read
/// the same weights).
///
/// With the panels of a `stream` (`tiles` not 0) the box is the place only: what is
/// asked for is the next panel, into L2, and each step asks for the share of it that
/// lets all tiles together ask for all of it. Memory then delivers during all tiles, not
/// as fast as it can during the first one, which waits for it, and not at all during the
/// others.
void mendPrefetches(llvm::Module &module, const WeightStream &stream);

} // namespace xgen

#endif // XGEN_CODEGEN_HALIDE_PREFETCHES_H
