//===- Elementwise.cpp - Pointwise ops ------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Unary, binary, select, cast and the quantization ops, one element at a time.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/Quant.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;
using ir::BinaryKind;
using ir::UnaryKind;

bool xgen::halide::isElementwise(Operation *op) {
  return isa<ir::UnaryOp, ir::BinaryOp, ir::SelectOp, ir::CastOp, ir::QuantizeOp,
             ir::DequantizeOp, ir::RequantizeOp, ir::ReinterpretOp>(op);
}

/// The number that a splat constant holds.
static std::optional<double> splat(Value value) {
  auto op = value.getDefiningOp<ir::ConstantOp>();
  auto dense = op ? dyn_cast<DenseElementsAttr>(op.getValue()) : nullptr;
  if (!dense || !dense.isSplat() || !isa<FloatType>(dense.getElementType()))
    return std::nullopt;
  return dense.getSplatValue<APFloat>().convertToDouble();
}

static bool onlyFloat32(UnaryKind kind) {
  switch (kind) {
  case UnaryKind::Exp: case UnaryKind::Log: case UnaryKind::Tanh:
  case UnaryKind::Erf: case UnaryKind::Sigmoid: case UnaryKind::Softplus:
  case UnaryKind::Elu: case UnaryKind::Selu: case UnaryKind::Celu:
  case UnaryKind::Mish: case UnaryKind::Gelu: case UnaryKind::GeluTanh:
  case UnaryKind::Swish: case UnaryKind::Round: case UnaryKind::Floor:
  case UnaryKind::Ceil: case UnaryKind::HardSigmoid: case UnaryKind::HardSwish:
  case UnaryKind::Softsign: case UnaryKind::LeakyRelu:
  case UnaryKind::ThresholdedRelu: case UnaryKind::Shrink:
  case UnaryKind::Sqrt: case UnaryKind::Rsqrt: case UnaryKind::Reciprocal:
    return true;
  default:
    return false;
  }
}

static bool canEmitUnary(ir::UnaryOp op, mlir::Type t) {
  switch (op.getKind()) {
  case UnaryKind::Abs: case UnaryKind::Neg: case UnaryKind::Sign:
    return t.isF32() || t.isSignlessInteger(8) || t.isSignlessInteger(16) ||
           t.isSignlessInteger(32) || t.isSignlessInteger(64);
  case UnaryKind::Relu: case UnaryKind::Clamp:
    return t.isF32() || t.isSignlessInteger(32);
  case UnaryKind::Not:
    return t.isInteger(1);
  case UnaryKind::BitNot:
    return isa<IntegerType>(t) && !t.isInteger(1);
  default:
    return onlyFloat32(op.getKind()) && t.isF32();
  }
}

static bool canEmitBinary(ir::BinaryOp op) {
  mlir::Type t = typeOf(op.getLhs()).getElementType();
  bool number = t.isF32() || (isa<IntegerType>(t) && !t.isInteger(1));
  switch (op.getKind()) {
  case BinaryKind::Add: case BinaryKind::Sub: case BinaryKind::Mul:
  case BinaryKind::Min: case BinaryKind::Max:
    return number || t.isF64();
  case BinaryKind::Div: case BinaryKind::PRelu:
    return t.isF32();
  case BinaryKind::Less: case BinaryKind::LessEqual: case BinaryKind::Greater:
  case BinaryKind::GreaterEqual:
    return number;
  case BinaryKind::Equal: case BinaryKind::NotEqual:
    return number || t.isInteger(1);
  case BinaryKind::And: case BinaryKind::Or: case BinaryKind::Xor:
    return t.isInteger(1);
  case BinaryKind::BitAnd: case BinaryKind::BitOr: case BinaryKind::BitXor:
    return isa<IntegerType>(t) && !t.isInteger(1);
  case BinaryKind::Pow: {
    auto y = splat(op.getRhs());
    return t.isF32() && y && (*y == 2.0 || *y == 3.0 || *y == 1.0);
  }
  default:
    return false;
  }
}

