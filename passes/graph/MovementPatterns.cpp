//===- MovementPatterns.cpp - Ops that move elements ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What moves nothing goes; what moves twice moves once; what moves a constant
// moves it now.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/Patterns.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
struct SimplifyReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    RankedTensorType type = op.getType();
    if (input.getType() == type)
      return rewriter.replaceOp(op, input), success();
    if (auto inner = input.getDefiningOp<ReshapeOp>())
      return rewriter.replaceOpWithNewOp<ReshapeOp>(op, type,
                                                    inner.getInput()),
             success();
    // Towards the constant, through what only says what its bytes mean.
    Operation *producer = input.getDefiningOp();
    if (isa_and_nonnull<ReinterpretOp, DequantizeOp>(producer) &&
        isConstantLike(producer->getOperand(0))) {
      Value source = producer->getOperand(0);
      RankedTensorType sourceType =
          reshapeType(typeOf(source), type.getShape());
      if (!sourceType)
        return failure();
      Value moved =
          ReshapeOp::create(rewriter, op.getLoc(), sourceType, source);
      Operation *copy = rewriter.clone(*producer);
      copy->setOperand(0, moved);
      RankedTensorType result = reshapeType(typeOf(input), type.getShape());
      if (!result)
        return failure();
      copy->getResult(0).setType(result);
      return rewriter.replaceOp(op, copy), success();
    }
    if (constantOf(input)) {
      Value moved =
          createReshape(rewriter, op.getLoc(), input, type.getShape());
      if (constantOf(moved))
        return rewriter.replaceOp(op, moved), success();
    }
    return failure();
  }
};

struct SimplifyTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    Operation *producer = input.getDefiningOp();
    bool simple =
        isIdentity(op.getPerm()) || isa_and_nonnull<TransposeOp>(producer) ||
        (isReshape(typeOf(input).getShape(), op.getPerm()) &&
         !isPerAxis(input.getType())) ||
        (isa_and_nonnull<ConstantOp, ReinterpretOp, DequantizeOp>(producer) &&
         isConstantLike(input));
    if (!simple)
      return failure();
    Value moved =
        createTranspose(rewriter, op.getLoc(), input, op.getPerm());
    auto same = moved.getDefiningOp<TransposeOp>();
    if (same && same.getInput() == input && same.getPerm() == op.getPerm()) {
      rewriter.eraseOp(same);
      return failure();
    }
    return rewriter.replaceOp(op, moved), success();
  }
};

/// transpose(reshape(transpose)) where the reshape only adds or drops
/// dimensions of extent 1: one transpose and a reshape.
struct TransposeOfUnitReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
    auto inner =
        reshape ? reshape.getInput().getDefiningOp<TransposeOp>() : TransposeOp();
    if (!inner || isPerAxis(op.getType()))
      return failure();
    ArrayRef<int64_t> from = typeOf(reshape.getInput()).getShape(),
                      to = reshape.getType().getShape();
    auto isUnit = [](int64_t e) { return e == 1; };
    auto realDims = [&](ArrayRef<int64_t> shape) {
      Shape dims;
      for (int64_t i = 0; i < (int64_t)shape.size(); ++i)
        if (!isUnit(shape[i]))
          dims.push_back(i);
      return dims;
    };
    Shape fromDims = realDims(from), toDims = realDims(to);
    if (permute(from, fromDims) != permute(to, toDims))
      return failure();
    // Where each real dimension of the result comes from in inner's input.
    Shape source;
    for (int64_t p : op.getPerm()) {
      auto *at = llvm::find(toDims, p);
      if (at != toDims.end())
        source.push_back(inner.getPerm()[fromDims[at - toDims.begin()]]);
    }
    // Units of inner's input stand in front.
    Shape perm;
    for (int64_t i = 0; i < (int64_t)inner.getPerm().size(); ++i)
      if (!llvm::is_contained(source, i))
        perm.push_back(i);
    llvm::append_range(perm, source);
    Value moved = createTranspose(rewriter, op.getLoc(), inner.getInput(), perm);
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), moved,
                                         op.getType().getShape()));
    return success();
  }
};

