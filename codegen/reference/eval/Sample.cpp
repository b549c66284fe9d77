//===- Sample.cpp - Interpolation at data positions -------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Channels-last: for each position, the elements around it (taps) and their
// weights are found a dimension at a time; then runs of channels are added up.
// Positions that are no numbers, or far outside, read nothing or the border,
// never other memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

constexpr int kMaxSpatial = 3;

/// The elements of one dimension that a position reads. `at` < 0: nothing.
struct Taps {
  int count;
  int64_t at[4];
  double weight[4];
};

/// Whatever comes, something that converts to an integer.
double finite(double x) {
  return x > -0x1p30 ? (x < 0x1p30 ? x : 0x1p30) : -0x1p30;
}

/// The element at or below each position, and the one above it.
void linear(Taps &t, double x) {
  double low = xgen_floor(x);
  t.count = 2;
  t.at[0] = toInteger(low);
  t.at[1] = t.at[0] + 1;
  t.weight[1] = x - low;
  t.weight[0] = 1.0 - t.weight[1];
}

void cubic(Taps &t, double x) {
  const double a = -0.75;
  double low = xgen_floor(x), f = x - low;
  t.count = 4;
  for (int i = 0; i < 4; ++i) {
    double d = xgen_fabs(f - static_cast<double>(i - 1));
    t.at[i] = toInteger(low) + i - 1;
    t.weight[i] = d <= 1.0 ? ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
                           : ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
  }
}

/// Drops what lies outside.
void zeroOutside(Taps &t, int64_t size) {
  for (int i = 0; i < t.count; ++i)
    if (t.at[i] >= size)
      t.at[i] = -1;
}

/// Mirrors x at both borders, as often as it takes.
double reflect(double x, double low, double high) {
  double range = high - low;
  if (!(range > 0.0))
    return low;
  double beyond = x < low ? low - x : x > high ? x - high : -1.0;
  if (beyond < 0.0)
    return x;
  double times = xgen_floor(beyond / range);
  double rest = beyond - times * range;
  bool even = xgen_fmod(times, 2.0) == 0.0;
  return (x < low) == even ? low + rest : high - rest;
}

struct Grid {
  int64_t mode, padding;
  bool alignCorners;

  /// Position of coordinate c in [-1, 1], rounded as the grid's type rounds.
  template <class C>
  double position(C c, int64_t size) const {
    C n = static_cast<C>(static_cast<double>(size));
    return static_cast<double>(alignCorners ? (c + C(1)) / C(2) * (n - C(1))
                                            : ((c + C(1)) * n - C(1)) / C(2));
  }

  template <class C>
  void find(Taps &t, C c, int64_t size) const {
    double x = finite(position<C>(c, size)), n = static_cast<double>(size);
    double low = alignCorners ? 0.0 : -0.5,
           high = alignCorners ? n - 1.0 : n - 0.5;
    if (mode == ResizeNearest)
      x = xgen_rint(x);
    if (x < low || x > high) {
      if (padding == PadEdge && mode != ResizeCubic)
        x = x < 0.0 ? 0.0 : x > n - 1.0 ? n - 1.0 : x;
      else if (padding == PadReflect)
        x = reflect(x, low, high);
    }
    if (mode == ResizeLinear) {
      linear(t, x);
    } else if (mode == ResizeCubic) {
      cubic(t, x);
    } else {
      t.count = 1;
      t.at[0] = toInteger(xgen_rint(x));
      t.weight[0] = 1.0;
    }
    if (padding == PadConstant)
      return zeroOutside(t, size);
    for (int i = 0; i < t.count; ++i) {
      if (padding == PadReflect)
        t.at[i] = toInteger(reflect(static_cast<double>(t.at[i]), low, high));
      t.at[i] = clamp(t.at[i], 0, size - 1);
    }
  }
};

/// Channels [first, first + n) at the position that the taps describe, times
/// `factor`. `base`: the picture's first element; strides count channels.
template <class C>
void sample(const EvalTensor &in, const EvalTensor &out, int64_t to,
            int64_t base, const Taps *taps, int spatial, const int64_t *strides,
            int64_t first, int64_t n, double factor) {
  for (int64_t c = 0; c < n; c += kBlock) {
    int64_t m = min(kBlock, n - c);
    C acc[kBlock], x[kBlock];
    for (int64_t k = 0; k < m; ++k)
      acc[k] = C(0);
    int tap[kMaxSpatial] = {};
    for (bool more = true; more;) {
      int64_t at = base + first + c;
      double weight = factor;
      bool inside = true;
      for (int d = 0; d < spatial; ++d) {
        inside &= taps[d].at[tap[d]] >= 0;
        at += taps[d].at[tap[d]] * strides[d];
        weight *= taps[d].weight[tap[d]];
      }
      if (inside && weight != 0.0) {
        const C *px = view<C>(x, in, at, m);
        C w = static_cast<C>(weight);
        for (int64_t k = 0; k < m; ++k)
          acc[k] += static_cast<C>(w * px[k]);
      }
      more = false;
      for (int d = spatial - 1; d >= 0 && !more; --d) {
        if (++tap[d] < taps[d].count)
          more = true;
        else
          tap[d] = 0;
      }
    }
    write<C>(out, to + c, 1, acc, m);
  }
}

