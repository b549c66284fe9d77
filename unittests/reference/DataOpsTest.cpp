//===- DataOpsTest.cpp - Ops that data steers, by hand --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sampling, selection, transforms, tables: values worked out by hand, and what
// data may do wrong: positions that are no numbers, indices out of range, trees
// that run in circles.
//
//===----------------------------------------------------------------------===//

#include "EvalHarness.h"
#include <cmath>

using namespace xgen;
using namespace xgen::test;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Longs = std::vector<int64_t>;
using Ints = std::vector<int32_t>;
using Bytes = std::vector<int8_t>;

namespace {

/// A function of one op with several results that returns number `which`.
std::string oneOfMany(llvm::StringRef op, llvm::ArrayRef<const char *> types,
                      llvm::ArrayRef<const char *> results, unsigned which,
                      llvm::StringRef attrs) {
  std::string arguments, operands, list, tuple;
  for (size_t i = 0; i < types.size(); ++i) {
    std::string comma = i ? ", " : "", name = "%a" + std::to_string(i);
    arguments += comma + name + ": " + types[i];
    operands += comma + name;
    list += comma + types[i];
  }
  for (size_t i = 0; i < results.size(); ++i)
    tuple += (i ? ", " : "") + std::string(results[i]);
  std::string result = results[which];
  return "func.func @main(" + arguments + ") -> " + result +
         " {\n  %r:" + std::to_string(results.size()) + " = " + op.str() + " " +
         operands + " " + attrs.str() + " : (" + list + ") -> (" + tuple +
         ")\n  return %r#" + std::to_string(which) + " : " + result + "\n}\n";
}

void near(const Floats &have, const Floats &want, float tolerance = 1e-6f) {
  ASSERT_EQ(have.size(), want.size());
  for (size_t i = 0; i < have.size(); ++i)
    EXPECT_NEAR(have[i], want[i], tolerance) << "element " << i;
}

Floats gridSample(const char *mode, const char *padding, bool align,
                  Floats grid) {
  std::string attrs = std::string("{mode = #xgen.resize_mode<") + mode +
                      ">, padding = #xgen.pad_mode<" + padding +
                      ">, align_corners = " + (align ? "true" : "false") + "}";
  std::string n = std::to_string(grid.size() / 2);
  std::string gridType = "tensor<1x1x" + n + "x2xf32>";
  std::string result = "tensor<1x1x" + n + "x1xf32>";
  Program p(oneOp("xgen.grid_sample", {"tensor<1x2x2x1xf32>", gridType.c_str()},
                  result, attrs));
  // 1 2
  // 3 4
  return p.run<float>(Floats{1, 2, 3, 4}, grid);
}

TEST(GridSample, Modes) {
  // The middle, and the corner of the corner element.
  near(gridSample("linear", "constant", false, {0, 0, -1, -1}), {2.5f, 0.25f});
  near(gridSample("linear", "edge", false, {0, 0, -1, -1}), {2.5f, 1});
  near(gridSample("linear", "constant", true, {0, 0, -1, -1, 1, -1}),
       {2.5f, 1, 2});
  // x comes first: (0.5, -0.5) is the upper right element.
  near(gridSample("nearest", "constant", false, {0.5f, -0.5f, 1.6f, 0}),
       {2, 0});
  // Weights of the inner taps at one half: 0.59375.
  near(gridSample("cubic", "constant", false, {0, 0}),
       {10 * 0.59375f * 0.59375f});
  // With align_corners positions 0 and 1; -3 is mirrored to -1 + 2 = 1.
  near(gridSample("nearest", "reflect", true, {-3, -1, -5, -1}), {2, 1});
}

TEST(GridSample, NoNumbers) {
  float nan = NAN, inf = INFINITY;
  for (const char *mode : {"nearest", "linear", "cubic"}) {
    near(gridSample(mode, "constant", false, {nan, 0, inf, inf, -inf, 1e30f}),
         {0, 0, 0});
    for (float v : gridSample(mode, "reflect", true, {nan, 0, inf, -inf}))
      EXPECT_TRUE(v >= 0 && v <= 5);
    for (float v : gridSample(mode, "edge", false, {nan, 0, inf, -inf}))
      EXPECT_TRUE(v >= 0 && v <= 5);
  }
}

TEST(DeformSample, OffsetsAndMask) {
  // Half a row down; the last row is half outside.
  Program p(oneOp(
      "xgen.deform_sample",
      {"tensor<1x3x3x1xf32>", "tensor<1x3x3x2xf32>", "tensor<1x3x3x1xf32>"},
      "tensor<1x3x3x1x1xf32>",
      "{kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, "
      "dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, "
      "offset_groups = 1 : i64}"));
  Floats offset(18, 0.0f), mask(9, 1.0f);
  for (int i = 0; i < 9; ++i)
    offset[2 * i] = 0.5f;
  mask[8] = 10;
  near(p.run<float>(Floats{1, 2, 3, 4, 5, 6, 7, 8, 9}, offset, mask),
       {2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f, 3.5f, 4, 45});
}

TEST(DeformSample, GroupsAndWindow) {
  // A window of 2 over one dimension; each channel has its own offsets.
  Program p(oneOp("xgen.deform_sample",
                  {"tensor<1x3x2xf32>", "tensor<1x2x4xf32>"},
                  "tensor<1x2x2x2xf32>",
                  "{kernel = array<i64: 2>, strides = array<i64: 1>, "
                  "dilations = array<i64: 1>, pads = array<i64: 0, 0>, "
                  "offset_groups = 2 : i64}"));
  // Group 0: none, none; group 1: one to the right, none.
  near(
      p.run<float>(Floats{1, 10, 2, 20, 3, 30}, Floats{0, 0, 1, 0, 0, 0, 1, 0}),
      {1, 20, 2, 20, 2, 30, 3, 30});
}

TEST(RoiAlign, MeanAndMaximum) {
  // f(y, x) = x: the mean over samples is the middle of the bin.
  Floats ramp;
  for (int i = 0; i < 16; ++i)
    ramp.push_back(float(i % 4));
  auto run = [&](const char *kind, const char *more, Floats roi) {
    Program p(oneOp("xgen.roi_align",
                    {"tensor<1x4x4x1xf32>", "tensor<1x4xf32>", "tensor<1xi64>"},
                    "tensor<1x1x2x1xf32>",
                    std::string("{kind = #xgen.pool_kind<") + kind +
                        ">, height = 1 : i64, width = 2 : i64" + more + "}"));
    // There is no picture 7: the last one is read.
    return p.run<float>(ramp, roi, Longs{7});
  };
  near(run("avg", ", sampling_ratio = 2 : i64", {0, 0, 3, 3}), {0.75f, 2.25f});
  near(
      run("avg", ", sampling_ratio = 1 : i64, half_pixel = true", {1, 1, 3, 3}),
      {1, 2});
  // Samples lie on elements: their weights are 1, and the largest is 1 and 3.
  near(
      run("max", ", sampling_ratio = 2 : i64, half_pixel = true", {0, 0, 4, 2}),
      {1, 3});
  // As many samples as elements, of which one in 250 million is inside.
  near(run("avg", "", {-1e9f, 0, 1e9f, 1}), {0, 0}, 1e-3f);
  near(run("avg", "", {NAN, NAN, NAN, NAN}), {0, 0}, 3.1f);
}

TEST(MaxRoiPool, WholeElements) {
  Program p(
      oneOp("xgen.max_roi_pool", {"tensor<1x4x4x1xf32>", "tensor<2x5xf32>"},
            "tensor<2x2x2x1xf32>", "{height = 2 : i64, width = 2 : i64}"));
  Floats x;
  for (int i = 0; i < 16; ++i)
    x.push_back(float(i));
  // The second region lies outside: empty parts are 0.
  near(p.run<float>(x, Floats{0, 0, 0, 3, 3, 0, 9, 9, 12, 12}),
       {5, 7, 13, 15, 0, 0, 0, 0});
}

TEST(Frame, Overlapping) {
  Program p(oneOp("xgen.frame", {"tensor<1x7xf32>"}, "tensor<1x3x3xf32>",
                  "{axis = 1 : i64, size = 3 : i64, step = 2 : i64}"));
  EXPECT_EQ((p.run<float>(Floats{0, 1, 2, 3, 4, 5, 6})),
            (Floats{0, 1, 2, 2, 3, 4, 4, 5, 6}));
}

TEST(Col2Im, SumsOverlaps) {
  // Three blocks of 2 over 4 elements: the middle ones are met twice.
  Program p(oneOp("xgen.col2im", {"tensor<1x2x3xf32>"}, "tensor<1x1x4xf32>",
                  "{image = array<i64: 4>, block = array<i64: 2>, strides = "
                  "array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: "
                  "0, 0>}"));
  EXPECT_EQ((p.run<float>(Floats{1, 2, 3, 10, 20, 30})),
            (Floats{1, 12, 23, 30}));
}

TEST(TopK, OrderAndTies) {
  auto run = [](unsigned which, const char *more) {
    return oneOfMany("xgen.topk", {"tensor<6xf32>"},
                     {"tensor<3xf32>", "tensor<3xi64>"}, which,
                     std::string("{axis = 0 : i64, k = 3 : i64") + more + "}");
  };
  Floats x{3, 1, 4, 1, 4, 0};
  EXPECT_EQ((Program(run(0, "")).run<float>(x)), (Floats{4, 4, 3}));
  EXPECT_EQ((Program(run(1, "")).run<int64_t>(x)), (Longs{2, 4, 0}));
  EXPECT_EQ((Program(run(1, ", largest = false")).run<int64_t>(x)),
            (Longs{5, 1, 3}));
  // NaN is larger than any number.
  x[3] = NAN;
  EXPECT_EQ((Program(run(1, "")).run<int64_t>(x)), (Longs{3, 2, 4}));
}

TEST(TopK, InnerAxisAndUnsigned) {
  Program p(oneOfMany("xgen.topk", {"tensor<3x2xui64>"},
                      {"tensor<2x2xui64>", "tensor<2x2xi64>"}, 1,
                      "{axis = 0 : i64, k = 2 : i64}"));
  uint64_t big = UINT64_MAX;
  EXPECT_EQ((p.run<int64_t>(std::vector<uint64_t>{1, 5, big, 6, 2, 7})),
            (Longs{1, 2, 2, 1}));
}

TEST(NonZero, DenseAtItsCount) {
  std::string text[2];
  for (unsigned i = 0; i < 2; ++i)
    text[i] = oneOfMany("xgen.nonzero", {"tensor<2x2xf32>"},
                        {"tensor<2x4xi64>", "tensor<1xi64>"}, i, "");
  Floats x{0, 2, NAN, 3};
  Longs indices = Program(text[0]).run<int64_t>(x);
  indices.resize(6);
  EXPECT_EQ(indices, (Longs{0, 1, 1, 1, 0, 1}));
  EXPECT_EQ((Program(text[1]).run<int64_t>(x)), (Longs{3}));
}

TEST(Compress, ShortCondition) {
  std::string text[2];
  for (unsigned i = 0; i < 2; ++i)
    text[i] =
        oneOfMany("xgen.compress", {"tensor<2x4xi8>", "tensor<3xi1>"},
                  {"tensor<2x3xi8>", "tensor<1xi64>"}, i, "{axis = 1 : i64}");
  Bytes x{1, 2, 3, 4, 5, 6, 7, 8}, keep{0, 1, 1};
  Bytes kept = Program(text[0]).run<int8_t>(x, keep);
  kept.resize(4);
  EXPECT_EQ(kept, (Bytes{2, 3, 6, 7}));
  EXPECT_EQ((Program(text[1]).run<int64_t>(x, keep)), (Longs{2}));
}

TEST(Unique, SortedOrNot) {
  auto run = [](unsigned which, const char *attrs) {
    return oneOfMany("xgen.unique", {"tensor<6xi32>"},
                     {"tensor<6xi32>", "tensor<6xi64>", "tensor<6xi64>",
                      "tensor<6xi64>", "tensor<1xi64>"},
                     which, attrs);
  };
  // ONNX's example.
  Ints x{2, 1, 1, 3, 4, 3};
  const char *sorted = "{axis = 0 : i64}";
  const char *unsorted = "{axis = 0 : i64, sorted = false}";
  auto first4 = [](auto values) {
    values.resize(4);
    return values;
  };
  EXPECT_EQ(first4(Program(run(0, sorted)).run<int32_t>(x)),
            (Ints{1, 2, 3, 4}));
  EXPECT_EQ(first4(Program(run(1, sorted)).run<int64_t>(x)),
            (Longs{1, 0, 3, 4}));
  EXPECT_EQ((Program(run(2, sorted)).run<int64_t>(x)),
            (Longs{1, 0, 0, 2, 3, 2}));
  EXPECT_EQ(first4(Program(run(3, sorted)).run<int64_t>(x)),
            (Longs{2, 1, 2, 1}));
  EXPECT_EQ((Program(run(4, sorted)).run<int64_t>(x)), (Longs{4}));
  EXPECT_EQ(first4(Program(run(0, unsorted)).run<int32_t>(x)),
            (Ints{2, 1, 3, 4}));
  EXPECT_EQ((Program(run(2, unsorted)).run<int64_t>(x)),
            (Longs{0, 1, 1, 2, 3, 2}));
}

TEST(Unique, Slices) {
  // Columns (1, 3), (0, 9), (1, 2), (1, 3): in order (0, 9), (1, 2), (1, 3).
  Program p(oneOfMany("xgen.unique", {"tensor<2x4xf32>"},
                      {"tensor<2x4xf32>", "tensor<4xi64>", "tensor<4xi64>",
                       "tensor<4xi64>", "tensor<1xi64>"},
                      0, "{axis = 1 : i64}"));
  Floats y = p.run<float>(Floats{1, 0, 1, 1, 3, 9, 2, 3});
  y.resize(6);
  EXPECT_EQ(y, (Floats{0, 1, 1, 9, 2, 3}));
}

TEST(Nms, OverlapScoreLimit) {
  auto run = [](unsigned which, const char *attrs) {
    return oneOfMany("xgen.nms",
                     {"tensor<1x4x4xf32>", "tensor<1x1x4xf32>", "tensor<1xi64>",
                      "tensor<1xf32>", "tensor<1xf32>"},
                     {"tensor<4x3xi64>", "tensor<1xi64>"}, which, attrs);
  };
  const char *attrs = "{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1>}";
  // The second box covers half of the first; corners in any order.
  Floats boxes{0, 0, 1, 1, 1, 0.5f, 0, 0, 0, 2, 1, 3, 5, 5, 5, 5};
  Floats scores{0.9f, 0.8f, 0.95f, NAN};
  auto selected = [&](Longs limit, Floats iou, Floats least) {
    Longs rows =
        Program(run(0, attrs)).run<int64_t>(boxes, scores, limit, iou, least);
    Longs count =
        Program(run(1, attrs)).run<int64_t>(boxes, scores, limit, iou, least);
    rows.resize(3 * count.at(0));
    return rows;
  };
  EXPECT_EQ(selected({3}, {0.4f}, {0}), (Longs{0, 0, 2, 0, 0, 0}));
  // Equal to the threshold is not above it.
  EXPECT_EQ(selected({3}, {0.5f}, {0}), (Longs{0, 0, 2, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(selected({1}, {0.5f}, {0}), (Longs{0, 0, 2}));
  EXPECT_EQ(selected({3}, {0.5f}, {0.9f}), (Longs{0, 0, 2}));
  EXPECT_EQ(selected({-5}, {0.5f}, {0}), (Longs{}));
}

Floats dft(int64_t in, int64_t parts, int64_t out, int64_t results,
           const char *more, Floats x) {
  auto type = [](int64_t n, int64_t p) {
    return "tensor<" + std::to_string(n) + "x" + std::to_string(p) + "xf32>";
  };
  Program p(oneOp("xgen.dft", {type(in, parts).c_str()}, type(out, results),
                  std::string("{axis = 0 : i64, ") + more + "}"));
  return p.run<float>(x);
}

TEST(Dft, SmallLengths) {
  near(dft(4, 1, 4, 2, "length = 4 : i64", {1, 2, 3, 4}),
       {10, 0, -2, 2, -2, 0, -2, -2});
  // cot(pi / 3) and so on: the closed form for 1, 2, 3.
  near(dft(3, 1, 3, 2, "length = 3 : i64", {1, 2, 3}),
       {6, 0, -1.5f, 0.8660254f, -1.5f, -0.8660254f});
  // For 0, 1, ... n - 1: -n/2 + i n/2 cot(pi k / n).
  Floats x, want;
  for (int k = 0; k < 30; ++k) {
    x.push_back(float(k));
    want.push_back(k ? -15 : 435);
    want.push_back(k ? float(15 / std::tan(M_PI * k / 30)) : 0);
  }
  near(dft(30, 1, 30, 2, "length = 30 : i64", x), want, 1e-5f);
}

TEST(Dft, InverseOnesidedPadded) {
  // Zeros fill up; half of the spectrum.
  near(dft(2, 1, 3, 2, "length = 4 : i64, onesided = true", {1, 1}),
       {2, 0, 1, -1, 0, 0});
  near(dft(3, 2, 4, 1, "length = 4 : i64, onesided = true, inverse = true",
           {2, 0, 1, -1, 0, 0}),
       {1, 1, 0, 0});
  // An odd length has no middle bin.
  near(dft(2, 2, 3, 1, "length = 3 : i64, onesided = true, inverse = true",
           {6, 0, -1.5f, 0.8660254f}),
       {1, 2, 3});
  near(dft(2, 2, 2, 2, "length = 2 : i64, inverse = true", {3, 1, 1, 5}),
       {2, 3, 1, -2});
}

TEST(Det, PivotsAndSingular) {
  Program p(oneOp("xgen.det", {"tensor<3x3x3xf64>"}, "tensor<3xf64>"));
  EXPECT_EQ((p.run<double>(Doubles{0, 2, 0, 1, 0, 0, 0, 0, 3,  //
                                   1, 2, 3, 4, 5, 6, 7, 8, 10, //
                                   1, 2, 3, 2, 4, 6, 0, 0, 1}))[0],
            -6);
  Doubles y = p.run<double>(Doubles{0, 2, 0, 1,  0, 0, 0, 0, 3, 1, 2, 3, 4, 5,
                                    6, 7, 8, 10, 1, 2, 3, 2, 4, 6, 0, 0, 1});
  EXPECT_NEAR(y[1], -3, 1e-12);
  EXPECT_EQ(y[2], 0);
  Program scalar(oneOp("xgen.det", {"tensor<2x2xf32>"}, "tensor<f32>"));
  EXPECT_EQ((scalar.run<float>(Floats{1, 2, 3, 4})), (Floats{-2}));
}

TEST(NgramCount, SkipsAndColumns) {
  Program p(oneOp("xgen.ngram_count",
                  {"tensor<1x5xi32>", "tensor<2x2xi64>", "tensor<2xi64>"},
                  "tensor<1x3xf32>", "{width = 3 : i64, max_skip = 1 : i64}"));
  // 1 2 beside each other once, 2 1 with one between them once.
  EXPECT_EQ((p.run<float>(Ints{1, 2, 7, 1, 9}, Longs{1, 2, 2, 1}, Longs{2, 0})),
            (Floats{1, 0, 1}));
  // Columns that are not there are left out.
  EXPECT_EQ(
      (p.run<float>(Ints{1, 2, 7, 1, 9}, Longs{1, 2, 2, 1}, Longs{-1, 3})),
      (Floats{0, 0, 0}));
}

TEST(TreeEnsemble, BranchesMembersCircles) {
  Program p(oneOp("xgen.tree_ensemble",
                  {"tensor<4x2xf32>", "tensor<3x6xi64>", "tensor<3xf32>",
                   "tensor<2xf32>", "tensor<2xi64>", "tensor<3x2xi64>",
                   "tensor<3xf32>"},
                  "tensor<4x2xf32>",
                  "{aggregate = #xgen.reduce_kind<sum>, width = 2 : i64}"));
  // Tree 0: x0 <= 0.5 (also when it is missing) ? leaf 0 : is x1 a member?
  //         leaf 1 and 2 : leaf 2. Tree 1 runs in circles.
  Longs nodes{0, 0, -1, 1, 1, 0, 1, 6, -2, -3, 0, 0, 0, 0, 2, 2, 0, 0};
  Floats splits{0.5f, 0, 0}, members{3, 4}, weights{1, 10, 100};
  Longs roots{0, 2}, targets{0, 0, 1, 1, 0, 0};
  EXPECT_EQ((p.run<float>(Floats{0, 0, 1, 4, 1, 5, NAN, 0}, nodes, splits,
                          members, roots, targets, weights)),
            (Floats{1, 0, 100, 10, 100, 0, 1, 0}));
  // Whatever the tables hold, nothing outside them is read.
  nodes = Longs(18, 1000);
  EXPECT_EQ((p.run<float>(Floats(8, 1.0f), nodes, splits, members,
                          Longs{-9, INT64_MIN}, targets, weights)),
            Floats(8, 0.0f));
}

} // namespace
