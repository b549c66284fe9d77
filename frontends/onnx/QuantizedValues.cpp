//===- QuantizedValues.cpp - Between ONNX integers and quantized types ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// With parameters that are only known at run time the arithmetic is written out in floats.
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"

#include <cmath>

using namespace mlir;

namespace xgen::onnx {

Type quantizedType(Node &n, Type storage, const QuantParameters &p) {
  auto integer = dyn_cast<IntegerType>(storage);
  if (!integer || integer.getWidth() > 32 || p.block)
    return {};
  ElementsAttr scaleAttr = n.constantOf(p.scale);
  ElementsAttr zeroAttr = n.constantOf(p.zeroPoint);
  if (!scaleAttr || (p.zeroPoint && !zeroAttr))
    return {};
  auto scales = readDoubles(scaleAttr);
  std::optional<Shape> zeros;
  if (zeroAttr) {
    zeros = readInts(zeroAttr);
    if (!zeros)
      return {};
  } else if (scales) {
    zeros = Shape(scales->size(), 0);
  }
  if (!scales || zeros->size() != scales->size() || scales->empty())
    return {};
  for (double scale : *scales)
    if (!(scale > 0) || !std::isfinite(scale))
      return {};
  bool isSigned = !integer.isUnsigned();
  auto signless =
      IntegerType::get(n.builder.getContext(), integer.getWidth());
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  int64_t low = quant::QuantizedType::getDefaultMinimumForInteger(
      isSigned, integer.getWidth());
  int64_t high = quant::QuantizedType::getDefaultMaximumForInteger(
      isSigned, integer.getWidth());
  // A failed check means: no such type. The caller writes it out instead.
  ScopedDiagnosticHandler quiet(n.builder.getContext(),
                                [](Diagnostic &) { return success(); });
  auto emit = [&] { return emitError(n.loc); };
  if (scales->size() == 1)
    return quant::UniformQuantizedType::getChecked(
        emit, flags, signless, n.f32(), scales->front(), zeros->front(), low,
        high);
  return quant::UniformQuantizedPerAxisType::getChecked(
      emit, flags, signless, n.f32(), *scales, *zeros, int32_t(p.axis), low,
      high);
}

/// Makes scale and zero point broadcast to a tensor of these extents.
static LogicalResult spread(Node &n, DimsRef extents, QuantParameters &p,
                            Value &scale, Value &zero) {
  auto one = [&](Value v) -> Value {
    if (n.count(v).is(1))
      return n.reshape(v, ShapeRef());
    if (Emitter::rank(v) == 1) {
      Dims along(extents.size(), 1);
      along[p.axis] = extents[p.axis];
      return n.reshape(v, along);
    }
    // Blocked: one entry for `block` elements along the axis.
    Dims from = n.dims(v), split = from, wide = from, flat = from;
    split.insert(split.begin() + p.axis + 1, 1);
    wide.insert(wide.begin() + p.axis + 1, p.block);
    flat[p.axis] = from[p.axis] * p.block;
    Value all = n.reshape(n.expand(n.reshape(v, split), wide), flat);
    return all ? n.slice(all, p.axis, 0, extents[p.axis]) : Value();
  };
  scale = one(p.scale);
  zero = p.zeroPoint ? one(p.zeroPoint) : Value();
  return success(scale && (!p.zeroPoint || zero));
}

static LogicalResult checkParameters(Node &n, DimsRef extents,
                                     QuantParameters &p) {
  Dim count = n.count(p.scale);
  int64_t rank = extents.size();
  if (!n.isFloat(p.scale))
    return n.fail("the scale must be a float");
  if (p.zeroPoint && !(count.is(1) && n.count(p.zeroPoint).is(1)) &&
      !n.same(n.dims(p.zeroPoint), n.dims(p.scale)))
    return n.fail("scale and zero point have different shapes");
  bool blocked = p.block && rank > 0 && Emitter::rank(p.scale) == rank;
  if (count.is(1) && !blocked) {
    p.axis = 0;
    p.block = 0;
    return success();
  }
  auto axis = n.axis(p.axis, rank);
  if (!axis)
    return failure();
  p.axis = *axis;
  if (!p.block) {
    if (Emitter::rank(p.scale) != 1 || !n.same(count, extents[p.axis]))
      return n.fail("the scale has " + count.str() + " entries, dimension " +
                    Twine(p.axis) + " has " + extents[p.axis].str());
    return success();
  }
  if (p.block < 0 || Emitter::rank(p.scale) != rank)
    return n.fail("blocked scales need the tensor's rank");
  Dims wanted(extents);
  wanted[p.axis] = ceilDiv(wanted[p.axis], p.block);
  if (!n.same(n.dims(p.scale), wanted))
    return n.fail("blocked scales have the wrong shape");
  return success();
}

static LogicalResult checkScale(Node &n, Value scale) {
  if (ElementsAttr attr = n.constantOf(scale))
    if (auto scales = readDoubles(attr))
      for (double s : *scales)
        if (!(s > 0) || !std::isfinite(s))
          return n.fail("a scale is " + Twine(s == 0 ? "0" : "not positive"),
                        "the model's quantization is broken: export it again");
  return success();
}

Value dequantize(Node &n, Value q, QuantParameters p, Type result) {
  if (!q || failed(checkParameters(n, n.dims(q), p)) ||
      failed(checkScale(n, p.scale)))
    return {};
  if (Type type = quantizedType(n, Emitter::elementType(q), p))
    return n.make<ir::DequantizeOp>(ir::withElement(n.type(q), result),
                                    {n.reinterpret(q, type)});
  Value scale, zero;
  if (failed(spread(n, n.dims(q), p, scale, zero)))
    return {};
  Value y;
  if (zero && isa<IntegerType>(Emitter::elementType(zero)))
    y = n.cast(n.sub(n.cast(q, n.i32()), n.cast(zero, n.i32())), n.f32());
  else
    y = n.cast(q, n.f32());
  return n.cast(n.mul(y, n.cast(scale, n.f32())), result);
}

Value quantize(Node &n, Value x, QuantParameters p, Type storage,
               bool saturate) {
  if (!x || failed(checkParameters(n, n.dims(x), p)) ||
      failed(checkScale(n, p.scale)))
    return {};
  if (Type type = quantizedType(n, storage, p)) {
    Value q = n.make<ir::QuantizeOp>(ir::withElement(n.type(x), type), {x});
    return n.reinterpret(q, storage);
  }
  Value scale, zero;
  if (failed(spread(n, n.dims(x), p, scale, zero)))
    return {};
  Value y = n.div(n.cast(x, n.f32()), n.cast(scale, n.f32()));
  auto integer = dyn_cast<IntegerType>(storage);
  if (!integer)
    return n.cast(y, storage, saturate);
  y = n.unary(UnaryKind::Round, y);
  if (zero)
    y = n.add(y, n.cast(zero, n.f32()));
  unsigned width = integer.getWidth();
  bool isSigned = !integer.isUnsigned();
  double high = std::ldexp(1.0, isSigned ? width - 1 : width) - 1;
  double low = isSigned ? -high - 1 : 0;
  return n.cast(n.unary(UnaryKind::Clamp, y, low, high), storage);
}

Value integerOperand(Node &n, Value v, Value zero, int64_t axis,
                     bool isWeight) {
  if (!v || !zero)
    return v;
  if (ElementsAttr attr = n.constantOf(zero))
    if (auto values = readInts(attr)) {
      if (llvm::all_of(*values, [](int64_t z) { return z == 0; }))
        return v;
      // An activation with one known zero point: the type says it.
      if (!isWeight && values->size() == 1) {
        QuantParameters p;
        p.scale = n.splat(n.f32(), 1);
        p.zeroPoint = n.reshape(zero, ShapeRef());
        if (Type type = quantizedType(n, Emitter::elementType(v), p))
          return n.reinterpret(v, type);
      }
    }
  Value z = zero;
  if (n.count(zero).is(1)) {
    z = n.reshape(zero, ShapeRef());
  } else if (Emitter::rank(zero) == 1) {
    auto at = n.axis(axis, Emitter::rank(v));
    if (!at)
      return {};
    Dims along(Emitter::rank(v), 1);
    along[*at] = n.dims(v)[*at];
    z = n.reshape(zero, along);
  }
  return n.sub(n.cast(v, n.i32()), n.cast(z, n.i32()));
}

} // namespace xgen::onnx
