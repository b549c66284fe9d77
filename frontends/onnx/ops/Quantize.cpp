//===- Quantize.cpp - Quantized operators ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// QuantizeLinear and DequantizeLinear keep their parameters in types; operators on integers become islands of dequantize, compute, quantize, which the quantization passes turn into integer kernels.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/QuantizedValues.h"
#include "frontends/onnx/Windows.h"
#include "frontends/onnx/reader/ElementTypes.h"

namespace xgen::onnx {

static LogicalResult legalizeQuantize(Node &n) {
  Type storage = n.builder.getIntegerType(8, /*isSigned=*/false);
  if (int64_t type = n.integer("output_dtype", 0))
    storage = elementTypeOf(n.builder.getContext(), type);
  if (n.has(2))
    storage = n.elementType(n.input(2));
  if (!storage)
    return n.fail("attribute 'output_dtype' is unsupported");
  QuantParameters p{n.input(1), n.input(2), n.integer("axis", 1),
                    n.integer("block_size", 0)};
  return n.result(quantize(n, n.input(0), p, storage,
                           n.integer("saturate", 1) != 0));
}

static LogicalResult legalizeDequantize(Node &n) {
  Type result = n.elementType(n.input(1));
  if (int64_t type = n.integer("output_dtype", 0))
    result = elementTypeOf(n.builder.getContext(), type);
  if (!result)
    return n.fail("attribute 'output_dtype' is unsupported");
  QuantParameters p{n.input(1), n.input(2), n.integer("axis", 1),
                    n.integer("block_size", 0)};
  return n.result(dequantize(n, n.input(0), p, result));
}

/// Range of the input (with 0 inside) onto 0..255.
static LogicalResult legalizeDynamicQuantize(Node &n) {
  Value x = n.input(0);
  Shape axes;
  for (int64_t i = 0; i < n.rank(x); ++i)
    axes.push_back(i);
  if (!n.isFloat(x) || n.count(x).max() == 0)
    return n.fail("the input must be a float tensor that is not empty");
  Type ui8 = n.builder.getIntegerType(8, false);
  Value zero = n.splat(n.f32(), 0), full = n.splat(n.f32(), 255);
  Value high = n.binary(BinaryKind::Max, zero,
                        n.reduce(ReduceKind::Max, x, axes, false));
  Value low = n.binary(BinaryKind::Min, zero,
                       n.reduce(ReduceKind::Min, x, axes, false));
  Value scale = n.div(n.sub(high, low), full);
  // All zeros: any scale will do, but not 0.
  Value safe = n.select(n.binary(BinaryKind::Equal, scale, zero),
                        n.splat(n.f32(), 1), scale);
  Value point = n.unary(
      UnaryKind::Round,
      n.unary(UnaryKind::Clamp, n.div(n.sub(zero, low), safe), 0, 255));
  Value y = n.add(n.unary(UnaryKind::Round, n.div(x, safe)), point);
  if (failed(n.result(1, scale)) || failed(n.result(2, n.cast(point, ui8))))
    return failure();
  return n.result(n.cast(n.unary(UnaryKind::Clamp, y, 0, 255), ui8));
}

static LogicalResult legalizeQLinearConv(Node &n) {
  Value x = n.input(0), w = n.input(3);
  if (n.rank(x) < 3 || n.rank(x) > 5 || n.rank(w) != n.rank(x))
    return n.fail("1 to 3 spatial dimensions are supported");
  auto window = readWindow(n, spatialDims(x), spatialDims(w));
  if (!window)
    return failure();
  auto extents = convExtents(n, *window);
  if (!extents)
    return failure();
  Value real = dequantize(n, x, {n.input(1), n.input(2)}, n.f32());
  Value weight = dequantize(n, w, {n.input(4), n.input(5), 0}, n.f32());
  Value bias;
  if (n.has(8)) {
    // In units of input scale times weight scale.
    Value scale;
    auto xs = n.constantOf(n.input(1)), ws = n.constantOf(n.input(4));
    auto xScale = xs ? readDoubles(xs) : std::nullopt;
    auto wScale = ws ? readDoubles(ws) : std::nullopt;
    if (xScale && wScale && xScale->size() == 1) {
      SmallVector<float> products;
      for (double s : *wScale)
        products.push_back(float(xScale->front()) * float(s));
      scale = n.constant(
          llvm::cast<ElementsAttr>(mlir::DenseElementsAttr::get(
              RankedTensorType::get({int64_t(products.size())}, n.f32()),
              ArrayRef<float>(products))));
    } else {
      scale = n.reshape(n.mul(n.input(1), n.input(4)),
                        {n.count(n.input(4))});
    }
    bias = dequantize(n, n.input(8), {scale, Value(), 0}, n.f32());
  }
  Value y = emitConv(n, real, weight, bias, *window, n.integer("group", 1),
                     *extents, n.f32());
  return n.result(quantize(n, y, {n.input(6), n.input(7)},
                           n.elementType(n.input(7))));
}

static LogicalResult legalizeQLinearMatMul(Node &n) {
  Value a = n.input(0), b = n.input(3);
  Value y = n.matmul(
      dequantize(n, a, {n.input(1), n.input(2), n.rank(a) - 2}, n.f32()),
      dequantize(n, b, {n.input(4), n.input(5), n.rank(b) - 1}, n.f32()));
  if (!y)
    return failure();
  return n.result(quantize(n, y, {n.input(6), n.input(7), n.rank(y) - 2},
                           n.elementType(n.input(7))));
}

static LogicalResult legalizeConvInteger(Node &n) {
  Value x = n.input(0), w = n.input(1);
  if (n.rank(x) < 3 || n.rank(x) > 5 || n.rank(w) != n.rank(x))
    return n.fail("1 to 3 spatial dimensions are supported");
  auto window = readWindow(n, spatialDims(x), spatialDims(w));
  if (!window)
    return failure();
  auto extents = convExtents(n, *window);
  if (!extents)
    return failure();
  return n.result(emitConv(n, integerOperand(n, x, n.input(2), 1, false),
                           integerOperand(n, w, n.input(3), 0, true), {},
                           *window, n.integer("group", 1), *extents, n.i32()));
}

static LogicalResult legalizeMatMulInteger(Node &n) {
  Value a = integerOperand(n, n.input(0), n.input(2), -2, false);
  Value b = integerOperand(n, n.input(1), n.input(3), -1, true);
  return n.result(n.matmul(a, b, {}, n.i32()));
}

void registerQuantize(Registry &registry) {
  // The older domain had 16 bits and float scales before the standard.
  for (const char *domain : {"", "com.microsoft"}) {
    registry.add("QuantizeLinear", 2, legalizeQuantize, domain);
    registry.add("DequantizeLinear", 2, legalizeDequantize, domain);
  }
  registry.add("DynamicQuantizeLinear", 1, legalizeDynamicQuantize);
  registry.add("QLinearConv", 8, legalizeQLinearConv);
  registry.add("QLinearMatMul", 8, legalizeQLinearMatMul);
  registry.add("ConvInteger", 2, legalizeConvInteger);
  registry.add("MatMulInteger", 2, legalizeMatMulInteger);
}

} // namespace xgen::onnx
