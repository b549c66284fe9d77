//===- DimsTest.cpp - Arithmetic on extents -------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Whatever form an expression takes, its value is that of plain integers, and its
// size does not explode. Random arithmetic, and the worst cases of products.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenDims.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace xgen::ir;

namespace {
constexpr int64_t values[] = {3, 5, 2, 7};

class DimsTest : public ::testing::Test {
protected:
  Dim symbol(unsigned i) {
    return Dim(getAffineSymbolExpr(i, &context), 1, 8);
  }
  Dim sum() { return symbol(0) + symbol(1) + symbol(2) + symbol(3); }

  /// The value of `d` where the symbols are `values`.
  int64_t at(const Dim &d) {
    SmallVector<AffineExpr> numbers;
    for (int64_t v : values)
      numbers.push_back(getAffineConstantExpr(v, &context));
    AffineExpr result = d.expr(&context).replaceSymbols(numbers);
    auto number = dyn_cast<AffineConstantExpr>(result);
    EXPECT_TRUE(number) << d.str();
    return number ? number.getValue() : 0;
  }

  MLIRContext context;
};

TEST_F(DimsTest, ValuesAreThoseOfIntegers) {
  std::minstd_rand random(1);
  for (int network = 0; network < 200; ++network) {
    SmallVector<std::pair<Dim, int64_t>> known;
    for (unsigned i = 0; i < 4; ++i)
      known.push_back({symbol(i), values[i]});
    for (int step = 0; step < 8; ++step) {
      auto [a, x] = known[random() % known.size()];
      auto [b, y] = known[random() % known.size()];
      switch (random() % 4) {
      case 0:
        known.push_back({a + b, x + y});
        break;
      case 1:
        known.push_back({a - b + 1, x - y + 1});
        break;
      case 2:
        if (std::abs(x) < 1 << 20 && std::abs(y) < 1 << 20)
          known.push_back({a * b, x * y});
        break;
      case 3:
        if (a.min() >= 0 && b.min() > 0)
          known.push_back({floorDiv(a, b), x / y});
        break;
      }
      ASSERT_EQ(at(known.back().first), known.back().second)
          << known.back().first.str();
    }
  }
}

// (a + b + c + d)^12 has 455 terms.
TEST_F(DimsTest, LargeProductsAreNotMultipliedOut) {
  Dim power = 1;
  for (int i = 0; i < 12; ++i)
    power *= sum();
  EXPECT_EQ(at(power), 582622237229761); // 17^12
  EXPECT_LT(power.str().size(), 4000u);
}

TEST_F(DimsTest, LargeProductsStayShort) {
  // 64 dimensions of which each is a sum: the count of a tensor's elements.
  Dims dims(64, sum());
  Dim count = product(dims);
  EXPECT_LT(count.str().size(), 8000u);
  EXPECT_EQ(count, product(dims));
  // What is done with it keeps it in one piece.
  Dim more = (count + 1) * sum() - count;
  EXPECT_LT(more.str().size(), 20000u);
  EXPECT_EQ(more - more, Dim(0));
}

TEST_F(DimsTest, EqualProductsAreOneExpression) {
  Dim power = 1, other = 1;
  for (int i = 0; i < 6; ++i)
    power *= sum();
  Dim cube = sum() * sum() * sum();
  EXPECT_EQ(at(power), 24137569); // 17^6
  EXPECT_EQ(cube * cube, cube * cube);
  EXPECT_EQ(at(cube * cube), 24137569);
  EXPECT_EQ(floorDiv(power * symbol(0), symbol(0)), power);
  EXPECT_EQ(symbol(1) * power, power * symbol(1));
  EXPECT_EQ(symbol(1) * (power + symbol(2)),
            power * symbol(1) + symbol(2) * symbol(1));
}

// Factors wrap around like ONNX's integers: (2 a)^70 is 0 modulo 2^64.
TEST_F(DimsTest, FactorsWrapAround) {
  Dim product = 1, twice = symbol(0) * 2;
  for (int i = 0; i < 70; ++i)
    product *= twice;
  EXPECT_EQ(at(product), 0);
}
} // namespace
