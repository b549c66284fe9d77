//===- Folder.cpp - Constants that legalization needs to know -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Models compute shapes with tensor ops. Those are evaluated when a shape is
// asked for, with the reference kernels that the driver supplies.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace xgen::onnx {

/// Evaluation on demand stops at tensors of this size.
static constexpr int64_t maxFoldBytes = int64_t(64) << 20;
/// What is folded at once.
static constexpr int64_t maxSmallElements = 1024;
static constexpr int64_t maxSmallOperand = 65536;
/// What is read as numbers: shapes, axes, scales.
static constexpr int64_t maxNumbers = int64_t(1) << 22;
static constexpr unsigned maxDepth = 2000;

static std::optional<ArrayRef<char>> rawBytes(ElementsAttr attr) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  if (!resource)
    return std::nullopt;
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return std::nullopt;
  return blob->getData();
}

std::optional<Shape> readInts(ElementsAttr attr) {
  auto type = cast<ShapedType>(attr.getType());
  auto element = dyn_cast<IntegerType>(type.getElementType());
  if (!element || type.getNumElements() > maxNumbers)
    return std::nullopt;
  Shape values;
  auto append = [&](const APInt &v) {
    values.push_back(element.isUnsigned() || element.getWidth() == 1
                         ? int64_t(v.getZExtValue())
                         : v.getSExtValue());
  };
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    for (const APInt &v : dense.getValues<APInt>())
      append(v);
    return values;
  }
  auto bytes = rawBytes(attr);
  unsigned width = element.getWidth(), step = std::max(1u, width / 8);
  if (!bytes || int64_t(bytes->size()) != type.getNumElements() * step ||
      width > 64)
    return std::nullopt;
  for (size_t i = 0; i < bytes->size(); i += step) {
    uint64_t word = 0;
    std::memcpy(&word, bytes->data() + i, step);
    append(APInt(64, word).trunc(width));
  }
  return values;
}

std::optional<SmallVector<double>> readDoubles(ElementsAttr attr) {
  auto type = cast<ShapedType>(attr.getType());
  SmallVector<double> values;
  if (type.getNumElements() > maxNumbers)
    return std::nullopt;
  auto element = dyn_cast<FloatType>(type.getElementType());
  if (!element) {
    auto integers = readInts(attr);
    if (!integers)
      return std::nullopt;
    values.assign(integers->begin(), integers->end());
    return values;
  }
  auto append = [&](APFloat v) {
    bool lost;
    v.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    values.push_back(v.convertToDouble());
  };
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    for (const APFloat &v : dense.getValues<APFloat>())
      append(v);
    return values;
  }
  auto bytes = rawBytes(attr);
  unsigned width = element.getWidth(), step = std::max(1u, width / 8);
  if (!bytes || int64_t(bytes->size()) != type.getNumElements() * step || width > 64)
    return std::nullopt;
  for (size_t i = 0; i < bytes->size(); i += step) {
    uint64_t word = 0;
    std::memcpy(&word, bytes->data() + i, step);
    append(APFloat(element.getFloatSemantics(), APInt(64, word).trunc(width)));
  }
  return values;
}

ElementsAttr Folder::evaluate(Operation *op, unsigned index,
                              ArrayRef<ElementsAttr> operands) {
  if (!fold)
    return {};
  auto tooLarge = [](Type type) {
    return ir::tensorBytes(cast<RankedTensorType>(type)) > maxFoldBytes;
  };
  // Operands, too: a splat of any size is a constant.
  if (llvm::any_of(op->getResultTypes(), tooLarge) ||
      llvm::any_of(op->getOperandTypes(), tooLarge))
    return {};
  SmallVector<ElementsAttr> results;
  if (failed(fold(op, operands, results)) || results.size() <= index)
    return {};
  for (auto [type, attr] : llvm::zip(op->getResultTypes(), results))
    if (!attr || attr.getType() != type)
      return {};
  for (auto [value, attr] : llvm::zip(op->getResults(), results))
    known[value] = attr;
  return results[index];
}

ElementsAttr Folder::constant(Value value, unsigned depth) {
  if (auto constant = value.getDefiningOp<ir::ConstantOp>())
    return constant.getValue();
  auto it = known.find(value);
  if (it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  // Quantized values have no attribute of their own.
  if (!op || depth > maxDepth || ir::isDynamic(op) || op->getNumRegions() || !isa<ir::XgenDialect>(op->getDialect()) ||
      isa<ir::ReinterpretOp, ir::QuantizeOp, ir::IfOp, ir::LoopOp>(op))
    return {};
  SmallVector<ElementsAttr> operands;
  for (Value operand : op->getOperands()) {
    ElementsAttr attr = constant(operand, depth + 1);
    if (!attr) {
      known[value] = {};
      return {};
    }
    operands.push_back(attr);
  }
  ElementsAttr result =
      evaluate(op, cast<OpResult>(value).getResultNumber(), operands);
  known[value] = result;
  return result;
}

ElementsAttr Folder::foldSmall(Operation *op) {
  if (!fold || op->getNumResults() != 1)
    return {};
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!isa<IntegerType>(type.getElementType()) || ir::isDynamic(op) ||
      type.getNumElements() > maxSmallElements ||
      isa<ir::ReinterpretOp, ir::QuantizeOp, ir::ConstantOp>(op))
    return {};
  SmallVector<ElementsAttr> operands;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<ir::ConstantOp>();
    if (!constant || cast<RankedTensorType>(operand.getType())
                             .getNumElements() > maxSmallOperand)
      return {};
    operands.push_back(constant.getValue());
  }
  ElementsAttr result = evaluate(op, 0, operands);
  // The caller erases the op: nothing may be known about its result.
  known.erase(op->getResult(0));
  return result;
}

} // namespace xgen::onnx
