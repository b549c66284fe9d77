//===- Normalize.cpp - Softmax and normalizations ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Statistics over a box of elements, then a second walk over the same box.
// Everything is computed in double and rounded once.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Axes.h"
#include "codegen/reference/eval/Kinds.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

/// Calls f(flat index, block, count, stride) for the blocks of a walk at `base`;
/// the block holds the elements of `t`.
template <class F>
XGEN_INLINE void forBlocks(const EvalTensor &t, Walk<1> &w, int64_t base, F f) {
  w.start();
  if (w.empty)
    return;
  double x[kBlock];
  int64_t n = w.rowLength(), s = w.rowStride(0);
  do {
    for (int64_t i = 0; i < n; i += kBlock) {
      int64_t m = min(kBlock, n - i), at = base + w.offset[0] + i * s;
      read<double>(x, t, at, s, m);
      f(at, x, m, s);
    }
  } while (w.next());
}

/// Calls f(flat index) for every element that is kept.
template <class F>
XGEN_INLINE void forKept(Axes &axes, F f) {
  if (axes.kept.empty)
    return;
  do {
    for (int64_t i = 0; i < axes.kept.rowLength(); ++i)
      f(axes.kept.offset[0] + i * axes.kept.rowStride(0));
  } while (axes.kept.next());
}

} // namespace

extern "C" int32_t xgen_eval_softmax(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *list = attrs.array(n);
  bool log = attrs.integer();
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Axes axes(in, list, n);
  forKept(axes, [&](int64_t base) {
    double top = -xgen_inf(), sum = 0.0;
    forBlocks(in, axes.reduced, base,
              [&](int64_t, const double *x, int64_t m, int64_t) {
                for (int64_t k = 0; k < m; ++k)
                  top = x[k] > top || x[k] != x[k] ? x[k] : top;
              });
    forBlocks(in, axes.reduced, base,
              [&](int64_t, const double *x, int64_t m, int64_t) {
                double e[kBlock];
                for (int64_t k = 0; k < m; ++k)
                  e[k] = xgen_exp_clamped(x[k] - top);
                for (int64_t k = 0; k < m; ++k)
                  sum += e[k];
              });
    double logSum = log ? xgen_log(sum) : 0.0, scale = 1.0 / sum;
    forBlocks(in, axes.reduced, base,
              [&](int64_t at, double *x, int64_t m, int64_t s) {
                for (int64_t k = 0; k < m; ++k)
                  x[k] = log ? x[k] - top - logSum
                             : xgen_exp_clamped(x[k] - top) * scale;
                write<double>(out, at, s, x, m);
              });
  });
  return EvalOk;
}

namespace {

/// Strides of an operand broadcast to `rank` dimensions; zeros when absent.
void broadcastStrides(const EvalTensor *t, int32_t rank, int64_t *strides) {
  for (int32_t d = 0; d < rank; ++d)
    strides[d] = 0;
  if (!t)
    return;
  int64_t s = 1;
  for (int32_t d = t->rank - 1; d >= 0; --d) {
    strides[rank - t->rank + d] = t->dims[d] == 1 ? 0 : s;
    s *= t->dims[d];
  }
}

/// Mean and standard deviation of the elements at `base`.
struct Statistics {
  double mean = 0.0, factor;

  Statistics(const EvalTensor &in, Axes &axes, int64_t base, bool rms,
             double epsilon) {
    double count = static_cast<double>(axes.reducedCount());
    double sum = 0.0, squares = 0.0;
    if (!rms) {
      forBlocks(in, axes.reduced, base,
                [&](int64_t, const double *x, int64_t m, int64_t) {
                  for (int64_t k = 0; k < m; ++k)
                    sum += x[k];
                });
      mean = sum / count;
    }
    forBlocks(in, axes.reduced, base,
              [&](int64_t, const double *x, int64_t m, int64_t) {
                for (int64_t k = 0; k < m; ++k)
                  squares += (x[k] - mean) * (x[k] - mean);
              });
    factor = 1.0 / xgen_sqrt(squares / count + epsilon);
  }
};

} // namespace

