//===- Constant.cpp - Constants, casts and shape queries ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Shapes become constants, or expressions of free dimensions.
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
static Value filled(Node &n, ElementsAttr value, DimsRef extents) {
  auto dense = llvm::dyn_cast_or_null<mlir::DenseElementsAttr>(value);
  if (!dense || dense.getNumElements() != 1) {
    (void)n.fail("attribute 'value' must be a tensor of one element");
    return {};
  }
  auto numbers = ir::toNumbers(extents);
  if (!numbers)
    return n.expand(n.reshape(n.constant(dense), ShapeRef()), extents);
  // Through splat() first: it checks the size.
  Value probe = n.splat(dense.getElementType(), 0, extents);
  if (!probe)
    return {};
  probe.getDefiningOp()->erase();
  auto type = RankedTensorType::get(*numbers, dense.getElementType());
  return n.constant(llvm::cast<ElementsAttr>(
      mlir::DenseElementsAttr(dense.resizeSplat(type))));
}

static LogicalResult legalizeConstantOfShape(Node &n) {
  auto extents = n.extents(0, "shape");
  if (!extents && !n.hasError()) {
    auto rank = n.length(0, "shape");
    if (rank)
      extents = n.bind(n.cast(n.input(0), n.i64()), n.declared(0, *rank), 0);
  }
  if (!extents)
    return failure();
  if (llvm::any_of(*extents, [](const Dim &e) { return e.max() < 0; }))
    return n.fail("the shape has a negative extent");
  if (!n.hasAttribute("value"))
    return n.result(n.splat(n.f32(), 0, *extents));
  return n.result(filled(n, n.tensor("value"), *extents));
}

static LogicalResult legalizeShape(Node &n) {
  Dims extents = n.dims(n.input(0));
  int64_t rank = extents.size();
  auto clamp = [&](int64_t v) {
    return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank);
  };
  int64_t start = clamp(n.integer("start", 0));
  int64_t end = clamp(n.integer("end", rank));
  return n.result(n.extentsOf(
      DimsRef(extents).slice(start, std::max<int64_t>(0, end - start))));
}

/// A range whose length is an expression, or known at run time only.
static LogicalResult rangeAtRunTime(Node &n) {
  Value of[3];
  for (unsigned i = 0; i < 3; ++i) {
    if (!n.count(n.input(i)).is(1))
      return n.fail("start, limit and delta must be numbers");
    of[i] = n.reshape(n.input(i), ShapeRef());
  }
  Type element = n.elementType(of[0]);
  bool isFloat = n.isFloat(of[0]);
  Value start = of[0], limit = of[1], delta = of[2], count;
  if (isFloat) {
    count = n.cast(n.unary(UnaryKind::Ceil, n.div(n.sub(limit, start), delta)),
                   n.i64());
  } else {
    // Rounded up in the direction of the step.
    Value a = n.cast(start, n.i64()), b = n.cast(limit, n.i64()),
          d = n.cast(delta, n.i64()), zero = n.splat(n.i64(), 0);
    Value up = n.binary(BinaryKind::Less, zero, d);
    Value span = n.select(up, n.sub(b, a), n.sub(a, b));
    Value step = n.unary(UnaryKind::Abs, d);
    count = n.div(n.add(span, n.sub(step, n.splat(n.i64(), 1))), step);
  }
  count = n.binary(BinaryKind::Max, count, n.splat(n.i64(), 0));
  auto size = n.bind(n.reshape(count, {1}), n.declared(0, 1), 0);
  if (!size)
    return failure();
  Value steps = n.cast(n.iota(size->front(), *size), element);
  return n.result(n.add(start, n.mul(steps, delta)));
}

/// start, limit and delta as numbers or expressions of integers.
static std::optional<Dim> rangeBound(Node &n, unsigned i, StringRef what) {
  auto dims = n.extents(i, what);
  if (!dims || dims->size() != 1)
    return std::nullopt;
  return dims->front();
}

