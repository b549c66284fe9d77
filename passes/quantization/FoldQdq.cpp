//===- FoldQdq.cpp - QDQ islands become integer ops -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-fold-qdq. An island ends at a quantize; walking back over clamps that the
// quantized range does anyway comes to an op whose operands are dequantized:
// that op works on the quantized tensors. Data movement passes dequantize
// through, so that quantize and dequantize of one island meet.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/quantization/QuantTypes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace xgen {
#define GEN_PASS_DEF_FOLDQDQ
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

/// The quantized tensor behind a dequantize of an activation, null otherwise.
static Value quantizedOf(Value value) {
  auto op = value.getDefiningOp<DequantizeOp>();
  return op && !isPerAxis(op.getInput().getType()) ? op.getInput() : Value();
}

/// `value` in quantized elements of type `element`.
static Value requantized(OpBuilder &builder, Location loc, Value value,
                         Type element) {
  if (typeOf(value).getElementType() == element)
    return value;
  return RequantizeOp::create(builder, loc, withElement(typeOf(value), element),
                              value, Rounding::F32Even);
}

//===----------------------------------------------------------------------===//
// Weights and biases
//===----------------------------------------------------------------------===//

/// A dequantized constant as the product wants it: signed storage, one scale or
/// one a channel of the last dimension. Null when it is none.
static Value quantizedWeight(OpBuilder &builder, Value value) {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize)
    return nullptr;
  Value q = dequantize.getInput();
  RankedTensorType type = typeOf(q);
  auto params = QuantParams::of(type);
  if (!params || (params->axis >= 0 && params->axis != type.getRank() - 1))
    return nullptr;
  auto element = cast<quant::QuantizedType>(type.getElementType());
  auto reinterpret = q.getDefiningOp<ReinterpretOp>();
  if (element.isSigned() || !reinterpret ||
      !constantOf(reinterpret.getInput()) ||
      element.getStorageTypeIntegralWidth() != 8)
    return q;
  // u8 -> i8: the same numbers with another zero point, for the dot product
  // instructions, whose second operand is signed.
  std::vector<int64_t> storage = *integersOf(reinterpret.getInput());
  for (int64_t &number : storage)
    number -= 128;
  SmallVector<int64_t> zeroPoints(params->zeroPoints);
  for (int64_t &point : zeroPoints)
    point -= 128;
  return makeQuantized(builder, value.getLoc(),
                       withElement(type, withStorage(element, 8, true,
                                                     zeroPoints)),
                       storage);
}

/// The bias in units of the accumulator; nullopt when it is no constant that
/// has one number a channel. A null bias gives a null value.
static std::optional<Value> integerBias(OpBuilder &builder, Value bias,
                                        const QuantParams &input,
                                        const QuantParams &weight,
                                        int64_t channels) {
  if (!bias)
    return Value();
  std::vector<double> numbers;
  if (auto floats = floatsOf(bias)) {
    numbers.assign(floats->begin(), floats->end());
  } else {
    auto dequantize = bias.getDefiningOp<DequantizeOp>();
    auto reinterpret =
        dequantize ? dequantize.getInput().getDefiningOp<ReinterpretOp>()
                   : ReinterpretOp();
    auto storage = reinterpret ? integersOf(reinterpret.getInput())
                               : std::nullopt;
    auto params = storage ? QuantParams::of(reinterpret.getType())
                          : std::nullopt;
    if (!params)
      return std::nullopt;
    for (auto [i, q] : llvm::enumerate(*storage))
      numbers.push_back((double)(q - params->zeroPoint(i)) * params->scale(i));
  }
  if (numbers.size() == 1)
    numbers.resize(channels, numbers[0]);
  if ((int64_t)numbers.size() != channels)
    return std::nullopt;
  std::vector<int64_t> storage;
  for (auto [i, number] : llvm::enumerate(numbers)) {
    double q = std::nearbyint(number / (input.scale(0) * weight.scale(i)));
    storage.push_back((int64_t)std::clamp(q, -2147483648.0, 2147483647.0));
  }
  return makeIntegers(
      builder, bias.getLoc(),
      RankedTensorType::get({channels}, builder.getI32Type()), storage);
}

/// A constant operand of an elementwise op as a quantized tensor: a number
/// exactly, others with 24 bits.
static Value quantizedConstant(OpBuilder &builder, Value value) {
  auto numbers = floatsOf(value);
  if (!numbers)
    return nullptr;
  float largest = 0;
  for (float number : *numbers) {
    if (!std::isfinite(number))
      return nullptr;
    largest = std::max(largest, std::abs(number));
  }
  Type expressed = typeOf(value).getElementType();
  bool scalar = numbers->size() == 1;
  double scale = largest == 0 ? 1
                 : scalar     ? largest
                              : std::ldexp(1.0, std::ilogb(largest) - 23);
  unsigned bits = scalar ? 8 : 32;
  auto element = quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, builder.getIntegerType(bits), expressed,
      scale, 0, quant::QuantizedType::getDefaultMinimumForInteger(true, bits),
      quant::QuantizedType::getDefaultMaximumForInteger(true, bits));
  std::vector<int64_t> storage;
  for (float number : *numbers)
    storage.push_back(std::llrint(number / scale));
  return makeQuantized(builder, value.getLoc(),
                       withElement(typeOf(value), element), storage);
}

