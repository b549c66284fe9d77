//===- Signal.cpp - Fourier transform, determinant --------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The transform is Stockham's, for any factors: each pass combines p shorter
// transforms and leaves its results in order, from one half of scratch to the
// other.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class C>
struct Complex {
  C re, im;
};

template <class C>
Complex<C> operator*(Complex<C> a, Complex<C> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class C>
Complex<C> operator*(C a, Complex<C> b) {
  return {a * b.re, a * b.im};
}
template <class C>
Complex<C> operator+(Complex<C> a, Complex<C> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class C>
Complex<C> operator-(Complex<C> a, Complex<C> b) {
  return {a.re - b.re, a.im - b.im};
}
/// a times -i.
template <class C>
Complex<C> turned(Complex<C> a) {
  return {a.im, -a.re};
}

/// e^(-2 pi i t / n), exact where it is 0 or 1.
Complex<double> rootOfUnity(int64_t t, int64_t n) {
  const double pi = 3.14159265358979323846;
  // By eighths, so that the argument stays small.
  int64_t eighth = 8 * t / n;
  double rest = static_cast<double>(8 * t - eighth * n) /
                static_cast<double>(n) * (pi / 4.0);
  if (eighth & 1)
    rest = pi / 4.0 - rest;
  double c = xgen_cos(rest), s = xgen_sin(rest);
  switch (eighth) {
  case 0:
    return {c, -s};
  case 1:
    return {s, -c};
  case 2:
    return {-s, -c};
  case 3:
    return {-c, -s};
  case 4:
    return {-c, s};
  case 5:
    return {-s, c};
  case 6:
    return {s, c};
  default:
    return {c, s};
  }
}

int64_t smallestFactor(int64_t n) {
  if (n % 4 == 0)
    return 4;
  for (int64_t p = 2; p * p <= n; ++p)
    if (n % p == 0)
      return p;
  return n;
}

/// One pass: `n` is the length of the transforms that it makes, `s` the number
/// of them that are interleaved. roots[t] = e^(-2 pi i t / (n * s)).
template <class C>
void pass(Complex<C> *to, const Complex<C> *from, const Complex<C> *roots,
          int64_t n, int64_t s, int64_t p) {
  int64_t m = n / p, total = n * s;
  for (int64_t k = 0; k < m; ++k) {
    const Complex<C> *x = from + s * k;
    Complex<C> *y = to + s * p * k;
    if (p == 2) {
      Complex<C> w = roots[k * s];
      for (int64_t q = 0; q < s; ++q) {
        Complex<C> a = x[q], b = x[q + s * m];
        y[q] = a + b;
        y[q + s] = (a - b) * w;
      }
    } else if (p == 3) {
      const C c = C(-0.5), d = C(0.86602540378443864676);
      Complex<C> w1 = roots[k * s], w2 = roots[2 * k * s];
      for (int64_t q = 0; q < s; ++q) {
        Complex<C> a = x[q], b = x[q + s * m], e = x[q + 2 * s * m];
        Complex<C> sum = b + e, even = a + c * sum, odd = turned(d * (b - e));
        y[q] = a + sum;
        y[q + s] = (even + odd) * w1;
        y[q + 2 * s] = (even - odd) * w2;
      }
    } else if (p == 4) {
      Complex<C> w1 = roots[k * s], w2 = roots[2 * k * s],
                 w3 = roots[3 * k * s];
      for (int64_t q = 0; q < s; ++q) {
        Complex<C> a = x[q], b = x[q + s * m], c = x[q + 2 * s * m];
        Complex<C> d = x[q + 3 * s * m];
        Complex<C> sum = a + c, difference = a - c, other = b + d;
        Complex<C> odd = turned(b - d);
        y[q] = sum + other;
        y[q + s] = (difference + odd) * w1;
        y[q + 2 * s] = (sum - other) * w2;
        y[q + 3 * s] = (difference - odd) * w3;
      }
    } else if (p == 5) {
      // Cosines and sines of 72 and 144 degrees.
      const C c1 = C(0.30901699437494742410), d1 = C(0.95105651629515357212);
      const C c2 = C(-0.80901699437494742410), d2 = C(0.58778525229247312917);
      Complex<C> w[4];
      for (int l = 0; l < 4; ++l)
        w[l] = roots[(l + 1) * k * s];
      for (int64_t q = 0; q < s; ++q) {
        Complex<C> a = x[q], b = x[q + s * m], c = x[q + 2 * s * m];
        Complex<C> d = x[q + 3 * s * m], e = x[q + 4 * s * m];
        Complex<C> be = b + e, cd = c + d, b_e = b - e, c_d = c - d;
        Complex<C> even1 = a + c1 * be + c2 * cd;
        Complex<C> odd1 = turned(d1 * b_e + d2 * c_d);
        Complex<C> even2 = a + c2 * be + c1 * cd;
        Complex<C> odd2 = turned(d2 * b_e - d1 * c_d);
        y[q] = a + be + cd;
        y[q + s] = (even1 + odd1) * w[0];
        y[q + 2 * s] = (even2 + odd2) * w[1];
        y[q + 3 * s] = (even2 - odd2) * w[2];
        y[q + 4 * s] = (even1 - odd1) * w[3];
      }
    } else {
      for (int64_t l = 0; l < p; ++l) {
        Complex<C> w = roots[k * l * s % total];
        for (int64_t q = 0; q < s; ++q) {
          Complex<C> sum{C(0), C(0)};
          for (int64_t j = 0, turn = 0; j < p; ++j) {
            sum = sum + x[q + s * m * j] * roots[turn];
            turn += l * (total / p);
            turn = turn >= total ? turn - total : turn;
          }
          y[q + s * l] = sum * w;
        }
      }
    }
  }
}

/// The transform of `a`, of length n; `b` is as long. Returns where it lies.
template <class C>
Complex<C> *transform(Complex<C> *a, Complex<C> *b, const Complex<C> *roots,
                      int64_t n) {
  for (int64_t rest = n, s = 1; rest > 1;) {
    int64_t p = smallestFactor(rest);
    pass(b, a, roots, rest, s, p);
    Complex<C> *swap = a;
    a = b;
    b = swap;
    rest /= p;
    s *= p;
  }
  return a;
}

template <class C>
void dft(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t axis = call->attrs[0], length = call->attrs[2];
  bool inverse = call->attrs[1], onesided = call->attrs[3];
  int64_t parts = in.dims[in.rank - 1], results = out.dims[out.rank - 1];
  int64_t outer = 1, inner = 1, size = in.dims[axis], bins = out.dims[axis];
  for (int32_t d = 0; d < in.rank - 1; ++d)
    if (d != axis)
      (d < axis ? outer : inner) *= in.dims[d];
  auto *roots = static_cast<Complex<C> *>(call->scratch);
  Complex<C> *a = roots + length, *b = a + length;
  for (int64_t t = 0; t < length; ++t) {
    Complex<double> w = rootOfUnity(t, length);
    roots[t] = {static_cast<C>(w.re), static_cast<C>(w.im)};
  }
  bool mirror = inverse && onesided;
  int64_t reads = min(size, mirror ? length / 2 + 1 : length);
  C factor = static_cast<C>(inverse ? 1.0 / static_cast<double>(length) : 1.0);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      for (int64_t k = 0; k < length; ++k)
        a[k] = {C(0), C(0)};
      for (int64_t k = 0; k < reads; ++k) {
        C x[2] = {C(0), C(0)};
        read<C>(x, in, ((o * size + k) * inner + i) * parts, 1, parts);
        // The inverse is the transform of the conjugate, conjugated.
        a[k] = {x[0], inverse ? -x[1] : x[1]};
      }
      if (mirror) {
        a[0].im = C(0);
        if (length % 2 == 0)
          a[length / 2].im = C(0);
        for (int64_t k = 1; k < (length + 1) / 2; ++k)
          a[length - k] = {a[k].re, -a[k].im};
      }
      const Complex<C> *y = transform(a, b, roots, length);
      for (int64_t k = 0; k < bins; ++k) {
        C x[2] = {y[k].re * factor, (inverse ? -y[k].im : y[k].im) * factor};
        write<C>(out, ((o * bins + k) * inner + i) * results, 1, x, results);
      }
    }
}

/// Complex signals in single precision; scratch is enough for double.
bool isSingle(const EvalCall *call) {
  const EvalTensor &in = call->in[0];
  bool mirror = call->attrs[1] && call->attrs[3];
  return computeOf(in) == Compute::Float && in.dims[in.rank - 1] == 2 &&
         !mirror;
}

template <class C>
void determinants(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t n = in.dims[in.rank - 1], count = elementCount(out);
  auto *a = static_cast<double *>(call->scratch);
  for (int64_t t = 0; t < count; ++t) {
    read<double>(a, in, t * n * n, 1, n * n);
    double result = 1.0;
    for (int64_t c = 0; c < n; ++c) {
      int64_t pivot = c;
      for (int64_t r = c + 1; r < n; ++r)
        if (xgen_fabs(a[r * n + c]) > xgen_fabs(a[pivot * n + c]))
          pivot = r;
      if (pivot != c) {
        result = -result;
        for (int64_t k = c; k < n; ++k) {
          double swap = a[c * n + k];
          a[c * n + k] = a[pivot * n + k];
          a[pivot * n + k] = swap;
        }
      }
      double head = a[c * n + c];
      result *= head;
      if (head == 0.0)
        break;
      for (int64_t r = c + 1; r < n; ++r) {
        double factor = a[r * n + c] / head;
        for (int64_t k = c + 1; k < n; ++k)
          a[r * n + k] -= factor * a[c * n + k];
      }
    }
    put<C>(out, t, static_cast<C>(result));
  }
}

} // namespace

extern "C" int64_t xgen_eval_scratch_dft(const EvalCall *call) {
  // A length that only the program knows follows from the largest result.
  int64_t length = call->attrs[2] ? call->attrs[2]
                                  : 2 * call->out[0].dims[call->attrs[0]];
  return 3 * length * static_cast<int64_t>(sizeof(Complex<double>));
}

extern "C" int32_t xgen_eval_dft(const EvalCall *call) {
  if (!elementCount(call->out[0]))
    return EvalOk;
  if (isSingle(call))
    dft<float>(call);
  else
    dft<double>(call);
  return EvalOk;
}

extern "C" int64_t xgen_eval_scratch_det(const EvalCall *call) {
  const EvalTensor &in = call->in[0];
  return in.dims[in.rank - 1] * in.dims[in.rank - 1] * 8;
}

extern "C" int32_t xgen_eval_det(const EvalCall *call) {
  if (computeOf(call->in[0]) == Compute::Double)
    determinants<double>(call);
  else
    determinants<float>(call);
  return EvalOk;
}
