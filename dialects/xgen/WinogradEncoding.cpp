//===- WinogradEncoding.cpp - Weights for Winograd convolution ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The transforms are those of Toom and Cook: evaluate at n - 1 points and at
// infinity, multiply, interpolate. The points decide how errors grow. F(4, 3)
// with the customary 0, +-1, +-2 has four to five times the error of a direct
// convolution; with 0, +-5/8, +-3/2 twice (root mean square over random data,
// 16 to 256 channels), since powers of the points stay close to one. All entries
// of B^T and A^T are still exact in fp32.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/Winograd.h"
#include "dialects/xgen/XgenOps.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace xgen::ir;

/// The transform for the points 0, `points` and infinity.
static WinogradTransform makeTransform(int64_t m, ArrayRef<double> others) {
  WinogradTransform w = {};
  w.m = m;
  w.n = m + 2;
  SmallVector<double> points{0};
  points.append(others.begin(), others.end());
  int64_t finite = points.size();
  // Coefficients of the product of (x - p) over all points but `skip`.
  auto polynomial = [&](int64_t skip) {
    SmallVector<double> c{1};
    for (int64_t k = 0; k < finite; ++k) {
      if (k == skip)
        continue;
      c.push_back(0);
      for (int64_t i = (int64_t)c.size() - 1; i >= 0; --i)
        c[i] = (i ? c[i - 1] : 0) - points[k] * c[i];
    }
    return c;
  };
  for (int64_t j = 0; j < finite; ++j) {
    double scale = 1;
    for (int64_t k = 0; k < finite; ++k)
      if (k != j)
        scale *= points[j] - points[k];
    llvm::copy(polynomial(j), w.bt[j]);
    double power = 1;
    for (int64_t i = 0; i < std::max<int64_t>(m, 3); ++i, power *= points[j]) {
      if (i < m)
        w.at[i][j] = power;
      if (i < 3)
        w.g[j][i] = power / scale;
    }
  }
  llvm::copy(polynomial(-1), w.bt[finite]);
  w.at[m - 1][finite] = 1;
  w.g[finite][2] = 1;
  return w;
}

const WinogradTransform *xgen::ir::winogradTransform(int64_t m) {
  static const WinogradTransform two = makeTransform(2, {1, -1});
  static const WinogradTransform four =
      makeTransform(4, {0.625, -0.625, 1.5, -1.5});
  return m == 2 ? &two : m == 4 ? &four : nullptr;
}

LogicalResult WinogradAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t m, int64_t nr) {
  if (!winogradTransform(m))
    return emitError() << "winograd tiles have 2 or 4 outputs a side, not " << m;
  if (nr < 1)
    return emitError() << "nr must be positive, not " << nr;
  return success();
}

namespace {
/// The shape of an encoded weight.
struct View {
  int64_t ci = 0, co = 0;
  llvm::Error check(RankedTensorType type) {
    ArrayRef<int64_t> s = type.getShape();
    if (s.size() != 4 || s[0] != 3 || s[1] != 3 ||
        !type.getElementType().isF32())
      return llvm::createStringError(
          "winograd weights are f32 of shape 3x3xCixCo");
    ci = s[2];
    co = s[3];
    return llvm::Error::success();
  }
};
} // namespace

int64_t WinogradAttr::getPackedBytes(RankedTensorType type) const {
  int64_t n = getM() + 2, co = type.getShape().back();
  int64_t ci = type.getRank() < 2 ? 1 : type.getDimSize(type.getRank() - 2);
  return llvm::divideCeil(co, getNr()) * getNr() * n * n * ci * sizeof(float);
}

// The bytes of a constant need not be aligned.
static double load(ArrayRef<char> from, int64_t i) {
  float value;
  std::memcpy(&value, from.data() + i * sizeof value, sizeof value);
  return value;
}
static void store(MutableArrayRef<char> to, int64_t i, double x) {
  float value = x;
  std::memcpy(to.data() + i * sizeof value, &value, sizeof value);
}

