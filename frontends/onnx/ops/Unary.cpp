//===- Unary.cpp - Elementwise functions of one tensor ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Most are one xgen.unary; parameters become alpha and beta.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>
#include <limits>

namespace xgen::onnx {

/// The bound of a Clip: an attribute before version 11, then an input.
static std::optional<double> clipBound(Node &n, unsigned i, StringRef name) {
  if (!n.since(11)) {
    if (!n.hasAttribute(name))
      return std::nullopt;
    return n.number(name, 0);
  }
  auto values = n.doubles(i, name);
  if (values && values->size() == 1)
    return values->front();
  (void)n.fail("input '" + name + "' must be one number");
  return std::nullopt;
}

static LogicalResult legalizeClip(Node &n) {
  Value x = n.input(0);
  bool inputs = n.since(11);
  bool low = inputs ? n.has(1) : n.hasAttribute("min");
  bool high = inputs ? n.has(2) : n.hasAttribute("max");
  // Bounds that are computed, or integers that a double may not hold.
  bool known = !inputs || ((!low || n.constantOf(n.input(1))) &&
                           (!high || n.constantOf(n.input(2))));
  if (inputs && (!known || !n.isFloat(x))) {
    Value y = x;
    auto scalar = [&](Value v) { return n.reshape(v, ShapeRef()); };
    if (low)
      y = n.binary(BinaryKind::Max, y, scalar(n.input(1)));
    if (high)
      y = n.binary(BinaryKind::Min, y, scalar(n.input(2)));
    return n.result(y);
  }
  double infinity = std::numeric_limits<double>::infinity();
  double from = -infinity, to = infinity;
  if (low)
    from = clipBound(n, 1, "min").value_or(from);
  if (high)
    to = clipBound(n, 2, "max").value_or(to);
  // Exporters write float's limits for "none".
  if (from <= -3.4e38)
    from = -infinity;
  if (to >= 3.4e38)
    to = infinity;
  if (n.hasError())
    return failure();
  if (from == -infinity && to == infinity)
    return n.result(x);
  if (from == 0 && to == infinity)
    return n.result(n.unary(UnaryKind::Relu, x));
  return n.result(n.unary(UnaryKind::Clamp, x, from, to));
}

static LogicalResult legalizeGelu(Node &n) {
  std::string approximate = n.string("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.fail("unknown approximation '" + approximate + "'");
  return n.result(n.unary(approximate == "tanh" ? UnaryKind::GeluTanh
                                                : UnaryKind::Gelu,
                          n.input(0)));
}

void registerUnary(Registry &registry) {
  static const std::pair<const char *, UnaryKind> plain[] = {
      {"Abs", UnaryKind::Abs}, {"Neg", UnaryKind::Neg},
      {"Exp", UnaryKind::Exp}, {"Log", UnaryKind::Log},
      {"Sqrt", UnaryKind::Sqrt}, {"Reciprocal", UnaryKind::Reciprocal},
      {"Sin", UnaryKind::Sin}, {"Cos", UnaryKind::Cos},
      {"Tan", UnaryKind::Tan}, {"Asin", UnaryKind::Asin},
      {"Acos", UnaryKind::Acos}, {"Atan", UnaryKind::Atan},
      {"Sinh", UnaryKind::Sinh}, {"Cosh", UnaryKind::Cosh},
      {"Tanh", UnaryKind::Tanh}, {"Asinh", UnaryKind::Asinh},
      {"Acosh", UnaryKind::Acosh}, {"Atanh", UnaryKind::Atanh},
      {"Erf", UnaryKind::Erf}, {"Floor", UnaryKind::Floor},
      {"Ceil", UnaryKind::Ceil}, {"Round", UnaryKind::Round},
      {"Sign", UnaryKind::Sign}, {"Not", UnaryKind::Not},
      {"BitwiseNot", UnaryKind::BitNot}, {"IsNaN", UnaryKind::IsNaN},
      {"Relu", UnaryKind::Relu}, {"Sigmoid", UnaryKind::Sigmoid},
      {"Softplus", UnaryKind::Softplus}, {"Softsign", UnaryKind::Softsign},
      {"HardSwish", UnaryKind::HardSwish}, {"Mish", UnaryKind::Mish}};
  for (auto [name, kind] : plain)
    registry.add(name, 1, [kind = kind](Node &n) {
      return n.result(n.unary(kind, n.input(0)));
    });

  struct Parametric {
    const char *name;
    UnaryKind kind;
    const char *alpha;
    double alphaDefault;
    const char *beta;
    double betaDefault;
  };
  static const Parametric parametric[] = {
      {"LeakyRelu", UnaryKind::LeakyRelu, "alpha", 0.01f, nullptr, 0},
      {"Elu", UnaryKind::Elu, "alpha", 1, nullptr, 0},
      {"Celu", UnaryKind::Celu, "alpha", 1, nullptr, 0},
      {"Swish", UnaryKind::Swish, "alpha", 1, nullptr, 0},
      {"ThresholdedRelu", UnaryKind::ThresholdedRelu, "alpha", 1, nullptr, 0},
      {"Selu", UnaryKind::Selu, "alpha", 1.67326319217681884765625, "gamma",
       1.05070102214813232421875},
      {"HardSigmoid", UnaryKind::HardSigmoid, "alpha", 0.2f, "beta", 0.5},
      {"Shrink", UnaryKind::Shrink, "lambd", 0.5, "bias", 0}};
  for (const Parametric &p : parametric)
    registry.add(p.name, 1, [&p](Node &n) {
      double alpha = n.number(p.alpha, p.alphaDefault);
      double beta = p.beta ? n.number(p.beta, p.betaDefault) : 0;
      return n.result(n.unary(p.kind, n.input(0), alpha, beta));
    });
  registry.add("IsInf", 1, [](Node &n) {
    double negative = n.integer("detect_negative", 1) != 0;
    double positive = n.integer("detect_positive", 1) != 0;
    return n.result(n.unary(UnaryKind::IsInf, n.input(0), negative, positive));
  });
  registry.add("Clip", 1, legalizeClip);
  registry.add("Gelu", 1, legalizeGelu);
}

} // namespace xgen::onnx
