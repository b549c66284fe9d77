//===- Constant.cpp - Constants, casts and shape queries ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// All static by now: shapes become constants.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/reader/ElementTypes.h"
#include <cmath>

namespace xgen::onnx {

static LogicalResult legalizeConstant(Node &n) {
  if (n.hasAttribute("value")) {
    ElementsAttr value = n.tensor("value");
    if (!value)
      return n.fail("attribute 'value' must be a tensor");
    return n.result(n.constant(value));
  }
  if (n.hasAttribute("value_int"))
    return n.result(n.integersOf({n.integer("value_int", 0)}, ShapeRef()));
  if (n.hasAttribute("value_ints")) {
    auto values = n.integers("value_ints");
    return values ? n.result(n.integersOf(*values)) : failure();
  }
  if (n.hasAttribute("value_float"))
    return n.result(n.splat(n.f32(), n.number("value_float", 0)));
  if (n.hasAttribute("value_floats")) {
    SmallVector<float> values;
    for (double v : n.numbers("value_floats"))
      values.push_back(float(v));
    auto type = RankedTensorType::get({int64_t(values.size())}, n.f32());
    return n.result(n.constant(llvm::cast<ElementsAttr>(
        mlir::DenseElementsAttr::get(type, ArrayRef<float>(values)))));
  }
  if (n.hasAttribute("value_string") || n.hasAttribute("value_strings"))
    return n.fail("strings are unsupported");
  return n.fail("has no value");
}

/// A tensor filled with the one element of `value`; null when it is not one.
static Value filled(Node &n, ElementsAttr value, ShapeRef extents) {
  auto dense = llvm::dyn_cast_or_null<mlir::DenseElementsAttr>(value);
  if (!dense || dense.getNumElements() != 1) {
    (void)n.fail("attribute 'value' must be a tensor of one element");
    return {};
  }
  // Through splat() first: it checks the size.
  Value probe = n.splat(dense.getElementType(), 0, extents);
  if (!probe)
    return {};
  probe.getDefiningOp()->erase();
  auto type = RankedTensorType::get(extents, dense.getElementType());
  return n.constant(llvm::cast<ElementsAttr>(
      mlir::DenseElementsAttr(dense.resizeSplat(type))));
}

static LogicalResult legalizeConstantOfShape(Node &n) {
  auto extents = n.ints(0, "shape");
  if (!extents)
    return failure();
  if (llvm::any_of(*extents, [](int64_t e) { return e < 0; }))
    return n.fail("the shape has a negative extent");
  if (!n.hasAttribute("value"))
    return n.result(n.splat(n.f32(), 0, *extents));
  return n.result(filled(n, n.tensor("value"), *extents));
}

static LogicalResult legalizeShape(Node &n) {
  Shape extents = n.shape(n.input(0));
  int64_t rank = extents.size();
  auto clamp = [&](int64_t v) {
    return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank);
  };
  int64_t start = clamp(n.integer("start", 0));
  int64_t end = clamp(n.integer("end", rank));
  return n.result(n.integersOf(
      ShapeRef(extents).slice(start, std::max<int64_t>(0, end - start))));
}

static LogicalResult legalizeRange(Node &n) {
  Type element = n.elementType(n.input(0));
  constexpr double most = 1 << 24;
  if (llvm::isa<mlir::IntegerType>(element)) {
    auto start = n.ints(0, "start"), limit = n.ints(1, "limit"),
         delta = n.ints(2, "delta");
    if (!start || !limit || !delta)
      return failure();
    if (start->size() != 1 || limit->size() != 1 || delta->size() != 1 ||
        delta->front() == 0)
      return n.fail("start, limit and delta must be numbers, delta not 0");
    double count = std::ceil((double(limit->front()) - double(start->front())) /
                             double(delta->front()));
    if (count > most)
      return n.fail("the range is too long");
    Shape values;
    for (int64_t i = 0; i < int64_t(std::max(0.0, count)); ++i)
      values.push_back(int64_t(uint64_t(start->front()) +
                               uint64_t(i) * uint64_t(delta->front())));
    return n.result(n.integersOf(values, {int64_t(values.size())}, element));
  }
  auto start = n.doubles(0, "start"), limit = n.doubles(1, "limit"),
       delta = n.doubles(2, "delta");
  if (!start || !limit || !delta)
    return failure();
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1)
    return n.fail("start, limit and delta must be numbers");
  double count = std::ceil((limit->front() - start->front()) / delta->front());
  if (!(count <= most))
    return n.fail("the range is endless or too long");
  int64_t size = std::max(0.0, count);
  auto type = RankedTensorType::get({size}, element);
  if (element.isF64()) {
    std::vector<double> values;
    for (int64_t i = 0; i < size; ++i)
      values.push_back(start->front() + double(i) * delta->front());
    return n.result(n.constant(llvm::cast<ElementsAttr>(
        mlir::DenseElementsAttr::get(type, ArrayRef<double>(values)))));
  }
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i)
    values.push_back(float(start->front()) + float(i) * float(delta->front()));
  Value v = n.constant(llvm::cast<ElementsAttr>(mlir::DenseElementsAttr::get(
      RankedTensorType::get({size}, n.f32()), ArrayRef<float>(values))));
  return n.result(n.cast(v, element));
}

