//===- EvalTest.cpp - Reference kernels against values by hand ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A few numbers an op, chosen for the edges: padding, empty shapes, indices out
// of range. Conformance with ONNX is tested through the whole compiler.
//
//===----------------------------------------------------------------------===//

#include "EvalHarness.h"
#include "codegen/reference/eval/Eval.h"
#include <cmath>

using namespace xgen;
using namespace xgen::test;

using Floats = std::vector<float>;
using Longs = std::vector<int64_t>;
using Bytes = std::vector<int8_t>;

namespace {

TEST(Attrs, AlphabeticalWords) {
  Program p(oneOp("xgen.conv",
                  {"tensor<1x4x4x1xf32>", "tensor<3x3x1x2xf32>"},
                  "tensor<1x6x6x2xf32>",
                  "{strides = array<i64: 1, 1>, dilations = array<i64: 1, 2>, "
                  "pads = array<i64: 1, 2, 3, 4>, groups = 1 : i64}"));
  ASSERT_TRUE(p.module);
  // dilations, groups, pads, rounding, strides.
  EXPECT_EQ(serializeAttrs(p.front()),
            (Longs{2, 1, 2, 1, 4, 1, 2, 3, 4, 0, 2, 1, 1}));
  EXPECT_EQ(evalSymbol(p.front()), "xgen_eval_conv");
  EXPECT_EQ(evalOperands(p.front()), (llvm::SmallVector<int>{0, 1}));
  // An absent operand before a present one.
  Program n(oneOp("xgen.normalize", {"tensor<2x2xf32>", "tensor<2xf32>"},
                  "tensor<2x2xf32>",
                  "{kind = #xgen.normalize_kind<mean>, axes = array<i64: 1>, "
                  "epsilon = 0.0 : f64, "
                  "operandSegmentSizes = array<i32: 1, 0, 1>}"));
  ASSERT_TRUE(n.module);
  EXPECT_EQ(evalOperands(n.front()), (llvm::SmallVector<int>{0, -1, 1}));
  EXPECT_EQ((n.run<float>(Floats{1, 3, 5, 5.5f}, Floats{10, 20})),
            (Floats{9, 21, 9, 21}));
}

TEST(Attrs, Types) {
  Program p("func.func @main() { return }");
  mlir::Builder b(&p.context);
  EXPECT_EQ(evalDType(b.getF32Type()), F32);
  EXPECT_EQ(evalDType(b.getI1Type()), I1);
  EXPECT_EQ(evalDType(b.getIntegerType(8, false)), U8);
  EXPECT_EQ(evalDType(b.getIntegerType(128)), std::nullopt);
  auto type = [&](const char *text) { return mlir::parseType(text, &p.context); };
  EXPECT_EQ(evalDType(type("!quant.uniform<u8:f32, 0.5:3>")), U8);
  EXPECT_EQ(evalDType(type("!quant.uniform<i8<-127:127>:f32, 0.5>")),
            I8 | DTypeNarrow);
  EXPECT_EQ(evalDType(type("!quant.uniform<i8<-4:3>:f32, 0.5>")),
            I8 | 3 << DTypeBitsShift);
  auto content = evalQuant(type("!quant.uniform<i8:f32:1, {0.5, 0.25:7}>"));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->scales, (Floats{0.5f, 0.25f}));
  EXPECT_EQ(content->zeroPoints, (Longs{0, 7}));
  EXPECT_EQ(content->axis, 1);
}

