//===- XgenShapes.cpp - Result types of xgen ops --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// InferTypeOpInterface of the ops whose result follows from operands and
// attributes. Each returns failure with a diagnostic at the op.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenInfer.h"

using namespace mlir;
using namespace xgen::ir;

static LogicalResult broadcast(std::optional<Location> loc,
                               ArrayRef<Value> operands, Type element,
                               SmallVectorImpl<Type> &types) {
  Dims shape;
  for (Value v : operands) {
    auto both = broadcastDims(shape, dimsOf(v));
    if (!both)
      return emitOptionalError(loc, "operand shapes do not broadcast");
    shape = *both;
  }
  types.push_back(makeDims(shape, element));
  return success();
}

static LogicalResult inferUnaryOp(UnaryOp::Adaptor op, std::optional<Location>,
                                  SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  Type element = type.getElementType();
  if (op.getKind() == UnaryKind::IsNaN || op.getKind() == UnaryKind::IsInf)
    element = IntegerType::get(type.getContext(), 1);
  types.push_back(withElement(type, element));
  return success();
}
INFER(UnaryOp)

static LogicalResult inferBinaryOp(BinaryOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  Type element = typeOf(op.getLhs()).getElementType();
  if (op.getKind() >= BinaryKind::Equal)
    element = IntegerType::get(element.getContext(), 1);
  return broadcast(loc, {op.getLhs(), op.getRhs()}, element, types);
}
INFER(BinaryOp)

static LogicalResult inferSelectOp(SelectOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  return broadcast(loc, {op.getCondition(), op.getOnTrue(), op.getOnFalse()},
                   typeOf(op.getOnTrue()).getElementType(), types);
}
INFER(SelectOp)

static LogicalResult inferTransposeOp(TransposeOp::Adaptor op,
                                      std::optional<Location> loc,
                                      SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  Dims shape, from = dimsOf(type);
  llvm::SmallBitVector seen(type.getRank());
  for (int64_t p : op.getPerm()) {
    if (p < 0 || p >= type.getRank() || seen.test(p))
      return emitOptionalError(loc, "perm is not a permutation");
    seen.set(p);
    shape.push_back(from[p]);
  }
  if ((int64_t)shape.size() != type.getRank())
    return emitOptionalError(loc, "perm has ", shape.size(),
                             " entries for a tensor of rank ", type.getRank());
  types.push_back(makeDims(shape, type.getElementType()));
  return success();
}
INFER(TransposeOp)

static LogicalResult inferTileOp(TileOp::Adaptor op, std::optional<Location> loc,
                                 SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  if ((int64_t)op.getRepeats().size() != type.getRank())
    return emitOptionalError(loc, "repeats needs one entry a dimension");
  if (anyDynamic(op.getRepeats())) {
    types.push_back(makeOfRank(type.getRank(), type.getElementType()));
    return success();
  }
  Dims shape = dimsOf(type);
  for (auto [extent, n] : llvm::zip(shape, op.getRepeats()))
    extent *= n;
  types.push_back(makeDims(shape, type.getElementType()));
  return success();
}
INFER(TileOp)

static LogicalResult inferSliceOp(SliceOp::Adaptor op,
                                  std::optional<Location> loc,
                                  SmallVectorImpl<Type> &types) {
  Type element = typeOf(op.getInput()).getElementType();
  types.push_back(anyDynamic(op.getSizes())
                      ? makeOfRank(op.getSizes().size(), element)
                      : make(op.getSizes(), element));
  return success();
}
INFER(SliceOp)

static LogicalResult inferConcatOp(ConcatOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "nothing to concatenate");
  auto first = typeOf(op.getInputs()[0]);
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, axis, first.getRank())))
    return failure();
  Dims shape = dimsOf(first);
  shape[axis] = 0;
  for (Value v : op.getInputs()) {
    auto type = typeOf(v);
    Dims dims = dimsOf(type);
    if (type.getRank() != first.getRank())
      return emitOptionalError(loc, "inputs differ in rank");
    for (int64_t i = 0; i < type.getRank(); ++i)
      if (i != axis && dims[i].isStatic() && shape[i].isStatic() &&
          dims[i] != shape[i])
        return emitOptionalError(loc, "inputs differ in dimension ", i);
    shape[axis] += dims[axis];
  }
  types.push_back(makeDims(shape, first.getElementType()));
  return success();
}
INFER(ConcatOp)

static LogicalResult inferPadOp(PadOp::Adaptor op, std::optional<Location> loc,
                                SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  int64_t rank = type.getRank();
  if ((int64_t)op.getLow().size() != rank || (int64_t)op.getHigh().size() != rank)
    return emitOptionalError(loc, "low and high need one entry a dimension");
  if (anyDynamic(op.getLow()) || anyDynamic(op.getHigh())) {
    types.push_back(makeOfRank(rank, type.getElementType()));
    return success();
  }
  Dims shape = dimsOf(type);
  for (int64_t i = 0; i < rank; ++i) {
    if (op.getLow()[i] < 0 || op.getHigh()[i] < 0)
      return emitOptionalError(loc, "padding is negative: use a slice");
    shape[i] += op.getLow()[i] + op.getHigh()[i];
  }
  types.push_back(makeDims(shape, type.getElementType()));
  return success();
}
INFER(PadOp)

