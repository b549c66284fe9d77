//===- IdiomPatterns.cpp - What basic ops spell ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Exporters write activations, normalizations and look-ups in basic ops, each in its
// own order. A product is therefore matched as a set of factors and a constant.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/Patterns.h"
#include <cmath>

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static UnaryOp unary(Value value, UnaryKind kind) {
  auto op = value.getDefiningOp<UnaryOp>();
  return op && op.getKind() == kind ? op : UnaryOp();
}

static BinaryOp binary(Value value, BinaryKind kind) {
  auto op = value.getDefiningOp<BinaryOp>();
  return op && op.getKind() == kind ? op : BinaryOp();
}

static bool isNear(std::optional<double> value, double want) {
  return value && std::abs(*value - want) <= 2e-3 * std::abs(want);
}

static bool isFloat(Value value) {
  return isa<FloatType>(typeOf(value).getElementType());
}

static Value createUnary(OpBuilder &builder, Location loc, Value x,
                         UnaryKind kind, double alpha = 0, double beta = 0) {
  return UnaryOp::create(builder, loc, x.getType(), x, kind,
                         llvm::APFloat(alpha), llvm::APFloat(beta));
}

/// `value` as op(x, c) with a number c.
static Value withNumber(Value value, BinaryKind kind, double number) {
  BinaryOp op = binary(value, kind);
  return op && isNear(splatOf(op.getRhs()), number) &&
                 op.getLhs().getType() == op.getType()
             ? op.getLhs()
             : Value();
}

/// Factors of a product of tensors of one shape, and of numbers.
static void factorsOf(Value value, Type type, bool root,
                      SmallVectorImpl<Value> &factors, double &scale) {
  if (auto number = splatOf(value)) {
    scale *= *number;
    return;
  }
  BinaryOp op = binary(value, BinaryKind::Mul);
  if (op && op.getType() == type && (root || op->hasOneUse()) &&
      factors.size() < 4) {
    factorsOf(op.getLhs(), type, false, factors, scale);
    factorsOf(op.getRhs(), type, false, factors, scale);
    return;
  }
  factors.push_back(value);
}

namespace {
/// x * sigmoid(x), x * clamp(x + 3, 0, 6) / 6, x * (1 + erf(x / sqrt 2)) / 2
/// and their likes.
struct Activations : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Mul || !isFloat(op.getLhs()))
      return failure();
    // clamp(x + 3, 0, 6) / 6 alone.
    if (auto clamp = unary(op.getLhs(), UnaryKind::Clamp)) {
      Value x = withNumber(clamp.getInput(), BinaryKind::Add, 3.0);
      if (x && op.getType() == clamp.getType() &&
          isNear(splatOf(op.getRhs()), 1.0 / 6) && bounds(clamp, 0, 6))
        return rewriter.replaceOp(op, createUnary(rewriter, op.getLoc(), x,
                                                  UnaryKind::HardSigmoid,
                                                  1.0 / 6, 0.5)),
               success();
    }
    SmallVector<Value> factors;
    double scale = 1;
    factorsOf(op, op.getType(), true, factors, scale);
    if (factors.size() != 2 || factors[0].getType() != op.getType() ||
        factors[1].getType() != op.getType())
      return failure();
    for (int side : {0, 1}) {
      Value x = factors[side], gate = factors[1 - side];
      if (Value result = match(x, gate, scale, op, rewriter))
        return rewriter.replaceOp(op, result), success();
    }
    return failure();
  }

  static bool bounds(UnaryOp op, double low, double high) {
    return op.getAlpha().convertToDouble() == low &&
           op.getBeta().convertToDouble() == high;
  }

  static Value match(Value x, Value gate, double scale, BinaryOp op,
                     PatternRewriter &rewriter) {
    Location loc = op.getLoc();
    if (scale == 1) {
      if (auto sigmoid = unary(gate, UnaryKind::Sigmoid)) {
        if (sigmoid.getInput() == x)
          return createUnary(rewriter, loc, x, UnaryKind::Swish, 1.0);
        BinaryOp inner = binary(sigmoid.getInput(), BinaryKind::Mul);
        auto alpha = inner ? splatOf(inner.getRhs()) : std::nullopt;
        if (alpha && inner.getLhs() == x)
          return createUnary(rewriter, loc, x, UnaryKind::Swish, *alpha);
      }
      auto hard = unary(gate, UnaryKind::HardSigmoid);
      if (hard && hard.getInput() == x &&
          isNear(hard.getAlpha().convertToDouble(), 1.0 / 6) &&
          hard.getBeta().convertToDouble() == 0.5)
        return createUnary(rewriter, loc, x, UnaryKind::HardSwish);
      if (auto tanh = unary(gate, UnaryKind::Tanh))
        if (auto soft = unary(tanh.getInput(), UnaryKind::Softplus))
          if (soft.getInput() == x)
            return createUnary(rewriter, loc, x, UnaryKind::Mish);
    }
    auto clamp = unary(gate, UnaryKind::Clamp);
    if (clamp && isNear(scale, 1.0 / 6) && bounds(clamp, 0, 6) &&
        withNumber(clamp.getInput(), BinaryKind::Add, 3.0) == x)
      return createUnary(rewriter, loc, x, UnaryKind::HardSwish);
    if (!isNear(scale, 0.5))
      return nullptr;
    Value inner = withNumber(gate, BinaryKind::Add, 1.0);
    if (!inner)
      return nullptr;
    if (auto erf = unary(inner, UnaryKind::Erf))
      if (withNumber(erf.getInput(), BinaryKind::Mul, std::sqrt(0.5)) == x)
        return createUnary(rewriter, loc, x, UnaryKind::Gelu);
    if (auto tanh = unary(inner, UnaryKind::Tanh)) {
      // tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)).
      Value sum = withNumber(tanh.getInput(), BinaryKind::Mul,
                             std::sqrt(2.0 / 3.14159265358979));
      BinaryOp add = sum ? binary(sum, BinaryKind::Add) : BinaryOp();
      for (int side : {0, 1}) {
        if (!add || add->getOperand(side) != x)
          continue;
        Value cubic = add->getOperand(1 - side);
        SmallVector<Value> factors;
        double scale = 1;
        factorsOf(cubic, cubic.getType(), true, factors, scale);
        BinaryOp pow = factors.size() == 1
                           ? binary(factors[0], BinaryKind::Pow)
                           : BinaryOp();
        bool cube =
            (pow && pow.getLhs() == x && splatOf(pow.getRhs()) == 3.0) ||
            (factors.size() == 3 && llvm::all_equal(factors) && factors[0] == x);
        if (cube && isNear(scale, 0.044715))
          return createUnary(rewriter, loc, x, UnaryKind::GeluTanh);
      }
    }
    return nullptr;
  }
};

