//===- ElementwisePatterns.cpp - Algebra of pointwise ops -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Neutral elements, constants to the right, division by constants as
// multiplication, chains of constants, and everything that is a clamp. Only
// rewrites whose float result differs by rounding at most.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/Patterns.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static bool isFloat(Value value) {
  return isa<FloatType>(typeOf(value).getElementType());
}

/// Whether `x` alone has the shape of the binary op's result.
static bool keepsShape(BinaryOp op, Value x) {
  return x.getType() == op.getType();
}

static bool isCommutative(BinaryKind kind) {
  switch (kind) {
  case BinaryKind::Add: case BinaryKind::Mul: case BinaryKind::Min:
  case BinaryKind::Max: case BinaryKind::And: case BinaryKind::Or:
  case BinaryKind::Xor: case BinaryKind::BitAnd: case BinaryKind::BitOr:
  case BinaryKind::BitXor: case BinaryKind::Equal: case BinaryKind::NotEqual:
    return true;
  default:
    return false;
  }
}

static Value createUnary(OpBuilder &builder, Location loc, Value x,
                         UnaryKind kind, double alpha = 0, double beta = 0) {
  return UnaryOp::create(builder, loc, x.getType(), x, kind,
                         llvm::APFloat(alpha), llvm::APFloat(beta));
}

static double alphaOf(UnaryOp op) { return op.getAlpha().convertToDouble(); }
static double betaOf(UnaryOp op) { return op.getBeta().convertToDouble(); }

/// The bounds that a relu or clamp keeps.
static std::optional<std::pair<double, double>> boundsOf(UnaryOp op) {
  if (op.getKind() == UnaryKind::Relu)
    return std::pair(0.0, std::numeric_limits<double>::infinity());
  if (op.getKind() == UnaryKind::Clamp)
    return std::pair(alphaOf(op), betaOf(op));
  return std::nullopt;
}

namespace {
struct ConstantToRight : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (!isCommutative(op.getKind()) || !constantOf(op.getLhs()) ||
        constantOf(op.getRhs()))
      return failure();
    rewriter.modifyOpInPlace(
        op, [&] { op->setOperands({op.getRhs(), op.getLhs()}); });
    return success();
  }
};

/// x + 0, x - 0, x * 1, x / 1, x ^ 1; x ^ 2 and x ^ 0.5; x / c and x - c.
struct SimplifyBinary : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getLhs();
    BinaryKind kind = op.getKind();
    if (isQuantized(x.getType()) || isQuantized(op.getType()))
      return failure();
    // 1 / x.
    if (kind == BinaryKind::Div && isFloat(x) && splatOf(x) == 1.0 &&
        keepsShape(op, op.getRhs()))
      return rewriter.replaceOp(op, createUnary(rewriter, op.getLoc(),
                                                op.getRhs(),
                                                UnaryKind::Reciprocal)),
             success();
    if (!constantOf(op.getRhs()))
      return failure();
    std::optional<double> c = splatOf(op.getRhs());
    if (c && keepsShape(op, x)) {
      bool neutral =
          ((kind == BinaryKind::Add || kind == BinaryKind::Sub) && *c == 0) ||
          ((kind == BinaryKind::Mul || kind == BinaryKind::Div ||
            kind == BinaryKind::Pow) && *c == 1);
      if (neutral)
        return rewriter.replaceOp(op, x), success();
      if (kind == BinaryKind::Pow && *c == 2) {
        rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), x, x,
                                              BinaryKind::Mul);
        return success();
      }
      if (kind == BinaryKind::Pow && *c == 0.5 && isFloat(x))
        return rewriter.replaceOp(
                   op, createUnary(rewriter, op.getLoc(), x, UnaryKind::Sqrt)),
               success();
      if (kind == BinaryKind::Mul && *c == -1 && isFloat(x))
        return rewriter.replaceOp(
                   op, createUnary(rewriter, op.getLoc(), x, UnaryKind::Neg)),
               success();
    }
    if (!isFloat(x) || typeOf(x).getElementType().isF64() ||
        (kind != BinaryKind::Div && kind != BinaryKind::Sub))
      return failure();
    auto values = floatsOf(op.getRhs());
    if (!values)
      return failure();
    for (float &value : *values) {
      value = kind == BinaryKind::Div ? 1.0f / value : -value;
      // Reciprocals of denormals and zeros are not numbers to multiply with.
      if (kind == BinaryKind::Div && !std::isnormal(value))
        return failure();
    }
    Value rhs = makeFloats(rewriter, op.getLoc(), typeOf(op.getRhs()), *values);
    rewriter.replaceOpWithNewOp<BinaryOp>(
        op, op.getType(), x, rhs,
        kind == BinaryKind::Div ? BinaryKind::Mul : BinaryKind::Add);
    return success();
  }
};