/// to = left * from * left^T with `left` of rows x columns.
template <typename Left>
static void sandwich(Left left, int64_t rows, int64_t columns,
                     const double *from, double *to) {
  double half[36];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      half[i * columns + j] = 0;
      for (int64_t k = 0; k < columns; ++k)
        half[i * columns + j] += left(i, k) * from[k * columns + j];
    }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < rows; ++j) {
      to[i * rows + j] = 0;
      for (int64_t k = 0; k < columns; ++k)
        to[i * rows + j] += half[i * columns + k] * left(j, k);
    }
}

/// Calls fn(first dense element, first packed element, dense stride, packed
/// stride) for every 3x3 kernel.
template <typename Fn>
static void forEachKernel(const View &v, int64_t n, int64_t nr, Fn fn) {
  for (int64_t i = 0; i < v.ci; ++i)
    for (int64_t o = 0; o < v.co; ++o)
      fn(i * v.co + o, (o / nr * n * n * v.ci + i) * nr + o % nr, v.ci * v.co,
         v.ci * nr);
}

llvm::Error WinogradAttr::pack(RankedTensorType type, ArrayRef<char> dense,
                               MutableArrayRef<char> packed) const {
  View v;
  if (llvm::Error error = v.check(type))
    return error;
  const WinogradTransform &w = *winogradTransform(getM());
  std::memset(packed.data(), 0, packed.size());
  auto g = [&](int64_t i, int64_t k) { return w.g[i][k]; };
  forEachKernel(v, w.n, getNr(), [&](int64_t d, int64_t p, int64_t ds, int64_t ps) {
    double kernel[9], points[36];
    for (int64_t k = 0; k < 9; ++k)
      kernel[k] = load(dense, d + k * ds);
    sandwich(g, w.n, 3, kernel, points);
    for (int64_t k = 0; k < w.n * w.n; ++k)
      store(packed, p + k * ps, points[k]);
  });
  return llvm::Error::success();
}

namespace {
/// (G^T G)^-1 G^T: the kernel that fits given points best.
struct PseudoInverse {
  double p[3][6];
  explicit PseudoInverse(const WinogradTransform &w) {
    double a[3][3] = {}, inverse[3][3];
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 3; ++j)
        for (int64_t k = 0; k < w.n; ++k)
          a[i][j] += w.g[k][i] * w.g[k][j];
    double determinant = 0;
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 3; ++j) {
        int64_t i1 = (i + 1) % 3, i2 = (i + 2) % 3;
        int64_t j1 = (j + 1) % 3, j2 = (j + 2) % 3;
        inverse[j][i] = a[i1][j1] * a[i2][j2] - a[i1][j2] * a[i2][j1];
        determinant += i == 0 ? a[i][j] * inverse[j][i] : 0;
      }
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t k = 0; k < w.n; ++k) {
        p[i][k] = 0;
        for (int64_t j = 0; j < 3; ++j)
          p[i][k] += inverse[i][j] / determinant * w.g[k][j];
      }
  }
};
} // namespace

llvm::Error WinogradAttr::unpack(RankedTensorType type, ArrayRef<char> packed,
                                 MutableArrayRef<char> dense) const {
  View v;
  if (llvm::Error error = v.check(type))
    return error;
  const WinogradTransform &w = *winogradTransform(getM());
  PseudoInverse inverse(w);
  auto p = [&](int64_t i, int64_t k) { return inverse.p[i][k]; };
  forEachKernel(v, w.n, getNr(), [&](int64_t d, int64_t at, int64_t ds, int64_t ps) {
    double points[36], kernel[9];
    for (int64_t k = 0; k < w.n * w.n; ++k)
      points[k] = load(packed, at + k * ps);
    sandwich(p, 3, w.n, points, kernel);
    for (int64_t k = 0; k < 9; ++k)
      store(dense, d + k * ds, kernel[k]);
  });
  return llvm::Error::success();
}
