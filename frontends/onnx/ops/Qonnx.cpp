//===- Qonnx.cpp - The QONNX domains ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Quant, BipolarQuant and Trunc of Brevitas and QKeras exports, for any bit width: the grid is written out in floats.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>

namespace xgen::onnx {

static std::optional<UnaryKind> roundingOf(Node &n) {
  std::string mode = n.string("rounding_mode", "ROUND");
  StringRef name = mode;
  if (name.equals_insensitive("ROUND"))
    return UnaryKind::Round;
  if (name.equals_insensitive("FLOOR"))
    return UnaryKind::Floor;
  if (name.equals_insensitive("CEIL"))
    return UnaryKind::Ceil;
  (void)n.fail("rounding mode '" + mode + "' is unsupported");
  return std::nullopt;
}

/// (clamp(round(x / scale + zero), low, high) - zero) * scale.
static LogicalResult legalizeQuant(Node &n) {
  Value x = n.input(0), scale = n.input(1), zero = n.input(2);
  auto bits = n.doubles(3, "bitwidth");
  auto rounding = roundingOf(n);
  if (!bits || !rounding)
    return failure();
  if (bits->size() != 1 || !(bits->front() >= 1) || bits->front() > 32)
    return n.fail("the bit width must be one number of 1 to 32");
  bool isSigned = n.integer("signed", 1) != 0;
  bool narrow = n.integer("narrow", 0) != 0;
  double width = bits->front();
  double high = std::exp2(isSigned ? width - 1 : width) - 1;
  double low = isSigned ? -high - 1 : 0;
  if (narrow && isSigned)
    low += 1;
  else if (narrow)
    high -= 1;
  auto zeros = n.constantOf(zero) ? readDoubles(n.constantOf(zero))
                                  : std::nullopt;
  bool shifted =
      !zeros || !llvm::all_of(*zeros, [](double z) { return z == 0; });
  Value y = n.div(x, scale);
  if (shifted)
    y = n.add(y, zero);
  y = n.unary(*rounding, n.unary(UnaryKind::Clamp, y, low, high));
  if (shifted)
    y = n.sub(y, zero);
  return n.result(n.mul(y, scale));
}

static LogicalResult legalizeBipolar(Node &n) {
  Value x = n.input(0), scale = n.input(1);
  Value positive = n.binary(BinaryKind::GreaterEqual, x,
                            n.splat(n.elementType(x), 0));
  return n.result(n.select(positive, scale, n.unary(UnaryKind::Neg, scale)));
}

/// Drops the low bits of a quantized value, keeping its scale.
static LogicalResult legalizeTrunc(Node &n) {
  Value x = n.input(0), scale = n.input(1), zero = n.input(2);
  auto from = n.doubles(3, "in_bitwidth"), to = n.doubles(4, "out_bitwidth");
  if (!n.hasAttribute("rounding_mode") && n.hasError())
    return failure();
  std::string mode = n.string("rounding_mode", "FLOOR");
  if (!from || !to)
    return failure();
  if (from->size() != 1 || to->size() != 1 || to->front() > from->front() ||
      from->front() > 32)
    return n.fail("the bit widths are invalid");
  std::optional<UnaryKind> rounding = UnaryKind::Floor;
  if (n.hasAttribute("rounding_mode"))
    rounding = roundingOf(n);
  if (!rounding)
    return failure();
  Type element = n.elementType(x);
  Value step = n.splat(element, std::exp2(from->front() - to->front()));
  Value y = n.unary(UnaryKind::Round, n.add(n.div(x, scale), zero));
  y = n.unary(*rounding, n.div(y, step));
  return n.result(n.mul(n.sub(y, zero), scale));
}

void registerQonnx(Registry &registry) {
  for (const char *domain :
       {"qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"}) {
    registry.add("Quant", 4, legalizeQuant, domain);
    registry.add("BipolarQuant", 2, legalizeBipolar, domain);
    registry.add("Trunc", 5, legalizeTrunc, domain);
  }
}

} // namespace xgen::onnx
