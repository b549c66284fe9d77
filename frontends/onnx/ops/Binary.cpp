//===- Binary.cpp - Elementwise functions of several tensors ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// NumPy broadcasting throughout, what versions before 7 called so included;
// variadic operators fold from the left.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

/// The second operand, with dimensions to broadcast as NumPy does: before
/// version 7 it could begin at dimension `axis` of the first one.
static Value secondOperand(Node &n) {
  Value a = n.input(0), b = n.input(1);
  if (n.since(7) || !n.integer("broadcast", 0) || !n.hasAttribute("axis"))
    return b;
  auto axis = n.axis(n.integer("axis", 0), n.rank(a));
  if (!axis)
    return {};
  int64_t behind = n.rank(a) - *axis - n.rank(b);
  if (behind < 0)
    return n.noValue("the second operand ends behind the first one");
  Dims extents = n.dims(b);
  extents.append(behind, 1);
  return n.reshape(b, extents);
}

static LogicalResult legalizeVariadic(Node &n, BinaryKind kind, bool mean) {
  Value y = n.input(0);
  for (Value v : n.allInputs().drop_front()) {
    if (!v)
      return n.fail("an input is missing");
    y = n.binary(kind, y, v);
  }
  if (mean && y && n.numInputs() > 1)
    y = n.div(y, n.splat(n.elementType(y), double(n.numInputs())));
  return n.result(y);
}

static LogicalResult legalizeBitShift(Node &n) {
  std::string direction = n.string("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return n.fail("attribute 'direction' must be LEFT or RIGHT");
  return n.result(n.binary(direction == "LEFT" ? BinaryKind::ShiftLeft
                                               : BinaryKind::ShiftRight,
                           n.input(0), n.input(1)));
}

void registerBinary(Registry &registry) {
  static const std::pair<const char *, BinaryKind> plain[] = {
      {"Add", BinaryKind::Add}, {"Sub", BinaryKind::Sub},
      {"Mul", BinaryKind::Mul}, {"Div", BinaryKind::Div},
      {"Pow", BinaryKind::Pow},
      {"And", BinaryKind::And}, {"Or", BinaryKind::Or},
      {"Xor", BinaryKind::Xor}, {"BitwiseAnd", BinaryKind::BitAnd},
      {"BitwiseOr", BinaryKind::BitOr}, {"BitwiseXor", BinaryKind::BitXor},
      {"Equal", BinaryKind::Equal}, {"Less", BinaryKind::Less},
      {"LessOrEqual", BinaryKind::LessEqual},
      {"Greater", BinaryKind::Greater},
      {"GreaterOrEqual", BinaryKind::GreaterEqual}};
  for (auto [name, kind] : plain)
    registry.add(name, 2, [kind = kind](Node &n) {
      return n.result(n.binary(kind, n.input(0), secondOperand(n)));
    });
  registry.add("Mod", 2, [](Node &n) {
    bool fmod = n.integer("fmod", 0) != 0;
    return n.result(n.binary(fmod ? BinaryKind::Fmod : BinaryKind::Mod,
                             n.input(0), n.input(1)));
  });
  registry.add("PRelu", 2, [](Node &n) {
    Value x = n.input(0), slope = n.input(1);
    // Before version 7 there was one slope, or one a channel.
    if (!n.since(7) && n.elements(slope) != 1)
      slope = n.perChannel(slope, n.rank(x));
    return n.result(n.binary(BinaryKind::PRelu, x, slope));
  });
  registry.add("SwiGLU", 2, [](Node &n) {
    double alpha = n.number("alpha", 1);
    return n.result(
        n.mul(n.unary(UnaryKind::Swish, n.input(0), alpha), n.input(1)));
  });
  registry.add("BitShift", 2, legalizeBitShift);
  registry.add("Where", 3, [](Node &n) {
    return n.result(n.select(n.input(0), n.input(1), n.input(2)));
  });
  registry.add("Max", 1, [](Node &n) {
    return legalizeVariadic(n, BinaryKind::Max, false);
  });
  registry.add("Min", 1, [](Node &n) {
    return legalizeVariadic(n, BinaryKind::Min, false);
  });
  registry.add("Sum", 1, [](Node &n) {
    return legalizeVariadic(n, BinaryKind::Add, false);
  });
  registry.add("Mean", 1, [](Node &n) {
    return legalizeVariadic(n, BinaryKind::Add, true);
  });
}

} // namespace xgen::onnx
