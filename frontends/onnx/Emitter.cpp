//===- Emitter.cpp - Checked creation of xgen ops -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Emitter.h.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace xgen::onnx {

/// Tensors beyond this are mistakes (or attacks), not models.
static constexpr int64_t maxElements = int64_t(1) << 38;
static constexpr int64_t maxRank = 64;

LogicalResult Emitter::fail(const Twine &why, const Twine &todo) {
  if (!hasError()) {
    reason = why.str();
    hint = todo.str();
    if (reason.empty())
      reason = "invalid node";
  }
  return failure();
}

static bool saneType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() > maxRank)
    return false;
  tensor = ir::largestOf(tensor);
  int64_t elements = 1;
  for (int64_t dim : tensor.getShape())
    if (dim < 0)
      return false;
    else if (dim && (llvm::MulOverflow(elements, dim, elements) ||
                elements > maxElements))
      return false;
  return true;
}

Operation *Emitter::createInferred(StringRef name, ValueRange operands,
                                   ArrayRef<NamedAttribute> attributes,
                                   InferFn infer) {
  SmallVector<Type> types;
  std::string message;
  {
    // The first one: MLIR adds that it failed to infer the types.
    ScopedDiagnosticHandler handler(builder.getContext(), [&](Diagnostic &d) {
      if (message.empty())
        message = d.str();
      return success();
    });
    if (failed(infer(builder.getDictionaryAttr(attributes), types))) {
      (void)fail(message);
      return nullptr;
    }
  }
  return create(name, operands, attributes, types);
}

Operation *Emitter::create(StringRef name, ValueRange operands,
                           ArrayRef<NamedAttribute> attributes,
                           ArrayRef<Type> results) {
  if (!allPresent(operands))
    return nullptr;
  for (Type type : results)
    if (!type || !saneType(type)) {
      (void)fail("a result is too large or has an invalid shape");
      return nullptr;
    }
  OperationState state(loc, name);
  state.addOperands(operands);
  state.addAttributes(attributes);
  state.addTypes(results);
  std::string message;
  ScopedDiagnosticHandler handler(builder.getContext(), [&](Diagnostic &d) {
    message = d.str();
    return success();
  });
  Operation *op = builder.create(state);
  if (failed(verify(op, /*verifyRecursively=*/false))) {
    StringRef why = message;
    why.consume_front(("'" + name + "' op ").str());
    (void)fail(why);
    op->erase();
    return nullptr;
  }
  return op;
}

Value Emitter::single(Operation *op) {
  if (!op)
    return {};
  if (ElementsAttr folded = folder.foldSmall(op)) {
    op->erase();
    return constant(folded);
  }
  folder.learnExtents(op);
  // An extent that turned out to be a number; the op stays, so that nothing is
  // known of a value that has gone.
  auto learned = folder.learned(op->getResult(0));
  if (auto numbers = learned ? ir::toNumbers(*learned) : std::nullopt) {
    RankedTensorType known = type(op->getResult(0));
    return integersOf(*numbers, known.getShape(), known.getElementType());
  }
  return op->getResult(0);
}

Value Emitter::constant(ElementsAttr value) {
  if (!value)
    return {};
  if (!isa<DenseElementsAttr, DenseResourceElementsAttr>(value) ||
      !saneType(value.getType()))
    return noValue("a constant must be a dense tensor");
  return ir::ConstantOp::create(builder, loc, value.getType(), value)
      ->getResult(0);
}

static DenseElementsAttr splatAttr(RankedTensorType type, double number) {
  Type element = type.getElementType();
  if (auto f = dyn_cast<FloatType>(element)) {
    APFloat value(number);
    bool lost;
    value.convert(f.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lost);
    return DenseElementsAttr::get(type, value);
  }
  auto i = dyn_cast<IntegerType>(element);
  if (!i)
    return {};
  APSInt value(64, /*isUnsigned=*/number >= 9223372036854775808.0);
  bool exact;
  APFloat(number).convertToInteger(value, APFloat::rmTowardZero, &exact);
  return DenseElementsAttr::get(type, value.trunc(i.getWidth()));
}

