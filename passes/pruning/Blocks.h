//===- Blocks.h - The blocks of a convolution's weight ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A weight [K..., Ci, Co] as ceil(Co / nr) panels of blocks: one position of
// (K..., Ci) times nr output channels, the last panel's blocks narrower.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PRUNING_BLOCKS_H
#define XGEN_PASSES_PRUNING_BLOCKS_H

#include "codegen/target/Target.h"
#include "passes/graph/GraphUtils.h"

namespace xgen {

struct BlockView {
  /// Positions times output channels; panels times `nr` channels.
  int64_t positions, channels, panels, nr;

  BlockView(mlir::RankedTensorType weight, const Target &target) {
    channels = weight.getShape().back();
    positions = weight.getNumElements() / std::max<int64_t>(1, channels);
    nr = target.floatTile(channels).nr;
    panels = llvm::divideCeil(channels, nr);
  }
  int64_t blocks() const { return panels * positions; }
  /// First element of block `index` (panel by panel) and its width.
  std::pair<int64_t, int64_t> block(int64_t index) const {
    int64_t panel = index / positions, position = index % positions;
    return {position * channels + panel * nr,
            std::min(nr, channels - panel * nr)};
  }
};

} // namespace xgen

#endif // XGEN_PASSES_PRUNING_BLOCKS_H
