//===- QLinear.cpp - Quantized operators of com.microsoft ---------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Each is written as dequantize, the operator on real numbers, quantize: the
// form of a QDQ model, of which the quantization passes make integer kernels.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/QuantizedValues.h"

namespace xgen::onnx {

static constexpr const char *domain = "com.microsoft";

/// Input `i` as real numbers; its scale and zero point follow it.
static Value real(Node &n, unsigned i) {
  return dequantize(n, n.input(i), {n.input(i + 1), n.input(i + 2)}, n.f32());
}

/// `y` with the scale and zero point of inputs `i` and `i` + 1, in the integers
/// of the zero point or else of `like`.
static LogicalResult quantized(Node &n, Value y, unsigned i, Value like) {
  Type storage = n.elementType(n.has(i + 1) ? n.input(i + 1) : like);
  if (!y || !storage)
    return n.fail("cannot be legalized");
  return n.result(quantize(n, y, {n.input(i), n.input(i + 1)}, storage));
}

static LogicalResult legalizeBinary(Node &n, BinaryKind kind) {
  return quantized(n, n.binary(kind, real(n, 0), real(n, 3)), 6, n.input(0));
}

static LogicalResult legalizeUnary(Node &n, UnaryKind kind, double alpha) {
  return quantized(n, n.unary(kind, real(n, 0), alpha), 3, n.input(0));
}

static LogicalResult legalizeSoftmax(Node &n) {
  Value x = real(n, 0);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  Shape axes{*axis};
  // As Softmax before version 13: over all dimensions from the axis on.
  if (n.integer("opset", 13) < 13)
    for (int64_t i = *axis + 1; i < n.rank(x); ++i)
      axes.push_back(i);
  return quantized(n, n.softmax(x, axes), 3, n.input(0));
}

static LogicalResult legalizeGlobalAverage(Node &n) {
  Value x = real(n, 0);
  bool last = n.integer("channels_last", 0) != 0;
  Shape axes;
  for (int64_t i = last ? 1 : 2; i < n.rank(x) - (last ? 1 : 0); ++i)
    axes.push_back(i);
  if (axes.empty())
    return n.fail("the input has no spatial dimensions");
  return quantized(n, n.reduce(ReduceKind::Mean, x, axes, true), 3, n.input(0));
}

static LogicalResult legalizeConcat(Node &n) {
  // Scale and zero point of the result, then three inputs each.
  SmallVector<Value> parts;
  if (n.numInputs() < 5 || n.numInputs() % 3 != 2)
    return n.fail("needs a scale and a zero point with each tensor");
  for (unsigned i = 2; i < n.numInputs(); i += 3)
    parts.push_back(real(n, i));
  auto axis = n.axis(n.integer("axis", 0), n.rank(parts.front()));
  if (!axis)
    return failure();
  return quantized(n, n.concat(parts, *axis), 0, n.input(2));
}

static LogicalResult legalizeWhere(Node &n) {
  return quantized(n, n.select(n.input(0), real(n, 1), real(n, 4)), 7,
                   n.input(1));
}

static Value transposedIf(Node &n, bool yes, Value v) {
  if (!yes || n.rank(v) < 2)
    return v;
  Shape perm;
  for (int64_t i = 0; i < n.rank(v); ++i)
    perm.push_back(i);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return n.transpose(v, perm);
}

/// alpha * A * B + C, C in units of the scales' product.
static LogicalResult legalizeGemm(Node &n) {
  Value a = real(n, 0);
  bool transB = n.integer("transB", 0) != 0;
  Value b = dequantize(n, n.input(3), {n.input(4), n.input(5), transB ? 0 : 1},
                       n.f32());
  double alpha = n.number("alpha", 1);
  Value y = n.matmul(transposedIf(n, n.integer("transA", 0) != 0, a),
                     transposedIf(n, transB, b));
  if (!y)
    return failure();
  if (n.has(6))
    y = n.add(
        y, n.mul(n.cast(n.input(6), n.f32()), n.mul(n.input(1), n.input(4))));
  if (alpha != 1)
    y = n.mul(y, n.splat(n.f32(), alpha));
  if (!n.has(7))
    return n.result(y);
  return quantized(n, y, 7, n.input(0));
}

/// Integer products; scales afterwards.
static LogicalResult legalizeMatMulToFloat(Node &n) {
  Value a = integerOperand(n, n.input(0), n.input(4), -2, false);
  Value b = integerOperand(n, n.input(1), n.input(5), -1, true);
  Value y = n.mul(n.cast(n.matmul(a, b, {}, n.i32()), n.f32()),
                  n.mul(n.input(2), n.input(3)));
  return n.result(n.has(6) ? n.add(y, n.input(6)) : y);
}

/// Weights of 4 or 8 bits, in blocks along K with a scale each. They are
/// unpacked by ops on constants, which are folded.
static LogicalResult legalizeMatMulNBits(Node &n) {
  Value x = n.input(0), packed = n.input(1);
  int64_t k = n.integer("K", 0), columns = n.integer("N", 0);
  int64_t bits = n.integer("bits", 4), block = n.integer("block_size", 0);
  if (n.has(4) && n.count(n.input(4)).max() > 0)
    return n.fail("g_idx (reordered groups) is unsupported");
  if ((bits != 4 && bits != 8) || k < 1 || columns < 1 || block < 1)
    return n.fail("K, N and block_size must be positive, bits 4 or 8");
  int64_t blocks = (k + block - 1) / block;
  Type ui8 = n.builder.getIntegerType(8, false);
  if (n.rank(x) < 1 || !n.same(n.dims(x).back(), k))
    return n.fail("the input's last dimension is not K");
  if (n.elementType(packed) != ui8 ||
      n.elements(packed) != columns * blocks * block * bits / 8 ||
      n.elements(n.input(2)) != columns * blocks)
    return n.fail("weights or scales have the wrong size");
  // Bytes [rows, bytes] as numbers [rows, wanted], low half first.
  auto unpack = [&](Value v, int64_t rows, int64_t wanted) {
    int64_t bytes = rows ? n.elements(v) / rows : 0;
    v = n.reshape(v, {rows, bytes, 1});
    if (bits == 4)
      v = n.concat({n.binary(BinaryKind::BitAnd, v, n.splat(ui8, 15)),
                    n.binary(BinaryKind::ShiftRight, v, n.splat(ui8, 4))},
                   2);
    v = n.reshape(v, {rows, bytes * 8 / bits});
    return n.slice(v, 1, 0, wanted);
  };
  Type element = n.elementType(n.input(2));
  Value weight = n.reshape(unpack(packed, columns, blocks * block),
                           {columns, blocks, block});
  Value zero = n.splat(ui8, bits == 4 ? 8 : 128);
  Value real = n.cast(weight, element);
  if (n.has(3)) {
    Value points = n.input(3);
    if (n.elementType(points) == ui8) {
      if (columns && n.elements(points) % columns)
        return n.fail("zero points have the wrong size");
      points = unpack(points, columns, blocks);
    }
    zero = n.reshape(points, {columns, blocks, 1});
  }
  real = n.mul(n.sub(real, n.cast(zero, element)),
               n.reshape(n.input(2), {columns, blocks, 1}));
  real = n.slice(n.reshape(real, {columns, blocks * block}), 1, 0, k);
  real = n.transpose(n.cast(real, n.elementType(x)), {1, 0});
  return n.result(n.matmul(x, real, n.input(5)));
}

void registerQLinear(Registry &registry) {
  registry.add(
      "QLinearAdd", 7,
      [](Node &n) { return legalizeBinary(n, BinaryKind::Add); }, domain);
  registry.add(
      "QLinearMul", 7,
      [](Node &n) { return legalizeBinary(n, BinaryKind::Mul); }, domain);
  registry.add(
      "QLinearSigmoid", 4,
      [](Node &n) { return legalizeUnary(n, UnaryKind::Sigmoid, 0); }, domain);
  registry.add(
      "QLinearLeakyRelu", 4,
      [](Node &n) {
        return legalizeUnary(n, UnaryKind::LeakyRelu, n.number("alpha", 0.01f));
      },
      domain);
  registry.add("QLinearSoftmax", 4, legalizeSoftmax, domain);
  registry.add("QLinearGlobalAveragePool", 4, legalizeGlobalAverage, domain);
  registry.add("QLinearConcat", 5, legalizeConcat, domain);
  registry.add("QLinearWhere", 8, legalizeWhere, domain);
  registry.add("QGemm", 6, legalizeGemm, domain);
  registry.add("MatMulIntegerToFloat", 4, legalizeMatMulToFloat, domain);
  registry.add("MatMulNBits", 3, legalizeMatMulNBits, domain);
}

} // namespace xgen::onnx
