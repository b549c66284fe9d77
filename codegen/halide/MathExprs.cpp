//===- MathExprs.cpp - Vector math functions ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Polynomials of Cephes (S. Moshier) for exp, log and erf; a rational minimax
// approximation for tanh.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/MathExprs.h"
#include <limits>

using namespace Halide;
using namespace xgen;

static Expr horner(Expr x, std::initializer_list<float> coefficients) {
  Expr sum;
  for (float c : coefficients)
    sum = sum.defined() ? sum * x + c : Expr(c);
  return sum;
}

Expr halide::roundToInt(Expr x) {
  // Adding 1.5 * 2^23 leaves the rounded number in the low bits.
  return reinterpret<int32_t>(reinterpret<uint32_t>(x + 12582912.0f) -
                              cast<uint32_t>(0x4B400000));
}

Expr halide::quantizeExpr(Expr x, int64_t zeroPoint, int64_t low, int64_t high,
                          Type type, const MathTraits &traits) {
  if (traits.hasRounding && traits.saturates && type.bits() == 8) {
    // 16 bits hold every sum that is not beyond the bounds anyhow.
    Expr rounded = saturating_cast<int16_t>(cast<int32_t>(round(x)));
    if (zeroPoint)
      rounded = Halide::Internal::saturating_add(rounded, cast<int16_t>((int)zeroPoint));
    if (low > (type.is_int() ? INT8_MIN : 0) || high < (type.is_int() ? INT8_MAX : UINT8_MAX))
      rounded = clamp(rounded, cast<int16_t>((int)low), cast<int16_t>((int)high));
    return saturating_cast(type, rounded);
  }
  // Bounds are integers, so clamping first is the same and keeps the range
  // small; it also stands between a product and the addition of roundToInt,
  // which must not be contracted.
  Expr bounded = clamp(x, (float)(low - zeroPoint), (float)(high - zeroPoint));
  return cast(type, roundToInt(bounded) + (int)zeroPoint);
}

/// exp(x) = p * 2^n for x in [-87.33, 88.8]: p in [0.7, 1.5), and n in the bits
/// of a float's exponent, as a number that is added there.
static Expr expParts(Expr x, Expr &exponent) {
  // Adding 1.5 * 2^23 rounds, and leaves n in the low bits. Strict, since LLVM
  // would take the number off again at once.
  Expr shifted = strict_float(x * 1.44269504088896341f + 12582912.0f);
  exponent = reinterpret<uint32_t>(shifted) << 23;
  Expr n = strict_float(shifted - 12582912.0f);
  // Cody and Waite: log 2 in two parts, the first product exact. LLVM would add
  // the parts up again and lose what they are for.
  Expr r = strict_float(x - n * 0.693359375f);
  r = strict_float(r - n * -2.12194440e-4f);
  return horner(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                    1.6666665459e-1f, 5.0000001201e-1f, 1.0f, 1.0f});
}

/// Unsigned arithmetic, whose overflow Halide's constant folding does not fear.
static Expr scaled(Expr p, Expr exponent) { return reinterpret<uint32_t>(p) + exponent; }

/// As expParts, for x or for -x, with few operations, and few that wait for each
/// other: what follows a convolution is short of both. A minimax polynomial that
/// is right to 1e-7 and is 1 at 0, evaluated in pairs; log 2 in one part, which
/// costs 2.4e-7 at most where the machine subtracts products without rounding.
static Expr fastExpParts(Expr x, bool negate, const halide::MathTraits &traits,
                         Expr &exponent) {
  const float log2e = 1.44269504088896341f, log2 = 0.69314718055994531f;
  Expr scaled = x * (negate ? -log2e : log2e), n, r;
  if (traits.hasRounding) {
    n = Halide::round(scaled);
    exponent = reinterpret<uint32_t>(cast<int32_t>(n)) << 23;
    r = negate ? x + n * log2 : x - n * log2;
  } else {
    // As in expParts.
    Expr shifted = strict_float(scaled + 12582912.0f);
    exponent = reinterpret<uint32_t>(shifted) << 23;
    n = strict_float(negate ? 12582912.0f - shifted : shifted - 12582912.0f);
    r = strict_float(x - n * 0.693359375f);
    r = strict_float(r - n * -2.12194440e-4f);
  }
  // Odd powers change their sign where r is minus the remainder.
  Expr r2 = r * r;
  float s = negate ? -1.0f : 1.0f;
  Expr high = horner(r, {s * 8.290296420454979e-3f, 4.1898030787706375e-2f});
  Expr middle = horner(r, {s * 1.666763722896576e-1f, 4.999914765357971e-1f});
  Expr low = horner(r, {s * 9.999997019767761e-1f, 1.0f});
  return (high * r2 + middle) * r2 + low;
}