/// What a division by sqrt(mean(y * y) + epsilon) is made of.
struct RootMeanSquare {
  Value y;
  SmallVector<int64_t> axes;
  double epsilon;
};
} // namespace

/// `value` is mean(y * y, axes kept) + epsilon.
static std::optional<RootMeanSquare> matchMeanSquare(Value value) {
  BinaryOp add = binary(value, BinaryKind::Add);
  auto epsilon = add ? splatOf(add.getRhs()) : std::nullopt;
  if (!epsilon || add.getType() != add.getLhs().getType())
    return std::nullopt;
  auto mean = add.getLhs().getDefiningOp<ReduceOp>();
  if (!mean || mean.getKind() != ReduceKind::Mean || !mean.getKeepdims())
    return std::nullopt;
  BinaryOp square = binary(mean.getInput(), BinaryKind::Mul);
  if (!square || square.getLhs() != square.getRhs())
    return std::nullopt;
  return RootMeanSquare{square.getLhs(),
                        SmallVector<int64_t>(mean.getAxes()), *epsilon};
}

static Value createNormalize(PatternRewriter &rewriter, Operation *op,
                             const RootMeanSquare &rms) {
  Value x = rms.y;
  NormalizeKind kind = NormalizeKind::Rms;
  // y = x - mean(x): layer normalization.
  if (BinaryOp sub = binary(rms.y, BinaryKind::Sub)) {
    auto mean = sub.getRhs().getDefiningOp<ReduceOp>();
    if (mean && mean.getKind() == ReduceKind::Mean && mean.getKeepdims() &&
        mean.getInput() == sub.getLhs() &&
        mean.getAxes() == ArrayRef<int64_t>(rms.axes)) {
      x = sub.getLhs();
      kind = NormalizeKind::Mean;
    }
  }
  return NormalizeOp::create(rewriter, op->getLoc(), op->getResult(0).getType(),
                             x, Value(), Value(), kind, rms.axes,
                             llvm::APFloat(rms.epsilon));
}

namespace {
struct Normalization : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (!isFloat(op.getLhs()))
      return failure();
    if (op.getKind() == BinaryKind::Div)
      if (auto root = unary(op.getRhs(), UnaryKind::Sqrt))
        return finish(op, op.getLhs(), root.getInput(), rewriter);
    if (op.getKind() != BinaryKind::Mul)
      return failure();
    for (int side : {0, 1})
      if (auto root = unary(op->getOperand(1 - side), UnaryKind::Rsqrt))
        if (succeeded(
                finish(op, op->getOperand(side), root.getInput(), rewriter)))
          return success();
    return failure();
  }

  static LogicalResult finish(BinaryOp op, Value y, Value square,
                              PatternRewriter &rewriter) {
    auto rms = matchMeanSquare(square);
    if (!rms || rms->y != y || y.getType() != op.getType())
      return failure();
    rewriter.replaceOp(op, createNormalize(rewriter, op, *rms));
    return success();
  }
};