struct SimplifyCast : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;
  static bool isExact(Type from, Type to) {
    auto f = dyn_cast<FloatType>(from), t = dyn_cast<FloatType>(to);
    if (f && t)
      return f == t || (t.getWidth() > f.getWidth() && t.getWidth() >= 32);
    auto i = dyn_cast<IntegerType>(from), j = dyn_cast<IntegerType>(to);
    if (i && j) {
      bool fromUnsigned = i.isUnsigned() || i.getWidth() == 1;
      bool toUnsigned = j.isUnsigned() || j.getWidth() == 1;
      return i == j || (j.getWidth() > i.getWidth() &&
                        (fromUnsigned || !toUnsigned));
    }
    return i && t && i.getWidth() < t.getFPMantissaWidth();
  }
  LogicalResult matchAndRewrite(CastOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() == op.getType())
      return rewriter.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<CastOp>();
    if (!inner || !isExact(typeOf(inner.getInput()).getElementType(),
                           inner.getType().getElementType()))
      return failure();
    rewriter.modifyOpInPlace(op,
                             [&] { op.setOperand(inner.getInput()); });
    return success();
  }
};

struct SimplifyExpand : OpRewritePattern<ExpandOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() == op.getType())
      return rewriter.replaceOp(op, op.getInput()), success();
    if (auto inner = op.getInput().getDefiningOp<ExpandOp>()) {
      rewriter.modifyOpInPlace(op, [&] { op.setOperand(inner.getInput()); });
      return success();
    }
    if (elementsOf(op.getType().getShape()) ==
        elementsOf(typeOf(op.getInput()).getShape()))
      return rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(),
                                                    op.getInput()),
             success();
    return failure();
  }
};

/// Broadcasting ops need no operand that was broadcast before.
template <typename OpTy> struct DropExpand : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> want = typeOf(op->getResult(0)).getShape();
    for (OpOperand &operand : op->getOpOperands()) {
      Value input;
      if (auto expand = operand.get().template getDefiningOp<ExpandOp>())
        input = expand.getInput();
      auto splat = splatOf(operand.get());
      bool large = splat && typeOf(operand.get()).getRank() > 0 &&
                   !typeOf(operand.get()).getElementType().isF64();
      if (!input && !large)
        continue;
      Shape shape;
      ArrayRef<int64_t> own = input ? typeOf(input).getShape()
                                    : ArrayRef<int64_t>();
      std::optional<SmallVector<int64_t>> all(
          SmallVector<int64_t>(own.begin(), own.end()));
      for (OpOperand &other : op->getOpOperands())
        if (all && &other != &operand)
          all = broadcastShapes(*all, typeOf(other.get()).getShape());
      if (!all || ArrayRef<int64_t>(*all) != want)
        continue;
      if (!input)
        input = makeScalar(rewriter, op->getLoc(),
                           typeOf(operand.get()).getElementType(), *splat);
      rewriter.modifyOpInPlace(op, [&] { operand.set(input); });
      return success();
    }
    return failure();
  }
};

/// Leading 1s of a constant operand say nothing.
struct StripConstant : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      RankedTensorType type = typeOf(operand.get());
      Value other = op->getOperand(1 - operand.getOperandNumber());
      if (!constantOf(operand.get()) || type.getRank() == 0 ||
          type.getDimSize(0) != 1 ||
          typeOf(other).getRank() != op.getType().getRank() ||
          constantOf(other))
        continue;
      ArrayRef<int64_t> shape = type.getShape().drop_while(
          [](int64_t e) { return e == 1; });
      Value moved =
          createReshape(rewriter, op.getLoc(), operand.get(), shape);
      if (!constantOf(moved))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(moved); });
      return success();
    }
    return failure();
  }
};

/// A gather by a constant arithmetic progression is a slice.
struct GatherToSlice : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = typeOf(op.getInput());
    auto indices = integersOf(op.getIndices());
    int64_t axis = op.getAxis(), extent = type.getDimSize(axis);
    if (!indices || indices->empty() || typeOf(op.getIndices()).getRank() > 1 ||
        isQuantized(type))
      return failure();
    for (int64_t &index : *indices) {
      index = index < 0 ? index + extent : index;
      if (index < 0 || index >= extent)
        return failure();
    }
    int64_t step = indices->size() > 1 ? (*indices)[1] - (*indices)[0] : 1;
    for (size_t i = 1; i < indices->size(); ++i)
      if ((*indices)[i] - (*indices)[i - 1] != step || step == 0)
        return failure();
    Shape starts(type.getRank(), 0), sizes(type.getShape()),
        steps(type.getRank(), 1);
    starts[axis] = indices->front();
    sizes[axis] = indices->size();
    steps[axis] = step;
    Value slice = SliceOp::create(
        rewriter, op.getLoc(),
        RankedTensorType::get(sizes, type.getElementType()), op.getInput(),
        starts, sizes, steps);
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), slice,
                                         op.getType().getShape()));
    return success();
  }
};