extern "C" int32_t xgen_eval_normalize(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *list = attrs.array(n);
  double epsilon = attrs.number();
  bool rms = attrs.integer() == 1;
  const EvalTensor &in = call->in[0], &out = call->out[0];
  auto operand = [&](int32_t i) {
    return i < call->numIn && present(call->in[i]) ? &call->in[i] : nullptr;
  };
  const EvalTensor *scale = operand(1), *bias = operand(2);
  int64_t strides[3][EvalMaxRank];
  stridesOf(in, strides[0]);
  broadcastStrides(scale, in.rank, strides[1]);
  broadcastStrides(bias, in.rank, strides[2]);
  // Walks over input, scale and bias at once; `axes` serves the statistics.
  Axes axes(in, list, n);
  Walk<3> kept, row;
  bool marked[EvalMaxRank] = {};
  for (int64_t i = 0; i < n; ++i)
    marked[clamp(axisOf(list[i], in.rank), 0, EvalMaxRank - 1)] = true;
  for (int32_t d = 0; d < in.rank; ++d) {
    int64_t stride[3] = {strides[0][d], strides[1][d], strides[2][d]};
    (marked[d] ? row : kept).add(in.dims[d], stride);
  }
  kept.finish();
  row.finish();
  if (kept.empty || row.empty)
    return EvalOk;
  double x[kBlock], v[kBlock];
  do {
    for (int64_t i = 0; i < kept.rowLength(); ++i) {
      int64_t base[3];
      for (int t = 0; t < 3; ++t)
        base[t] = kept.offset[t] + i * kept.rowStride(t);
      Statistics stats(in, axes, base[0], rms, epsilon);
      row.start();
      do {
        for (int64_t j = 0; j < row.rowLength(); j += kBlock) {
          int64_t m = min(kBlock, row.rowLength() - j), at[3], step[3];
          for (int t = 0; t < 3; ++t) {
            step[t] = row.rowStride(t);
            at[t] = base[t] + row.offset[t] + j * step[t];
          }
          read<double>(x, in, at[0], step[0], m);
          for (int64_t k = 0; k < m; ++k)
            x[k] = (x[k] - stats.mean) * stats.factor;
          if (scale) {
            read<double>(v, *scale, at[1], step[1], m);
            for (int64_t k = 0; k < m; ++k)
              x[k] *= v[k];
          }
          if (bias) {
            read<double>(v, *bias, at[2], step[2], m);
            for (int64_t k = 0; k < m; ++k)
              x[k] += v[k];
          }
          write<double>(out, at[0], step[0], x, m);
        }
      } while (row.next());
    }
  } while (kept.next());
  return EvalOk;
}

extern "C" int32_t xgen_eval_lrn(const EvalCall *call) {
  Attrs attrs{call->attrs};
  double alpha = attrs.number(), beta = attrs.number(), bias = attrs.number();
  int64_t size = attrs.integer();
  const EvalTensor &in = call->in[0], &out = call->out[0];
  if (in.rank < 1 || size < 1)
    return EvalUnsupported;
  int64_t channels = in.dims[in.rank - 1], total = elementCount(in);
  int64_t before = (size - 1) / 2, after = size - 1 - before;
  for (int64_t row = 0; row < total; row += channels)
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0.0;
      int64_t last = min(c + after, channels - 1);
      for (int64_t k = max(c - before, INT64_C(0)); k <= last; ++k) {
        double x = get<double>(in, row + k);
        sum += x * x;
      }
      double scale = bias + alpha / static_cast<double>(size) * sum;
      put<double>(out, row + c, get<double>(in, row + c) / xgen_pow(scale, beta));
    }
  return EvalOk;
}
