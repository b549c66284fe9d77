//===- Permute.cpp - Ops on permuted tensors ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One place knows, for every op, where its dimensions stand in attributes.
//
//===----------------------------------------------------------------------===//

#include "passes/layout/Permute.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

static bool isPointwise(Operation *op) {
  return isa<UnaryOp, BinaryOp, SelectOp, CastOp, QuantizeOp, DequantizeOp,
             RequantizeOp>(op);
}

std::optional<int64_t> xgen::permutableRank(Operation *op) {
  // Expressions in attributes stay where they are.
  if (op->getNumResults() != 1 || op->hasAttr(dynamicAttrName) ||
      (isa<ResizeOp>(op) && op->getNumOperands() > 1))
    return std::nullopt;
  if (isPointwise(op) || isa<ExpandOp>(op))
    return typeOf(op->getResult(0)).getRank();
  if (isa<ConcatOp, SliceOp, PadOp, TileOp, ReduceOp, ArgReduceOp, SoftmaxOp,
          ScanOp, ResizeOp, GatherOp, GatherElementsOp, NormalizeOp, LrnOp,
          MatMulOp>(op))
    return typeOf(op->getOperand(0)).getRank();
  return std::nullopt;
}

/// Whether operand `index` takes part in the permutation.
static bool isInSpace(Operation *op, unsigned index) {
  if (isa<GatherOp>(op))
    return index == 0;
  return true;
}

/// Dimensions of gather's result as (input dimension) or rank + (index dim).
static Shape gatherLabels(int64_t rank, int64_t axis, int64_t indexRank) {
  Shape labels;
  for (int64_t i = 0; i < rank; ++i) {
    if (i != axis)
      labels.push_back(i);
    else
      for (int64_t j = 0; j < indexRank; ++j)
        labels.push_back(rank + j);
  }
  return labels;
}

std::optional<PermutedOp> xgen::planPermuted(Operation *op,
                                             ArrayRef<int64_t> perm) {
  auto type = typeOf(op->getResult(0));
  int64_t rank = perm.size();
  // Where the dimensions of the result stand among those of the new one.
  Shape resultPerm(perm);
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && !reduce.getKeepdims()) {
    Shape kept, order;
    for (int64_t i = 0; i < rank; ++i)
      if (!llvm::is_contained(reduce.getAxes(), i))
        kept.push_back(perm[i]);
    order = kept;
    llvm::sort(order);
    resultPerm.clear();
    for (int64_t place : kept)
      resultPerm.push_back(llvm::find(order, place) - order.begin());
  } else if (auto arg = dyn_cast<ArgReduceOp>(op); arg && !arg.getKeepdims()) {
    resultPerm.clear();
    for (int64_t i = 0; i < rank; ++i)
      if (i != (int64_t)arg.getAxis())
        resultPerm.push_back(perm[i] > perm[arg.getAxis()] ? perm[i] - 1
                                                           : perm[i]);
  } else if (auto gather = dyn_cast<GatherOp>(op)) {
    int64_t indexRank = typeOf(gather.getIndices()).getRank();
    Shape after = gatherLabels(rank, perm[gather.getAxis()], indexRank);
    resultPerm.clear();
    for (int64_t label : gatherLabels(rank, gather.getAxis(), indexRank)) {
      int64_t moved = label < rank ? perm[label] : label;
      resultPerm.push_back(llvm::find(after, moved) - after.begin());
    }
  } else if (isa<MatMulOp>(op)) {
    if (rank < 3 || perm[rank - 1] != rank - 1 || perm[rank - 2] != rank - 2)
      return std::nullopt;
  } else if (isa<LrnOp>(op)) {
    if (perm[rank - 1] != rank - 1)
      return std::nullopt;
  }
  for (Value operand : op->getOperands())
    if (isa<quant::UniformQuantizedPerAxisType>(
            typeOf(operand).getElementType()) &&
        typeOf(operand).getRank() != rank)
      return std::nullopt;
  // result dim i is new dim resultPerm[i].
  RankedTensorType resultType = permuteType(type, invert(resultPerm));
  return PermutedOp{resultPerm, resultType};
}

Shape xgen::operandPerm(Operation *op, unsigned index,
                        ArrayRef<int64_t> perm) {
  RankedTensorType type = typeOf(op->getOperand(index));
  if (!isInSpace(op, index) ||
      (index > 0 && type.getRank() == 0) ||
      (isPointwise(op) && op->getNumOperands() > 1 &&
       product(dimsOf(type)).is(1)))
    return {};
  if (isa<MatMulOp>(op) && index == 2 && type.getRank() == 1)
    return {};
  return invert(perm);
}

Value xgen::permuteOperand(OpBuilder &builder, Operation *op, unsigned index,
                           ArrayRef<int64_t> perm) {
  Value operand = op->getOperand(index);
  Shape how = operandPerm(op, index, perm);
  if (how.empty())
    return operand;
  RankedTensorType type = typeOf(operand);
  int64_t missing = (int64_t)how.size() - type.getRank();
  if (missing > 0) {
    Dims dims(missing, 1);
    llvm::append_range(dims, dimsOf(type));
    operand = createReshape(builder, op->getLoc(), operand,
                            tensorOf(dims, type.getElementType()));
  }
  return createTranspose(builder, op->getLoc(), operand, how);
}

static DenseI64ArrayAttr permutedArray(Builder &builder, DenseI64ArrayAttr attr,
                                       ArrayRef<int64_t> back) {
  return builder.getDenseI64ArrayAttr(permute(attr.asArrayRef(), back));
}

Value xgen::buildPermuted(OpBuilder &builder, Operation *op,
                          ArrayRef<int64_t> perm, const PermutedOp &plan) {
  SmallVector<Value> operands;
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    operands.push_back(permuteOperand(builder, op, i, perm));
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  copy->getResult(0).setType(plan.resultType);
  Shape back = invert(perm);
  auto array = [&](StringRef name) {
    auto attr = copy->getAttrOfType<DenseI64ArrayAttr>(name);
    copy->setAttr(name, permutedArray(builder, attr, back));
  };
  auto axes = [&](StringRef name) {
    Shape moved;
    for (int64_t axis :
         copy->getAttrOfType<DenseI64ArrayAttr>(name).asArrayRef())
      moved.push_back(perm[axis]);
    llvm::sort(moved);
    copy->setAttr(name, builder.getDenseI64ArrayAttr(moved));
  };
  auto axis = [&] {
    int64_t value = copy->getAttrOfType<IntegerAttr>("axis").getInt();
    copy->setAttr("axis", builder.getI64IntegerAttr(perm[value]));
  };
  if (isa<ConcatOp, ArgReduceOp, ScanOp, GatherOp, GatherElementsOp>(op))
    axis();
  if (isa<ReduceOp, SoftmaxOp, NormalizeOp>(op))
    axes("axes");
  if (isa<SliceOp>(op)) {
    array("starts");
    array("sizes");
    array("steps");
  }
  if (isa<PadOp>(op)) {
    array("low");
    array("high");
  }
  if (isa<TileOp>(op))
    array("repeats");
  if (auto resize = dyn_cast<ResizeOp>(copy)) {
    SmallVector<double> scales, roi;
    for (int64_t i : back)
      scales.push_back(resize.getScales()[i]);
    resize.setScales(scales);
    if (!resize.getRoi().empty()) {
      for (int64_t part : {0, (int)perm.size()})
        for (int64_t i : back)
          roi.push_back(resize.getRoi()[part + i]);
      resize.setRoi(roi);
    }
  }
  return copy->getResult(0);
}
