//===- SplitBatch.cpp - A free batch size becomes a loop ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-split-batch: where the only free dimension is a batch, each sample's
// results depend on that sample alone. The network is then compiled for one
// sample, with all extents known, and runs once a sample: every static kernel
// applies, and the arena is that of one sample.
//
// A value is batched when its first dimension is c * N and the others are
// numbers: block i of c rows belongs to sample i. Each op is checked to keep
// blocks apart; one that does not leaves the module as it was.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenBatch.h"
#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "llvm/ADT/TypeSwitch.h"

namespace xgen {
#define GEN_PASS_DEF_SPLITBATCH
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

/// c of a type whose first extent is c * N, N being symbol 0, and whose other
/// extents are numbers; 0 of a static type; nullopt of others.
static std::optional<int64_t> blockOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return std::nullopt;
  Dims dims = dimsOf(tensor);
  if (allStatic(dims))
    return 0;
  if (!allStatic(DimsRef(dims).drop_front()))
    return std::nullopt;
  AffineExpr expr = dims[0].expr(type.getContext());
  AffineExpr n = getAffineSymbolExpr(0, type.getContext());
  if (expr == n)
    return 1;
  auto product = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!product || product.getKind() != AffineExprKind::Mul ||
      product.getLHS() != n)
    return std::nullopt;
  auto factor = dyn_cast<AffineConstantExpr>(product.getRHS());
  return factor ? std::optional<int64_t>(factor.getValue()) : std::nullopt;
}

static bool isBatched(Value v) { return isDynamic(v.getType()); }

/// Whether an operand that is broadcast to `result` is in step with it: batched
/// alike, or the same for all samples.
static bool followsResult(Value operand, Value result) {
  auto from = cast<RankedTensorType>(operand.getType());
  auto to = cast<RankedTensorType>(result.getType());
  if (isBatched(operand))
    return from.getRank() == to.getRank() && dimsOf(from)[0] == dimsOf(to)[0];
  return from.getRank() < to.getRank() || from.getDimSize(0) == 1;
}

/// Whether only the first operand is batched, and block by block like results.
static bool onlyFirst(Operation *op) {
  for (Value v : op->getOperands().drop_front())
    if (isBatched(v))
      return false;
  for (Value v : op->getResults())
    if (dimsOf(v)[0] != dimsOf(op->getOperand(0))[0])
      return false;
  return true;
}

static bool keepsFirst(ArrayRef<int64_t> axes) {
  return !llvm::is_contained(axes, 0);
}

static bool matmulKeepsBlocks(MatMulOp op) {
  auto rank = cast<RankedTensorType>(op.getResult().getType()).getRank();
  auto inStep = [&](Value v) { return followsResult(v, op.getResult()); };
  if (op.getBias() && !inStep(op.getBias()))
    return false;
  // Rows of a product of two matrices are independent, columns are shared.
  if (rank == 2)
    return isBatched(op.getLhs()) && !isBatched(op.getRhs()) &&
           inStep(op.getLhs());
  return inStep(op.getLhs()) && inStep(op.getRhs());
}

static bool gatherKeepsBlocks(GatherOp op) {
  if (isBatched(op.getInput()))
    return op.getAxis() != 0 && onlyFirst(op);
  auto indices = cast<RankedTensorType>(op.getIndices().getType());
  return op.getAxis() == 0 && indices.getRank() > 0 &&
         dimsOf(indices)[0] == dimsOf(op.getResult())[0];
}