/// normalize(x) * c and + c with constants that vary along the normalized
/// axes become its scale and bias.
struct NormalizeAffine : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isMul = op.getKind() == BinaryKind::Mul;
    auto norm = op.getLhs().getDefiningOp<NormalizeOp>();
    if ((!isMul && op.getKind() != BinaryKind::Add) || !norm ||
        !norm->hasOneUse() || !constantOf(op.getRhs()) ||
        norm.getType() != op.getType() || norm.getBias() ||
        (isMul && norm.getScale()))
      return failure();
    Value scale = isMul ? op.getRhs() : norm.getScale();
    Value bias = isMul ? Value() : op.getRhs();
    rewriter.replaceOpWithNewOp<NormalizeOp>(
        op, op.getType(), norm.getInput(), scale, bias, norm.getKind(),
        norm.getAxes(), norm.getEpsilon());
    return success();
  }
};

/// cast(x == [c, c + 1, ...]) * table: rows of the table, and zeros where x is none of
/// the numbers. How an embedding is written for machines that multiply faster than they
/// look up. Exact: each sum has one term that is not zero.
struct OneHotMatMul : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    RankedTensorType hotType = typeOf(op.getLhs()), tableType = typeOf(op.getRhs());
    if (op.getBias() || tableType.getRank() != 2 || hotType.getRank() != 2 ||
        tableType.getEncoding() || !isFloat(op.getRhs()) || op.getType() != resultType(op))
      return failure();
    int64_t count = hotType.getShape().back(), columns = tableType.getShape().back();
    Value hot = op.getLhs();
    while (auto reshape = hot.getDefiningOp<ReshapeOp>())
      hot = reshape.getInput();
    auto cast = hot.getDefiningOp<CastOp>();
    BinaryOp equal = cast ? binary(cast.getInput(), BinaryKind::Equal) : BinaryOp();
    if (!equal || typeOf(equal).getShape().back() != count)
      return failure();
    for (int side : {0, 1}) {
      Value x = equal->getOperand(side), numbers = equal->getOperand(1 - side);
      auto first = firstOfRun(numbers, count);
      Type element = typeOf(x).getElementType();
      if (!first || typeOf(x).getNumElements() * count != hotType.getNumElements() ||
          !(element.isSignlessInteger(32) || element.isSignlessInteger(64)))
        continue;
      // A row of zeros before and after those that are looked up.
      auto table = floatsOf(op.getRhs());
      if (!table || !llvm::all_of(*table, [](float v) { return std::isfinite(v); }))
        return failure();
      table->insert(table->begin(), columns, 0.0f);
      table->insert(table->end(), columns, 0.0f);
      Location loc = op.getLoc();
      Value rows = makeFloats(rewriter, loc, tableType.clone({count + 2, columns}), *table);
      Value row = createReshape(rewriter, loc, x, {hotType.getShape().front()});
      auto with = [&](BinaryKind kind, int64_t number) {
        row = BinaryOp::create(rewriter, loc, row.getType(), row,
                               makeScalar(rewriter, loc, element, number), kind);
      };
      with(BinaryKind::Max, *first - 1);
      with(BinaryKind::Min, *first + count);
      if (*first != 1)
        with(BinaryKind::Sub, *first - 1);
      rewriter.replaceOpWithNewOp<GatherOp>(op, op.getType(), rows, row, 0);
      return success();
    }
    return failure();
  }

  static Type resultType(MatMulOp op) {
    return typeOf(op.getRhs())
        .clone({typeOf(op.getLhs()).getShape().front(), typeOf(op.getRhs()).getShape().back()});
  }

  /// c, when `value` is the constant [c, c + 1, ..., c + count - 1].
  static std::optional<int64_t> firstOfRun(Value value, int64_t count) {
    auto numbers = integersOf(value);
    if (!numbers || (int64_t)numbers->size() != count ||
        typeOf(value).getShape().back() != count)
      return std::nullopt;
    int64_t first = numbers->front();
    // Far from the ends of the type, since its neighbours are used, too.
    if (std::abs(first) > (1 << 30) || count > (1 << 24))
      return std::nullopt;
    for (auto [i, number] : llvm::enumerate(*numbers))
      if (number != first + (int64_t)i)
        return std::nullopt;
    return first;
  }
};
} // namespace

void xgen::populateIdiomPatterns(RewritePatternSet &patterns) {
  addOnStatic<Activations, Normalization, NormalizeAffine, OneHotMatMul>(patterns);
}
