//===- LowerConvTranspose.cpp - Transposed convolutions as convolutions ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-lower-conv-transpose: with stride s, output positions q * s + r of one
// remainder r are a plain convolution with every s-th tap. All s remainders
// share their input, so they become one convolution with s times the output
// channels, whose channels are then interleaved in space (the sub-pixel form:
// Shi et al., "Is the deconvolution layer the same as a convolutional layer?",
// 2016). No multiplication by an inserted zero is left, and transposed
// convolutions need no kernel of their own.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_LOWERCONVTRANSPOSE
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
struct LowerPattern : OpRewritePattern<ConvTransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvTransposeOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType x = typeOf(op.getInput()), w = typeOf(op.getWeight()),
                     y = typeOf(op.getResult());
    if (!isa<FloatType>(y.getElementType()) || y.getNumElements() == 0 ||
        x.getNumElements() == 0 || !isConstantLike(op.getWeight()))
      return failure();
    int64_t spatial = x.getRank() - 2, groups = op.getGroups();
    int64_t ci = x.getShape().back() / groups, co = w.getShape().back();
    // Taps of one remainder, and positions q that the convolution computes.
    Shape taps, stride(op.getStrides()), positions;
    for (int64_t i = 0; i < spatial; ++i) {
      int64_t k = w.getDimSize(i), s = stride[i], d = op.getDilations()[i];
      if (s > 1 && d > 1)
        return failure();
      taps.push_back(llvm::divideCeil(k, s));
      positions.push_back(x.getDimSize(i + 1) + (taps[i] - 1) * d);
      // Negative pads at the end may reach beyond the last tap.
      if (op.getPads()[i] < 0 ||
          op.getPads()[i] + y.getDimSize(i + 1) > positions[i] * s)
        return failure();
    }
    Location loc = op.getLoc();
    int64_t remainders = elementsOf(stride);
    Value weight = makeWeight(rewriter, loc, op, taps, ci, co);
    Value bias = op.getBias();
    if (bias)
      bias = repeatBias(rewriter, loc, bias, groups, remainders, co);

    Shape pads, shape{x.getDimSize(0)};
    for (int64_t side = 0; side < 2; ++side)
      for (int64_t i = 0; i < spatial; ++i)
        pads.push_back((taps[i] - 1) * op.getDilations()[i]);
    llvm::append_range(shape, positions);
    shape.push_back(groups * remainders * co);
    SmallVector<int64_t> ones(spatial, 1);
    Value result = ConvOp::create(
        rewriter, loc, RankedTensorType::get(shape, y.getElementType()),
        op.getInput(), weight, bias, ones, op.getDilations(), pads, groups);
    if (remainders > 1)
      result = interleave(rewriter, loc, result, stride, positions, groups, co);

    SmallVector<int64_t> starts{0}, sizes(y.getShape()), steps(y.getRank(), 1);
    llvm::append_range(starts, op.getPads().take_front(spatial));
    starts.push_back(0);
    rewriter.replaceOpWithNewOp<SliceOp>(op, result, starts, sizes, steps);
    return success();
  }

private:
  static Value reshape(OpBuilder &b, Location loc, Value v, Shape shape) {
    return ReshapeOp::create(
        b, loc, RankedTensorType::get(shape, typeOf(v).getElementType()), v);
  }

  /// [K..., g * ci, co] to [T..., ci, g * s... * co], taps in reverse.
  static Value makeWeight(OpBuilder &b, Location loc, ConvTransposeOp op,
                          ArrayRef<int64_t> taps, int64_t ci, int64_t co) {
    RankedTensorType w = typeOf(op.getWeight());
    int64_t spatial = taps.size(), groups = op.getGroups();
    SmallVector<int64_t> low(w.getRank(), 0), high(w.getRank(), 0);
    for (int64_t i = 0; i < spatial; ++i)
      high[i] = taps[i] * op.getStrides()[i] - w.getDimSize(i);
    Value v = PadOp::create(b, loc, op.getWeight(), low, high,
                            PadMode::Constant, llvm::APFloat(0.0));
    Shape split;
    for (int64_t i = 0; i < spatial; ++i) {
      split.push_back(taps[i]);
      split.push_back(op.getStrides()[i]);
    }
    split.append({groups, ci, co});
    v = reshape(b, loc, v, split);
    SmallVector<int64_t> starts(split.size(), 0), steps(split.size(), 1);
    for (int64_t i = 0; i < spatial; ++i) {
      starts[2 * i] = taps[i] - 1;
      steps[2 * i] = -1;
    }
    v = SliceOp::create(b, loc, v, starts, split, steps);
    SmallVector<int64_t> perm;
    for (int64_t i = 0; i < spatial; ++i)
      perm.push_back(2 * i);
    perm.append({2 * spatial + 1, 2 * spatial});
    for (int64_t i = 0; i < spatial; ++i)
      perm.push_back(2 * i + 1);
    perm.push_back(2 * spatial + 2);
    v = TransposeOp::create(b, loc, v, perm);
    Shape merged(taps);
    merged.append({ci, groups * elementsOf(op.getStrides()) * co});
    return reshape(b, loc, v, merged);
  }

  /// [g * co] to [g * remainders * co].
  static Value repeatBias(OpBuilder &b, Location loc, Value bias,
                          int64_t groups, int64_t remainders, int64_t co) {
    Value v = reshape(b, loc, bias, {groups, 1, co});
    v = TileOp::create(b, loc, v, ArrayRef<int64_t>{1, remainders, 1});
    return reshape(b, loc, v, {groups * remainders * co});
  }

  /// [N, Q..., g * s... * co] to [N, (Q * s)..., g * co].
  static Value interleave(OpBuilder &b, Location loc, Value v,
                          ArrayRef<int64_t> stride,
                          ArrayRef<int64_t> positions, int64_t groups,
                          int64_t co) {
    int64_t spatial = stride.size();
    int64_t batch = typeOf(v).getDimSize(0);
    Shape split{batch}, merged{batch};
    llvm::append_range(split, positions);
    split.push_back(groups);
    llvm::append_range(split, stride);
    split.push_back(co);
    SmallVector<int64_t> perm{0};
    for (int64_t i = 0; i < spatial; ++i) {
      perm.append({1 + i, spatial + 2 + i});
      merged.push_back(positions[i] * stride[i]);
    }
    perm.append({spatial + 1, 2 * spatial + 2});
    merged.push_back(groups * co);
    v = TransposeOp::create(b, loc, reshape(b, loc, v, split), perm);
    return reshape(b, loc, v, merged);
  }
};

struct LowerConvTranspose
    : xgen::impl::LowerConvTransposeBase<LowerConvTranspose> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addOnStatic<LowerPattern>(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
