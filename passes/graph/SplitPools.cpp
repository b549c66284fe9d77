//===- SplitPools.cpp - Large maximum pools from small ones ---------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-split-pools: the maximum of maxima is a maximum, so a large window need
// not be read as a whole at every position. Spatial pyramids (windows of 5, 9 and
// 13 on one input, as in YOLO) take each from the one before; a large window is
// taken by rows, then by columns. Both are exact: positions outside of the input
// never count, on either path.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_SPLITPOOLS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static int64_t tapsOf(PoolOp op) {
  int64_t taps = 1;
  for (int64_t extent : op.getWindow())
    taps *= extent;
  return taps;
}

static bool isPlainMax(PoolOp op) {
  return op.getKind() == PoolKind::Max && op.getResults().size() == 1 &&
         llvm::all_of(op.getPads(), [](int64_t pad) { return pad >= 0; });
}

/// Stride 1, and padded so that there is a window around every position.
static bool isSame(PoolOp op) {
  auto ones = [](ArrayRef<int64_t> steps) {
    return llvm::all_of(steps, [](int64_t step) { return step == 1; });
  };
  return isPlainMax(op) && ones(op.getStrides()) && ones(op.getDilations()) &&
         typeOf(op.getInput()).getShape() ==
             typeOf(op.getResults()[0]).getShape() &&
         llvm::all_of(llvm::enumerate(op.getWindow()), [&](auto window) {
           size_t i = window.index(), n = op.getWindow().size();
           return op.getPads()[i] + op.getPads()[n + i] == window.value() - 1;
         });
}

namespace {
/// A pool of what a smaller pool of the same input has.
struct ChainPattern : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    if (!isSame(op))
      return failure();
    PoolOp best;
    for (Operation *user : op.getInput().getUsers()) {
      auto other = dyn_cast<PoolOp>(user);
      if (!other || other == op || other->getBlock() != op->getBlock() ||
          !isSame(other) || tapsOf(other) <= 1 || tapsOf(other) >= tapsOf(op) ||
          (best && tapsOf(best) >= tapsOf(other)) ||
          !llvm::all_of(llvm::zip(other.getPads(), op.getPads()), [](auto pads) {
            return std::get<0>(pads) <= std::get<1>(pads);
          }))
        continue;
      best = other;
    }
    if (!best)
      return failure();
    // The smaller one reads no more than this one, so it can stand before it.
    if (!best->isBeforeInBlock(op))
      rewriter.moveOpBefore(best, op);
    SmallVector<int64_t> window, pads;
    for (auto [large, small] : llvm::zip(op.getWindow(), best.getWindow()))
      window.push_back(large - small + 1);
    for (auto [large, small] : llvm::zip(op.getPads(), best.getPads()))
      pads.push_back(large - small);
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(best.getResults()[0]);
      op.setWindow(window);
      op.setPads(pads);
    });
    return success();
  }
};

/// The last spatial dimension first, alone.
struct SeparatePattern : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> window = op.getWindow();
    size_t spatial = window.size(), last = spatial - 1;
    if (!isPlainMax(op) || spatial < 2)
      return failure();
    int64_t others = tapsOf(op) / window[last], rows = 1;
    for (int64_t stride : op.getStrides().drop_back())
      rows *= stride;
    // Reads of one result: as it is, and by rows that several results share.
    // The rows are stored and read again; half of the reads must be saved.
    if (tapsOf(op) < 2 * (window[last] * rows + others))
      return failure();
    RankedTensorType x = typeOf(op.getInput()), y = typeOf(op.getResults()[0]);
    Shape middle(x.getShape());
    middle[1 + last] = y.getDimSize(1 + last);
    auto only = [&](ArrayRef<int64_t> from, int64_t otherwise, bool first) {
      SmallVector<int64_t> values(from);
      for (auto [i, v] : llvm::enumerate(values))
        if ((i % spatial == last) != first)
          v = otherwise;
      return values;
    };
    auto pool = [&](Value input, RankedTensorType type, bool first) {
      return PoolOp::create(
          rewriter, op.getLoc(), TypeRange{type}, input, op.getKind(),
          only(window, 1, first), only(op.getStrides(), 1, first),
          only(op.getDilations(), 1, first), only(op.getPads(), 0, first));
    };
    auto type = RankedTensorType::get(middle, x.getElementType());
    PoolOp byRows = pool(op.getInput(), type, true);
    rewriter.replaceOp(op, pool(byRows.getResults()[0], y, false));
    return success();
  }
};

struct SplitPools : xgen::impl::SplitPoolsBase<SplitPools> {
  void runOnOperation() override {
    // Chains first: they are found among whole windows.
    RewritePatternSet chains(&getContext()), rows(&getContext());
    addOnStatic<ChainPattern>(chains);
    addOnStatic<SeparatePattern>(rows);
    if (failed(applyPatternsGreedily(getOperation(), std::move(chains))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(rows))))
      signalPassFailure();
  }
};
} // namespace
