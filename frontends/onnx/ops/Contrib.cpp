//===- Contrib.cpp - Operators of com.microsoft -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What exporters and optimizers write for ONNX Runtime, in the ops that the
// standard operators become.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static constexpr const char *domain = "com.microsoft";

/// An activation of the sum of all inputs.
static LogicalResult legalizeBiased(Node &n, UnaryKind kind, double alpha = 0) {
  Value x = n.input(0);
  if (n.has(1))
    x = n.add(x, n.input(1));
  return n.result(n.unary(kind, x, alpha));
}

static bool isVectorOf(Node &n, Value v, Value x) {
  return !v || (n.rank(v) == 1 && n.elementType(v) == n.elementType(x) &&
                n.same(n.dims(v).front(), n.dims(x).back()));
}

/// Normalization over the last dimension of the sum of input, skip and bias.
static LogicalResult legalizeSkipNorm(Node &n, ir::NormalizeKind kind) {
  bool simplified = kind == ir::NormalizeKind::Rms;
  Value x = n.input(0), gamma = n.input(2);
  Value beta = simplified ? Value() : n.input(3);
  Value bias = n.input(simplified ? 3 : 4);
  if (n.rank(x) < 1)
    return n.fail("the input is a scalar");
  if (!isVectorOf(n, gamma, x) || !isVectorOf(n, beta, x) ||
      !isVectorOf(n, bias, x))
    return n.fail("gamma, beta and bias need one entry an element of the last "
                  "dimension");
  Value sum = n.add(x, n.input(1));
  if (bias)
    sum = n.add(sum, bias);
  if (!sum || !n.same(n.dims(sum), n.dims(x)))
    return n.fail("input and skip have different shapes");
  if (n.used(1) || n.used(2))
    return n.fail("mean and deviation are unsupported as outputs");
  if (n.used(3) && failed(n.result(3, sum)))
    return failure();
  return n.result(n.normalize(sum, gamma, beta, kind, {n.rank(x) - 1},
                              n.number("epsilon", 1e-5f)));
}

/// RMS normalization, from before it had a name in the standard.
static LogicalResult legalizeSimplified(Node &n) {
  Value x = n.input(0), scale = n.input(1);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  Dims extents = n.dims(x), wanted = n.dims(scale);
  bool fits = wanted.size() <= extents.size();
  for (size_t i = 0; fits && i < wanted.size(); ++i)
    fits = wanted[i].is(1) ||
           n.same(wanted[i], extents[extents.size() - wanted.size() + i]);
  if (!fits || n.elementType(scale) != n.elementType(x))
    return n.fail("the scale must broadcast to the input");
  if (n.used(1))
    return n.fail("the deviation is unsupported as an output");
  Shape axes;
  for (int64_t i = *axis; i < n.rank(x); ++i)
    axes.push_back(i);
  return n.result(n.normalize(x, scale, {}, ir::NormalizeKind::Rms, axes,
                              n.number("epsilon", 1e-5f)));
}

static LogicalResult legalizeFusedMatMul(Node &n) {
  if (n.integer("transBatchA", 0) || n.integer("transBatchB", 0))
    return n.fail("transBatchA and transBatchB are unsupported");
  Value operands[2];
  const char *const names[2] = {"transA", "transB"};
  for (unsigned i = 0; i < 2; ++i) {
    operands[i] = n.input(i);
    int64_t rank = n.rank(n.input(i));
    if (!n.integer(names[i], 0) || rank < 2)
      continue;
    Shape perm;
    for (int64_t d = 0; d < rank; ++d)
      perm.push_back(d);
    std::swap(perm[rank - 1], perm[rank - 2]);
    operands[i] = n.transpose(operands[i], perm);
  }
  double alpha = n.number("alpha", 1);
  Value y = n.matmul(operands[0], operands[1]);
  if (y && alpha != 1)
    y = n.mul(y, n.splat(n.elementType(y), alpha));
  return n.result(y);
}

void registerContrib(Registry &registry) {
  registry.add(
      "Gelu", 1, [](Node &n) { return legalizeBiased(n, UnaryKind::Gelu); },
      domain);
  registry.add(
      "BiasGelu", 2, [](Node &n) { return legalizeBiased(n, UnaryKind::Gelu); },
      domain);
  registry.add(
      "FastGelu", 1,
      [](Node &n) { return legalizeBiased(n, UnaryKind::GeluTanh); }, domain);
  registry.add(
      "QuickGelu", 1,
      [](Node &n) {
        return n.result(
            n.unary(UnaryKind::Swish, n.input(0), n.number("alpha", 1.702f)));
      },
      domain);
  registry.add(
      "SkipLayerNormalization", 3,
      [](Node &n) { return legalizeSkipNorm(n, ir::NormalizeKind::Mean); },
      domain);
  registry.add(
      "SkipSimplifiedLayerNormalization", 3,
      [](Node &n) { return legalizeSkipNorm(n, ir::NormalizeKind::Rms); },
      domain);
  // Written without a domain, though the standard does not have it.
  registry.add("SimplifiedLayerNormalization", 2, legalizeSimplified);
  registry.add("FusedMatMul", 2, legalizeFusedMatMul, domain);
}

} // namespace xgen::onnx