TEST(Elementwise, BroadcastAndIntegers) {
  Program add(oneOp("xgen.binary", {"tensor<2x1xf32>", "tensor<3xf32>"},
                    "tensor<2x3xf32>", "{kind = #xgen.binary_kind<add>}"));
  EXPECT_EQ((add.run<float>(Floats{1, 2}, Floats{10, 20, 30})),
            (Floats{11, 21, 31, 12, 22, 32}));
  Program mod(oneOp("xgen.binary", {"tensor<4xi32>", "tensor<4xi32>"},
                    "tensor<4xi32>", "{kind = #xgen.binary_kind<mod>}"));
  using Ints = std::vector<int32_t>;
  EXPECT_EQ((mod.run<int32_t>(Ints{-7, 7, -7, 5}, Ints{3, -3, -3, 0})),
            (Ints{2, -2, -1, 0}));
  Program div(oneOp("xgen.binary", {"tensor<3xi32>", "tensor<3xi32>"},
                    "tensor<3xi32>", "{kind = #xgen.binary_kind<div>}"));
  EXPECT_EQ((div.run<int32_t>(Ints{INT32_MIN, -7, 1}, Ints{-1, 2, 0})),
            (Ints{INT32_MIN, -3, 0}));
  // 64-bit unsigned comparison.
  Program less(oneOp("xgen.binary", {"tensor<2xui64>", "tensor<2xui64>"},
                     "tensor<2xi1>", "{kind = #xgen.binary_kind<lt>}"));
  using U = std::vector<uint64_t>;
  EXPECT_EQ((less.run<int8_t>(U{1, UINT64_MAX}, U{UINT64_MAX, 1})),
            (Bytes{1, 0}));
}

TEST(Elementwise, Cast) {
  Program p(oneOp("xgen.cast", {"tensor<5xf32>"}, "tensor<5xi8>"));
  EXPECT_EQ((p.run<int8_t>(Floats{-1.9f, 1.9f, 200, -0.0f, NAN})),
            (Bytes{-1, 1, -56, 0, 0}));
  Program big(oneOp("xgen.cast", {"tensor<1xi64>"}, "tensor<1xf32>"));
  // Through double this tie would round to even twice.
  EXPECT_EQ((big.run<float>(Longs{(int64_t(1) << 60) + (int64_t(1) << 36) + 1})),
            (Floats{0x1p60f + 0x1p37f}));
}

TEST(Elementwise, NarrowFloats) {
  const char *f4 = "tensor<3xf4E2M1FN>", *f32 = "tensor<3xf32>";
  Program down(oneOp("xgen.cast", {f32}, f4));
  EXPECT_EQ((down.run<uint8_t>(Floats{0.5f, -8, 2.5f})),
            (std::vector<uint8_t>{1, 15, 4}));
  Program up(oneOp("xgen.cast", {f4}, f32));
  EXPECT_EQ((up.run<float>(std::vector<uint8_t>{1, 15, 4})),
            (Floats{0.5f, -6, 2}));
  // The attribute says which power of two.
  for (auto [mode, want] : {std::pair("nearest", 129), std::pair("up", 129),
                            std::pair("down", 128)}) {
    std::string attr =
        "{round = #xgen.cast_rounding<" + std::string(mode) + ">}";
    Program p(oneOp("xgen.cast", {"tensor<1xf32>"}, "tensor<1xf8E8M0FNU>", attr));
    EXPECT_EQ((p.run<uint8_t>(Floats{3.5f})), std::vector<uint8_t>(1, want))
        << mode;
  }
}

TEST(LinearAttention, TwoStepsByHand) {
  auto program = [](const char *result) {
    return std::string("func.func @main(") +
           "%q: tensor<1x2x1x2xf32>, %k: tensor<1x2x1x2xf32>, "
           "%v: tensor<1x2x1x1xf32>, %s: tensor<1x1x2x1xf32>, "
           "%g: tensor<1x2x1x1xf32>, %b: tensor<1x2x1xf32>) -> " +
           (*result == 'y' ? "tensor<1x2x1x1xf32>" : "tensor<1x1x2x1xf32>") +
           " {\n  %y, %z = xgen.linear_attention %q, %k, %v, %s, %g, %b "
           "{scale = 2.0 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, "
           "1, 1>} : (tensor<1x2x1x2xf32>, tensor<1x2x1x2xf32>, "
           "tensor<1x2x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x2x1x1xf32>, "
           "tensor<1x2x1xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x1x2x1xf32>)\n"
           "  return %" + result + " : " +
           (*result == 'y' ? "tensor<1x2x1x1xf32>" : "tensor<1x1x2x1xf32>") +
           "\n}\n";
  };
  // The state halves to (5, 10); it predicts 25 for 3, so that -22 times the key
  // is added: (-17, -34). Then it predicts -34 for 5, and twice 39 is added.
  for (auto [result, want] : {std::pair("y", Floats{-34, 54}),
                              std::pair("z", Floats{-17, 44})}) {
    Program p(program(result));
    Floats got = p.run<float>(Floats{1, 0, 1, 1}, Floats{1, 2, 0, 1},
                              Floats{3, 5}, Floats{10, 20},
                              Floats{std::log(0.5f), 0}, Floats{1, 2});
    ASSERT_EQ(got.size(), 2u);
    for (int i = 0; i < 2; ++i)
      EXPECT_NEAR(got[i], want[i], 1e-4);
  }
}