bool halide::canEmitPointwise(Operation *op, const xgen::Target &target) {
  for (mlir::Type type : op->getOperandTypes())
    if (!supportedElement(cast<RankedTensorType>(type).getElementType()))
      return false;
  mlir::Type first = typeOf(op->getNumOperands() ? op->getOperand(0) : op->getResult(0)).getElementType();
  if (isa<ir::UnaryOp, ir::BinaryOp>(op) &&
      (ir::isQuantized(first) || ir::isQuantized(typeOf(op->getResult(0)).getElementType())))
    return canEmitQuantArithmetic(op);
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](ir::UnaryOp u) { return canEmitUnary(u, first); })
      .Case([&](ir::BinaryOp b) { return canEmitBinary(b); })
      .Case([&](ir::SelectOp) { return true; })
      .Case([&](ir::CastOp c) {
        mlir::Type to = typeOf(c.getResult()).getElementType();
        if (isHalf(first) || isHalf(to))
          return first.isF32() || to.isF32();
        // Float to integer wraps through i64: the rare cases stay in `eval`.
        return isa<IntegerType>(first) || (first.isF32() && !isa<IntegerType>(to)) ||
               first.isF64() == to.isF64();
      })
      .Case<ir::QuantizeOp, ir::DequantizeOp, ir::RequantizeOp>(
          [&](Operation *q) { return canEmitQuant(q); })
      .Case([&](ir::ReinterpretOp r) {
        return !typeOf(r.getInput()).getEncoding() && !typeOf(r.getResult()).getEncoding();
      })
      .Default([](Operation *other) { return canEmitMovement(other); });
}

static Expr emitUnary(ir::UnaryOp op, Expr x, const halide::MathTraits &traits) {
  float a = op.getAlpha().convertToDouble(), b = op.getBeta().convertToDouble();
  Halide::Type t = x.type();
  auto c = [&](double v) { return Halide::Internal::make_const(t, v); };
  Expr zero = Halide::Internal::make_zero(t);
  switch (op.getKind()) {
  case UnaryKind::Abs:
    return Halide::cast(t, Halide::abs(x));
  case UnaryKind::Neg: return -x;
  case UnaryKind::Exp: return expExpr(x);
  case UnaryKind::Log: return logExpr(x);
  case UnaryKind::Sqrt: return Halide::sqrt(x);
  case UnaryKind::Rsqrt: return 1.0f / Halide::sqrt(x);
  case UnaryKind::Reciprocal: return 1.0f / x;
  case UnaryKind::Tanh: return tanhExpr(x);
  case UnaryKind::Erf: return erfExpr(x);
  case UnaryKind::Floor: case UnaryKind::Ceil: case UnaryKind::Round: {
    // Through integers: ARMv7 has no vector rounding. Large numbers are whole.
    Expr bounded = Halide::clamp(x, -4194304.0f, 4194304.0f);
    Expr near = Halide::cast<float>(roundToInt(bounded));
    Expr r = near;
    if (op.getKind() == UnaryKind::Floor)
      r = near - Halide::select(near > x, 1.0f, 0.0f);
    if (op.getKind() == UnaryKind::Ceil)
      r = near + Halide::select(near < x, 1.0f, 0.0f);
    return Halide::select(Halide::abs(x) < 4194304.0f, r, x);
  }
  case UnaryKind::Sign:
    return Halide::select(x > zero, c(1), Halide::select(x < zero, c(-1), x));
  case UnaryKind::Not: return !x;
  case UnaryKind::BitNot: return ~x;
  case UnaryKind::Relu: return Halide::max(x, zero);
  case UnaryKind::Sigmoid: return sigmoidExpr(x, traits);
  case UnaryKind::Softplus: return softplusExpr(x);
  case UnaryKind::Softsign: return x / (1.0f + Halide::abs(x));
  case UnaryKind::LeakyRelu: return Halide::select(x < 0.0f, x * a, x);
  case UnaryKind::Elu: return Halide::select(x < 0.0f, a * (expExpr(x) - 1.0f), x);
  case UnaryKind::Selu:
    return b * Halide::select(x < 0.0f, a * (expExpr(x) - 1.0f), x);
  case UnaryKind::HardSigmoid:
    return Halide::max(0.0f, Halide::min(1.0f, a * x + b));
  case UnaryKind::HardSwish:
    return x * Halide::max(0.0f, Halide::min(1.0f, x * (1.0f / 6) + 0.5f));
  case UnaryKind::Clamp:
    if (t.is_float()) {
      if (std::isfinite(a))
        x = Halide::max(x, a);
      return std::isfinite(b) ? Halide::min(x, b) : x;
    }
    return Halide::clamp(x, c(std::max<double>(a, -2147483648.0)),
                         c(std::min<double>(b, 2147483647.0)));
  case UnaryKind::ThresholdedRelu: return Halide::select(x > a, x, 0.0f);
  case UnaryKind::Shrink:
    return Halide::select(x < -a, x + b, Halide::select(x > a, x - b, 0.0f));
  case UnaryKind::Celu:
    return Halide::max(x, 0.0f) + Halide::min(0.0f, a * (expExpr(x / a) - 1.0f));
  case UnaryKind::Mish: {
    // tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)
    Expr e = expExpr(Halide::min(x, 20.0f)), n = e * (e + 2.0f);
    return Halide::select(x > 20.0f, x, x * (n / (n + 2.0f)));
  }
  case UnaryKind::Gelu:
    return 0.5f * x * (1.0f + erfExpr(x * 0.70710678118654752f));
  case UnaryKind::GeluTanh:
    return 0.5f * x * (1.0f + tanhExpr(0.7978845608028654f * (x + 0.044715f * x * x * x)));
  case UnaryKind::Swish: return x * sigmoidExpr(a == 1.0f ? x : x * a, traits);
  default:
    throw Unsupported{op, "this unary kind"};
  }
}

