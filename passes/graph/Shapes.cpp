//===- Shapes.cpp - Permutations and reshapes -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Arithmetic on dimensions, and builders that fold as they build.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/GraphUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

bool xgen::isIdentity(ArrayRef<int64_t> perm) {
  for (auto [i, p] : llvm::enumerate(perm))
    if ((int64_t)i != p)
      return false;
  return true;
}

Shape xgen::invert(ArrayRef<int64_t> perm) {
  Shape result(perm.size());
  for (auto [i, p] : llvm::enumerate(perm))
    result[p] = i;
  return result;
}

Shape xgen::permute(ArrayRef<int64_t> list, ArrayRef<int64_t> perm) {
  Shape result;
  for (int64_t p : perm)
    result.push_back(list[p]);
  return result;
}

Shape xgen::compose(ArrayRef<int64_t> first, ArrayRef<int64_t> second) {
  return permute(first, second);
}

bool xgen::isReshape(ArrayRef<int64_t> shape, ArrayRef<int64_t> perm) {
  int64_t last = -1;
  for (int64_t p : perm) {
    if (shape[p] == 1)
      continue;
    if (p < last)
      return false;
    last = p;
  }
  return true;
}

int64_t xgen::elementsOf(ArrayRef<int64_t> shape) {
  int64_t n = 1;
  for (int64_t extent : shape)
    n *= extent;
  return n;
}

