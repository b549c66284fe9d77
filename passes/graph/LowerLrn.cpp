//===- LowerLrn.cpp - Local response normalization as arithmetic ----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-lower-lrn: x / (bias + alpha / size * (sum of squares)) ^ beta becomes
// squares with a border of zeros, a sum of slices of them, and elementwise
// functions: two kernels whose limit is memory, where `xgen.lrn` has none but the
// reference's. Krizhevsky et al., "ImageNet classification with deep convolutional
// neural networks", 2012, whose beta of 3/4 needs square roots only.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_LOWERLRN
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

/// Windows up to this size; each channel of one is a slice.
static constexpr int64_t maxSize = 16;

namespace {
struct LrnPattern : OpRewritePattern<LrnOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LrnOp op, PatternRewriter &b) const override {
    RankedTensorType type = typeOf(op.getInput());
    Type element = type.getElementType();
    int64_t size = op.getSize(), last = type.getRank() - 1;
    if (!element.isF32() || size > maxSize)
      return failure();
    Location loc = op.getLoc();
    auto binary = [&](BinaryKind kind, Value lhs, Value rhs) -> Value {
      return BinaryOp::create(b, loc, lhs, rhs, kind);
    };
    auto unary = [&](UnaryKind kind, Value v) -> Value {
      return UnaryOp::create(b, loc, v, kind, llvm::APFloat(0.0), llvm::APFloat(0.0));
    };
    auto scalar = [&](double value) { return makeScalar(b, loc, element, value); };

    Value x = op.getInput(), squares = binary(BinaryKind::Mul, x, x);
    Shape low(type.getRank(), 0), high = low, starts = low,
          ones(type.getRank(), 1);
    low[last] = (size - 1) / 2;
    high[last] = size - 1 - low[last];
    squares = PadOp::create(b, loc, squares, low, high, PadMode::Constant,
                             llvm::APFloat(0.0));
    Value sum;
    for (int64_t i = 0; i < size; ++i) {
      starts[last] = i;
      Value part = SliceOp::create(b, loc, squares, starts, type.getShape(), ones);
      sum = sum ? binary(BinaryKind::Add, sum, part) : part;
    }
    double alpha = op.getAlpha().convertToDouble(),
           beta = op.getBeta().convertToDouble();
    sum = binary(BinaryKind::Mul, sum, scalar(alpha / size));
    sum = binary(BinaryKind::Add, sum, scalar(op.getBias().convertToDouble()));
    b.replaceOp(op, binary(BinaryKind::Div, x, power(sum, beta, binary, unary, scalar)));
    return success();
  }

private:
  template <typename Binary, typename Unary, typename Scalar>
  static Value power(Value v, double beta, Binary binary, Unary unary, Scalar scalar) {
    if (beta == 1.0)
      return v;
    if (beta == 0.5)
      return unary(UnaryKind::Sqrt, v);
    if (beta == 0.75) {
      Value root = unary(UnaryKind::Sqrt, v);
      return binary(BinaryKind::Mul, root, unary(UnaryKind::Sqrt, root));
    }
    return unary(UnaryKind::Exp,
                 binary(BinaryKind::Mul, unary(UnaryKind::Log, v), scalar(beta)));
  }
};

struct LowerLrn : xgen::impl::LowerLrnBase<LowerLrn> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addOnStatic<LrnPattern>(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
