//===- SlicePatterns.cpp - Slice, concat and pad --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Slices move towards inputs, where they read less, and meet the concat that
// they undo. With this, the usual spelling of a channel shuffle (reshape,
// transpose, reshape, gather) becomes two strided slices.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/Patterns.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static Value createSlice(OpBuilder &builder, Location loc, Value input,
                         ArrayRef<int64_t> starts, ArrayRef<int64_t> sizes,
                         ArrayRef<int64_t> steps) {
  RankedTensorType type = typeOf(input);
  bool whole = type.getShape() == sizes;
  for (int64_t i = 0; whole && i < type.getRank(); ++i)
    whole = starts[i] == 0 && (steps[i] == 1 || sizes[i] == 1);
  if (whole)
    return input;
  return SliceOp::create(builder, loc,
                         RankedTensorType::get(sizes, type.getElementType()),
                         input, starts, sizes, steps);
}

namespace {
struct SimplifySlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = typeOf(op.getInput());
    Value same = createSlice(rewriter, op.getLoc(), op.getInput(),
                             op.getStarts(), op.getSizes(), op.getSteps());
    if (same == op.getInput())
      return rewriter.replaceOp(op, same), success();
    rewriter.eraseOp(same.getDefiningOp());
    // A step says nothing when there is one element; 1 is its normal form.
    Shape steps(op.getSteps());
    for (int64_t i = 0; i < type.getRank(); ++i)
      if (op.getSizes()[i] <= 1)
        steps[i] = 1;
    if (ArrayRef<int64_t>(steps) != op.getSteps()) {
      rewriter.modifyOpInPlace(op, [&] { op.setSteps(steps); });
      return success();
    }
    auto inner = op.getInput().getDefiningOp<SliceOp>();
    if (!inner)
      return failure();
    Shape starts;
    for (int64_t i = 0; i < type.getRank(); ++i) {
      starts.push_back(inner.getStarts()[i] +
                       op.getStarts()[i] * inner.getSteps()[i]);
      steps[i] = op.getSteps()[i] * inner.getSteps()[i];
    }
    rewriter.replaceOp(op, createSlice(rewriter, op.getLoc(), inner.getInput(),
                                       starts, op.getSizes(), steps));
    return success();
  }
};

/// A slice that reads one input of a concat only.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat || elementsOf(op.getSizes()) == 0)
      return failure();
    int64_t axis = concat.getAxis(), first = op.getStarts()[axis];
    int64_t last = first + (op.getSizes()[axis] - 1) * op.getSteps()[axis];
    if (last < first)
      std::swap(first, last);
    int64_t begin = 0;
    for (Value input : concat.getInputs()) {
      int64_t end = begin + typeOf(input).getDimSize(axis);
      if (first >= begin && last < end) {
        if (input.getType() !=
            RankedTensorType::get(typeOf(input).getShape(),
                                  op.getType().getElementType()))
          return failure();
        Shape starts(op.getStarts());
        starts[axis] -= begin;
        rewriter.replaceOp(op, createSlice(rewriter, op.getLoc(), input, starts,
                                           op.getSizes(), op.getSteps()));
        return success();
      }
      begin = end;
    }
    return failure();
  }
};

struct SliceOfTranspose : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || isPerAxis(op.getInput().getType()))
      return failure();
    Shape back = invert(transpose.getPerm());
    Value slice = createSlice(rewriter, op.getLoc(), transpose.getInput(),
                              permute(op.getStarts(), back),
                              permute(op.getSizes(), back),
                              permute(op.getSteps(), back));
    rewriter.replaceOp(op, createTranspose(rewriter, op.getLoc(), slice,
                                           transpose.getPerm()));
    return success();
  }
};