TEST(Conv, PaddingStrideGroups) {
  // Sum of the 3x3 neighbourhood.
  Program p(oneOp("xgen.conv", {"tensor<1x3x3x1xf32>", "tensor<3x3x1x1xf32>"},
                  "tensor<1x2x2x1xf32>",
                  "{strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, "
                  "pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64}"));
  EXPECT_EQ((p.run<float>(Floats{1, 2, 3, 4, 5, 6, 7, 8, 9}, Floats(9, 1.0f))),
            (Floats{12, 16, 24, 28}));
  // Depthwise, one dimension, with a bias.
  Program d(oneOp("xgen.conv",
                  {"tensor<1x3x2xf32>", "tensor<2x1x2xf32>", "tensor<2xf32>"},
                  "tensor<1x2x2xf32>",
                  "{strides = array<i64: 1>, dilations = array<i64: 1>, "
                  "pads = array<i64: 0, 0>, groups = 2 : i64}"));
  EXPECT_EQ((d.run<float>(Floats{1, 10, 2, 20, 3, 30}, Floats{1, 2, 1, 0},
                          Floats{0.5f, 100})),
            (Floats{3.5f, 120, 5.5f, 140}));
}

TEST(Conv, Transpose) {
  Program p(oneOp("xgen.conv_transpose",
                  {"tensor<1x2x1xf32>", "tensor<3x1x1xf32>"},
                  "tensor<1x4x1xf32>",
                  "{strides = array<i64: 2>, dilations = array<i64: 1>, "
                  "pads = array<i64: 1, 0>, groups = 1 : i64}"));
  // Full result 1 2 3+10 20 30, first one cropped.
  EXPECT_EQ((p.run<float>(Floats{1, 10}, Floats{1, 2, 3})),
            (Floats{2, 13, 20, 30}));
}

TEST(MatMul, LongSumsAndEmpty) {
  // 4096 products of 0.1: naive float sums would be off by 1e-5.
  Program p(oneOp("xgen.matmul", {"tensor<1x4096xf32>", "tensor<4096x1xf32>"},
                  "tensor<1x1xf32>"));
  Floats x(4096, 0.1f);
  double want = 4096 * double(0.1f) * double(0.1f);
  EXPECT_NEAR((p.run<float>(x, x))[0], want, want * 2e-6);
  Program e(oneOp("xgen.matmul", {"tensor<2x0xf32>", "tensor<0x2xf32>"},
                  "tensor<2x2xf32>"));
  EXPECT_EQ((e.run<float>(Floats{}, Floats{})), (Floats{0, 0, 0, 0}));
}

TEST(Pool, AverageAtTheBorder) {
  auto pool = [](bool countPad) {
    return Program(
        oneOp("xgen.pool", {"tensor<1x3x1xf32>"}, "tensor<1x2x1xf32>",
              std::string("{kind = #xgen.pool_kind<avg>, window = array<i64: 3>,"
                          " strides = array<i64: 3>, dilations = array<i64: 1>, "
                          "pads = array<i64: 1, 1>, count_include_pad = ") +
                  (countPad ? "true}" : "false}")));
  };
  // The second window begins at 2 and reaches one beyond the padding.
  Program with = pool(true), without = pool(false);
  Floats x{3, 6, 9};
  EXPECT_EQ((with.run<float>(x)), (Floats{3, 4.5f}));
  EXPECT_EQ((without.run<float>(x)), (Floats{4.5f, 9}));
}

