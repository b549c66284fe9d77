//===- ConvTest.cpp - Kernels of convolutions -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Kernels of many shapes, in fenced memory, against a convolution in double; the
// encoding of Winograd weights against the definition of the transform.
//
//===----------------------------------------------------------------------===//

#include "GuardedKernel.h"
#include "TestSupport.h"
#include "dialects/xgen/Winograd.h"
#include <cmath>
#include <random>

using namespace llvm;
using namespace xgen;

namespace {
struct Shape {
  int64_t n, h, w, ci, co, top, left, bottom, right;
  bool bias, add;
  int64_t kh = 3, kw = 3, sy = 1, sx = 1, dy = 1, dx = 1;
  int64_t oh() const { return (h + top + bottom - (kh - 1) * dy - 1) / sy + 1; }
  int64_t ow() const { return (w + left + right - (kw - 1) * dx - 1) / sx + 1; }
  size_t inputs() const { return n * h * w * ci; }
  size_t outputs() const { return n * oh() * ow() * co; }
};

struct Data {
  std::vector<float> x, w, b, r;
  explicit Data(const Shape &s, float weightScale = 1) {
    std::mt19937 random(s.h * 100 + s.ci);
    std::normal_distribution<float> normal;
    auto fill = [&](std::vector<float> &v, size_t n, float scale) {
      for (size_t i = 0; i < n; ++i)
        v.push_back(normal(random) * scale);
    };
    fill(x, s.inputs(), 1);
    fill(w, s.kh * s.kw * s.ci * s.co, weightScale);
    fill(b, s.bias ? s.co : 0, 1);
    fill(r, s.add ? s.outputs() : 0, 1);
  }
};

std::string tensor(ArrayRef<int64_t> dims, StringRef encoding = "") {
  std::string text = "tensor<";
  for (int64_t d : dims)
    text += std::to_string(d) + "x";
  return text + "f32" + encoding.str() + ">";
}

std::string array(ArrayRef<int64_t> values) {
  std::string text;
  for (int64_t v : values)
    text += (text.empty() ? "array<i64: " : ", ") + std::to_string(v);
  return text + ">";
}

/// relu(conv(x, w) + b + r); the weight is argument 1 and constant.
std::string kernelText(const Shape &s) {
  std::string x = tensor({s.n, s.h, s.w, s.ci}), w = tensor({s.kh, s.kw, s.ci, s.co});
  std::string b = tensor({s.co}), y = tensor({s.n, s.oh(), s.ow(), s.co});
  std::string text = "kernel.func @k(%x: " + x + ", %w: " + w;
  text += s.bias ? ", %b: " + b : "";
  text += s.add ? ", %r: " + y : "";
  text += ") -> " + y + " {\n  %0 = xgen.conv %x, %w" + (s.bias ? ", %b" : "") +
          " {strides = " + array({s.sy, s.sx}) + ", dilations = " + array({s.dy, s.dx}) +
          ", pads = " + array({s.top, s.left, s.bottom, s.right}) +
          ", groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, " +
          (s.bias ? "1" : "0") + ">} : (" + x + ", " + w + (s.bias ? ", " + b : "") +
          ") -> " + y + "\n";
  std::string last = "%0";
  if (s.add) {
    text += "  %1 = xgen.binary %0, %r {kind = #xgen.binary_kind<add>} : (" + y + ", " + y +
            ") -> " + y + "\n";
    last = "%1";
  }
  return text + "  %2 = xgen.unary " + last + " {kind = #xgen.unary_kind<relu>} : (" + y +
         ") -> " + y + "\n  kernel.return %2 : " + y + "\n}\n";
}

std::vector<double> reference(const Shape &s, const Data &d) {
  std::vector<double> y(s.outputs());
  size_t at = 0;
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t oy = 0; oy < s.oh(); ++oy)
      for (int64_t ox = 0; ox < s.ow(); ++ox)
        for (int64_t o = 0; o < s.co; ++o, ++at) {
          double sum = s.bias ? d.b[o] : 0;
          for (int64_t k = 0; k < s.kh * s.kw; ++k) {
            int64_t iy = oy * s.sy + k / s.kw * s.dy - s.top;
            int64_t ix = ox * s.sx + k % s.kw * s.dx - s.left;
            if (iy < 0 || ix < 0 || iy >= s.h || ix >= s.w)
              continue;
            for (int64_t c = 0; c < s.ci; ++c)
              sum += (double)d.x[((n * s.h + iy) * s.w + ix) * s.ci + c] *
                     d.w[(k * s.ci + c) * s.co + o];
          }
          y[at] = std::max(0.0, sum + (s.add ? d.r[at] : 0));
        }
  return y;
}

