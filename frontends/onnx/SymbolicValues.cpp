//===- SymbolicValues.cpp - Integers that depend on free dimensions -------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Models compute shapes with tensor ops: Shape, Gather, Mul, Concat, Reshape.
// Where such a tensor depends on free dimensions, its elements are followed as
// expressions, op by op, so that the Reshape knows its extents.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

using namespace mlir;

namespace xgen::onnx {

/// Shapes are short, and so is the arithmetic on them. What is not is left to the
/// program: its expressions could double with every operator.
static constexpr int64_t maxElements = 64;
static constexpr size_t maxNodes = 512;

static bool isShort(const Dim &d) {
  size_t nodes = 0;
  if (!d.isStatic())
    d.expr(nullptr).walk([&](AffineExpr) { ++nodes; });
  return nodes <= maxNodes;
}

std::optional<Dims> Folder::extents(Value value) {
  auto it = known_extents.find(value);
  if (it != known_extents.end())
    return it->second;
  auto type = cast<RankedTensorType>(value.getType());
  if (ir::isDynamic(type) || type.getNumElements() > maxElements ||
      !isa<IntegerType>(type.getElementType()))
    return std::nullopt;
  ElementsAttr known = constant(value);
  auto numbers = known ? readInts(known) : std::nullopt;
  if (!numbers)
    return std::nullopt;
  return ir::toDims(*numbers);
}

/// Number of the operand's element that a broadcast op reads at `index` of its
/// result.
static int64_t broadcastIndex(int64_t index, ArrayRef<int64_t> result,
                              ArrayRef<int64_t> operand) {
  int64_t at = 0, stride = 1;
  for (int64_t d = int64_t(result.size()) - 1, o = int64_t(operand.size()) - 1;
       o >= 0; --d, --o) {
    if (operand[o] != 1)
      at += index % result[d] * stride;
    stride *= operand[o];
    index /= result[d];
  }
  return at;
}

static std::optional<Dim> compute(ir::Symbols &symbols, BinaryKind kind,
                                  const Dim &a, const Dim &b) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Sub:
    return a - b;
  case BinaryKind::Mul:
    return a * b;
  case BinaryKind::Div:
    // Division towards zero: the same when nothing is negative.
    if (a.min() < 0 || b.min() < 1)
      return std::nullopt;
    return floorDiv(a, b);
  case BinaryKind::Mod:
  case BinaryKind::Fmod:
    if (a.min() < 0 || b.min() < 1)
      return std::nullopt;
    return mod(a, b);
  case BinaryKind::Min:
    return symbols.min(a, b);
  case BinaryKind::Max:
    return symbols.max(a, b);
  case BinaryKind::Equal:
    return symbols.equal(a, b);
  case BinaryKind::NotEqual:
    return Dim(1) - symbols.equal(a, b);
  case BinaryKind::Less:
    return symbols.less(a, b);
  case BinaryKind::Greater:
    return symbols.less(b, a);
  case BinaryKind::LessEqual:
    return Dim(1) - symbols.less(b, a);
  case BinaryKind::GreaterEqual:
    return Dim(1) - symbols.less(a, b);
  case BinaryKind::And:
    return a * b;
  default:
    return std::nullopt;
  }
}

static std::optional<Dims> reduced(ir::ReduceOp op, const Dims &in,
                                   ir::Symbols &symbols) {
  // Of whole vectors only.
  auto type = cast<RankedTensorType>(op.getInput().getType());
  if (type.getRank() != 1 || op.getAxes().size() != 1 || in.empty())
    return std::nullopt;
  Dim result = in.front();
  for (const Dim &d : DimsRef(in).drop_front())
    switch (op.getKind()) {
    case ReduceKind::Sum:
      result += d;
      break;
    case ReduceKind::Prod:
      result *= d;
      break;
    case ReduceKind::Min:
      result = symbols.min(result, d);
      break;
    case ReduceKind::Max:
      result = symbols.max(result, d);
      break;
    default:
      return std::nullopt;
    }
  return Dims{result};
}

/// What an op that moves elements reads: the number of the input's element for
/// each of the result's.
static std::optional<SmallVector<int64_t>> moved(Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto from = cast<RankedTensorType>(op->getOperand(0).getType());
  int64_t n = type.getNumElements();
  SmallVector<int64_t> at;
  if (isa<ir::ReshapeOp>(op)) {
    for (int64_t i = 0; i < n; ++i)
      at.push_back(i);
    return at;
  }
  if (isa<ir::ExpandOp>(op)) {
    for (int64_t i = 0; i < n; ++i)
      at.push_back(broadcastIndex(i, type.getShape(), from.getShape()));
    return at;
  }
  if (type.getRank() != 1 || from.getRank() != 1)
    return std::nullopt;
  if (auto slice = dyn_cast<ir::SliceOp>(op)) {
    for (int64_t i = 0; i < n; ++i)
      at.push_back(slice.getStarts()[0] + i * slice.getSteps()[0]);
    return at;
  }
  if (isa<ir::TileOp>(op)) {
    for (int64_t i = 0; i < n; ++i)
      at.push_back(i % from.getNumElements());
    return at;
  }
  return std::nullopt;
}

