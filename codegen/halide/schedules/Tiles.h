//===- Tiles.h - Register tiles ---------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Chooses how many positions and output channels a product accumulates in
// registers, from the target's registers and from what the extents waste.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_SCHEDULES_TILES_H
#define XGEN_CODEGEN_HALIDE_SCHEDULES_TILES_H

#include "codegen/target/Target.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace xgen::halide {

struct Tile {
  int64_t mr = 1; ///< positions along the innermost spatial dimension (or rows)
  int64_t my = 1; ///< positions along the next one
  int64_t nr = 1; ///< output channels (or columns)
  /// Of the whole product with this tile, by the model: cycles on x86, executed
  /// instructions on Arm.
  double cycles = 0;
};

/// Reduction steps for which the inputs of a tile are copied before they are
/// used; 0: they are read where they are. Arm multiplies by the lanes of vectors of
/// 4. Elsewhere inputs are broadcast from memory: when the positions, at `offsets`
/// in bytes, share so few sets of the L1 cache that they push each other out, each
/// cache line of 16 is copied when it is reached, and not read again.
int64_t stagedSteps(const Target &target, llvm::ArrayRef<int64_t> offsets);

/// By what factor a tile of mr x my positions and some vectors of channels takes longer
/// because of where its inputs are.
using TileReading = llvm::function_ref<double(int64_t mr, int64_t my, int64_t vectors)>;

/// The fastest tile by a count of instructions for `width` x `height` positions
/// of `channels` outputs with `depth` multiply-adds each; fp32. `fixedNr` is the
/// panel width of weights that are packed already, 0 if free.
Tile chooseFloatTile(const Target &target, int64_t width, int64_t height,
                     int64_t channels, int64_t depth, int64_t fixedNr,
                     TileReading reading = nullptr);

/// Those tiles by rising cost, chooseFloatTile's first; at most `count`.
std::vector<Tile> floatTiles(const Target &target, int64_t width, int64_t height,
                             int64_t channels, int64_t depth, size_t count,
                             TileReading reading = nullptr);

/// The same for 8-bit products with 32-bit sums of `kr` steps at a time.
Tile chooseInt8Tile(const Target &target, int64_t width, int64_t height,
                    int64_t channels, int64_t depth, int64_t fixedNr, int64_t kr);

/// How many steps of a reduction over `ci` input channels (for each of the taps) an 8-bit
/// product on Arm takes at a time: 8 n for the n of `safe` with the fewest instructions,
/// or 1 where multiplying by lane has fewer.
int64_t narrowGroup(const Target &target, int64_t ci, llvm::ArrayRef<int64_t> safe);

/// The largest divisor of `n` that is at most `limit`.
int64_t largestDivisor(int64_t n, int64_t limit);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_SCHEDULES_TILES_H