Value Emitter::splat(Type element, double number, const Extents &extents) {
  auto numbers = ir::toNumbers(extents);
  if (!numbers)
    return expand(splat(element, number), extents);
  auto type = RankedTensorType::get(*numbers, element);
  if (!saneType(type))
    return noValue("a tensor is too large");
  DenseElementsAttr attr = splatAttr(type, number);
  if (!attr)
    return noValue("element type is unsupported here");
  return constant(cast_or_null<ElementsAttr>(attr));
}

Value Emitter::integersOf(ShapeRef values, ShapeRef extents, Type element) {
  if (!element)
    element = i64();
  auto type = RankedTensorType::get(extents, element);
  SmallVector<APInt> numbers;
  unsigned width = element.getIntOrFloatBitWidth();
  for (int64_t v : values)
    numbers.push_back(APInt(64, uint64_t(v)).trunc(width));
  return constant(llvm::cast<ElementsAttr>(DenseElementsAttr::get(type, numbers)));
}

Value Emitter::numbersOf(ArrayRef<double> values, ShapeRef extents,
                         Type element) {
  auto type = RankedTensorType::get(extents, element);
  if (!saneType(type) || type.getNumElements() != int64_t(values.size()))
    return noValue("a table has the wrong size");
  SmallVector<Attribute> numbers;
  for (double v : values) {
    auto splat = splatAttr(RankedTensorType::get({}, element), v);
    if (!splat)
      return noValue("element type is unsupported here");
    numbers.push_back(splat.getSplatValue<Attribute>());
  }
  return constant(llvm::cast<ElementsAttr>(DenseElementsAttr::get(type, numbers)));
}

/// What is wrong with the element type, or "".
static StringRef checkUnary(UnaryKind kind, Type element) {
  bool isBool = element.isInteger(1), isFloat = isa<FloatType>(element);
  switch (kind) {
  case UnaryKind::Not:
    return isBool ? "" : "the operand must be bool";
  case UnaryKind::BitNot:
    return isa<IntegerType>(element) && !isBool ? ""
                                                : "the operand must be integer";
  case UnaryKind::Abs: case UnaryKind::Neg: case UnaryKind::Sign:
  case UnaryKind::Relu: case UnaryKind::Clamp: case UnaryKind::Floor:
  case UnaryKind::Ceil: case UnaryKind::Round:
    return isBool ? "the operand must be a number" : "";
  default:
    return isFloat ? "" : "the operand must be a float";
  }
}

static StringRef checkBinary(BinaryKind kind, Type element) {
  bool isBool = element.isInteger(1);
  switch (kind) {
  case BinaryKind::And: case BinaryKind::Or: case BinaryKind::Xor:
    return isBool ? "" : "the operands must be bool";
  case BinaryKind::BitAnd: case BinaryKind::BitOr: case BinaryKind::BitXor:
  case BinaryKind::ShiftLeft: case BinaryKind::ShiftRight:
    return isa<IntegerType>(element) && !isBool
               ? ""
               : "the operands must be integers";
  case BinaryKind::Equal: case BinaryKind::NotEqual:
    return "";
  default:
    return isBool ? "the operands must be numbers" : "";
  }
}

Value Emitter::unary(UnaryKind kind, Value v, double alpha, double beta) {
  if (v)
    if (StringRef why = checkUnary(kind, elementType(v)); !why.empty())
      return noValue(why);
  SmallVector<NamedAttribute> attributes{
      attr("kind", ir::UnaryKindAttr::get(builder.getContext(), kind))};
  // Left out when 0, so that text stays short.
  if (alpha != 0)
    attributes.push_back(attr("alpha", alpha));
  if (beta != 0)
    attributes.push_back(attr("beta", beta));
  return make<ir::UnaryOp>({v}, attributes);
}