template <typename T> ArrayRef<char> bytes(const std::vector<T> &v) {
  return {reinterpret_cast<const char *>(v.data()), v.size() * sizeof(T)};
}
} // namespace

/// Largest error by largest result; 1 with a test failure when it does not run. Of the
/// schedule that is chosen, or the one that `choose` gives; 0 where it gives none.
static double
errorOf(mlir::MLIRContext &context, const Shape &s, const Data &data, const xgen::Target &target,
        ConvAlgorithm algorithm, StringRef schedule,
        function_ref<std::optional<ScheduleChoice>(kernel::FuncOp)> choose = nullptr) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kernelText(s), &context);
  if (!module)
    return ADD_FAILURE() << "the kernel does not parse", 1;
  auto kernel = *module->getOps<kernel::FuncOp>().begin();
  SmallVector<ArrayRef<char>> dense{bytes(data.x), bytes(data.w)}, inputs;
  if (s.bias)
    dense.push_back(bytes(data.b));
  if (s.add)
    dense.push_back(bytes(data.r));
  std::optional<ScheduleChoice> given = choose ? choose(kernel) : std::nullopt;
  if (choose && !given)
    return 0;
  auto stored = given ? applySchedule(kernel, dense, *given)
                      : scheduleKernel(kernel, dense, {1}, target, algorithm);
  inputs.assign(stored.begin(), stored.end());
  EXPECT_EQ(kernel.getScheduleAttr().getTemplateName(), schedule);
  KernelOptions options;
  options.useCache = false;
  auto kernels = compileKernels(*module, target, options);
  if (!kernels)
    return ADD_FAILURE() << toString(kernels.takeError()), 1;
  auto loaded = GuardedKernel::load(*kernels->lookup("k"));
  if (!loaded)
    return ADD_FAILURE() << toString(loaded.takeError()), 1;
  std::vector<double> want = reference(s, data);
  double error = 0, largest = 0;
  for (Fence fence : {Fence::Behind, Fence::Before}) {
    auto result = loaded->run(inputs, s.outputs() * sizeof(float), fence);
    if (!result)
      return ADD_FAILURE() << toString(result.takeError()), 1;
    auto *got = reinterpret_cast<const float *>(result->data());
    for (size_t i = 0; i < want.size(); ++i) {
      error = std::max(error, std::isnan(got[i]) ? INFINITY : std::fabs(got[i] - want[i]));
      largest = std::max(largest, want[i]);
    }
  }
  return error / largest;
}

TEST_F(CodegenTest, WinogradKernelsOfManyShapes) {
  const Shape shapes[] = {
      {1, 1, 1, 1, 1, 1, 1, 1, 1, true, false},
      {1, 2, 3, 3, 5, 1, 1, 1, 1, false, false},
      {3, 5, 7, 16, 16, 1, 1, 1, 1, true, true},
      {1, 13, 13, 24, 40, 1, 1, 1, 1, true, false},
      {1, 4, 4, 64, 33, 0, 0, 0, 0, true, true},
      {2, 9, 30, 17, 70, 1, 1, 1, 1, true, false},
      {1, 3, 3, 5, 5, 0, 0, 0, 0, false, true},
      {1, 10, 6, 8, 48, 2, 0, 1, 3, true, false},
      {1, 33, 65, 12, 20, 1, 1, 1, 1, true, true},
      {1, 7, 7, 256, 64, 1, 1, 1, 1, true, true},
      {3, 6, 5, 1, 300, 1, 1, 1, 1, false, true},
      {1, 28, 28, 128, 128, 1, 1, 1, 1, true, false},
  };
  std::vector<xgen::Target> targets;
  for (const char *name : {"x86-64-v3", "x86-64-v4"})
    for (int threads : {1, 2}) {
      xgen::Target t = target(name);
      t.threads = threads;
      if (t.runsOnHost())
        targets.push_back(t);
    }
  // The first shapes everywhere, the others on one target each.
  size_t turn = 0;
  for (const Shape &s : shapes)
    for (ConvAlgorithm algorithm : {ConvAlgorithm::Winograd2, ConvAlgorithm::Winograd4}) {
      const xgen::Target &t = targets[turn++ % targets.size()];
      bool four = algorithm == ConvAlgorithm::Winograd4;
      // Rounding grows with the square root of the number of summands; the
      // factors are those of WinogradEncoding.cpp with room for the largest of
      // many errors.
      double limit = 0x1p-24 * (four ? 8 : 4) * std::sqrt(s.ci + 4);
      EXPECT_LT(errorOf(context, s, Data(s), t, algorithm, "winograd"), limit)
          << s.n << "x" << s.h << "x" << s.w << " " << s.ci << " to " << s.co << ", F("
          << (four ? 4 : 2) << "), " << t.name << ", threads " << t.threads;
    }
}

