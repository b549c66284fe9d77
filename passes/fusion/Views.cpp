//===- Views.cpp - What costs nothing at run time -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Views.h.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Views.h"

using namespace mlir;
using namespace xgen;

std::optional<int64_t> xgen::contiguousSliceStart(ir::SliceOp slice) {
  auto type = cast<RankedTensorType>(slice.getInput().getType());
  ArrayRef<int64_t> shape = type.getShape();
  if (ir::isDynamic(slice.getOperation()) || type.getEncoding())
    return std::nullopt;
  // From the last dimension: whole ones, then one of any extent, then single
  // positions.
  bool whole = true;
  int64_t start = 0, stride = 1;
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    int64_t size = slice.getSizes()[d];
    if (!whole && size != 1)
      return std::nullopt;
    if (size != 1 && slice.getSteps()[d] != 1)
      return std::nullopt;
    start += slice.getStarts()[d] * stride;
    stride *= shape[d];
    whole &= size == shape[d];
  }
  return start;
}

bool xgen::isContiguousConcat(ir::ConcatOp concat) {
  auto type = cast<RankedTensorType>(concat.getResult().getType());
  int64_t axis = concat.getAxis();
  if (!type.hasStaticShape() || type.getEncoding() || axis < 0)
    return false;
  return llvm::all_of(type.getShape().take_front(axis),
                      [](int64_t extent) { return extent == 1; });
}

bool xgen::isCall(Operation *op) { return isa<ir::IfOp, ir::LoopOp>(op); }

bool xgen::isView(Operation *op) {
  if (isa<ir::ReshapeOp, ir::ReinterpretOp, ir::PrefixOp>(op))
    return true;
  if (auto slice = dyn_cast<ir::SliceOp>(op))
    return contiguousSliceStart(slice).has_value();
  if (auto concat = dyn_cast<ir::ConcatOp>(op))
    return isContiguousConcat(concat);
  return false;
}

static bool staysSmall(Operation *op) {
  if (isa<ir::EncodeOp, ir::ReinterpretOp, ir::ReshapeOp>(op))
    return true;
  int64_t limit = 64 << 10, bytes = 0;
  for (Type type : op->getOperandTypes())
    limit += 4 * ir::tensorBytes(cast<RankedTensorType>(type));
  for (Type type : op->getResultTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return false;
    bytes += ir::tensorBytes(tensor);
  }
  return bytes <= limit;
}

llvm::DenseSet<Operation *> xgen::constantExpressions(Block &block) {
  llvm::DenseSet<Operation *> found;
  for (Operation &op : block) {
    if (!isa_and_nonnull<ir::XgenDialect>(op.getDialect()))
      continue;
    bool constant = isa<ir::ConstantOp>(op);
    if (!constant && op.getNumOperands() > 0 && !isCall(&op) &&
        !ir::isDynamic(&op))
      constant = llvm::all_of(op.getOperands(), [&](Value operand) {
        return operand.getDefiningOp() &&
               found.contains(operand.getDefiningOp());
      }) && staysSmall(&op);
    if (constant)
      found.insert(&op);
  }
  return found;
}

void xgen::collectNodeNames(Location loc, SmallVectorImpl<StringAttr> &names) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    if (!name.getName().empty() && !llvm::is_contained(names, name.getName()))
      names.push_back(name.getName());
    return;
  }
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNodeNames(part, names);
}