Value Emitter::binary(BinaryKind kind, Value a, Value b) {
  if (!allPresent({a, b}))
    return {};
  if (elementType(a) != elementType(b) && kind != BinaryKind::Pow &&
      kind != BinaryKind::ShiftLeft && kind != BinaryKind::ShiftRight) {
    std::string text;
    llvm::raw_string_ostream(text) << "operands have different element types ("
                                   << elementType(a) << ", " << elementType(b)
                                   << ")";
    return noValue(text);
  }
  if (StringRef why = checkBinary(kind, elementType(a)); !why.empty())
    return noValue(why);
  auto extents = broadcast(dims(a), dims(b));
  if (!extents)
    return {};
  Type element = kind >= BinaryKind::Equal ? i1() : elementType(a);
  return make<ir::BinaryOp>(
      tensorType(*extents, element), {a, b}, {attr("kind", ir::BinaryKindAttr::get(builder.getContext(), kind))});
}

Value Emitter::select(Value condition, Value a, Value b) {
  if (a && b && elementType(a) != elementType(b))
    return noValue("the two values have different element types");
  if (condition && !elementType(condition).isInteger(1))
    return noValue("the condition must be bool");
  if (!allPresent({condition, a, b}))
    return {};
  auto extents = broadcast(dims(a), dims(b));
  if (extents)
    extents = broadcast(*extents, dims(condition));
  if (!extents)
    return {};
  return make<ir::SelectOp>(tensorType(*extents, elementType(a)), {condition, a, b});
}

Value Emitter::cast(Value v, Type element, bool saturate,
                    ir::CastRounding round) {
  if (!v || elementType(v) == element)
    return v;
  SmallVector<NamedAttribute> attributes;
  if (!saturate)
    attributes.push_back(attr("saturate", false));
  if (round != ir::CastRounding::Nearest)
    attributes.push_back(
        attr("round", ir::CastRoundingAttr::get(builder.getContext(), round)));
  return make<ir::CastOp>(ir::withElement(type(v), element), {v}, attributes);
}

Value Emitter::reinterpret(Value v, Type element) {
  if (!v || elementType(v) == element)
    return v;
  // Back and forth is nothing.
  if (auto before = v.getDefiningOp<ir::ReinterpretOp>())
    if (elementType(before.getInput()) == element)
      return before.getInput();
  return make<ir::ReinterpretOp>(ir::withElement(type(v), element), {v});
}

Value Emitter::transpose(Value v, ShapeRef perm) {
  if (!v)
    return {};
  if (llvm::equal(perm, llvm::seq<int64_t>(0, perm.size())) &&
      int64_t(perm.size()) == rank(v))
    return v;
  if (auto dequantize = v.getDefiningOp<ir::DequantizeOp>())
    if (auto stored =
            dequantize.getInput().getDefiningOp<ir::ReinterpretOp>())
      if (stored.getInput().getDefiningOp<ir::ConstantOp>()) {
        Value moved = transpose(stored.getInput(), perm);
        Type element = elementType(stored.getResult());
        if (auto axes = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
          auto at = llvm::find(perm, int64_t(axes.getQuantizedDimension()));
          element = quant::UniformQuantizedPerAxisType::get(
              axes.getFlags(), axes.getStorageType(), axes.getExpressedType(),
              axes.getScales(), axes.getZeroPoints(), at - perm.begin(),
              axes.getStorageTypeMin(), axes.getStorageTypeMax());
        }
        Value typed = reinterpret(moved, element);
        if (!typed)
          return {};
        return make<ir::DequantizeOp>(
            ir::withElement(type(typed), elementType(v)), {typed});
      }
  return make<ir::TransposeOp>({v}, {attr("perm", perm)});
}

Value Emitter::toChannelsLast(Value v) {
  Shape perm{0};
  for (int64_t i = 2; i < rank(v); ++i)
    perm.push_back(i);
  perm.push_back(1);
  return transpose(v, perm);
}

Value Emitter::toChannelsFirst(Value v) {
  Shape perm{0, rank(v) - 1};
  for (int64_t i = 1; i < rank(v) - 1; ++i)
    perm.push_back(i);
  return transpose(v, perm);
}

