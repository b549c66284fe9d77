//===- FoldBatchNorm.cpp - Scales, shifts and borders of convolutions -----===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-fold-batchnorm: a batch norm arrives as a multiplication and an addition
// with one number a channel, possibly behind the transpose that ends a
// channels-last convolution. Both are linear in the convolution's result, so
// weight and bias can take them.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
/// What the three kinds of products have in common.
struct Product {
  Operation *op = nullptr;

  static Product of(Value value) {
    Operation *op = value.getDefiningOp();
    if (isa_and_nonnull<ConvOp, ConvTransposeOp, MatMulOp>(op) &&
        isa<FloatType>(typeOf(value).getElementType()))
      return {op};
    return {};
  }
  explicit operator bool() const { return op; }
  Value weight() const { return op->getOperand(1); }
  Value bias() const {
    return op->getNumOperands() > 2 ? op->getOperand(2) : Value();
  }
  int64_t channels() const { return typeOf(op->getResult(0)).getShape().back(); }

  /// Output channel of the weight's element `i`; only its last dimension and,
  /// for a grouped transposed convolution, its input channel tell.
  int64_t channelOf(int64_t i) const {
    ArrayRef<int64_t> shape = typeOf(weight()).getShape();
    int64_t last = shape.back(), channel = i % last;
    if (auto conv = dyn_cast<ConvTransposeOp>(op)) {
      int64_t ci = shape[shape.size() - 2];
      int64_t group = i / last % ci / (ci / (int64_t)conv.getGroups());
      channel += group * last;
    }
    return channel;
  }

  /// A copy of the product with other constants, at the builder's position.
  Value rebuild(OpBuilder &builder, Value weight, Value bias) const {
    Value input = op->getOperand(0);
    Type type = op->getResult(0).getType();
    Operation *copy =
        TypeSwitch<Operation *, Operation *>(op)
            .Case([&](ConvOp conv) {
              return ConvOp::create(builder, conv.getLoc(), type, input, weight,
                                    bias, conv.getStrides(),
                                    conv.getDilations(), conv.getPads(),
                                    conv.getGroups(), conv.getRounding());
            })
            .Case([&](ConvTransposeOp conv) {
              return ConvTransposeOp::create(
                  builder, conv.getLoc(), type, input, weight, bias,
                  conv.getStrides(), conv.getDilations(), conv.getPads(),
                  conv.getGroups());
            })
            .Case([&](MatMulOp product) {
              return MatMulOp::create(builder, product.getLoc(), type, input,
                                      weight, bias, product.getRounding());
            });
    copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    return copy->getResult(0);
  }
};
} // namespace

/// The numbers of `value` as one a channel, where channel is dimension `axis`
/// of a result of rank `rank`; nullopt when they vary along other dimensions.
static std::optional<std::vector<float>>
perChannel(Value value, int64_t rank, int64_t axis, int64_t channels) {
  auto values = floatsOf(value);
  if (!values)
    return std::nullopt;
  if (values->size() == 1)
    return std::vector<float>(channels, values->front());
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  for (int64_t i = 0; i < (int64_t)shape.size(); ++i) {
    int64_t dim = i + rank - (int64_t)shape.size();
    if (shape[i] != 1 && dim != axis)
      return std::nullopt;
  }
  if ((int64_t)values->size() != channels)
    return std::nullopt;
  return values;
}

/// A bias of `product` as one number a channel; zeros without one.
static std::optional<std::vector<float>> biasOf(Product product) {
  if (!product.bias())
    return std::vector<float>(product.channels(), 0.0f);
  int64_t rank = typeOf(product.bias()).getRank();
  return perChannel(product.bias(), rank, rank - 1, product.channels());
}