TEST(Resize, Coordinates) {
  Program nearest(oneOp("xgen.resize", {"tensor<2xf32>"}, "tensor<5xf32>",
                        "{scales = array<f64: 2.5>, mode = "
                        "#xgen.resize_mode<nearest>, coord = "
                        "#xgen.resize_coord<asymmetric>, nearest = "
                        "#xgen.resize_nearest<floor>}"));
  EXPECT_EQ((nearest.run<float>(Floats{1, 2})), (Floats{1, 1, 1, 2, 2}));
  Program corners(oneOp("xgen.resize", {"tensor<2x1xf32>"}, "tensor<3x1xf32>",
                        "{scales = array<f64: 1.5, 1.0>, mode = "
                        "#xgen.resize_mode<linear>, coord = "
                        "#xgen.resize_coord<align_corners>}"));
  EXPECT_EQ((corners.run<float>(Floats{1, 3})), (Floats{1, 2, 3}));
  EXPECT_GT(evalScratchBytes(corners.front()), 0);
}

TEST(Movement, IndicesAreClamped) {
  Program p(oneOp("xgen.gather", {"tensor<3x2xf32>", "tensor<4xi64>"},
                  "tensor<4x2xf32>", "{axis = 0 : i64}"));
  EXPECT_EQ((p.run<float>(Floats{0, 1, 2, 3, 4, 5},
                          Longs{-1, 99, INT64_MIN, 1})),
            (Floats{4, 5, 4, 5, 0, 1, 2, 3}));
  Program s(oneOp("xgen.scatter_nd",
                  {"tensor<3xf32>", "tensor<2x1xi64>", "tensor<2xf32>"},
                  "tensor<3xf32>", "{kind = #xgen.scatter_kind<add>}"));
  EXPECT_EQ((s.run<float>(Floats{1, 2, 3}, Longs{-1, 77}, Floats{10, 100})),
            (Floats{1, 2, 113}));
}

TEST(Movement, SliceBackwardsPadReflect) {
  Program p(oneOp("xgen.slice", {"tensor<5xi8>"}, "tensor<3xi8>",
                  "{starts = array<i64: 4>, sizes = array<i64: 3>, "
                  "steps = array<i64: -2>}"));
  EXPECT_EQ((p.run<int8_t>(Bytes{0, 1, 2, 3, 4})), (Bytes{4, 2, 0}));
  Program r(oneOp("xgen.pad", {"tensor<3xi8>"}, "tensor<9xi8>",
                  "{low = array<i64: 3>, high = array<i64: 3>, "
                  "mode = #xgen.pad_mode<reflect>}"));
  EXPECT_EQ((r.run<int8_t>(Bytes{1, 2, 3})), (Bytes{2, 3, 2, 1, 2, 3, 2, 1, 2}));
  Program t(oneOp("xgen.transpose", {"tensor<0x2xf32>"}, "tensor<2x0xf32>",
                  "{perm = array<i64: 1, 0>}"));
  EXPECT_TRUE((t.run<float>(Floats{})).empty());
}

TEST(Function, LaunchesAndReleases) {
  Program p(R"(
    kernel.func @k(%a: tensor<2xf32>) -> tensor<2xf32> {
      %r = xgen.unary %a {kind = #xgen.unary_kind<neg>} : (tensor<2xf32>) -> tensor<2xf32>
      kernel.return %r : tensor<2xf32>
    }
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %c = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %0 = kernel.launch @k(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = xgen.binary %0, %c {kind = #xgen.binary_kind<mul>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      return %1 : tensor<2xf32>
    })");
  EXPECT_EQ((p.run<float>(Floats{3, 4})), (Floats{-3, -8}));
}

} // namespace