Value Emitter::reshape(Value v, const Extents &extents) {
  if (!v || DimsRef(dims(v)) == DimsRef(extents))
    return v;
  auto result = tensorType(extents, elementType(v));
  if (!saneType(result))
    return noValue("the new shape is invalid or too large");
  if (!same(count(v), ir::product(extents)))
    return noValue("the tensor's elements do not fit the new shape");
  return make<ir::ReshapeOp>(result, {v});
}

Value Emitter::expand(Value v, const Extents &extents) {
  if (!v || DimsRef(dims(v)) == DimsRef(extents))
    return v;
  auto both = ir::broadcastDims(dims(v), extents);
  if (!both || both->size() != extents.size())
    return noValue("the shape does not broadcast to the one asked for");
  for (auto [have, want] : llvm::zip(*both, extents))
    if (have.isStatic() && want.isStatic() && have != want)
      return noValue("the shape does not broadcast to the one asked for");
  return make<ir::ExpandOp>(tensorType(extents, elementType(v)), {v});
}

Value Emitter::tile(Value v, const Extents &repeats) {
  if (!v)
    return {};
  Dims extents = dims(v);
  if (repeats.size() != extents.size())
    return noValue("repeats needs one entry a dimension");
  for (auto [extent, n] : llvm::zip(extents, repeats)) {
    if (n.min() < 0 || (extent * n).max() > maxElements)
      return noValue("repeats are negative or too large");
    extent *= n;
  }
  if (llvm::all_of(repeats, [](const Dim &n) { return n.is(1); }))
    return v;
  SmallVector<NamedAttribute> attributes;
  addExtents(attributes, "repeats", repeats);
  return make<ir::TileOp>(tensorType(extents, elementType(v)), {v}, attributes);
}

Value Emitter::slice(Value v, const Extents &starts, const Extents &sizes,
                     const Extents &steps) {
  if (!v)
    return {};
  if (llvm::any_of(sizes, [](const Dim &s) { return s.max() < 0; }))
    return noValue("a slice has a negative extent");
  if (DimsRef(dims(v)) == DimsRef(sizes) &&
      llvm::all_of(steps, [](const Dim &s) { return s.is(1); }))
    return v;
  SmallVector<NamedAttribute> attributes;
  addExtents(attributes, "starts", starts);
  addExtents(attributes, "sizes", sizes);
  addExtents(attributes, "steps", steps);
  return make<ir::SliceOp>(tensorType(sizes, elementType(v)), {v}, attributes);
}

Value Emitter::slice(Value v, int64_t axis, const Dim &start, const Dim &size) {
  if (!v)
    return {};
  Dims starts(rank(v), 0), sizes = dims(v), steps(rank(v), 1);
  starts[axis] = start;
  sizes[axis] = size;
  return slice(v, starts, sizes, steps);
}

Value Emitter::concat(ValueRange values, int64_t axis) {
  if (!allPresent(values))
    return {};
  for (Value v : values)
    if (elementType(v) != elementType(values.front()))
      return noValue("inputs have different element types");
  if (values.size() == 1)
    return values.front();
  for (Value v : values)
    for (int64_t i = 0; i < rank(v) && i < rank(values.front()); ++i)
      if (i != axis)
        (void)same(dims(values.front())[i], dims(v)[i]);
  return make<ir::ConcatOp>(values, {attr("axis", axis)});
}

Value Emitter::pad(Value v, const Extents &low, const Extents &high,
                   ir::PadMode mode, double value) {
  if (!v)
    return {};
  auto isZero = [](const Dim &p) { return p.is(0); };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return v;
  Dims extents = dims(v);
  if (low.size() != extents.size() || high.size() != extents.size())
    return noValue("padding needs two entries a dimension");
  for (auto [extent, l, h] : llvm::zip(extents, low, high)) {
    if (l.max() > maxElements || h.max() > maxElements)
      return noValue("padding is too large");
    extent += l + h;
  }
  SmallVector<NamedAttribute> attributes{
      attr("mode", ir::PadModeAttr::get(builder.getContext(), mode))};
  addExtents(attributes, "low", low);
  addExtents(attributes, "high", high);
  if (value != 0)
    attributes.push_back(attr("value", value));
  return make<ir::PadOp>(tensorType(extents, elementType(v)), {v}, attributes);
}