/// A slice behind a reshape, where what it takes is a slice before it: whole
/// groups of dimensions, or a range or one index of the first or last
/// dimension that one was split into, or a range of a merged one that is
/// whole rows.
struct SliceOfReshape : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
    if (!reshape || isPerAxis(op.getInput().getType()))
      return failure();
    ArrayRef<int64_t> from = typeOf(reshape.getInput()).getShape(),
                      to = reshape.getType().getShape();
    auto groups = groupDims(from, to);
    if (!groups)
      return failure();
    Shape starts(from.size(), 0), sizes(from), steps(from.size(), 1);
    for (DimGroup group : *groups) {
      int64_t sliced = -1;
      for (int64_t j = group.toBegin; j < group.toEnd; ++j) {
        if (op.getSizes()[j] == to[j] && op.getSteps()[j] == 1)
          continue;
        if (sliced >= 0)
          return failure();
        sliced = j;
      }
      if (sliced < 0)
        continue;
      if (group.fromEnd == group.fromBegin)
        return failure();
      int64_t start = op.getStarts()[sliced], size = op.getSizes()[sliced],
              step = op.getSteps()[sliced];
      int64_t before =
          elementsOf(to.slice(group.toBegin, sliced - group.toBegin));
      int64_t after = elementsOf(to.slice(sliced + 1, group.toEnd - sliced - 1));
      // The one dimension of the group before the reshape, or its first.
      int64_t first = group.fromBegin;
      while (first + 1 < group.fromEnd && from[first] == 1)
        ++first;
      bool one = elementsOf(from.slice(first + 1, group.fromEnd - first - 1)) == 1;
      if (one && before == 1 && (after == 1 || step == 1)) {
        starts[first] = start * after;
        sizes[first] = size * after;
        steps[first] = after == 1 ? step : 1;
      } else if (one && after == 1 && size == 1) {
        starts[first] = start;
        sizes[first] = before;
        steps[first] = to[sliced];
      } else if (before == 1 && after == 1 && step == 1) {
        int64_t row =
            elementsOf(from.slice(first + 1, group.fromEnd - first - 1));
        if (start % row || size % row)
          return failure();
        starts[first] = start / row;
        sizes[first] = size / row;
      } else {
        return failure();
      }
    }
    Value slice = createSlice(rewriter, op.getLoc(), reshape.getInput(), starts,
                              sizes, steps);
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), slice,
                                         op.getType().getShape()));
    return success();
  }
};

struct SimplifyConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    SmallVector<Value> inputs;
    bool changed = false;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (typeOf(input).getDimSize(axis) == 0 && op.getInputs().size() > 1) {
        changed = true;
      } else if (inner && (int64_t)inner.getAxis() == axis &&
                 inner->hasOneUse() &&
                 inner.getType().getElementType() ==
                     op.getType().getElementType()) {
        llvm::append_range(inputs, inner.getInputs());
        changed = true;
      } else if (Value merged = mergeSlices(inputs, input, axis, rewriter)) {
        inputs.back() = merged;
        changed = true;
      } else {
        inputs.push_back(input);
      }
    }
    if (inputs.size() == 1 && inputs[0].getType() == op.getType())
      return rewriter.replaceOp(op, inputs[0]), success();
    if (!changed || inputs.empty())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op->setOperands(inputs); });
    return success();
  }

  /// One slice for two neighbouring ones of the same tensor.
  static Value mergeSlices(ArrayRef<Value> before, Value next, int64_t axis,
                           PatternRewriter &rewriter) {
    auto b = next.getDefiningOp<SliceOp>();
    auto a = before.empty() ? SliceOp() : before.back().getDefiningOp<SliceOp>();
    if (!a || !b || a.getInput() != b.getInput() || isPerAxis(a.getInput().getType()))
      return nullptr;
    for (int64_t i = 0; i < a.getType().getRank(); ++i) {
      if (i != axis && (a.getStarts()[i] != b.getStarts()[i] ||
                        a.getSizes()[i] != b.getSizes()[i] ||
                        a.getSteps()[i] != b.getSteps()[i]))
        return nullptr;
      if (i == axis &&
          (a.getSteps()[i] != 1 || b.getSteps()[i] != 1 ||
           a.getStarts()[i] + a.getSizes()[i] != b.getStarts()[i]))
        return nullptr;
    }
    Shape sizes(a.getSizes());
    sizes[axis] += b.getSizes()[axis];
    return createSlice(rewriter, b.getLoc(), a.getInput(), a.getStarts(), sizes,
                       a.getSteps());
  }
};

struct SimplifyPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() == op.getType())
      return rewriter.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<PadOp>();
    if (!inner || inner.getMode() != PadMode::Constant ||
        op.getMode() != PadMode::Constant ||
        inner.getValue().convertToDouble() != op.getValue().convertToDouble())
      return failure();
    Shape low(op.getLow()), high(op.getHigh());
    for (auto [i, l] : llvm::enumerate(low)) {
      l += inner.getLow()[i];
      high[i] += inner.getHigh()[i];
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.setOperand(inner.getInput());
      op.setLow(low);
      op.setHigh(high);
    });
    return success();
  }
};
} // namespace

void xgen::populateSlicePatterns(RewritePatternSet &patterns) {
  addOnStatic<SimplifySlice, SliceOfConcat, SliceOfTranspose, SliceOfReshape,
               SimplifyConcat, SimplifyPad>(patterns);
}