static Expr emitBinary(ir::BinaryOp op, Expr x, Expr y) {
  switch (op.getKind()) {
  case BinaryKind::Add: return x + y;
  case BinaryKind::Sub: return x - y;
  case BinaryKind::Mul: return x * y;
  case BinaryKind::Div: return Halide::strict_float(x / y);
  case BinaryKind::Min: return Halide::min(x, y);
  case BinaryKind::Max: return Halide::max(x, y);
  case BinaryKind::PRelu: return Halide::select(x < 0.0f, x * y, x);
  case BinaryKind::And: return x && y;
  case BinaryKind::Or: return x || y;
  case BinaryKind::Xor: case BinaryKind::NotEqual: return x != y;
  case BinaryKind::Equal: return x == y;
  case BinaryKind::Less: return x < y;
  case BinaryKind::LessEqual: return x <= y;
  case BinaryKind::Greater: return x > y;
  case BinaryKind::GreaterEqual: return x >= y;
  case BinaryKind::BitAnd: return x & y;
  case BinaryKind::BitOr: return x | y;
  case BinaryKind::BitXor: return x ^ y;
  case BinaryKind::Pow: {
    double n = *splat(op.getRhs());
    return n == 2.0 ? x * x : n == 3.0 ? x * x * x : x;
  }
  default:
    throw Unsupported{op, "this binary kind"};
  }
}

static Expr emitCast(Expr x, mlir::Type from, mlir::Type to) {
  if (isHalf(from))
    return from.isF16() ? halfToFloat(x) : bfloatToFloat(x);
  if (isHalf(to))
    return to.isF16() ? floatToHalf(x) : floatToBfloat(x);
  if (to.isInteger(1))
    return x.type().is_bool() ? x : x != Halide::Internal::make_zero(x.type());
  return Halide::cast(storedType(to), x);
}

static Expr emitReinterpret(Expr x, mlir::Type from, mlir::Type to) {
  Halide::Type type = computeType(to);
  if (x.type() == type)
    return x;
  if (x.type().is_bool() || type.is_bool())
    return emitCast(x, from, to);
  return Halide::reinterpret(type, x);
}

Expr halide::emitPointwise(Emitter &e, Operation *op, const Index &position,
                           const Reader &read) {
  // Quantized numbers are computed as real ones.
  auto real = [&](Value v) {
    mlir::Type t = typeOf(v).getElementType();
    Expr x = read(v, position);
    return ir::isQuantized(t) ? dequantized(x, t) : x;
  };
  auto store = [&](Expr x) {
    mlir::Type t = typeOf(op->getResult(0)).getElementType();
    return ir::isQuantized(t) ? quantized(x, t, e.math()) : x;
  };
  return llvm::TypeSwitch<Operation *, Expr>(op)
      .Case([&](ir::UnaryOp u) { return store(emitUnary(u, real(u.getInput()), e.math())); })
      .Case([&](ir::BinaryOp b) {
        return store(emitBinary(b, real(b.getLhs()), real(b.getRhs())));
      })
      .Case([&](ir::SelectOp s) {
        return Halide::select(read(s.getCondition(), position),
                              read(s.getOnTrue(), position), read(s.getOnFalse(), position));
      })
      .Case([&](ir::CastOp c) {
        return emitCast(read(c.getInput(), position), typeOf(c.getInput()).getElementType(),
                        typeOf(c.getResult()).getElementType());
      })
      .Case([&](ir::ReinterpretOp r) {
        return emitReinterpret(read(r.getInput(), position), typeOf(r.getInput()).getElementType(),
                               typeOf(r.getResult()).getElementType());
      })
      .Case<ir::QuantizeOp, ir::DequantizeOp, ir::RequantizeOp>([&](Operation *q) {
        return emitQuant(e, q, position, read);
      })
      .Default([&](Operation *other) { return emitMovement(e, other, position, read); });
}
