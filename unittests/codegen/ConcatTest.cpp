//===- ConcatTest.cpp - Kernels whose parts are concatenated --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Convolutions and arguments side by side in one result, in fenced memory: every
// part is written by a loop nest of its own, none reaches into another.
//
//===----------------------------------------------------------------------===//

#include "GuardedKernel.h"
#include "TestSupport.h"
#include <cmath>
#include <random>

using namespace llvm;
using namespace xgen;

namespace {
/// A convolution of the input with a kernel of this size, or an argument.
struct Part {
  int64_t kernel; ///< 1, 3, or 0 for an argument
  int64_t channels;
};
struct Joined {
  int64_t n, h, w, ci;
  std::vector<Part> parts;
  size_t positions() const { return n * h * w; }
  int64_t channels() const {
    int64_t sum = 0;
    for (const Part &part : parts)
      sum += part.channels;
    return sum;
  }
};

std::string tensor(ArrayRef<int64_t> dims) {
  std::string text = "tensor<";
  for (int64_t d : dims)
    text += std::to_string(d) + "x";
  return text + "f32>";
}

/// concat(relu(conv(x, w0)), a1, ...): argument 0 is x, then one a part.
std::string kernelText(const Joined &j) {
  auto whole = [&](int64_t c) { return tensor({j.n, j.h, j.w, c}); };
  std::string x = whole(j.ci), y = whole(j.channels()), args = "%x: " + x, body, names, types;
  for (auto [i, part] : enumerate(j.parts)) {
    std::string number = std::to_string(i), type = whole(part.channels);
    std::string name = "%p" + number;
    if (part.kernel) {
      std::string w = tensor({part.kernel, part.kernel, j.ci, part.channels});
      std::string pad = part.kernel == 3 ? "1, 1, 1, 1" : "0, 0, 0, 0";
      args += ", %w" + number + ": " + w;
      body += "  %c" + number + " = xgen.conv %x, %w" + number +
              " {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: " +
              pad + ">, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (" + x +
              ", " + w + ") -> " + type + "\n  " + name + " = xgen.unary %c" + number +
              " {kind = #xgen.unary_kind<relu>} : (" + type + ") -> " + type + "\n";
    } else {
      args += ", " + name + ": " + type;
    }
    names += (i ? ", " : "") + name;
    types += (i ? ", " : "") + type;
  }
  return "kernel.func @k(" + args + ") -> " + y + " {\n" + body + "  %y = xgen.concat " + names +
         " {axis = 3 : i64} : (" + types + ") -> " + y + "\n  kernel.return %y : " + y + "\n}\n";
}

/// Channels `at` to `at + part.channels` of the result.
void reference(const Joined &j, const Part &part, ArrayRef<float> x, ArrayRef<float> data,
               int64_t at, std::vector<double> &y) {
  int64_t k = part.kernel, co = part.channels, all = j.channels();
  for (int64_t p = 0; p < (int64_t)j.positions(); ++p)
    for (int64_t o = 0; o < co; ++o) {
      double &sum = y[p * all + at + o];
      if (!k) {
        sum = data[p * co + o];
        continue;
      }
      sum = 0;
      int64_t n = p / (j.h * j.w), oy = p / j.w % j.h, ox = p % j.w;
      for (int64_t t = 0; t < k * k; ++t) {
        int64_t iy = oy + t / k - k / 2, ix = ox + t % k - k / 2;
        if (iy < 0 || ix < 0 || iy >= j.h || ix >= j.w)
          continue;
        for (int64_t c = 0; c < j.ci; ++c)
          sum += (double)x[((n * j.h + iy) * j.w + ix) * j.ci + c] * data[(t * j.ci + c) * co + o];
      }
      sum = std::max(0.0, sum);
    }
}

ArrayRef<char> bytes(const std::vector<float> &v) {
  return {reinterpret_cast<const char *>(v.data()), v.size() * sizeof(float)};
}
} // namespace

/// Largest error by largest result.
static double errorOf(mlir::MLIRContext &context, const Joined &j, const xgen::Target &target,
                      ConvAlgorithm algorithm, bool packed) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kernelText(j), &context);
  if (!module)
    return ADD_FAILURE() << "the kernel does not parse", 1;
  std::mt19937 random(j.h * 100 + j.ci);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> data(1);
  auto fill = [&](std::vector<float> &v, size_t n) {
    while (v.size() < n)
      v.push_back(normal(random));
  };
  fill(data[0], j.positions() * j.ci);
  std::vector<double> want(j.positions() * j.channels());
  SmallVector<unsigned> constants;
  int64_t at = 0;
  for (const Part &part : j.parts) {
    if (part.kernel && packed)
      constants.push_back(data.size());
    data.emplace_back();
    fill(data.back(), (part.kernel ? part.kernel * part.kernel * j.ci : j.positions()) *
                          part.channels);
    reference(j, part, data[0], data.back(), at, want);
    at += part.channels;
  }
  SmallVector<ArrayRef<char>> dense, inputs;
  for (auto &values : data)
    dense.push_back(bytes(values));
  auto kernel = *module->getOps<kernel::FuncOp>().begin();
  auto stored = scheduleKernel(kernel, dense, constants, target, algorithm);
  inputs.assign(stored.begin(), stored.end());
  KernelOptions options;
  options.useCache = false;
  auto kernels = compileKernels(*module, target, options);
  if (!kernels)
    return ADD_FAILURE() << toString(kernels.takeError()), 1;
  EXPECT_FALSE((*kernels)["k"]->eval());
  auto loaded = GuardedKernel::load(*kernels->lookup("k"));
  if (!loaded)
    return ADD_FAILURE() << toString(loaded.takeError()), 1;
  double error = 0, largest = 0;
  for (Fence fence : {Fence::Behind, Fence::Before}) {
    auto result = loaded->run(inputs, want.size() * sizeof(float), fence);
    if (!result)
      return ADD_FAILURE() << toString(result.takeError()), 1;
    auto *got = reinterpret_cast<const float *>(result->data());
    for (size_t i = 0; i < want.size(); ++i) {
      error = std::max(error, std::isnan(got[i]) ? INFINITY : std::fabs(got[i] - want[i]));
      largest = std::max(largest, std::fabs(want[i]));
    }
  }
  return error / largest;
}

TEST_F(CodegenTest, PartsOfAConcatenationStayApart) {
  const Joined kernels[] = {
      {1, 5, 7, 16, {{1, 64}, {3, 64}}},
      {2, 9, 11, 7, {{1, 5}, {0, 3}, {3, 20}}},
      {1, 6, 5, 3, {{3, 1}, {3, 17}, {0, 1}, {1, 33}}},
      {1, 1, 3, 130, {{1, 130}, {0, 2}, {1, 7}}},
      {2, 12, 12, 24, {{0, 40}, {3, 72}}},
  };
  for (const char *name : {"x86-64-v3", "x86-64-v4"}) {
    xgen::Target t = target(name);
    if (!t.runsOnHost())
      continue;
    for (const Joined &j : kernels)
      for (auto [algorithm, packed] :
           {std::pair(ConvAlgorithm::Direct, false), std::pair(ConvAlgorithm::Direct, true),
            std::pair(ConvAlgorithm::Winograd4, true)}) {
        t.threads = 1 + packed;
        EXPECT_LT(errorOf(context, j, t, algorithm, packed), 5e-6)
            << name << " " << j.n << "x" << j.h << "x" << j.w << "x" << j.ci << " packed "
            << packed << " algorithm " << (int)algorithm;
      }
  }
}