struct SimplifyTile : OpRewritePattern<TileOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TileOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() == op.getType())
      return rewriter.replaceOp(op, op.getInput()), success();
    // Repeating an extent of 1 is a broadcast.
    for (auto [extent, n] :
         llvm::zip(typeOf(op.getInput()).getShape(), op.getRepeats()))
      if (extent != 1 && n != 1)
        return failure();
    return rewriter.replaceOpWithNewOp<ExpandOp>(op, op.getType(),
                                                 op.getInput()),
           success();
  }
};

/// Resizing to the same extents changes nothing (but for crop and resize).
struct SimplifyResize : OpRewritePattern<ResizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ResizeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() != op.getType() ||
        op.getCoord() == ResizeCoord::TfCropAndResize ||
        llvm::any_of(op.getScales(), [](double s) { return s != 1.0; }))
      return failure();
    return rewriter.replaceOp(op, op.getInput()), success();
  }
};

/// Sums over nothing: a reduction of dimensions of extent 1.
struct SimplifyReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    ReduceKind kind = op.getKind();
    if (kind != ReduceKind::Sum && kind != ReduceKind::Mean &&
        kind != ReduceKind::Max && kind != ReduceKind::Min &&
        kind != ReduceKind::Prod)
      return failure();
    RankedTensorType type = typeOf(op.getInput());
    if (type.getElementType() != op.getType().getElementType())
      return failure();
    for (int64_t axis : op.getAxes())
      if (type.getDimSize(axis) != 1)
        return failure();
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), op.getInput(),
                                         op.getType().getShape()));
    return success();
  }
};

/// A pool of one element.
struct SimplifyPool : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    auto isOne = [](int64_t e) { return e == 1; };
    if (op->getNumResults() != 1 || op.getKind() == PoolKind::Lp ||
        op.getInput().getType() != op.getResult(0).getType() ||
        !llvm::all_of(op.getWindow(), isOne) ||
        !llvm::all_of(op.getStrides(), isOne) ||
        !llvm::all_of(op.getPads(), [](int64_t p) { return p == 0; }))
      return failure();
    return rewriter.replaceOp(op, op.getInput()), success();
  }
};

/// One matrix for the whole batch: the batch is more rows.
struct FlattenMatMul : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType a = typeOf(op.getLhs()), b = typeOf(op.getRhs());
    int64_t rank = a.getRank();
    if (rank == 2 || isa<quant::UniformQuantizedPerAxisType>(a.getElementType()) ||
        elementsOf(b.getShape().drop_back(2)) != 1)
      return failure();
    int64_t k = a.getShape().back(), n = b.getShape().back();
    RankedTensorType rhsType = reshapeType(b, {k, n});
    Value bias = op.getBias();
    if (!rhsType || (bias && elementsOf(typeOf(bias).getShape()) !=
                                 (typeOf(bias).getRank()
                                      ? typeOf(bias).getShape().back()
                                      : 1)))
      return failure();
    if (bias)
      bias = createReshape(rewriter, op.getLoc(), bias,
                           typeOf(bias).getShape().take_back(1));
    int64_t rows = elementsOf(a.getShape().drop_back());
    Value lhs = createReshape(rewriter, op.getLoc(), op.getLhs(), {rows, k});
    Value rhs = ReshapeOp::create(rewriter, op.getLoc(), rhsType, op.getRhs());
    Value flat = MatMulOp::create(
        rewriter, op.getLoc(),
        RankedTensorType::get({rows, n}, op.getType().getElementType()), lhs,
        rhs, bias, op.getRounding());
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), flat,
                                         op.getType().getShape()));
    return success();
  }
};
} // namespace

void xgen::populateMovementPatterns(RewritePatternSet &patterns) {
  addOnStatic<SimplifyReshape, SimplifyTranspose, TransposeOfUnitReshape,
               SimplifyCast, SimplifyExpand, DropExpand<BinaryOp>,
               DropExpand<SelectOp>, StripConstant, GatherToSlice, SimplifyTile,
               SimplifyResize, SimplifyReduce, SimplifyPool, FlattenMatMul>(patterns);
}