std::optional<SmallVector<DimGroup>> xgen::groupDims(ArrayRef<int64_t> from,
                                                     ArrayRef<int64_t> to) {
  if (llvm::is_contained(from, 0) || llvm::is_contained(to, 0) ||
      elementsOf(from) != elementsOf(to))
    return std::nullopt;
  SmallVector<DimGroup> groups;
  int64_t i = 0, j = 0, n = from.size(), m = to.size();
  while (i < n || j < m) {
    bool oneFrom = i < n && from[i] == 1, oneTo = j < m && to[j] == 1;
    if (oneFrom || oneTo) {
      groups.push_back({i, i + oneFrom, j, j + oneTo});
      i += oneFrom;
      j += oneTo;
      continue;
    }
    DimGroup group{i, i + 1, j, j + 1};
    int64_t a = from[i++], b = to[j++];
    while (a != b) {
      if (a < b)
        a *= from[i++];
      else
        b *= to[j++];
    }
    group.fromEnd = i;
    group.toEnd = j;
    groups.push_back(group);
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static Type withAxis(Type element, int64_t axis) {
  auto q = cast<quant::UniformQuantizedPerAxisType>(element);
  return quant::UniformQuantizedPerAxisType::get(
      q.getFlags(), q.getStorageType(), q.getExpressedType(), q.getScales(),
      q.getZeroPoints(), axis, q.getStorageTypeMin(), q.getStorageTypeMax());
}

RankedTensorType xgen::permuteType(RankedTensorType type,
                                   ArrayRef<int64_t> perm) {
  Type element = type.getElementType();
  if (auto q = dyn_cast<quant::UniformQuantizedPerAxisType>(element))
    element = withAxis(element, invert(perm)[q.getQuantizedDimension()]);
  Dims from = dimsOf(type), to;
  for (int64_t i : perm)
    to.push_back(from[i]);
  return tensorOf(to, element);
}

RankedTensorType xgen::reshapeType(RankedTensorType type,
                                   ArrayRef<int64_t> shape) {
  Type element = type.getElementType();
  if (auto q = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    auto groups = groupDims(type.getShape(), shape);
    if (!groups)
      return nullptr;
    int64_t axis = q.getQuantizedDimension(), to = -1;
    for (DimGroup group : *groups)
      if (group.fromBegin <= axis && axis < group.fromEnd)
        for (int64_t j = group.toBegin; j < group.toEnd; ++j)
          if (shape[j] == type.getDimSize(axis) &&
              elementsOf(shape.slice(group.toBegin, j - group.toBegin)) ==
                  elementsOf(type.getShape().slice(group.fromBegin,
                                                   axis - group.fromBegin)))
            to = j;
    if (to < 0)
      return nullptr;
    element = withAxis(element, to);
  }
  return RankedTensorType::get(shape, element);
}

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

Value xgen::createReshape(OpBuilder &builder, Location loc, Value value,
                          ArrayRef<int64_t> shape) {
  RankedTensorType type = typeOf(value);
  if (type.getShape() == shape)
    return value;
  auto result = RankedTensorType::get(shape, type.getElementType());
  if (auto reshape = value.getDefiningOp<ReshapeOp>())
    return createReshape(builder, loc, reshape.getInput(), shape);
  if (ElementsAttr attr = constantOf(value)) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
      return ConstantOp::create(
          builder, loc, result,
          DenseResourceElementsAttr::get(result, resource.getRawHandle()));
    if (auto dense = dyn_cast<DenseElementsAttr>(attr))
      return ConstantOp::create(builder, loc, result, dense.reshape(result));
  }
  return ReshapeOp::create(builder, loc, result, value);
}

Value xgen::createReshape(OpBuilder &builder, Location loc, Value value,
                          RankedTensorType type) {
  if (!isDynamic(type) && !isDynamic(value.getType()))
    return createReshape(builder, loc, value, type.getShape());
  return value.getType() == type
             ? value
             : ReshapeOp::create(builder, loc, type, value).getResult();
}

bool xgen::isStaticHere(Operation *op) {
  return !isDynamic(op) && llvm::none_of(op->getOperands(), [](Value operand) {
    return operand.getDefiningOp() && isDynamic(operand.getDefiningOp());
  });
}

/// Copies `from` to `to` in the order of the transposed tensor.
static void transposeBytes(ArrayRef<int64_t> shape, ArrayRef<int64_t> perm,
                           size_t width, const char *from, char *to) {
  int64_t rank = shape.size();
  Shape stride(rank, width), step(rank), extent(rank), at(rank, 0);
  for (int64_t i = rank - 2; i >= 0; --i)
    stride[i] = stride[i + 1] * shape[i + 1];
  for (int64_t i = 0; i < rank; ++i) {
    step[i] = stride[perm[i]];
    extent[i] = shape[perm[i]];
  }
  int64_t total = elementsOf(shape), inner = extent[rank - 1];
  for (int64_t done = 0; done < total; done += inner) {
    const char *row = from;
    for (int64_t i = 0; i + 1 < rank; ++i)
      row += at[i] * step[i];
    int64_t jump = step[rank - 1];
    if (width == 4)
      for (int64_t i = 0; i < inner; ++i, to += 4)
        std::memcpy(to, row + i * jump, 4);
    else
      for (int64_t i = 0; i < inner; ++i, to += width)
        std::memcpy(to, row + i * jump, width);
    for (int64_t i = rank - 2; i >= 0; --i) {
      if (++at[i] < extent[i])
        break;
      at[i] = 0;
    }
  }
}

Value xgen::createTranspose(OpBuilder &builder, Location loc, Value value,
                            ArrayRef<int64_t> perm) {
  if (isIdentity(perm))
    return value;
  RankedTensorType type = typeOf(value);
  if (auto inner = value.getDefiningOp<TransposeOp>())
    return createTranspose(builder, loc, inner.getInput(),
                           compose(inner.getPerm(), perm));
  RankedTensorType result = permuteType(type, perm);
  if (isReshape(type.getShape(), perm) && !isPerAxis(type))
    return createReshape(builder, loc, value, result);
  if (auto reinterpret = value.getDefiningOp<ReinterpretOp>();
      reinterpret && constantOf(reinterpret.getInput()))
    return ReinterpretOp::create(
        builder, loc, result,
        createTranspose(builder, loc, reinterpret.getInput(), perm));
  if (auto dequantize = value.getDefiningOp<DequantizeOp>();
      dequantize && isConstantLike(dequantize.getInput()))
    return DequantizeOp::create(
        builder, loc, result,
        createTranspose(builder, loc, dequantize.getInput(), perm));
  if (ElementsAttr attr = constantOf(value)) {
    if (isa<DenseElementsAttr>(attr) && cast<DenseElementsAttr>(attr).isSplat())
      return ConstantOp::create(
          builder, loc, result,
          cast<DenseElementsAttr>(attr).resizeSplat(result));
    std::vector<char> storage;
    ArrayRef<char> bytes = bytesOf(attr, storage);
    if (!bytes.empty()) {
      std::vector<char> moved(bytes.size());
      transposeBytes(type.getShape(), perm, elementBytes(type.getElementType()),
                     bytes.data(), moved.data());
      return makeConstant(builder, loc, result, std::move(moved));
    }
  }
  return TransposeOp::create(builder, loc, result, value,
                             builder.getDenseI64ArrayAttr(perm));
}

//===----------------------------------------------------------------------===//
// Cleaning up
//===----------------------------------------------------------------------===//

void xgen::eraseDeadOps(Region &region) {
  for (Block &block : region)
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(block.getOperations()))) {
      if (op.use_empty() && isMemoryEffectFree(&op) &&
          !op.hasTrait<OpTrait::IsTerminator>() && op.getNumRegions() == 0)
        op.erase();
    }
}

void xgen::mergeEqualOps(Block &block) {
  auto hash = [](Operation *op) {
    return OperationEquivalence::computeHash(
        op, OperationEquivalence::directHashValue,
        OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
  };
  llvm::DenseMap<size_t, SmallVector<Operation *, 1>> seen;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!isMemoryEffectFree(&op) || op.getNumRegions() ||
        op.getNumResults() == 0)
      continue;
    SmallVector<Operation *, 1> &same = seen[(size_t)hash(&op)];
    Operation *first = nullptr;
    for (Operation *other : same)
      if (OperationEquivalence::isEquivalentTo(
              &op, other, OperationEquivalence::exactValueMatch, nullptr,
              OperationEquivalence::IgnoreLocations))
        first = other;
    if (!first) {
      same.push_back(&op);
      continue;
    }
    op.replaceAllUsesWith(first);
    op.erase();
  }
}
