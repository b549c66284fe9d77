//===- SinkTransposes.cpp - Transposes move until they cancel -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-sink-transposes. Legalization wraps every channels-last op in two
// transposes; nearly all cancel when they can meet. The sweep down visits each
// op once, in order, when all transposes before it have arrived at its
// operands; the sweep up visits each transpose once, last first. So both end,
// and the number of transposed bytes says whether they were worth it.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/layout/Permute.h"
#include "passes/layout/ReshapeLayout.h"

namespace xgen {
#define GEN_PASS_DEF_SINKTRANSPOSES
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static int64_t bytesIn(Value value) { return tensorBytes(typeOf(value)); }

/// Bytes that a transpose of `value` by `perm` moves.
static int64_t costOf(Value value, ArrayRef<int64_t> perm) {
  if (isIdentity(perm) || isConstantLike(value) ||
      isReshape(typeOf(value).getShape(), perm))
    return 0;
  return bytesIn(value);
}

static int64_t transposedBytes(Operation *root) {
  int64_t bytes = 0;
  root->walk([&](TransposeOp op) {
    bytes += costOf(op.getInput(), op.getPerm());
  });
  return bytes;
}

namespace {
class Sinker {
public:
  explicit Sinker(Block &block) : block(block), builder(block.getParentOp()) {}

  void sweepDown() {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      builder.setInsertionPoint(&op);
      if (auto transpose = dyn_cast<TransposeOp>(op))
        mergeTranspose(transpose);
      else if (auto reshape = dyn_cast<ReshapeOp>(op))
        sinkThroughReshape(reshape);
      else
        sinkThrough(&op);
    }
    eraseDeadOps(*block.getParent());
    mergeEqualOps(block);
  }

  void sweepUp() {
    Operation *op = &block.back();
    while (op) {
      // What is built stands before the op, and is visited afterwards.
      auto transpose = dyn_cast<TransposeOp>(op);
      if (transpose && !transpose->use_empty())
        hoist(transpose);
      Operation *previous = op->getPrevNode();
      if (op->use_empty() && isMemoryEffectFree(op) &&
          !op->hasTrait<OpTrait::IsTerminator>())
        op->erase();
      op = previous;
    }
    mergeEqualOps(block);
    for (Operation &op : llvm::make_early_inc_range(block)) {
      builder.setInsertionPoint(&op);
      if (auto transpose = dyn_cast<TransposeOp>(op))
        mergeTranspose(transpose);
    }
    eraseDeadOps(*block.getParent());
  }

private:
  void replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }

  void mergeTranspose(TransposeOp op) {
    Operation *producer = op.getInput().getDefiningOp();
    if (isIdentity(op.getPerm()) || isConstantLike(op.getInput()) ||
        isa_and_nonnull<TransposeOp>(producer) ||
        (isReshape(typeOf(op.getInput()).getShape(), op.getPerm()) &&
         !isPerAxis(op.getType())))
      replace(op, createTranspose(builder, op.getLoc(), op.getInput(),
                                  op.getPerm()));
  }

  /// The space permutation that removes the transpose at operand `index`:
  /// operand dim i is dim perm[i] of the transpose's input.
  std::optional<Shape> permAt(Operation *op, unsigned index, int64_t rank) {
    auto transpose = op->getOperand(index).getDefiningOp<TransposeOp>();
    if (!transpose)
      return std::nullopt;
    Shape perm;
    int64_t missing = rank - (int64_t)transpose.getPerm().size();
    if (missing < 0)
      return std::nullopt;
    for (int64_t i = 0; i < missing; ++i)
      perm.push_back(i);
    for (int64_t p : transpose.getPerm())
      perm.push_back(p + missing);
    return perm;
  }

  void sinkThrough(Operation *op) {
    auto rank = permutableRank(op);
    if (!rank)
      return;
    // Of the permutations at the operands, the one that moves most bytes.
    std::optional<Shape> best;
    int64_t bestGain = -1;
    for (unsigned i = 0; i < op->getNumOperands(); ++i) {
      auto perm = permAt(op, i, *rank);
      if (!perm || operandPerm(op, i, *perm).empty() ||
          !planPermuted(op, *perm))
        continue;
      int64_t gain = 0;
      for (unsigned j = 0; j < op->getNumOperands(); ++j) {
        Value operand = op->getOperand(j);
        Shape how = operandPerm(op, j, *perm);
        if (how.empty() || isConstantLike(operand))
          continue;
        if (permAt(op, j, *rank) == perm)
          gain += bytesIn(operand);
        else if (!isFreeToPermute(operand, how))
          gain -= bytesIn(operand);
      }
      if (gain > bestGain) {
        bestGain = gain;
        best = perm;
      }
    }
    if (!best)
      return;
    PermutedOp plan = *planPermuted(op, *best);
    Value result = buildPermuted(builder, op, *best, plan);
    replace(op, createTranspose(builder, op->getLoc(), result,
                                plan.resultPerm));
  }