//===----------------------------------------------------------------------===//
// Islands
//===----------------------------------------------------------------------===//

namespace {
/// Quantize at an island's end: the op before it computes on quantized tensors.
struct FoldIsland : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType();
    if (isPerAxis(type) ||
        !isa<quant::UniformQuantizedType>(type.getElementType()))
      return failure();
    // Clamps between, last one first.
    SmallVector<UnaryOp> clamps;
    Value value = op.getInput();
    while (auto unary = value.getDefiningOp<UnaryOp>()) {
      bool isClamp = unary.getKind() == UnaryKind::Relu ||
                     unary.getKind() == UnaryKind::Clamp;
      if (!isClamp || (!clamps.empty() && !unary->hasOneUse()))
        break;
      clamps.push_back(unary);
      value = unary.getInput();
    }
    // A clamp of a dequantized tensor is an op of its own.
    if (!clamps.empty() && quantizedOf(value))
      value = clamps.pop_back_val().getResult();
    Operation *core = value.getDefiningOp();
    if (!core)
      return failure();
    if (Value q = quantizedOf(value)) {
      rewriter.replaceOp(op, requantized(rewriter, op.getLoc(), q,
                                         type.getElementType()));
      return success();
    }
    Value result = computeQuantized(core, type.getElementType(), rewriter);
    if (!result)
      return failure();
    for (UnaryOp clamp : llvm::reverse(clamps))
      if (!isAbsorbed(clamp, type))
        result = UnaryOp::create(rewriter, clamp.getLoc(), type, result,
                                 clamp.getKind(), clamp.getAlpha(),
                                 clamp.getBeta());
    // The last op of the island is known by the names of all.
    if (!clamps.empty() && result.getDefiningOp()->getLoc() == core->getLoc())
      result.getDefiningOp()->setLoc(
          rewriter.getFusedLoc({core->getLoc(), clamps.front().getLoc()}));
    rewriter.replaceOp(op, result);
    return success();
  }

  /// Whether the range of `type` clamps at least as much.
  static bool isAbsorbed(UnaryOp clamp, RankedTensorType type) {
    auto q = cast<quant::UniformQuantizedType>(type.getElementType());
    double low = 0, high = std::numeric_limits<double>::infinity();
    if (clamp.getKind() == UnaryKind::Clamp) {
      low = clamp.getAlpha().convertToDouble();
      high = clamp.getBeta().convertToDouble();
    }
    auto quantize = [&](double x) {
      return std::nearbyint(x / q.getScale()) + q.getZeroPoint();
    };
    return quantize(low) <= q.getStorageTypeMin() &&
           quantize(high) >= q.getStorageTypeMax();
  }

  static Value computeQuantized(Operation *core, Type element,
                                PatternRewriter &rewriter) {
    Location loc = core->getLoc();
    auto type = dyn_cast<RankedTensorType>(core->getResult(0).getType());
    RankedTensorType result = withElement(type, element);
    if (isa<ConvOp, MatMulOp>(core))
      return computeProduct(core, result, rewriter);
    if (auto concat = dyn_cast<ConcatOp>(core)) {
      SmallVector<Value> inputs;
      for (Value input : concat.getInputs()) {
        Value q = quantizedOf(input);
        if (q)
          q = requantized(rewriter, loc, q, element);
        else if (isConstantLike(input))
          q = QuantizeOp::create(rewriter, loc,
                                 withElement(typeOf(input), element), input);
        else
          return nullptr;
        inputs.push_back(q);
      }
      return ConcatOp::create(rewriter, loc, result, inputs, concat.getAxis());
    }
    auto pool = dyn_cast<PoolOp>(core);
    bool isElementwise = isa<BinaryOp, UnaryOp, ReduceOp>(core) ||
                         (pool && core->getNumResults() == 1 &&
                          pool.getKind() == PoolKind::Avg);
    if (!isElementwise)
      return nullptr;
    SmallVector<Value> operands;
    for (Value operand : core->getOperands()) {
      Value q = quantizedOf(operand);
      if (!q && isa<BinaryOp>(core) && constantOf(operand))
        q = quantizedConstant(rewriter, operand);
      if (!q)
        return nullptr;
      operands.push_back(q);
    }
    Operation *copy = rewriter.clone(*core);
    copy->setOperands(operands);
    copy->getResult(0).setType(result);
    return copy->getResult(0);
  }

  static Value computeProduct(Operation *core, RankedTensorType result,
                              PatternRewriter &rewriter) {
    Value input = quantizedOf(core->getOperand(0));
    if (!input || !core->getResult(0).hasOneUse())
      return nullptr;
    Value weight = quantizedWeight(rewriter, core->getOperand(1));
    if (!weight)
      return nullptr;
    auto inputParams = QuantParams::of(input.getType());
    auto weightParams = QuantParams::of(weight.getType());
    auto bias = integerBias(rewriter,
                            core->getNumOperands() > 2 ? core->getOperand(2)
                                                       : Value(),
                            *inputParams, *weightParams,
                            result.getShape().back());
    if (!bias)
      return nullptr;
    if (auto conv = dyn_cast<ConvOp>(core))
      return ConvOp::create(rewriter, core->getLoc(), result, input, weight,
                            *bias, conv.getStrides(), conv.getDilations(),
                            conv.getPads(), conv.getGroups(),
                            Rounding::F32Even);
    return MatMulOp::create(rewriter, core->getLoc(), result, input, weight,
                            *bias, Rounding::F32Even);
  }
};