Value Emitter::gather(Value v, Value indices, int64_t axis) {
  return make<ir::GatherOp>({v, indices}, {attr("axis", axis)});
}

Value Emitter::reduce(ReduceKind kind, Value v, ShapeRef axes, bool keepdims) {
  return make<ir::ReduceOp>(
      {v}, {attr("kind", ir::ReduceKindAttr::get(builder.getContext(), kind)),
            attr("axes", axes), attr("keepdims", keepdims)});
}

Value Emitter::softmax(Value v, ShapeRef axes, bool log) {
  SmallVector<NamedAttribute> attributes{attr("axes", axes)};
  if (log)
    attributes.push_back(attr("log", true));
  return make<ir::SoftmaxOp>({v}, attributes);
}

Value Emitter::padRank(Value v, int64_t wanted) {
  if (!v || rank(v) >= wanted)
    return v;
  Dims extents(wanted - rank(v), 1);
  llvm::append_range(extents, dims(v));
  return reshape(v, extents);
}

Value Emitter::perChannel(Value v, int64_t wanted) {
  if (!v)
    return {};
  Dims extents(wanted, 1);
  if (wanted > 1)
    extents[1] = count(v);
  return reshape(v, extents);
}

Value Emitter::matmul(Value a, Value b, Value bias, Type element) {
  if (!allPresent({a, b}))
    return {};
  if (!element && elementType(a) != elementType(b))
    return noValue("operands have different element types");
  if (!element)
    element = elementType(a);
  if (!rank(a) || !rank(b))
    return noValue("an operand is a scalar");
  // Vectors become matrices; the 1 leaves again at the end.
  bool vectorA = rank(a) == 1, vectorB = rank(b) == 1;
  if (vectorA)
    a = reshape(a, {1, dims(a)[0]});
  if (vectorB)
    b = reshape(b, {dims(b)[0], 1});
  if (!a || !b)
    return {};
  int64_t wanted = std::max(rank(a), rank(b));
  a = padRank(a, wanted);
  b = padRank(b, wanted);
  if (!a || !b)
    return {};
  Dims left = dims(a), right = dims(b);
  auto batch = broadcast(DimsRef(left).drop_back(2), DimsRef(right).drop_back(2));
  if (!batch) {
    reason = "batch dimensions do not broadcast";
    return {};
  }
  (void)same(left[wanted - 1], right[wanted - 2]);
  Dims extents = *batch;
  extents.push_back(left[wanted - 2]);
  extents.push_back(right[wanted - 1]);
  SmallVector<Value> operands{a, b};
  if (bias)
    operands.push_back(bias);
  Value v = make<ir::MatMulOp>(tensorType(extents, element),
                               operands, {segments({1, 1, bias ? 1 : 0})});
  if (!vectorA && !vectorB)
    return v;
  if (vectorB)
    extents.pop_back();
  if (vectorA)
    extents.erase(extents.end() - (vectorB ? 1 : 2));
  return reshape(v, extents);
}

Value Emitter::normalize(Value v, Value scale, Value bias,
                         ir::NormalizeKind kind, ShapeRef axes,
                         double epsilon) {
  SmallVector<Value> operands{v};
  if (scale)
    operands.push_back(scale);
  if (bias)
    operands.push_back(bias);
  return make<ir::NormalizeOp>(
      operands,
      {attr("kind", ir::NormalizeKindAttr::get(builder.getContext(), kind)),
       attr("axes", axes), attr("epsilon", epsilon),
       segments({1, scale ? 1 : 0, bias ? 1 : 0})});
}

} // namespace xgen::onnx
