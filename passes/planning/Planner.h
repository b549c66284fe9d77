//===- Planner.h - Inside of the memory planner -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Three questions, one file each: which buffers there are and who touches them
// (BufferModel.cpp), in which order launches run (LaunchOrder.cpp), and where
// buffers lie (Placement.cpp). A branch or a loop's body is planned by itself
// first; its memory is then scratch of the step that runs it.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PLANNING_PLANNER_H
#define XGEN_PASSES_PLANNING_PLANNER_H

#include "passes/Passes.h"

namespace xgen::planning {

/// Everything in the arena starts at a multiple of this.
inline constexpr int64_t arenaAlignment = 64;
inline int64_t alignUp(int64_t bytes) {
  return llvm::alignTo(bytes, arenaAlignment);
}

/// A run of memory that is written once: by one launch, or piece by piece when
/// it is a concatenation.
struct Buffer {
  plan::Space space = plan::Space::Arena;
  /// Input, output or weight number.
  int64_t index = -1;
  int64_t bytes = 0;
  /// The buffer of a concatenation that this one is a piece of, or -1.
  int parent = -1;
  int64_t parentOffset = 0;
  /// Must stay in the arena: a loop reads and writes it in each iteration.
  bool fixed = false;
};

/// Part of a buffer.
struct Slot {
  int buffer = -1;
  int64_t offset = 0, bytes = 0;
};

struct Plan;

/// A launch, a binding of symbols, a branch or loop, or a copy when it is none
/// of them.
struct Step {
  kernel::LaunchOp launch;
  ir::BindOp bind;
  /// xgen.if with its two functions, or xgen.loop with its body.
  mlir::Operation *call = nullptr;
  llvm::SmallVector<std::shared_ptr<Plan>, 2> pieces;
  /// Bytes of a copy that are there at run time; null: all.
  mlir::AffineMapAttr count;
  /// Numbers of the data symbols that the step gives values to, and of those
  /// that it needs.
  llvm::SmallVector<unsigned> defines, needs;
  llvm::SmallVector<Slot> reads, writes;
  /// (read, write) that may share memory.
  llvm::SmallVector<std::pair<unsigned, unsigned>> inplace;
  int64_t scratch = 0, macs = 0;
};

struct Model {
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  /// Contents of weight buffers by their index.
  std::vector<mlir::ElementsAttr> weights;
  unsigned numViews = 0;

  /// Follows pieces to the buffer that has memory of its own.
  Slot resolve(Slot slot) const {
    while (buffers[slot.buffer].parent >= 0) {
      slot.offset += buffers[slot.buffer].parentOffset;
      slot.buffer = buffers[slot.buffer].parent;
    }
    return slot;
  }
};

/// Buffers and steps of a function in program order; all slots are resolved.
/// `callers` are the functions whose models are being built.
mlir::FailureOr<Model> buildModel(mlir::func::FuncOp func,
                                  const PassHooks &hooks,
                                  llvm::ArrayRef<mlir::func::FuncOp> callers);

/// Memory that must be placed as one: a buffer and those that replace it in
/// place. `first` and `last` are positions in the order, both inclusive.
struct Unit {
  int64_t bytes = 0;
  int first = 0, last = 0;
};

/// What an order means for memory.
struct Lifetimes {
  std::vector<int> order;
  /// Unit of each arena buffer, -1 for others.
  std::vector<int> unitOf;
  std::vector<Unit> units;
  /// Unit of each position's scratch, -1 without.
  std::vector<int> scratchUnit;
  int64_t peak = 0;
  unsigned numInplace = 0;
};

/// The best of several topological orders.
Lifetimes chooseOrder(const Model &model);

/// Offsets of units, and the bytes they need together.
struct Placement {
  std::vector<int64_t> offsets;
  int64_t bytes = 0;
};
Placement placeUnits(const std::vector<Unit> &units, int64_t lowerBound);

/// A function whose memory is planned. Input and output buffers are its
/// arguments and results.
struct Plan {
  mlir::func::FuncOp func;
  Model model;
  Lifetimes lifetimes;
  Placement placement;
  int64_t bytes() const { return alignUp(placement.bytes); }
};
mlir::FailureOr<std::shared_ptr<Plan>>
planFunction(mlir::func::FuncOp func, const PassHooks &hooks,
             llvm::ArrayRef<mlir::func::FuncOp> callers = {});

/// Where in a loop's scratch its own buffers lie, behind the body's arena: the
/// number of the iteration, then the body's results.
struct LoopBuffers {
  int64_t index = 0, bytes = 0;
  llvm::SmallVector<int64_t> results;
};
LoopBuffers loopBuffers(const Plan &body);

} // namespace xgen::planning

#endif // XGEN_PASSES_PLANNING_PLANNER_H