static LogicalResult legalizeRange(Node &n) {
  Type element = n.elementType(n.input(0));
  constexpr double most = 1 << 24;
  if (llvm::isa<mlir::IntegerType>(element)) {
    auto start = rangeBound(n, 0, "start"), limit = rangeBound(n, 1, "limit"),
         delta = rangeBound(n, 2, "delta");
    if (n.hasError())
      return failure();
    if (!start || !limit || !delta || !delta->isStatic())
      return rangeAtRunTime(n);
    if (delta->is(0))
      return n.fail("start, limit and delta must be numbers, delta not 0");
    if (!start->isStatic() || !limit->isStatic()) {
      bool up = delta->value() > 0;
      Dim span = up ? *limit - *start : *start - *limit;
      Dim count = n.symbols().max(0, ceilDiv(span, std::abs(delta->value())));
      if (double(count.max()) > most)
        return n.fail("the range is too long");
      Value steps = n.iota(count, {count});
      Value first = n.extentsOf({*start}), by = n.extentsOf({*delta});
      return n.result(n.cast(n.add(first, n.mul(steps, by)), element));
    }
    double count = std::ceil((double(limit->value()) - double(start->value())) /
                             double(delta->value()));
    if (count > most)
      return n.fail("the range is too long");
    Shape values;
    for (int64_t i = 0; i < int64_t(std::max(0.0, count)); ++i)
      values.push_back(int64_t(uint64_t(start->value()) +
                               uint64_t(i) * uint64_t(delta->value())));
    return n.result(n.integersOf(values, {int64_t(values.size())}, element));
  }
  for (unsigned i = 0; i < 3; ++i)
    if (!n.constantOf(n.input(i)))
      return rangeAtRunTime(n);
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

static LogicalResult emitCast(Node &n, Type element) {
  bool saturate = n.integer("saturate", 1) != 0;
  auto round = ir::CastRounding::Nearest;
  if (llvm::isa<mlir::Float8E8M0FNUType>(element)) {
    std::string mode = n.string("round_mode", "up");
    auto known = ir::symbolizeCastRounding(mode);
    if (!known)
      return n.fail("unknown round_mode '" + mode + "'");
    round = *known;
  }
  return n.result(n.cast(n.input(0), element, saturate, round));
}

static LogicalResult legalizeCast(Node &n) {
  int64_t to = n.integer("to", 0);
  Type element = elementTypeOf(n.builder.getContext(), to);
  if (!element)
    return n.fail("cast to " + elementTypeName(to) + " is unsupported");
  return emitCast(n, element);
}

static LogicalResult legalizeBitCast(Node &n) {
  int64_t to = n.integer("to", 0);
  Value x = n.input(0);
  Type from = n.elementType(x);
  Type element = elementTypeOf(n.builder.getContext(), to);
  if (!element || !element.isIntOrFloat())
    return n.fail("cast to " + elementTypeName(to) + " is unsupported");
  // A bool has a byte of its own.
  auto bits = [](Type t) {
    return t.isInteger(1) ? 8 : t.getIntOrFloatBitWidth();
  };
  if (bits(from) != bits(element))
    return n.fail("the types differ in size (" + llvm::Twine(bits(from)) +
                  " and " + llvm::Twine(bits(element)) + " bits)");
  // Narrow integers are extended to bytes: signed ones need another byte.
  if (from.isInteger() && element.isInteger() && (bits(from) < 8 ||
                                                  element.isInteger(1)))
    return n.result(n.cast(x, element));
  if (bits(from) < 8) {
    Type plain = n.builder.getIntegerType(bits(from), /*isSigned=*/false);
    if (from.isInteger())
      return n.result(n.reinterpret(n.cast(x, plain), element));
    return n.result(n.cast(n.reinterpret(x, plain), element));
  }
  if (element.isInteger(1))
    return n.result(
        n.cast(n.reinterpret(x, n.builder.getIntegerType(8)), element));
  return n.result(n.reinterpret(x, element));
}

/// Column minus row of each element of a matrix.
static Value diagonals(Node &n, const Dim &rows, const Dim &columns) {
  return n.sub(n.iota(columns, {1, columns}), n.iota(rows, {rows, 1}));
}

static LogicalResult legalizeEyeLike(Node &n) {
  Value x = n.input(0);
  if (n.rank(x) != 2)
    return n.fail("the input must be a matrix");
  Type element = n.elementType(x);
  if (n.hasAttribute("dtype"))
    element = elementTypeOf(n.builder.getContext(), n.integer("dtype", 0));
  if (!element)
    return n.fail("attribute 'dtype' is unsupported");
  Value k = n.integersOf({n.integer("k", 0)}, ShapeRef());
  Value mask = n.binary(BinaryKind::Equal,
                        diagonals(n, n.dims(x)[0], n.dims(x)[1]), k);
  return n.result(n.cast(mask, element));
}

static LogicalResult legalizeTrilu(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  if (rank < 2)
    return n.fail("the input must have at least two dimensions");
  Value k = n.integersOf({0}, ShapeRef());
  if (n.has(1)) {
    if (!n.count(n.input(1)).is(1))
      return n.fail("input 'k' must be one number");
    k = n.cast(n.reshape(n.input(1), ShapeRef()), n.i64());
  }
  bool upper = n.integer("upper", 1) != 0;
  Value mask = n.binary(upper ? BinaryKind::GreaterEqual : BinaryKind::LessEqual,
                        diagonals(n, n.dims(x)[rank - 2], n.dims(x)[rank - 1]), k);
  return n.result(n.select(mask, x, n.splat(n.elementType(x), 0)));
}

void registerConstant(Registry &registry) {
  registry.add("Constant", 0, legalizeConstant);
  registry.add("ConstantOfShape", 1, legalizeConstantOfShape);
  registry.add("Shape", 1, legalizeShape);
  registry.add("Size", 1, [](Node &n) {
    return n.result(n.extentsOf({n.count(n.input(0))}, ShapeRef()));
  });
  registry.add("Range", 3, legalizeRange);
  registry.add("Cast", 1, legalizeCast);
  registry.add("BitCast", 1, legalizeBitCast);
  registry.add("CastLike", 2, [](Node &n) {
    return emitCast(n, n.elementType(n.input(1)));
  });
  registry.add("EyeLike", 1, legalizeEyeLike);
  registry.add("Trilu", 1, legalizeTrilu);
}

} // namespace xgen::onnx
