//===- SplitGroupedConv.cpp - Grouped convolutions as dense ones ----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-split-grouped-conv: a convolution with a few groups (not one a channel)
// becomes dense convolutions, for which there are fast kernels. With few
// channels one dense convolution whose weight is zero between groups is
// quicker than several kernels; with many, one convolution a group on a slice
// of the channels does no needless arithmetic.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cstring>

namespace xgen {
#define GEN_PASS_DEF_SPLITGROUPEDCONV
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

/// Up to this many input channels the zeros of a dense weight cost less than
/// the loop overhead of more kernels.
static constexpr int64_t maxDenseChannels = 32;

/// The weight with its groups on the diagonal: [K..., Ci / g, Co] to
/// [K..., Ci, Co].
static Value diagonalWeight(OpBuilder &builder, ConvOp op,
                            ElementsAttr value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t groups = op.getGroups(), rank = type.getRank();
  int64_t part = type.getDimSize(rank - 2), co = type.getShape().back();
  Shape shape(type.getShape());
  shape[rank - 2] = part * groups;
  auto wide = RankedTensorType::get(shape, type.getElementType());
  std::vector<char> storage;
  ArrayRef<char> from = bytesOf(value, storage);
  size_t row = co * elementBytes(type.getElementType()), run = row / groups;
  std::vector<char> to(wide.getNumElements() / co * row, 0);
  for (int64_t k = 0, taps = type.getNumElements() / (part * co); k < taps; ++k)
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t i = 0; i < part; ++i)
        std::memcpy(to.data() + (k * part * groups + g * part + i) * row + g * run,
                    from.data() + (k * part + i) * row + g * run, run);
  return xgen::makeConstant(builder, op.getLoc(), wide, to);
}

/// Elements [start, start + size) of the last dimension.
static Value lastSlice(OpBuilder &builder, Location loc, Value value,
                       int64_t start, int64_t size) {
  RankedTensorType type = typeOf(value);
  SmallVector<int64_t> starts(type.getRank(), 0), sizes(type.getShape()),
      steps(type.getRank(), 1);
  starts.back() = start;
  sizes.back() = size;
  return SliceOp::create(builder, loc, value, starts, sizes, steps);
}

namespace {
struct SplitPattern : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType x = typeOf(op.getInput()), y = typeOf(op.getResult());
    int64_t groups = op.getGroups(), ci = x.getShape().back(),
            co = y.getShape().back();
    ElementsAttr weight = constantOf(op.getWeight());
    if (groups == 1 || (groups == ci && co == ci) || !weight ||
        !isa<FloatType>(y.getElementType()))
      return failure();
    Location loc = op.getLoc();
    if (ci <= maxDenseChannels) {
      Value dense = diagonalWeight(rewriter, op, weight);
      rewriter.replaceOpWithNewOp<ConvOp>(
          op, y, op.getInput(), dense, op.getBias(), op.getStrides(),
          op.getDilations(), op.getPads(), 1);
      return success();
    }
    SmallVector<Value> parts;
    Shape shape(y.getShape());
    shape.back() = co / groups;
    for (int64_t g = 0; g < groups; ++g) {
      auto take = [&](Value value, int64_t channels) {
        return lastSlice(rewriter, loc, value, g * channels / groups,
                         channels / groups);
      };
      Value bias = op.getBias() ? take(op.getBias(), co) : Value();
      parts.push_back(ConvOp::create(
          rewriter, loc, RankedTensorType::get(shape, y.getElementType()),
          take(op.getInput(), ci), take(op.getWeight(), co), bias,
          op.getStrides(), op.getDilations(), op.getPads(), 1));
    }
    rewriter.replaceOpWithNewOp<ConcatOp>(op, parts, y.getRank() - 1);
    return success();
  }
};

struct SplitGroupedConv : xgen::impl::SplitGroupedConvBase<SplitGroupedConv> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addOnStatic<SplitPattern>(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