/// Whether block i of each result depends on block i of batched operands only.
/// Some operand or result is batched, and has a block.
static bool keepsBlocks(Operation *op) {
  if (llvm::any_of(op->getResultTypes(),
                   [](Type type) { return !isDynamic(type); }))
    return false;
  if (auto all = op->getAttrOfType<DictionaryAttr>(dynamicAttrName)) {
    // The size of a slice that keeps the first dimension.
    if (!isa<SliceOp>(op) || all.size() != 1 || !all.get("sizes"))
      return false;
  }
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<UnaryOp, BinaryOp, SelectOp, CastOp, QuantizeOp, DequantizeOp,
            RequantizeOp, ExpandOp>([](auto op) {
        return llvm::all_of(op->getOperands(), [&](Value v) {
          return followsResult(v, op->getResult(0));
        });
      })
      .Case<ReshapeOp>([](auto) { return true; })
      .Case<TransposeOp>([](auto op) { return op.getPerm()[0] == 0; })
      .Case<ConcatOp>([](auto op) {
        return op.getAxis() != 0 && llvm::all_of(op.getInputs(), isBatched);
      })
      .Case<SliceOp>([](auto op) {
        return op.getStarts()[0] == 0 && op.getSteps()[0] == 1 && onlyFirst(op);
      })
      .Case<PadOp>([](auto op) {
        return op.getLow()[0] == 0 && op.getHigh()[0] == 0 && onlyFirst(op);
      })
      .Case<TileOp>([](auto op) {
        return op.getRepeats()[0] == 1 && onlyFirst(op);
      })
      .Case<ReduceOp, SoftmaxOp, NormalizeOp>([](auto op) {
        return keepsFirst(op.getAxes()) && onlyFirst(op);
      })
      .Case<ArgReduceOp, ScanOp, TopKOp>(
          [](auto op) { return op.getAxis() != 0 && onlyFirst(op); })
      .Case<ConvOp, ConvTransposeOp, LrnOp>([](auto op) { return onlyFirst(op); })
      .Case<PoolOp, ResizeOp>([](auto op) {
        // Indices of maxima count through the whole batch.
        return op->getNumResults() == 1 && op->getNumOperands() == 1 &&
               onlyFirst(op);
      })
      .Case<GatherOp>(gatherKeepsBlocks)
      .Case<GatherElementsOp, GridSampleOp>([](auto op) {
        if constexpr (std::is_same_v<decltype(op), GatherElementsOp>)
          if (op.getAxis() == 0)
            return false;
        return llvm::all_of(op->getOperands(), [&](Value v) {
          return isBatched(v) && dimsOf(v)[0] == dimsOf(op->getResult(0))[0];
        });
      })
      .Case<MatMulOp>(matmulKeepsBlocks)
      .Default([](Operation *) { return false; });
}

/// The type of one sample.
static Type sampleOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isDynamic(tensor))
    return type;
  SmallVector<int64_t> shape(tensor.getShape());
  shape[0] = *blockOf(tensor);
  return RankedTensorType::get(shape, tensor.getElementType());
}

namespace {
struct SplitBatch : xgen::impl::SplitBatchBase<SplitBatch> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    Symbols symbols(module);
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (symbols.all().size() != 1 || !main || !main.getBody().hasOneBlock() ||
        !llvm::hasSingleElement(module.getOps<func::FuncOp>()))
      return;
    auto batch = cast<SymbolAttr>(symbols.all().front());
    if (batch.getKind() != SymbolKind::Input || !canSplit(main))
      return;
    setBatch(module, batch, blocks(main.getArgumentTypes()),
             blocks(main.getResultTypes()));
    split(main);
  }

private:
  static SmallVector<int64_t> blocks(TypeRange types) {
    SmallVector<int64_t> result;
    for (Type type : types)
      result.push_back(*blockOf(type));
    return result;
  }

  bool canSplit(func::FuncOp main) {
    auto known = [](Type type) { return blockOf(type).has_value(); };
    if (!llvm::all_of(main.getArgumentTypes(), known) ||
        !llvm::all_of(main.getResultTypes(), isDynamicType) ||
        llvm::none_of(main.getArgumentTypes(), isDynamicType))
      return false;
    for (Operation &op : main.getBody().front().without_terminator()) {
      if (isOpTriviallyDead(&op))
        continue;
      if (!llvm::all_of(op.getResultTypes(), known) || op.getNumResults() == 0)
        return false;
      if (isDynamic(&op) && !keepsBlocks(&op))
        return false;
    }
    return true;
  }
  static bool isDynamicType(Type type) { return isDynamic(type); }

  void split(func::FuncOp main) {
    Block &body = main.getBody().front();
    for (BlockArgument argument : body.getArguments())
      argument.setType(sampleOf(argument.getType()));
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (isOpTriviallyDead(&op)) {
        op.erase();
        continue;
      }
      for (Value result : op.getResults())
        result.setType(sampleOf(result.getType()));
      if (auto slice = dyn_cast<SliceOp>(op); slice && op.hasAttr(dynamicAttrName)) {
        op.removeAttr(dynamicAttrName);
        slice.setSizes(
            cast<RankedTensorType>(slice.getResult().getType()).getShape());
      }
    }
    main.setType(FunctionType::get(&getContext(), body.getArgumentTypes(),
                                   body.getTerminator()->getOperandTypes()));
    for (unsigned i = 0; i < main.getNumArguments(); ++i)
      main.removeArgAttr(i, "onnx.dims");
  }
};
} // namespace