static std::optional<Dims> gathered(ir::GatherOp op, const Dims &in,
                                    const Dims &indices) {
  auto from = cast<RankedTensorType>(op.getInput().getType());
  if (from.getRank() != 1)
    return std::nullopt;
  Dims result;
  for (const Dim &index : indices) {
    if (!index.isStatic())
      return std::nullopt;
    int64_t i = index.value() < 0 ? index.value() + int64_t(in.size())
                                  : index.value();
    if (i < 0 || i >= int64_t(in.size()))
      return std::nullopt;
    result.push_back(in[i]);
  }
  return result;
}

static std::optional<Dims> selected(ir::SelectOp op, ArrayRef<Dims> in) {
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(op.getResult().getType()).getShape();
  int64_t n = cast<RankedTensorType>(op.getResult().getType()).getNumElements();
  Dims result;
  for (int64_t i = 0; i < n; ++i) {
    Dim of[3];
    for (int k = 0; k < 3; ++k)
      of[k] = in[k][broadcastIndex(
          i, shape,
          cast<RankedTensorType>(op->getOperand(k).getType()).getShape())];
    if (of[0].isStatic())
      result.push_back(of[0].value() ? of[1] : of[2]);
    else
      result.push_back(of[1] == of[2] ? of[1]
                                      : of[0] * of[1] + (Dim(1) - of[0]) * of[2]);
  }
  return result;
}

void Folder::learnExtents(Operation *op) {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
      op->getNumOperands() > 16 || ir::isDynamic(op))
    return;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!isa<IntegerType>(type.getElementType()) ||
      type.getNumElements() > maxElements)
    return;
  SmallVector<Dims> in;
  bool anySymbol = false;
  for (Value operand : op->getOperands()) {
    auto dims = extents(operand);
    if (!dims)
      return;
    anySymbol |= !ir::allStatic(*dims);
    in.push_back(std::move(*dims));
  }
  if (!anySymbol && llvm::all_of(op->getOperands(), [](Value operand) {
        return bool(operand.getDefiningOp<ir::ConstantOp>());
      }))
    return; // A constant: folded elsewhere.
  std::optional<Dims> result;
  if (auto binary = dyn_cast<ir::BinaryOp>(op)) {
    result.emplace();
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      auto at = [&](int k) {
        return in[k][broadcastIndex(
            i, type.getShape(),
            cast<RankedTensorType>(op->getOperand(k).getType()).getShape())];
      };
      auto value = compute(symbols, binary.getKind(), at(0), at(1));
      if (!value)
        return;
      result->push_back(*value);
    }
  } else if (auto unary = dyn_cast<ir::UnaryOp>(op)) {
    if (unary.getKind() != UnaryKind::Neg && unary.getKind() != UnaryKind::Not)
      return;
    result.emplace();
    for (const Dim &d : in[0])
      result->push_back(Dim(unary.getKind() == UnaryKind::Not) - d);
  } else if (isa<ir::CastOp>(op)) {
    if (!isa<IntegerType>(
            cast<RankedTensorType>(op->getOperand(0).getType()).getElementType()))
      return;
    result = in[0];
    if (type.getElementType().isInteger(1))
      for (Dim &d : *result)
        d = Dim(1) - symbols.equal(d, 0);
  } else if (isa<ir::ConcatOp>(op)) {
    if (type.getRank() != 1)
      return;
    result.emplace();
    for (const Dims &part : in)
      llvm::append_range(*result, part);
  } else if (auto reduce = dyn_cast<ir::ReduceOp>(op)) {
    result = reduced(reduce, in[0], symbols);
  } else if (auto gather = dyn_cast<ir::GatherOp>(op)) {
    result = gathered(gather, in[0], in[1]);
  } else if (auto select = dyn_cast<ir::SelectOp>(op)) {
    result = selected(select, in);
  } else if (auto at = moved(op)) {
    result.emplace();
    for (int64_t i : *at)
      result->push_back(in[0][i]);
  }
  if (result && llvm::all_of(*result, isShort))
    setExtents(op->getResult(0), *result);
}

} // namespace xgen::onnx