/// Sums are much smaller than the bias, so that one rounding is all that shows:
/// the bias is added last. A quarter more is for the sums themselves.
TEST_F(CodegenTest, ConvolutionsAddTheBiasLast) {
  Shape s{1, 9, 9, 64, 32, 1, 1, 1, 1, true, false};
  Data data(s, 1e-4f);
  for (float &b : data.b)
    b = 1;
  for (ConvAlgorithm algorithm :
       {ConvAlgorithm::Direct, ConvAlgorithm::Winograd2, ConvAlgorithm::Winograd4})
    EXPECT_LT(errorOf(context, s, data, target("x86-64-v3"), algorithm,
                      algorithm == ConvAlgorithm::Direct ? "direct_conv" : "winograd"),
              0x1p-24 * 1.25);
  s.co = 2;
  Data few(s, 1e-4f);
  for (float &b : few.b)
    b = 1;
  EXPECT_LT(errorOf(context, s, few, target("x86-64-v3"), ConvAlgorithm::Direct, "dot_conv"),
            0x1p-24 * 1.25);
}

/// Few output channels: tiles that a tuner may choose, of rows of the window that are
/// whole vectors, that are not, that are shorter than one; with and without overlapping
/// tiles, which a result in the place of an operand does not allow.
TEST_F(CodegenTest, ConvolutionsAlongTheReduction) {
  const Shape shapes[] = {
      {1, 9, 20, 8, 1, 2, 2, 2, 2, true, true, 5, 5},
      {1, 7, 11, 32, 1, 3, 1, 3, 1, true, false, 7, 3},
      {2, 4, 9, 33, 2, 1, 1, 1, 1, true, true},
      {1, 1, 531, 1, 1, 0, 0, 0, 0, false, false, 1, 256, 1, 2},
      {1, 3, 40, 8, 8, 1, 19, 1, 19, true, false, 3, 39},
      {3, 5, 7, 64, 3, 0, 0, 0, 0, true, true, 1, 1},
      {1, 6, 8, 24, 10, 0, 0, 0, 0, true, false, 1, 1},
      {1, 13, 12, 16, 5, 2, 2, 2, 2, true, true, 3, 3, 1, 1, 2, 2},
      {1, 12, 15, 20, 6, 1, 0, 2, 3, false, true, 3, 3, 2, 3, 3, 2},
      {2, 11, 13, 3, 4, 3, 3, 3, 3, true, false, 7, 7, 2, 2},
      {1, 5, 6, 7, 12, 1, 1, 1, 1, true, true},
      {1, 3, 1, 19, 1, 1, 1, 1, 1, true, false},
  };
  size_t tested = 0;
  for (const char *name : {"x86-64-v3", "x86-64-v4"})
    for (const Shape &s : shapes) {
      xgen::Target t = target(name);
      if (!t.runsOnHost())
        continue;
      Data data(s);
      double limit = 0x1p-24 * 2 * std::sqrt(s.kh * s.kw * s.ci + 4);
      for (size_t i = 0, all = 1; i < all; i += 1 + all / 5) {
        t.threads = 1 + i % 2;
        bool ran = false;
        auto choose = [&](kernel::FuncOp kernel) -> std::optional<ScheduleChoice> {
          SmallVector<bool> constants(kernel.getNumArguments());
          constants[1] = true;
          std::vector<kernel::ScheduleAttr> schedules;
          auto consider = [&](kernel::ScheduleAttr schedule) {
            if (schedule.getTemplateName() == "dot_conv")
              schedules.push_back(schedule);
          };
          consider(chooseSchedule(kernel, constants, t, ConvAlgorithm::Direct).schedule);
          llvm::for_each(scheduleAlternatives(kernel, constants, t, ConvAlgorithm::Direct),
                         consider);
          all = schedules.size();
          if (i >= all)
            return std::nullopt;
          auto choice = withSchedule(kernel, schedules[i], constants, t, ConvAlgorithm::Direct);
          if (s.add && i % 3 == 0)
            kernel.setInplace(ArrayRef<int64_t>{(int64_t)kernel.getNumArguments() - 1, 0});
          ran = choice.has_value();
          return choice;
        };
        double error = errorOf(context, s, data, t, ConvAlgorithm::Direct, "dot_conv", choose);
        EXPECT_LT(error, limit) << name << " " << s.n << "x" << s.h << "x" << s.w << " " << s.ci
                                << " to " << s.co << ", schedule " << i;
        tested += ran;
      }
    }
  EXPECT_GT(tested, sizeof(shapes) / sizeof(shapes[0]));
}

