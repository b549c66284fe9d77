//===- MathTest.cpp - Accuracy of the freestanding mathematics ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Float functions against libm in double, over arguments spread over all
// exponents and dense around the interesting range; narrow formats against
// their definition, exhaustively.
//
//===----------------------------------------------------------------------===//

#include "xgen/math.h"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace {

/// Distance of `got` from the exact value in units of the last place of floats
/// there.
double ulps(float got, double want) {
  if (std::isnan(want))
    return std::isnan(got) ? 0 : INFINITY;
  if (std::fabs(want) > 3.4028235677973366e38)
    return std::isinf(got) && (got > 0) == (want > 0) ? 0 : INFINITY;
  int exponent;
  std::frexp(want, &exponent);
  double unit = std::ldexp(1.0, std::max(exponent - 24, -149));
  return std::fabs(static_cast<double>(got) - want) / unit;
}

void expectAccurate(const char *name, const std::function<float(float)> &f,
                    const std::function<double(double)> &reference, float lo,
                    float hi, double bound) {
  double worst = 0;
  float where = 0;
  auto check = [&](float x) {
    double u = ulps(f(x), reference(x));
    if (u > worst) {
      worst = u;
      where = x;
    }
  };
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(lo, hi);
  for (int i = 0; i < 200000; ++i)
    check(uniform(random));
  for (int i = 0; i < 200000; ++i) {
    float x = xgen_from_bitsf(random());
    if (std::isnan(x) || (x >= lo && x <= hi) || std::isinf(x))
      check(x);
  }
  for (float x : {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 1e-45f, lo, hi})
    check(x);
  EXPECT_LE(worst, bound) << name << " at " << where;
}

TEST(Math, FloatFunctions) {
  const float big = 3.4e38f;
#define CHECK(name, lo, hi)                                                    \
  expectAccurate(                                                              \
      #name, [](float x) { return xgen_##name##f(x); },                        \
      [](double x) { return std::name(x); }, lo, hi, 0.501)
  CHECK(exp, -104.0f, 89.0f);
  CHECK(expm1, -20.0f, 89.0f);
  CHECK(log, 0.0f, big);
  CHECK(log1p, -1.0f, big);
  CHECK(sin, -100.0f, 100.0f);
  CHECK(sin, -big, big);
  CHECK(cos, -100.0f, 100.0f);
  CHECK(cos, -big, big);
  CHECK(tan, -100.0f, 100.0f);
  CHECK(tan, -big, big);
  CHECK(asin, -1.0f, 1.0f);
  CHECK(acos, -1.0f, 1.0f);
  CHECK(atan, -20.0f, 20.0f);
  CHECK(sinh, -90.0f, 90.0f);
  CHECK(cosh, -90.0f, 90.0f);
  CHECK(tanh, -12.0f, 12.0f);
  CHECK(asinh, -100.0f, 100.0f);
  CHECK(acosh, 1.0f, 100.0f);
  CHECK(atanh, -1.0f, 1.0f);
  CHECK(erf, -5.0f, 5.0f);
  CHECK(erfc, -5.0f, 9.9f);
#undef CHECK
}

TEST(Math, DoubleFunctions) {
  std::mt19937_64 random(11);
  auto check = [&](const char *name, double (*f)(double),
                   const std::function<long double(long double)> &reference,
                   double lo, double hi) {
    std::uniform_real_distribution<double> uniform(lo, hi);
    double worst = 0, where = 0;
    for (int i = 0; i < 50000; ++i) {
      double x = uniform(random);
      if (i & 1)
        x = std::ldexp(x, -static_cast<int>(i % 40));
      if (x < lo || x > hi)
        continue;
      long double want = reference(x);
      double error = static_cast<double>(std::fabs((f(x) - want) / want));
      if (want != 0 && error > worst)
        worst = error, where = x;
    }
    EXPECT_LE(worst, 1e-14) << name << " at " << where;
  };
#define CHECK(name, lo, hi)                                                    \
  check(#name, [](double x) { return xgen_##name(x); },                        \
        [](long double x) { return std::name(x); }, lo, hi)
  CHECK(exp, -700.0, 700.0);
  CHECK(expm1, -5.0, 50.0);
  CHECK(log, 1e-300, 1e10);
  CHECK(log1p, -0.9, 100.0);
  CHECK(sin, -1.5, 3.0);
  CHECK(cos, -1.5, 1.5);
  CHECK(tan, -1.5, 1.5);
  CHECK(asin, -1.0, 1.0);
  CHECK(acos, -1.0, 0.99);
  CHECK(atan, -50.0, 50.0);
  CHECK(sinh, -50.0, 50.0);
  CHECK(cosh, -50.0, 50.0);
  CHECK(tanh, -20.0, 20.0);
  CHECK(asinh, -100.0, 100.0);
  CHECK(acosh, 1.01, 100.0);
  CHECK(atanh, -0.99, 0.99);
  CHECK(erf, -5.0, 5.0);
  CHECK(erfc, -5.0, 5.0);
#undef CHECK
  EXPECT_EQ(xgen_exp_clamped(-INFINITY), 0.0);
  EXPECT_TRUE(std::isnan(xgen_exp_clamped(NAN)));
}