namespace {
struct FoldScaleAndShift : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isMul = op.getKind() == BinaryKind::Mul;
    if (!isMul && op.getKind() != BinaryKind::Add)
      return failure();
    Value x = op.getLhs(), c = op.getRhs();
    if (constantOf(x))
      std::swap(x, c);
    if (!constantOf(c) || constantOf(x) || x.getType() != op.getType())
      return failure();
    // Back to the product, through transposes; reshapes where one number
    // is meant for all elements.
    bool scalar = typeOf(c).getNumElements() == 1;
    SmallVector<Operation *> between;
    int64_t axis = -1;
    Value source = x;
    while (true) {
      if (!source.hasOneUse())
        return failure();
      Operation *producer = source.getDefiningOp();
      if (!isa_and_nonnull<TransposeOp>(producer) &&
          !(scalar && isa_and_nonnull<ReshapeOp>(producer)))
        break;
      between.push_back(producer);
      source = producer->getOperand(0);
    }
    Product product = Product::of(source);
    if (!product || !constantOf(product.weight()))
      return failure();
    axis = typeOf(source).getRank() - 1;
    for (Operation *step : llvm::reverse(between))
      if (auto transpose = dyn_cast<TransposeOp>(step))
        axis = scalar ? axis : invert(transpose.getPerm())[axis];
    auto factors = perChannel(c, typeOf(x).getRank(), axis, product.channels());
    auto bias = biasOf(product);
    if (!factors || !bias)
      return failure();

    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(product.op);
    Location loc = product.op->getLoc();
    Value weight = product.weight();
    for (auto [b, f] : llvm::zip(*bias, *factors))
      b = isMul ? b * f : b + f;
    if (isMul) {
      auto numbers = floatsOf(weight);
      if (!numbers)
        return failure();
      for (auto [i, number] : llvm::enumerate(*numbers))
        number *= (*factors)[product.channelOf(i)];
      weight = makeFloats(rewriter, loc, typeOf(weight), *numbers);
    }
    auto biasType = RankedTensorType::get({product.channels()},
                                          op.getType().getElementType());
    Value newBias = isMul && !product.bias()
                        ? Value()
                        : makeFloats(rewriter, loc, biasType, *bias);
    Value result = product.rebuild(
        rewriter, weight, newBias);
    // The merged node is known by both names.
    result.getDefiningOp()->setLoc(rewriter.getFusedLoc({loc, op.getLoc()}));
    for (Operation *step : llvm::reverse(between)) {
      Operation *copy = rewriter.clone(*step);
      copy->setOperand(0, result);
      result = copy->getResult(0);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A matrix product plus what broadcasts to it: the bias need not be constant
/// for each row, but it must not be larger than the product.
struct FoldMatMulBias : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Add)
      return failure();
    for (int side : {0, 1}) {
      auto product = op->getOperand(side).getDefiningOp<MatMulOp>();
      Value bias = op->getOperand(1 - side);
      if (!product || product.getBias() || !product->hasOneUse() ||
          product.getType() != op.getType() || !constantOf(bias) ||
          !isa<FloatType>(op.getType().getElementType()))
        continue;
      auto numbers = perChannel(bias, op.getType().getRank(),
                                op.getType().getRank() - 1,
                                op.getType().getShape().back());
      if (!numbers)
        continue;
      auto type = RankedTensorType::get({(int64_t)numbers->size()},
                                        op.getType().getElementType());
      Value value = makeFloats(rewriter, op.getLoc(), type, *numbers);
      Value merged = MatMulOp::create(
          rewriter, rewriter.getFusedLoc({product.getLoc(), op.getLoc()}),
          op.getType(), product.getLhs(), product.getRhs(), value,
          product.getRounding());
      return rewriter.replaceOp(op, merged), success();
    }
    return failure();
  }
};