/// Whether every result element is one of the input's, so that it may be moved
/// before it is dequantized.
bool movesElements(Operation *op) {
  if (auto pool = dyn_cast<PoolOp>(op))
    return pool.getKind() == PoolKind::Max && pool->getNumResults() == 1;
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reduce.getKind() == ReduceKind::Max ||
           reduce.getKind() == ReduceKind::Min;
  if (auto resize = dyn_cast<ResizeOp>(op))
    return resize.getMode() == ResizeMode::Nearest &&
           resize.getCoord() != ResizeCoord::TfCropAndResize;
  if (auto pad = dyn_cast<PadOp>(op))
    return pad.getMode() != PadMode::Constant ||
           pad.getValue().convertToDouble() == 0;
  return isa<TransposeOp, ReshapeOp, SliceOp, ExpandOp, TileOp, GatherOp,
             GatherElementsOp, GatherNDOp>(op);
}

/// move(dequantize(x)) -> dequantize(move(x)), and the same for what only says
/// what bytes mean.
template <typename OpTy> struct MoveFirst : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    RankedTensorType from = typeOf(input), to = op.getType();
    Type inner = from.getElementType(), outer = to.getElementType();
    bool plain = isa<FloatType>(outer) ||
                 (std::is_same_v<OpTy, ReinterpretOp> && !from.getEncoding() &&
                  !to.getEncoding() && from.getShape() == to.getShape());
    if (isPerAxis(inner) || isPerAxis(outer) || !plain ||
        isConstantLike(input))
      return failure();
    SmallVector<Operation *> users;
    for (Operation *user : op->getUsers())
      if (movesElements(user) && user->getOperand(0) == op.getResult() &&
          (!isa<PadOp>(user) || std::is_same_v<OpTy, DequantizeOp>) &&
          llvm::count(user->getOperands(), op.getResult()) == 1)
        users.push_back(user);
    if (users.empty())
      return failure();
    for (Operation *user : users) {
      rewriter.setInsertionPoint(user);
      Operation *moved = rewriter.clone(*user);
      moved->setOperand(0, input);
      RankedTensorType type = typeOf(user->getResult(0));
      moved->getResult(0).setType(withElement(type, inner));
      rewriter.replaceOpWithNewOp<OpTy>(user, type, moved->getResult(0));
    }
    return success();
  }
};

/// quantize(move(x)) -> move(quantize(x)): the op that makes x ends its island.
struct QuantizeFirst : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *move = op.getInput().getDefiningOp();
    if (!isa_and_nonnull<TransposeOp, ReshapeOp, SliceOp>(move) ||
        !move->hasOneUse() || isPerAxis(op.getType()) ||
        isConstantLike(op.getInput()))
      return failure();
    Value input = move->getOperand(0);
    Value q = QuantizeOp::create(
        rewriter, op.getLoc(),
        withElement(typeOf(input), op.getType().getElementType()), input);
    Operation *moved = rewriter.clone(*move);
    moved->setOperand(0, q);
    moved->getResult(0).setType(op.getType());
    return rewriter.replaceOp(op, moved), success();
  }
};

/// concat(dequantize...) of equal parameters.
struct ConcatFirst : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      Value q = quantizedOf(input);
      if (!q || (!inputs.empty() && typeOf(q).getElementType() !=
                                        typeOf(inputs[0]).getElementType()))
        return failure();
      inputs.push_back(q);
    }
    Value joined = ConcatOp::create(
        rewriter, op.getLoc(),
        withElement(op.getType(), typeOf(inputs[0]).getElementType()), inputs,
        op.getAxis());
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, op.getType(), joined);
    return success();
  }
};

struct SimplifyReinterpret : OpRewritePattern<ReinterpretOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReinterpretOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() == op.getType())
      return rewriter.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<ReinterpretOp>();
    if (!inner)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.setOperand(inner.getInput()); });
    return success();
  }
};

struct FoldQdq : xgen::impl::FoldQdqBase<FoldQdq> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIsland, QuantizeFirst, MoveFirst<DequantizeOp>, MoveFirst<ReinterpretOp>,
                 ConcatFirst, SimplifyReinterpret>(&getContext());
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    config.enableConstantCSE(false);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns),
                                     config)))
      return signalPassFailure();
    getOperation().walk([](func::FuncOp func) { eraseDeadOps(func.getBody()); });
    releaseDeadResources(getOperation());
  }
};
} // namespace