void sampleAny(Compute compute, const EvalTensor &in, const EvalTensor &out,
               int64_t to, int64_t base, const Taps *taps, int spatial,
               const int64_t *strides, int64_t first, int64_t n,
               double factor) {
  switch (compute) {
  case Compute::Float:
    return sample<float>(in, out, to, base, taps, spatial, strides, first, n,
                         factor);
  case Compute::Double:
    return sample<double>(in, out, to, base, taps, spatial, strides, first, n,
                          factor);
  case Compute::Int:
    return sample<int64_t>(in, out, to, base, taps, spatial, strides, first, n,
                           factor);
  }
}

} // namespace

extern "C" int32_t xgen_eval_grid_sample(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &grid = call->in[1], &out = call->out[0];
  int spatial = in.rank - 2;
  Grid g{call->attrs[1], call->attrs[2], call->attrs[0] != 0};
  if (spatial < 1 || spatial > kMaxSpatial)
    return EvalUnsupported;
  int64_t channels = in.dims[in.rank - 1], strides[EvalMaxRank];
  stridesOf(in, strides);
  int64_t batches = out.dims[0];
  if (!elementCount(out))
    return EvalOk;
  int64_t positions = elementCount(out) / channels / batches;
  bool empty = elementCount(in) == 0;
  // Whole numbers keep all their bits when they are only copied.
  Compute compute = computeOf(in);
  if (compute == Compute::Int && g.mode != ResizeNearest)
    compute = Compute::Double;
  for (int64_t b = 0, p = 0; b < batches; ++b)
    for (int64_t i = 0; i < positions; ++i, ++p) {
      Taps taps[kMaxSpatial];
      for (int d = 0; d < spatial; ++d) {
        // The last dimension comes first.
        int64_t at = p * spatial + spatial - 1 - d, size = in.dims[d + 1];
        if (computeOf(grid) == Compute::Double)
          g.find<double>(taps[d], get<double>(grid, at), max<int64_t>(size, 1));
        else
          g.find<float>(taps[d], get<float>(grid, at), max<int64_t>(size, 1));
        if (empty)
          taps[d].count = 1, taps[d].at[0] = -1;
      }
      sampleAny(compute, in, out, p * channels, b * strides[0], taps, spatial,
                strides + 1, 0, channels, 1.0);
    }
  return EvalOk;
}

extern "C" int32_t xgen_eval_deform_sample(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &offset = call->in[1];
  const EvalTensor *mask =
      call->numIn > 2 && present(call->in[2]) ? &call->in[2] : nullptr;
  const EvalTensor &out = call->out[0];
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *dilations = attrs.array(n);
  const int64_t *kernel = attrs.array(n);
  int64_t groups = attrs.integer();
  const int64_t *pads = attrs.array(n);
  const int64_t *stride = attrs.array(n);
  int spatial = in.rank - 2;
  if (spatial < 1 || spatial > kMaxSpatial || !elementCount(out))
    return elementCount(out) ? EvalUnsupported : EvalOk;
  int64_t channels = in.dims[in.rank - 1], window = out.dims[out.rank - 2];
  int64_t each = channels / groups, strides[EvalMaxRank];
  stridesOf(in, strides);
  int64_t batches = out.dims[0], o[kMaxSpatial] = {};
  int64_t positions = elementCount(out) / channels / window / batches;
  for (int64_t p = 0; p < batches * positions; ++p) {
    int64_t k[kMaxSpatial] = {};
    for (int64_t w = 0; w < window; ++w) {
      for (int64_t g = 0; g < groups; ++g) {
        int64_t entry = (p * groups + g) * window + w;
        Taps taps[kMaxSpatial];
        for (int d = 0; d < spatial; ++d) {
          double at = static_cast<double>(o[d] * stride[d] - pads[d] +
                                          k[d] * dilations[d]);
          linear(taps[d],
                 finite(at + get<double>(offset, entry * spatial + d)));
          zeroOutside(taps[d], in.dims[d + 1]);
        }
        double factor = mask ? get<double>(*mask, entry) : 1.0;
        sampleAny(computeOf(in), in, out,
                  (p * window + w) * channels + g * each,
                  p / positions * strides[0], taps, spatial, strides + 1,
                  g * each, each, factor);
      }
      for (int d = spatial - 1; d >= 0 && ++k[d] == kernel[d]; --d)
        k[d] = 0;
    }
    for (int d = spatial - 1; d >= 0 && ++o[d] == out.dims[d + 1]; --d)
      o[d] = 0;
  }
  return EvalOk;
}