Expr halide::expExpr(Expr x) {
  // Below, the result would be subnormal, which x86 computes a hundred times
  // slower.
  const float lowest = -87.33f;
  Expr exponent, p = expParts(clamp(x, lowest, 88.8f), exponent);
  // An exponent that is too large by one is infinity's, whatever else p has.
  Expr bits = min(scaled(p, exponent), cast<uint32_t>(0x7f800000));
  return select(x < lowest, 0.0f, reinterpret<float>(bits));
}

Expr halide::expOfNegativeExpr(Expr x, const MathTraits &traits) {
  // As above; a masked softmax is full of such.
  const float lowest = -87.33f;
  Expr exponent, p = fastExpParts(max(x, lowest), /*negate=*/false, traits, exponent);
  return select(x < lowest, 0.0f, reinterpret<float>(scaled(p, exponent)));
}

Expr halide::logExpr(Expr x) {
  const float inf = std::numeric_limits<float>::infinity();
  // Subnormals are scaled up first.
  Expr tiny = x < 1.17549435e-38f;
  Expr scaled = select(tiny, x * 8388608.0f, x);
  Expr bits = reinterpret<int32_t>(scaled);
  Expr e = (bits >> 23) - 126;
  Expr m = reinterpret<float>((bits & 0x007fffff) | 0x3f000000);
  Expr low = m < 0.707106781186547524f;
  e = select(low, e - 1, e) - select(tiny, 23, 0);
  m = select(low, m + m, m) - 1.0f;
  Expr z = m * m;
  Expr y = horner(m, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,
                      -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                      2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  y = y * m * z;
  Expr fe = cast<float>(e);
  y = strict_float(y + fe * -2.12194440e-4f);
  y = y - 0.5f * z;
  Expr result = strict_float((m + y) + fe * 0.693359375f);
  Expr nan = reinterpret<float>(Expr(0x7fc00000));
  result = select(x == 0.0f, -inf, result);
  result = select(x < 0.0f, nan, result);
  return select(x > 3.4028234e38f, x, result);
}

Expr halide::sigmoidExpr(Expr x, const MathTraits &traits) {
  // At 87 the denominator is 6e37: finite, and so is what is estimated from it.
  Expr exponent, p = fastExpParts(clamp(x, -87.0f, 87.0f), /*negate=*/true, traits, exponent);
  Expr d = 1.0f + reinterpret<float>(scaled(p, exponent));
  if (!traits.slowDivision)
    return 1.0f / d;
  // 12 bits or more, and a step of Newton's method: right to 1.4e-7.
  Expr r = fast_inverse(d);
  return r + r * (1.0f - d * r);
}

Expr halide::tanhExpr(Expr x) {
  Expr c = clamp(x, -7.90531110763549805f, 7.90531110763549805f);
  Expr z = c * c;
  Expr p = horner(z, {-2.76076847742355e-16f, 2.00018790482477e-13f,
                      -8.60467152213735e-11f, 5.12229709037114e-08f,
                      1.48572235717979e-05f, 6.37261928875436e-04f,
                      4.89352455891786e-03f});
  Expr q = horner(z, {1.19825839466702e-06f, 1.18534705686654e-04f,
                      2.26843463243900e-03f, 4.89352518554385e-03f});
  return select(abs(x) < 0.0004f, x, c * p / q);
}

Expr halide::erfExpr(Expr x) {
  Expr a = abs(x), z = x * x;
  Expr small = x * horner(z, {7.853861353153693e-5f, -8.010193625184903e-4f,
                              5.188327685732524e-3f, -2.685381193529856e-2f,
                              1.128358514861418e-1f, -3.761262582423300e-1f,
                              1.128379165726710e+0f});
  Expr bounded = clamp(a, 1.0f, 9.0f);
  Expr q = 1.0f / bounded, y = q * q;
  Expr near = horner(y, {2.326819970068386e-2f, -1.387039388740657e-1f,
                         3.687424674597105e-1f, -5.824733027278666e-1f,
                         6.210004621745983e-1f, -4.944515323274145e-1f,
                         3.404879937665872e-1f, -2.741127028184656e-1f,
                         5.638259427386472e-1f});
  Expr far = horner(y, {-1.047766399936249e+1f, 1.297719955372516e+1f,
                        -7.495518717768503e+0f, 2.921019019210786e+0f,
                        -1.015265279202700e+0f, 4.218463358204948e-1f,
                        -2.820767439740514e-1f, 5.641895067754075e-1f});
  Expr tail = expExpr(-bounded * bounded) * q * select(bounded < 2.0f, near, far);
  Expr big = select(x < 0.0f, tail - 1.0f, 1.0f - tail);
  return select(a < 1.0f, small, big);
}

Expr halide::softplusExpr(Expr x) {
  // log1p(u) by Kahan: exact where 1 + u rounds.
  Expr u = expExpr(-abs(x)), w = strict_float(1.0f + u);
  Expr d = strict_float(w - 1.0f);
  Expr log1p = select(d == 0.0f, u, logExpr(w) * (u / d));
  return max(x, 0.0f) + log1p;
}

//===----------------------------------------------------------------------===//
// Formats of 16 bits
//===----------------------------------------------------------------------===//

static Expr u32(uint32_t x) { return Internal::UIntImm::make(UInt(32), x); }

Expr halide::halfToFloat(Expr bits) {
  Expr h = cast<uint32_t>(bits), sign = (h & u32(0x8000)) << 16, a = h & u32(0x7fff);
  // The exponent's bias is 112 more; that of infinities and NaNs is the largest.
  Expr normal = (a << 13) + select(a >= u32(0x7c00), u32(224u << 23), u32(112u << 23));
  Expr subnormal = reinterpret<uint32_t>(cast<float>(cast<int32_t>(a)) * 5.9604644775390625e-8f);
  return reinterpret<float>(sign | select(a < u32(0x400), subnormal, normal));
}

Expr halide::floatToHalf(Expr x) {
  Expr u = reinterpret<uint32_t>(x), sign = (u >> 16) & u32(0x8000), a = u & u32(0x7fffffff);
  // A carry of the rounding goes into the exponent, as it should.
  Expr rounded = (a + u32(0xfff) + ((a >> 13) & u32(1)) - u32(112u << 23)) >> 13;
  Expr normal = min(rounded, u32(0x7c00));
  // The last place of 0.5 is the one of subnormal halves.
  Expr subnormal = reinterpret<uint32_t>(strict_float(reinterpret<float>(a) + 0.5f)) -
                   u32(0x3f000000);
  Expr finite = select(a < u32(113u << 23), subnormal, normal);
  return cast<uint16_t>(sign | select(a > u32(0x7f800000), u32(0x7e00), finite));
}

Expr halide::bfloatToFloat(Expr bits) {
  return reinterpret<float>(cast<uint32_t>(bits) << 16);
}

Expr halide::floatToBfloat(Expr x) {
  Expr u = reinterpret<uint32_t>(x), a = u & u32(0x7fffffff);
  Expr rounded = (u + u32(0x7fff) + ((u >> 16) & u32(1))) >> 16;
  return cast<uint16_t>(select(a > u32(0x7f800000), (u >> 16) | u32(0x40), rounded));
}
