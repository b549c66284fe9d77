//===- ReshapeLayout.cpp - Reshapes of transposed tensors -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A reshape is a list of groups of dimensions that are split, merged or kept
// (GraphUtils.h: groupDims). A transpose passes when each group is in one
// piece and in order on its other side.
//
//===----------------------------------------------------------------------===//

#include "passes/layout/ReshapeLayout.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
/// The groups of a reshape behind a transpose, in the order in which they lie
/// in the transpose's input.
struct GroupOrder {
  SmallVector<DimGroup> groups;
  /// Order of the input's dimensions that makes every group contiguous.
  Shape inner;
  /// Shape of the reshaped input, and where its dimensions go.
  Shape shape, outer;
};
} // namespace

/// from: shape behind the transpose, to: shape behind the reshape; `perm` is
/// the transpose's.
static std::optional<GroupOrder> orderGroups(ArrayRef<int64_t> from,
                                             ArrayRef<int64_t> to,
                                             ArrayRef<int64_t> perm) {
  auto groups = groupDims(from, to);
  if (!groups)
    return std::nullopt;
  GroupOrder order{*groups, {}, {}, {}};
  // A group stands where its first dimension that is not 1 lies.
  auto place = [&](const DimGroup &group) -> int64_t {
    int64_t best = -1;
    for (int64_t i = group.fromBegin; i < group.fromEnd; ++i)
      if (from[i] != 1 && (best < 0 || perm[i] < best))
        best = perm[i];
    if (best < 0 && group.fromBegin < group.fromEnd)
      best = perm[group.fromBegin];
    return best;
  };
  SmallVector<DimGroup> sorted(*groups);
  llvm::stable_sort(sorted, [&](const DimGroup &a, const DimGroup &b) {
    return place(a) < place(b);
  });
  Shape places(to.size());
  for (const DimGroup &group : sorted) {
    for (int64_t i = group.fromBegin; i < group.fromEnd; ++i)
      order.inner.push_back(perm[i]);
    for (int64_t j = group.toBegin; j < group.toEnd; ++j) {
      places[j] = order.shape.size();
      order.shape.push_back(to[j]);
    }
  }
  order.outer = places;
  return order;
}

/// Whether some user, through ops that keep the layout, undoes `perm`.
static bool cancelsBelow(Value value, ArrayRef<int64_t> perm, int depth) {
  for (Operation *user : value.getUsers()) {
    if (auto transpose = dyn_cast<TransposeOp>(user)) {
      if (isIdentity(compose(perm, transpose.getPerm())))
        return true;
    } else if (depth > 0 && user->getNumResults() == 1 &&
               isa<UnaryOp, BinaryOp, SliceOp, ConcatOp, PadOp, QuantizeOp,
                   DequantizeOp, CastOp>(user) &&
               typeOf(user->getResult(0)).getRank() == (int64_t)perm.size() &&
               cancelsBelow(user->getResult(0), perm, depth - 1)) {
      return true;
    }
  }
  return false;
}

Value xgen::reshapeBeforeTranspose(OpBuilder &builder, ReshapeOp reshape,
                                   TransposeOp transpose) {
  ArrayRef<int64_t> perm = transpose.getPerm();
  Value x = transpose.getInput();
  auto order = orderGroups(transpose.getType().getShape(),
                           reshape.getType().getShape(), perm);
  if (!order)
    return nullptr;
  Location loc = reshape.getLoc();
  // result dim j is dim outer[j] of the reshaped input.
  if (!isReshape(typeOf(x).getShape(), order->inner)) {
    if (isIdentity(order->outer) ||
        !cancelsBelow(reshape.getResult(), order->outer, 4))
      return nullptr;
    x = createTranspose(builder, transpose.getLoc(), x, order->inner);
  }
  Value reshaped = createReshape(builder, loc, x, order->shape);
  return createTranspose(builder, loc, reshaped, order->outer);
}

bool xgen::absorbIntoMatMul(OpBuilder &builder, ReshapeOp reshape,
                            TransposeOp transpose) {
  ArrayRef<int64_t> from = transpose.getType().getShape(),
                    to = reshape.getType().getShape(),
                    perm = transpose.getPerm();
  auto groups = groupDims(from, to);
  if (!groups || to.size() != 2)
    return false;
  // The last group is what the product sums over; all others stay in order.
  const DimGroup &last = groups->back();
  if (last.toBegin != 1 || last.toEnd != 2)
    return false;
  int64_t begin = last.fromBegin, count = last.fromEnd - begin;
  for (int64_t i = 0; i < begin; ++i)
    if (perm[i] != i)
      return false;
  // Dimension i of the group lies at place perm[i] - begin of x's part.
  Shape places;
  for (int64_t i = begin; i < last.fromEnd; ++i)
    places.push_back(perm[i] - begin);
  bool any = false;
  for (OpOperand &use : llvm::make_early_inc_range(reshape->getUses())) {
    auto product = dyn_cast<MatMulOp>(use.getOwner());
    if (!product || use.getOperandNumber() != 0 ||
        !isConstantLike(product.getRhs()) || product.getType().getRank() != 2)
      continue;
    // The product may stand before the builder's place; its operands must not
    // stand behind it.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(product);
    Value weight = product.getRhs();
    int64_t n = typeOf(weight).getShape().back();
    Shape split(from.slice(begin, count));
    split.push_back(n);
    RankedTensorType splitType = reshapeType(typeOf(weight), split);
    if (!splitType)
      continue;
    Location loc = product.getLoc();
    Value rows = isQuantized(splitType)
                     ? ReshapeOp::create(builder, loc, splitType, weight)
                     : createReshape(builder, loc, weight, split);
    Shape order = invert(places);
    order.push_back(count);
    rows = createTranspose(builder, loc, rows, order);
    RankedTensorType weightType =
        reshapeType(typeOf(rows), typeOf(weight).getShape());
    if (!weightType)
      continue;
    rows = isQuantized(weightType) ||
                   rows.getDefiningOp<DequantizeOp>()
               ? (Value)ReshapeOp::create(builder, loc, weightType, rows)
               : createReshape(builder, loc, rows, weightType.getShape());
    product.getRhsMutable().assign(rows);
    use.set(createReshape(builder, loc, transpose.getInput(), to));
    any = true;
  }
  return any;
}