static LogicalResult inferGatherOp(GatherOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, axis, type.getRank())))
    return failure();
  Dims from = dimsOf(type), shape(DimsRef(from).take_front(axis));
  llvm::append_range(shape, dimsOf(op.getIndices()));
  llvm::append_range(shape, DimsRef(from).drop_front(axis + 1));
  types.push_back(makeDims(shape, type.getElementType()));
  return success();
}
INFER(GatherOp)

static LogicalResult inferGatherElementsOp(GatherElementsOp::Adaptor op,
                                           std::optional<Location> loc,
                                           SmallVectorImpl<Type> &types) {
  if (failed(checkAxis(loc, op.getAxis(), typeOf(op.getInput()).getRank())))
    return failure();
  types.push_back(withElement(typeOf(op.getIndices()),
                              typeOf(op.getInput()).getElementType()));
  return success();
}
INFER(GatherElementsOp)

static LogicalResult inferGatherNDOp(GatherNDOp::Adaptor op,
                                     std::optional<Location> loc,
                                     SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput()), indices = typeOf(op.getIndices());
  if (indices.getRank() < 1 || (int64_t)op.getBatchDims() >= indices.getRank())
    return emitOptionalError(loc, "indices have too low a rank");
  if (ShapedType::isDynamic(indices.getShape().back()))
    return emitOptionalError(loc, "the length of an index must be known at "
                                  "compile time");
  int64_t used = op.getBatchDims() + indices.getShape().back();
  if (used > type.getRank())
    return emitOptionalError(loc, "an index has more entries than the input has dimensions");
  Dims shape = dimsOf(indices), from = dimsOf(type);
  shape.pop_back();
  llvm::append_range(shape, DimsRef(from).drop_front(used));
  types.push_back(makeDims(shape, type.getElementType()));
  return success();
}
INFER(GatherNDOp)

static LogicalResult inferScatterElementsOp(ScatterElementsOp::Adaptor op,
                                            std::optional<Location> loc,
                                            SmallVectorImpl<Type> &types) {
  if (failed(checkAxis(loc, op.getAxis(), typeOf(op.getInput()).getRank())))
    return failure();
  types.push_back(op.getInput().getType());
  return success();
}
INFER(ScatterElementsOp)

static LogicalResult inferScatterNDOp(ScatterNDOp::Adaptor op,
                                      std::optional<Location>,
                                      SmallVectorImpl<Type> &types) {
  types.push_back(op.getInput().getType());
  return success();
}
INFER(ScatterNDOp)

static LogicalResult reduced(std::optional<Location> loc, RankedTensorType type,
                             ArrayRef<int64_t> axes, bool keep, Type element,
                             SmallVectorImpl<Type> &types) {
  if (anyDynamic(axes)) {
    types.push_back(makeOfRank(
        keep ? type.getRank() : type.getRank() - int64_t(axes.size()), element));
    return success();
  }
  for (int64_t axis : axes)
    if (failed(checkAxis(loc, axis, type.getRank())))
      return failure();
  Dims shape, from = dimsOf(type);
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!llvm::is_contained(axes, i))
      shape.push_back(from[i]);
    else if (keep)
      shape.push_back(1);
  }
  types.push_back(makeDims(shape, element));
  return success();
}

static LogicalResult inferReduceOp(ReduceOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  return reduced(loc, type, op.getAxes(), op.getKeepdims(),
                 type.getElementType(), types);
}
INFER(ReduceOp)

static LogicalResult inferArgReduceOp(ArgReduceOp::Adaptor op,
                                      std::optional<Location> loc,
                                      SmallVectorImpl<Type> &types) {
  auto type = typeOf(op.getInput());
  return reduced(loc, type, {(int64_t)op.getAxis()}, op.getKeepdims(),
                 IntegerType::get(type.getContext(), 64), types);
}
INFER(ArgReduceOp)

static LogicalResult inferScanOp(ScanOp::Adaptor op, std::optional<Location> loc,
                                 SmallVectorImpl<Type> &types) {
  types.push_back(op.getInput().getType());
  return checkAxis(loc, op.getAxis(), typeOf(op.getInput()).getRank());
}
INFER(ScanOp)

static LogicalResult inferSoftmaxOp(SoftmaxOp::Adaptor op,
                                    std::optional<Location> loc,
                                    SmallVectorImpl<Type> &types) {
  for (int64_t axis : op.getAxes())
    if (failed(checkAxis(loc, axis, typeOf(op.getInput()).getRank())))
      return failure();
  types.push_back(op.getInput().getType());
  return success();
}
INFER(SoftmaxOp)

static LogicalResult inferNormalizeOp(NormalizeOp::Adaptor op,
                                      std::optional<Location> loc,
                                      SmallVectorImpl<Type> &types) {
  for (int64_t axis : op.getAxes())
    if (failed(checkAxis(loc, axis, typeOf(op.getInput()).getRank())))
      return failure();
  types.push_back(op.getInput().getType());
  return success();
}
INFER(NormalizeOp)

static LogicalResult inferLrnOp(LrnOp::Adaptor op, std::optional<Location>,
                                SmallVectorImpl<Type> &types) {
  types.push_back(op.getInput().getType());
  return success();
}
INFER(LrnOp)