TEST(Math, Pow) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> base(0.0f, 50.0f), power(-40.0f, 40.0f);
  double worst = 0;
  for (int i = 0; i < 400000; ++i) {
    float x = base(random), y = power(random);
    if (i % 4 == 0)
      y = std::rint(y), x = -x;
    worst = std::max(worst, ulps(xgen_powf(x, y), std::pow(double(x), double(y))));
  }
  EXPECT_LE(worst, 0.51);
  for (double x : {0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e300,
                   -HUGE_VAL, HUGE_VAL})
    for (double y : {0.0, -0.0, 1.0, -1.0, 2.0, 3.0, -3.0, 0.5, -0.5,
                     HUGE_VAL, -HUGE_VAL}) {
      double got = xgen_pow(x, y), want = std::pow(x, y);
      if (std::isnan(want))
        EXPECT_TRUE(std::isnan(got)) << x << " ^ " << y;
      else if (want == 0 || std::isinf(want))
        EXPECT_TRUE(got == want && std::signbit(got) == std::signbit(want))
            << x << " ^ " << y;
      else
        EXPECT_NEAR(got / want, 1.0, 2e-13) << x << " ^ " << y;
    }
}

TEST(Math, Exact) {
  std::mt19937 random(3);
  for (int i = 0; i < 300000; ++i) {
    float x = xgen_from_bitsf(random()), y = xgen_from_bitsf(random());
    if (i & 1)
      x = std::fmod(x, 1000.0f), y = std::fmod(y, 10.0f);
    if (std::isnan(x) || std::isnan(y))
      continue;
    EXPECT_EQ(xgen_floorf(x), std::floor(x));
    EXPECT_EQ(xgen_ceilf(x), std::ceil(x));
    EXPECT_EQ(xgen_truncf(x), std::trunc(x));
    EXPECT_EQ(xgen_rintf(x), std::rint(x));
    EXPECT_EQ(xgen_rint(x), std::rint(double(x)));
    float want = std::fmod(x, y), got = xgen_fmodf(x, y);
    EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want)))
        << x << " mod " << y;
  }
  for (float x : {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 8388607.5f})
    EXPECT_EQ(xgen_rintf(x), std::rint(x));
}

/// Every code decodes to its definition, re-encodes to itself, and every float
/// goes to a nearest code.
void checkNarrow(xgen_narrow_format f, double largest) {
  uint32_t count = 1u << (1 + f.exp + f.man);
  for (uint32_t v = 0; v < count; ++v) {
    float x = xgen_decode(v, f);
    if (std::isnan(x))
      continue;
    EXPECT_EQ(xgen_encode(x, f, 0), v);
    if (std::isinf(x))
      continue;
    uint32_t e = (v >> f.man) & ((1u << f.exp) - 1);
    double m = v & ((1u << f.man) - 1);
    double want = e ? std::ldexp(1.0 + std::ldexp(m, -f.man), int(e) - f.bias)
                    : std::ldexp(m, 1 - f.bias - f.man);
    EXPECT_EQ(std::fabs(x), want);
    EXPECT_LE(std::fabs(x), largest);
    // Between this number and the next: ties go to the even code.
    uint32_t sign = 1u << (f.exp + f.man);
    if (v + 1 < sign) {
      float y = xgen_decode(v + 1, f);
      if (std::isnan(y) || std::isinf(y))
        continue;
      float middle = x + (y - x) * 0.5f;
      EXPECT_EQ(xgen_encode(middle, f, 0), v & 1 ? v + 1 : v);
      EXPECT_EQ(xgen_encode(std::nextafter(middle, x), f, 0), v);
      EXPECT_EQ(xgen_encode(std::nextafter(middle, y), f, 0), v + 1);
    }
  }
  EXPECT_EQ(xgen_decode(xgen_encode(1e30f, f, 1), f), largest);
  EXPECT_EQ(xgen_decode(xgen_encode(-1e30f, f, 1), f), -largest);
  EXPECT_FALSE(std::isfinite(xgen_decode(xgen_encode(1e30f, f, 0), f)));
  EXPECT_TRUE(std::isnan(xgen_decode(xgen_encode(NAN, f, 1), f)));
}