/// (x * a) * b is x * (a * b), also for sums; computed here for floats.
struct MergeConstants : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    BinaryKind kind = op.getKind();
    auto inner = op.getLhs().getDefiningOp<BinaryOp>();
    if ((kind != BinaryKind::Mul && kind != BinaryKind::Add) || !inner ||
        inner.getKind() != kind || !inner->hasOneUse() ||
        inner.getType() != op.getType() ||
        typeOf(op.getLhs()).getElementType().isF64())
      return failure();
    auto a = floatsOf(inner.getRhs()), b = floatsOf(op.getRhs());
    if (!a || !b || !keepsShape(inner, inner.getLhs()))
      return failure();
    // One of them is a scalar, or both have the same shape.
    RankedTensorType type = typeOf(inner.getRhs());
    if (a->size() < b->size()) {
      std::swap(a, b);
      type = typeOf(op.getRhs());
    }
    if (b->size() != 1 &&
        typeOf(inner.getRhs()).getShape() != typeOf(op.getRhs()).getShape())
      return failure();
    for (auto [i, value] : llvm::enumerate(*a)) {
      float other = (*b)[b->size() == 1 ? 0 : i];
      value = kind == BinaryKind::Mul ? value * other : value + other;
    }
    Value merged = makeFloats(rewriter, op.getLoc(), type, *a);
    rewriter.modifyOpInPlace(
        op, [&] { op->setOperands({inner.getLhs(), merged}); });
    return success();
  }
};

/// max and min with numbers are clamps.
struct MinMaxToClamp : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isMax = op.getKind() == BinaryKind::Max;
    if ((!isMax && op.getKind() != BinaryKind::Min) || !isFloat(op.getLhs()) ||
        !keepsShape(op, op.getLhs()))
      return failure();
    auto c = splatOf(op.getRhs());
    if (!c || std::isnan(*c))
      return failure();
    double inf = std::numeric_limits<double>::infinity();
    rewriter.replaceOp(op, createUnary(rewriter, op.getLoc(), op.getLhs(),
                                       UnaryKind::Clamp, isMax ? *c : -inf,
                                       isMax ? inf : *c));
    return success();
  }
};

/// Clamps of clamps, clamps that are relu, and double relu.
struct MergeClamps : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    auto bounds = boundsOf(op);
    if (!bounds || !isFloat(op.getInput()))
      return failure();
    auto [low, high] = *bounds;
    double largest = std::numeric_limits<float>::max();
    bool wide = typeOf(op.getInput()).getElementType().isF64();
    if (op.getKind() == UnaryKind::Clamp && low == 0 && high >= largest && !wide)
      return rewriter.replaceOp(op, createUnary(rewriter, op.getLoc(),
                                                op.getInput(),
                                                UnaryKind::Relu)),
             success();
    if (low <= -largest && high >= largest && !wide)
      return rewriter.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<UnaryOp>();
    auto first = inner ? boundsOf(inner) : std::nullopt;
    if (!first)
      return failure();
    // min(max(x, a), b) of min(max(x, c), d): the outer bounds win.
    auto outer = [&](double x) { return std::min(std::max(x, low), high); };
    rewriter.replaceOp(
        op, createUnary(rewriter, op.getLoc(), inner.getInput(),
                        UnaryKind::Clamp, outer(first->first),
                        outer(first->second)));
    return success();
  }
};

/// Pairs of unary ops: neg(neg), reciprocal(sqrt), what relu does not change.
struct UnaryPairs : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<UnaryOp>();
    if (!inner || isQuantized(op.getType()))
      return failure();
    UnaryKind a = inner.getKind(), b = op.getKind();
    if ((a == UnaryKind::Neg && b == UnaryKind::Neg) ||
        (a == UnaryKind::Not && b == UnaryKind::Not) ||
        (a == UnaryKind::BitNot && b == UnaryKind::BitNot))
      return rewriter.replaceOp(op, inner.getInput()), success();
    if (a == UnaryKind::Sqrt && b == UnaryKind::Reciprocal)
      return rewriter.replaceOp(op, createUnary(rewriter, op.getLoc(),
                                                inner.getInput(),
                                                UnaryKind::Rsqrt)),
             success();
    bool positive = a == UnaryKind::Abs || a == UnaryKind::Exp ||
                    a == UnaryKind::Sqrt || a == UnaryKind::Sigmoid ||
                    a == UnaryKind::HardSigmoid || a == UnaryKind::Softplus;
    if (positive && (b == UnaryKind::Relu || b == UnaryKind::Abs) &&
        isFloat(op.getInput()))
      return rewriter.replaceOp(op, inner), success();
    return failure();
  }
};
} // namespace

void xgen::populateElementwisePatterns(RewritePatternSet &patterns) {
  addOnStatic<ConstantToRight, SimplifyBinary, MergeConstants, MinMaxToClamp,
               MergeClamps, UnaryPairs>(patterns);
}