static LogicalResult legalizeCast(Node &n) {
  int64_t to = n.integer("to", 0);
  Type element = elementTypeOf(n.builder.getContext(), to);
  if (!element)
    return n.fail("cast to " + elementTypeName(to) + " is unsupported");
  return n.result(
      n.cast(n.input(0), element, n.integer("saturate", 1) != 0));
}

static LogicalResult legalizeEyeLike(Node &n) {
  Value x = n.input(0);
  if (n.rank(x) != 2)
    return n.fail("the input must be a matrix");
  Type element = n.elementType(x);
  if (n.hasAttribute("dtype"))
    element = elementTypeOf(n.builder.getContext(), n.integer("dtype", 0));
  int64_t rows = n.shape(x)[0], columns = n.shape(x)[1], k = n.integer("k", 0);
  if (!element)
    return n.fail("attribute 'dtype' is unsupported");
  if (double(rows) * double(columns) > double(1 << 24))
    return n.fail("the matrix is too large");
  SmallVector<bool> values;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      values.push_back(j - i == k);
  Value mask = n.constant(llvm::cast<ElementsAttr>(mlir::DenseElementsAttr::get(
      RankedTensorType::get({rows, columns}, n.i1()), values)));
  return n.result(n.cast(mask, element));
}

static LogicalResult legalizeTrilu(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  if (rank < 2)
    return n.fail("the input must have at least two dimensions");
  int64_t k = 0;
  if (n.has(1)) {
    auto values = n.ints(1, "k");
    if (!values || values->size() != 1)
      return n.fail("input 'k' must be one number");
    k = values->front();
  }
  bool upper = n.integer("upper", 1) != 0;
  int64_t rows = n.shape(x)[rank - 2], columns = n.shape(x)[rank - 1];
  if (double(rows) * double(columns) > double(1 << 24))
    return n.fail("the matrix is too large");
  SmallVector<bool> keep;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      keep.push_back(upper ? j - i >= k : j - i <= k);
  Value mask = n.constant(llvm::cast<ElementsAttr>(mlir::DenseElementsAttr::get(
      RankedTensorType::get({rows, columns}, n.i1()), keep)));
  return n.result(n.select(mask, x, n.splat(n.elementType(x), 0)));
}

void registerConstant(Registry &registry) {
  registry.add("Constant", 0, legalizeConstant);
  registry.add("ConstantOfShape", 1, legalizeConstantOfShape);
  registry.add("Shape", 1, legalizeShape);
  registry.add("Size", 1, [](Node &n) {
    return n.result(n.integersOf({n.elements(n.input(0))}, ShapeRef()));
  });
  registry.add("Range", 3, legalizeRange);
  registry.add("Cast", 1, legalizeCast);
  registry.add("CastLike", 2, [](Node &n) {
    return n.result(n.cast(n.input(0), n.elementType(n.input(1)),
                           n.integer("saturate", 1) != 0));
  });
  registry.add("Identity", 1, [](Node &n) { return n.result(n.input(0)); });
  registry.add("EyeLike", 1, legalizeEyeLike);
  registry.add("Trilu", 1, legalizeTrilu);
}

} // namespace xgen::onnx