TEST(Narrow, Formats) {
  checkNarrow(XGEN_F16, 65504);
  checkNarrow(XGEN_F8E4M3FN, 448);
  checkNarrow(XGEN_F8E4M3FNUZ, 240);
  checkNarrow(XGEN_F8E5M2, 57344);
  checkNarrow(XGEN_F8E5M2FNUZ, 57344);
}

TEST(Narrow, Float4) {
  // 0, 0.5, 1, 1.5, 2, 3, 4, 6: nothing else, and no NaN.
  const float numbers[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (uint32_t v = 0; v < 8; ++v) {
    EXPECT_EQ(xgen_decode(v, XGEN_F4E2M1), numbers[v]);
    EXPECT_EQ(xgen_decode(v | 8, XGEN_F4E2M1), -numbers[v]);
    EXPECT_EQ(xgen_encode(numbers[v], XGEN_F4E2M1, 1), v);
  }
  // Ties go to the even code.
  EXPECT_EQ(xgen_encode(0.25f, XGEN_F4E2M1, 1), 0u);
  EXPECT_EQ(xgen_encode(-3.5f, XGEN_F4E2M1, 1), 14u);
  EXPECT_EQ(xgen_encode(5.0f, XGEN_F4E2M1, 1), 6u);
  // It saturates whatever is asked; NaN is minus zero.
  EXPECT_EQ(xgen_encode(INFINITY, XGEN_F4E2M1, 0), 7u);
  EXPECT_EQ(xgen_encode(-100.0f, XGEN_F4E2M1, 0), 15u);
  EXPECT_EQ(xgen_encode(NAN, XGEN_F4E2M1, 1), 8u);
}

TEST(Narrow, PowersOfTwo) {
  EXPECT_EQ(xgen_e8m0_to_float(127), 1.0f);
  EXPECT_EQ(xgen_e8m0_to_float(0), std::ldexp(1.0f, -127));
  EXPECT_EQ(xgen_e8m0_to_float(254), std::ldexp(1.0f, 127));
  EXPECT_TRUE(std::isnan(xgen_e8m0_to_float(255)));
  enum { Nearest, Up, Down };
  EXPECT_EQ(xgen_float_to_e8m0(2.0f, Up, 1), 128);
  EXPECT_EQ(xgen_float_to_e8m0(2.1f, Up, 1), 129);
  EXPECT_EQ(xgen_float_to_e8m0(3.9f, Down, 1), 128);
  EXPECT_EQ(xgen_float_to_e8m0(2.9f, Nearest, 1), 128);
  EXPECT_EQ(xgen_float_to_e8m0(3.0f, Nearest, 1), 129);
  EXPECT_EQ(xgen_float_to_e8m0(-2.0f, Up, 1), 128);
  EXPECT_EQ(xgen_float_to_e8m0(0.0f, Up, 1), 0);
  EXPECT_EQ(xgen_float_to_e8m0(3e38f, Up, 1), 254);
  EXPECT_EQ(xgen_float_to_e8m0(3e38f, Up, 0), 255);
  EXPECT_EQ(xgen_float_to_e8m0(INFINITY, Up, 1), 255);
}

TEST(Narrow, BfloatAndDouble) {
  EXPECT_EQ(xgen_float_to_bfloat(1.0f), 0x3f80);
  // 1 + 2^-8 is a tie: even is below; a little more rounds up.
  EXPECT_EQ(xgen_float_to_bfloat(1.00390625f), 0x3f80);
  EXPECT_EQ(xgen_float_to_bfloat(1.00390637f), 0x3f81);
  EXPECT_TRUE(std::isnan(xgen_bfloat_to_float(xgen_float_to_bfloat(NAN))));
  // Rounding a double to half in two steps would round this tie down.
  double x = 1.0 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  EXPECT_EQ(xgen_float_to_half(xgen_round_to_odd(x)), 0x3c01);
}

} // namespace