TEST_F(CodegenTest, WinogradWeightsComeBack) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (int64_t m : {2, 4})
    for (int64_t nr : {8, 32}) {
      auto type = mlir::RankedTensorType::get(
          {3, 3, 5, 37}, mlir::Float32Type::get(&context), ir::WinogradAttr::get(&context, m, nr));
      auto encoding = cast<ir::EncodingInterface>(type.getEncoding());
      int64_t co = alignTo(37, nr), n = m + 2;
      ASSERT_EQ(encoding.getPackedBytes(type), n * n * 5 * co * 4);
      std::vector<float> dense(9 * 5 * 37), back(dense.size()), packed(n * n * 5 * co);
      for (float &v : dense)
        v = normal(random) * (random() % 8 == 0 ? 1e-3f : 1.0f);
      MutableArrayRef<char> storage(reinterpret_cast<char *>(packed.data()), packed.size() * 4);
      ASSERT_FALSE(bool(encoding.pack(type, bytes(dense), storage)));
      // One element by the definition: channel 3 to 11, point (1, n - 1).
      const ir::WinogradTransform &w = *ir::winogradTransform(m);
      double want = 0;
      for (int64_t y = 0; y < 3; ++y)
        for (int64_t x = 0; x < 3; ++x)
          want += w.g[1][y] * w.g[n - 1][x] * dense[((y * 3 + x) * 5 + 3) * 37 + 11];
      int64_t at = ((11 / nr * n * n + 1 * n + n - 1) * 5 + 3) * nr + 11 % nr;
      EXPECT_EQ(packed[at], (float)want);
      MutableArrayRef<char> result(reinterpret_cast<char *>(back.data()), back.size() * 4);
      ASSERT_FALSE(bool(encoding.unpack(type, storage, result)));
      for (int64_t k = 0; k < 5 * 37; ++k) {
        double largest = 0, error = 0;
        for (int64_t t = 0; t < 9; ++t) {
          largest = std::max<double>(largest, std::fabs(dense[t * 5 * 37 + k]));
          error = std::max<double>(error,
                                   std::fabs((double)dense[t * 5 * 37 + k] - back[t * 5 * 37 + k]));
        }
        EXPECT_LE(error, largest * 0x1p-23) << "m " << m << " kernel " << k;
      }
    }
}

/// Interpolation undoes evaluation: A^T [(G g) * (B^T d)] is the convolution.
TEST_F(CodegenTest, WinogradTransformsAreExact) {
  for (int64_t m : {2, 4}) {
    const ir::WinogradTransform &w = *ir::winogradTransform(m);
    double d[6] = {3, -1, 4, 1, -5, 9}, g[3] = {2, 7, -1};
    for (int64_t i = 0; i < m; ++i) {
      double y = 0;
      for (int64_t k = 0; k < w.n; ++k) {
        double left = 0, right = 0;
        for (int64_t j = 0; j < 3; ++j)
          left += w.g[k][j] * g[j];
        for (int64_t j = 0; j < w.n; ++j) {
          right += w.bt[k][j] * d[j];
          EXPECT_EQ((float)w.bt[k][j], w.bt[k][j]);
        }
        EXPECT_EQ((float)w.at[i][k], w.at[i][k]);
        y += w.at[i][k] * left * right;
      }
      EXPECT_NEAR(y, d[i] * g[0] + d[i + 1] * g[1] + d[i + 2] * g[2], 1e-12);
    }
  }
  EXPECT_EQ(ir::winogradTransform(3), nullptr);
}

TEST_F(CodegenTest, WinogradWeightsAreChecked) {
  auto f32 = mlir::Float32Type::get(&context);
  auto encoding = ir::WinogradAttr::get(&context, 4, 8);
  auto type = mlir::RankedTensorType::get({1, 1, 2, 8}, f32, encoding);
  std::vector<char> dense(64), packed(encoding.getPackedBytes(type));
  EXPECT_EQ(toString(encoding.pack(type, dense, packed)),
            "winograd weights are f32 of shape 3x3xCixCo");
  // Wrong parameters do not parse.
  std::string said;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) { said += d.str(); });
  EXPECT_FALSE(parse("kernel.func private @k(%w: tensor<3x3x1x1xf32, #xgen.winograd<m = 3, nr = 8>>) "
                     "-> tensor<1xf32>"));
  EXPECT_NE(said.find("winograd tiles have 2 or 4 outputs a side, not 3"), std::string::npos) << said;
}