/// conv(x * c): the weight's input channels take c. A border of zeros stays
/// one, so this is exact whatever the padding. x + c only without padding.
template <typename OpTy> struct FoldScaleBefore : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Product product = Product::of(op->getResult(0));
    auto scale = op->getOperand(0).template getDefiningOp<BinaryOp>();
    if (!product || !scale || !scale->hasOneUse() ||
        !constantOf(product.weight()))
      return failure();
    bool isMul = scale.getKind() == BinaryKind::Mul;
    if (!isMul && scale.getKind() != BinaryKind::Add)
      return failure();
    auto conv = dyn_cast<ConvOp>(op.getOperation());
    int64_t groups = conv ? conv.getGroups() : 1;
    if (!isMul && (groups != 1 || (conv && llvm::any_of(conv.getPads(), [](int64_t p) {
                                     return p != 0;
                                   }))))
      return failure();
    RankedTensorType type = typeOf(scale.getLhs());
    if (type != scale.getType())
      return failure();
    auto factors = perChannel(scale.getRhs(), type.getRank(),
                              type.getRank() - 1, type.getShape().back());
    auto numbers = floatsOf(product.weight());
    if (!factors || !numbers)
      return failure();
    ArrayRef<int64_t> shape = typeOf(product.weight()).getShape();
    int64_t co = shape.back(), ci = shape[shape.size() - 2];
    if (!conv && elementsOf(shape) != ci * co)
      return failure();
    Value weight = product.weight(), bias = product.bias();
    if (isMul) {
      for (auto [i, number] : llvm::enumerate(*numbers)) {
        int64_t group = (int64_t)i % co / (co / groups);
        number *= (*factors)[group * ci + (int64_t)i / co % ci];
      }
      weight = makeFloats(rewriter, op->getLoc(), typeOf(weight), *numbers);
    } else {
      auto sums = biasOf(product);
      if (!sums)
        return failure();
      std::vector<double> exact(sums->begin(), sums->end());
      for (auto [i, number] : llvm::enumerate(*numbers))
        exact[i % co] += (double)number * (*factors)[(int64_t)i / co % ci];
      sums->assign(exact.begin(), exact.end());
      bias = makeFloats(rewriter, op->getLoc(),
                        RankedTensorType::get({co}, type.getElementType()),
                        *sums);
    }
    Value result = product.rebuild(rewriter, weight, bias);
    result.getDefiningOp()->setOperand(0, scale.getLhs());
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A border of zeros before a convolution, or of -infinity before a maximum,
/// or of zeros that count before a mean.
template <typename OpTy> struct FoldPad : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto pad = op->getOperand(0).template getDefiningOp<PadOp>();
    if (!pad || pad.getMode() != PadMode::Constant ||
        isQuantized(pad.getType()))
      return failure();
    double value = pad.getValue().convertToDouble();
    int64_t rank = pad.getType().getRank(), spatial = rank - 2;
    if (pad.getLow()[0] || pad.getHigh()[0] || pad.getLow()[rank - 1] ||
        pad.getHigh()[rank - 1])
      return failure();
    bool count = false;
    if constexpr (std::is_same_v<OpTy, PoolOp>) {
      bool noPads = llvm::all_of(op.getPads(), [](int64_t p) { return p == 0; });
      count = op.getKind() == PoolKind::Avg && value == 0 &&
              (noPads || op.getCountIncludePad());
      bool lowest = op.getKind() == PoolKind::Max && value <= -1e30 &&
                    op->getNumResults() == 1;
      if (!count && !lowest)
        return failure();
    } else if (value != 0) {
      return failure();
    }
    Shape pads(op.getPads());
    for (int64_t i = 0; i < spatial; ++i) {
      pads[i] += pad.getLow()[i + 1];
      pads[spatial + i] += pad.getHigh()[i + 1];
    }
    rewriter.modifyOpInPlace(op, [&] {
      op->setOperand(0, pad.getInput());
      op.setPads(pads);
      if constexpr (std::is_same_v<OpTy, PoolOp>)
        if (count)
          op.setCountIncludePad(true);
    });
    return success();
  }
};

struct FoldBatchNorm : xgen::impl::FoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addOnStatic<FoldScaleAndShift, FoldMatMulBias, FoldScaleBefore<ConvOp>,
                 FoldScaleBefore<MatMulOp>, FoldPad<ConvOp>, FoldPad<PoolOp>>(patterns);
    GreedyRewriteConfig config;
    config.enableConstantCSE(false);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns),
                                     config)))
      return signalPassFailure();
    getOperation().walk([](func::FuncOp func) { eraseDeadOps(func.getBody()); });
    releaseDeadResources(getOperation());
  }
};
} // namespace