  /// Whether permuting the operand moves no bytes: at most one dimension is
  /// not 1, or its order stays.
  static bool isFreeToPermute(Value value, ArrayRef<int64_t> how) {
    Shape shape(how.size() - typeOf(value).getRank(), 1);
    llvm::append_range(shape, typeOf(value).getShape());
    return isReshape(shape, how);
  }

  void sinkThroughReshape(ReshapeOp op) {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose || !isStaticHere(op) || isa<quant::UniformQuantizedPerAxisType>(
                          op.getType().getElementType()))
      return;
    if (Value value = reshapeBeforeTranspose(builder, op, transpose))
      return replace(op, value);
    if (absorbIntoMatMul(builder, op, transpose)) {
      if (op->use_empty())
        op->erase();
    }
  }

  /// Least bytes that must be moved to have `value` permuted by `perm`, when
  /// it is computed in another layout from the start.
  int64_t costAbove(Value value, ArrayRef<int64_t> perm, int depth) {
    int64_t here = costOf(value, perm);
    Operation *op = value.getDefiningOp();
    if (here == 0 || !op)
      return here;
    if (auto transpose = dyn_cast<TransposeOp>(op)) {
      int64_t merged = costOf(transpose.getInput(),
                              compose(transpose.getPerm(), perm));
      // Its own bytes are saved when nobody else needs it.
      return merged -
             (value.hasOneUse() ? costOf(transpose.getInput(),
                                         transpose.getPerm())
                                : 0);
    }
    auto plan = depth > 0 ? planAbove(value, perm) : std::nullopt;
    if (!plan)
      return here;
    int64_t above = 0;
    for (unsigned i = 0; i < op->getNumOperands(); ++i) {
      Shape how = operandPerm(op, i, *plan);
      Value operand = op->getOperand(i);
      if (how.empty() || isFreeToPermute(operand, how))
        continue;
      if ((int64_t)how.size() != typeOf(operand).getRank())
        above += isConstantLike(operand) ? 0 : bytesIn(operand);
      else
        above += costAbove(operand, how, depth - 1);
    }
    return std::min(here, above);
  }

  /// The space permutation with which the op that makes `value` makes its
  /// transpose by `perm`.
  std::optional<Shape> planAbove(Value value, ArrayRef<int64_t> perm) {
    Operation *op = value.getDefiningOp();
    auto rank = op ? permutableRank(op) : std::nullopt;
    if (!rank || !value.hasOneUse() || *rank != typeOf(value).getRank() ||
        isa<GatherOp>(op))
      return std::nullopt;
    Shape space = invert(perm);
    auto plan = planPermuted(op, space);
    if (!plan || plan->resultPerm != space)
      return std::nullopt;
    return space;
  }

  void hoist(TransposeOp op) {
    Value value = op.getInput();
    auto space = planAbove(value, op.getPerm());
    if (!space || costAbove(value, op.getPerm(), 8) >=
                      costOf(value, op.getPerm()))
      return;
    Operation *producer = value.getDefiningOp();
    builder.setInsertionPoint(producer);
    Value result = buildPermuted(builder, producer, *space,
                                 *planPermuted(producer, *space));
    op.getResult().replaceAllUsesWith(result);
  }

  Block &block;
  OpBuilder builder;
};

struct SinkTransposes : xgen::impl::SinkTransposesBase<SinkTransposes> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isDeclaration() && func.getBody().hasOneBlock())
        runOn(func);
    releaseDeadResources(getOperation());
  }

  void runOn(func::FuncOp func) {
    int64_t before = transposedBytes(func);
    if (before == 0)
      return;
    OwningOpRef<func::FuncOp> copy(func.clone());
    // What one sweep up moves may let others sink.
    for (int round = 0; round < 2; ++round) {
      Sinker sinker(copy->getBody().front());
      sinker.sweepDown();
      sinker.sweepUp();
    }
    if (transposedBytes(*copy) > before)
      return;
    func.getBody().takeBody(copy->getBody());
  }
};
} // namespace
