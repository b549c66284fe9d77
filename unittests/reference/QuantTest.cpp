//===- QuantTest.cpp - Quantized reference kernels ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The arithmetic contracts of quantized numbers, to the bit.
//
//===----------------------------------------------------------------------===//

#include "EvalHarness.h"

using namespace xgen;
using namespace xgen::test;

using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;
using Bytes = std::vector<int8_t>;
using UBytes = std::vector<uint8_t>;

namespace {

TEST(Quant, QuantizeHalfToEvenAndSaturate) {
  Program p(oneOp("xgen.quantize", {"tensor<6xf32>"},
                  "tensor<6x!quant.uniform<u8:f32, 2.0:10>>"));
  // 0.5, 1.5 and 2.5 steps go to even ones.
  EXPECT_EQ((p.run<uint8_t>(Floats{1, 3, 5, -100, 1e9f, 0})),
            (UBytes{10, 12, 12, 0, 255, 10}));
  Program n(oneOp("xgen.quantize", {"tensor<3xf32>"},
                  "tensor<3x!quant.uniform<i8<-127:127>:f32, 1.0>>"));
  EXPECT_EQ((n.run<int8_t>(Floats{-500, 500, -3})), (Bytes{-127, 127, -3}));
  Program a(oneOp("xgen.quantize", {"tensor<2x2xf32>"},
                  "tensor<2x2x!quant.uniform<i8:f32:0, {1.0, 0.5}>>"));
  EXPECT_EQ((a.run<int8_t>(Floats{1, 2, 1, 2})), (Bytes{1, 2, 2, 4}));
}

TEST(Quant, ConvPadsWithTheZeroPoint) {
  // Zero point 100: a padded position is 0 and not -100 steps.
  Program p(oneOp("xgen.conv",
                  {"tensor<1x2x1x!quant.uniform<u8:f32, 0.5:100>>",
                   "tensor<2x1x1x!quant.uniform<i8:f32, 0.25>>",
                   "tensor<1xi32>"},
                  "tensor<1x3x1x!quant.uniform<u8:f32, 0.25:3>>",
                  "{strides = array<i64: 1>, dilations = array<i64: 1>, "
                  "pads = array<i64: 1, 1>, groups = 1 : i64}"));
  // Accumulators: 0 + 4*3 + 8, 4*2 + 6*3 + 8, 6*2 + 0 + 8; scale 0.5.
  EXPECT_EQ((p.run<uint8_t>(UBytes{104, 106}, Bytes{2, 3}, Ints{8})),
            (UBytes{13, 20, 13}));
}

TEST(Quant, PlainAccumulatorAndPerChannel) {
  Program p(oneOp("xgen.matmul",
                  {"tensor<1x2x!quant.uniform<i8:f32, 1.0:-1>>",
                   "tensor<2x2x!quant.uniform<i8:f32, 1.0>>"},
                  "tensor<1x2xi32>"));
  EXPECT_EQ((p.run<int32_t>(Bytes{0, 1}, Bytes{1, 2, 3, 4})), (Ints{7, 10}));
  Program c(oneOp("xgen.matmul",
                  {"tensor<1x2x!quant.uniform<i8:f32, 1.0>>",
                   "tensor<2x2x!quant.uniform<i8:f32:1, {1.0, 0.5}>>"},
                  "tensor<1x2x!quant.uniform<i8:f32, 2.0>>"));
  // Accumulators 5 and 10: 5 / 2 = 2.5 to even, 10 * 0.5 / 2 = 2.5 to even.
  EXPECT_EQ((c.run<int8_t>(Bytes{1, 1}, Bytes{2, 4, 3, 6})), (Bytes{2, 2}));
}

TEST(Quant, Requantize) {
  Program even(oneOp("xgen.requantize",
                     {"tensor<4x!quant.uniform<i8:f32, 0.5>>"},
                     "tensor<4x!quant.uniform<u8:f32, 1.0:128>>"));
  EXPECT_EQ((even.run<uint8_t>(Bytes{1, 3, -1, -128})),
            (UBytes{128, 130, 128, 64}));
  // gemmlowp's high multiplication rounds halves up.
  Program fixed(oneOp("xgen.requantize",
                      {"tensor<4x!quant.uniform<i8:f32, 0.5>>"},
                      "tensor<4x!quant.uniform<u8:f32, 1.0:128>>",
                      "{rounding = #xgen.rounding<fixed31>}"));
  EXPECT_EQ((fixed.run<uint8_t>(Bytes{1, 3, -1, -128})),
            (UBytes{129, 130, 128, 64}));
}

TEST(Quant, ElementwiseThroughReal) {
  Program p(oneOp("xgen.binary",
                  {"tensor<2x!quant.uniform<u8:f32, 0.5:128>>",
                   "tensor<2x!quant.uniform<u8:f32, 0.25:0>>"},
                  "tensor<2x!quant.uniform<u8:f32, 1.0:10>>",
                  "{kind = #xgen.binary_kind<add>}"));
  // 1 + 2 = 3; -1 + 1.5 = 0.5, to even 0.
  EXPECT_EQ((p.run<uint8_t>(UBytes{130, 126}, UBytes{8, 6})), (UBytes{13, 10}));
}

TEST(Quant, EncodedWeightsAreUnpacked) {
  Program p(R"(
    func.func @main(%x: tensor<1x3xf32>) -> tensor<1x5xf32> {
      %w = xgen.constant dense<2.0> : tensor<3x5xf32>
      %e = xgen.encode %w : (tensor<3x5xf32>) -> tensor<3x5xf32, #xgen.packed<nr = 4>>
      %r = xgen.matmul %x, %e : (tensor<1x3xf32>, tensor<3x5xf32, #xgen.packed<nr = 4>>) -> tensor<1x5xf32>
      return %r : tensor<1x5xf32>
    })");
  EXPECT_EQ((p.run<float>(Floats{1, 2, 3})), (Floats{12, 12, 12, 12, 12}));
}

} // namespace
