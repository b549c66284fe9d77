//===- Pool.cpp - Pooling ---------------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Channels-last windows of 1 to 3 spatial dimensions; a block of channels is
// pooled at once. Positions beyond the padded input (ceil_mode) never count.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

constexpr int64_t kChannels = 64;

struct Shape {
  int64_t batch, channels, kind, p;
  bool countPad, columnMajor;
  int64_t in[3], window[3], out[3], stride[3], dilation[3], low[3], high[3];
};

template <class C>
C lowest(int32_t dtype);
template <>
float lowest<float>(int32_t) {
  return -static_cast<float>(xgen_inf());
}
template <>
double lowest<double>(int32_t) {
  return -xgen_inf();
}
template <>
int64_t lowest<int64_t>(int32_t dtype) {
  int32_t t = baseType(dtype);
  return t >= U64 && t != I4 && t != I2 ? 0 : saturate(INT64_MIN, dtype);
}

XGEN_INLINE double root(double x, int64_t p) {
  return p == 1 ? x : p == 2 ? xgen_sqrt(x) : xgen_pow(x, 1.0 / double(p));
}

/// ONNX's flat index of a maximum: NCHW order, or with the first spatial
/// dimension fastest.
int64_t flatIndex(const Shape &s, int64_t n, int64_t c, const int64_t *i) {
  int64_t size = s.in[0] * s.in[1] * s.in[2];
  int64_t at = s.columnMajor ? (i[2] * s.in[1] + i[1]) * s.in[0] + i[0]
                             : (i[0] * s.in[1] + i[1]) * s.in[2] + i[2];
  return (n * s.channels + c) * size + at;
}

template <class C>
void poolBlock(const EvalCall *call, const Shape &s, int64_t n, int64_t c,
               const int64_t *o, int64_t at) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t m = min(kChannels, s.channels - c), count = 0;
  C acc[kChannels], x[kChannels];
  int64_t where[kChannels] = {};
  bool found = false;
  for (int64_t j = 0; j < m; ++j)
    acc[j] = s.kind == PoolMax ? lowest<C>(in.dtype) : C(0);
  int64_t i[3];
  for (int64_t k0 = 0; k0 < s.window[0]; ++k0)
    for (int64_t k1 = 0; k1 < s.window[1]; ++k1)
      for (int64_t k2 = 0; k2 < s.window[2]; ++k2) {
        const int64_t k[3] = {k0, k1, k2};
        bool inside = true, padded = true;
        for (int d = 0; d < 3; ++d) {
          i[d] = o[d] * s.stride[d] - s.low[d] + k[d] * s.dilation[d];
          inside &= i[d] >= 0 && i[d] < s.in[d];
          padded &= i[d] < s.in[d] + s.high[d];
        }
        count += inside || (s.countPad && padded);
        if (!inside)
          continue;
        int64_t position = (i[0] * s.in[1] + i[1]) * s.in[2] + i[2];
        int64_t from =
            (n * s.in[0] * s.in[1] * s.in[2] + position) * s.channels + c;
        const C *px = view<C>(x, in, from, m);
        if (s.kind == PoolMax) {
          if (call->numOut > 1) {
            int64_t first = flatIndex(s, n, 0, i);
            int64_t size = s.in[0] * s.in[1] * s.in[2];
            for (int64_t j = 0; j < m; ++j)
              if (!found || px[j] > acc[j])
                where[j] = first + (c + j) * size;
          }
          found = true;
          for (int64_t j = 0; j < m; ++j)
            acc[j] = px[j] > acc[j] || px[j] != px[j] ? px[j] : acc[j];
        } else if (s.kind == PoolAvg) {
          for (int64_t j = 0; j < m; ++j)
            acc[j] += px[j];
        } else if (s.p == 2) {
          for (int64_t j = 0; j < m; ++j)
            acc[j] += px[j] * px[j];
        } else {
          for (int64_t j = 0; j < m; ++j) {
            double a = xgen_fabs(static_cast<double>(px[j]));
            acc[j] += static_cast<C>(s.p == 1 ? a : xgen_pow(a, double(s.p)));
          }
        }
      }
  if (s.kind == PoolAvg) {
    for (int64_t j = 0; j < m; ++j)
      acc[j] = count ? acc[j] / static_cast<C>(count) : C(0);
  } else if (s.kind == PoolLp) {
    for (int64_t j = 0; j < m; ++j)
      acc[j] = static_cast<C>(root(static_cast<double>(acc[j]), s.p));
  }
  write<C>(out, at * s.channels + c, 1, acc, m);
  if (call->numOut > 1 && present(call->out[1]))
    write<int64_t>(call->out[1], at * s.channels + c, 1, where, m);
}

template <class C>
void pool(const EvalCall *call, const Shape &s) {
  int64_t o[3], at = 0;
  for (int64_t n = 0; n < s.batch; ++n)
    for (o[0] = 0; o[0] < s.out[0]; ++o[0])
      for (o[1] = 0; o[1] < s.out[1]; ++o[1])
        for (o[2] = 0; o[2] < s.out[2]; ++o[2], ++at)
          for (int64_t c = 0; c < s.channels; c += kChannels)
            poolBlock<C>(call, s, n, c, o, at);
}

} // namespace

extern "C" int32_t xgen_eval_pool(const EvalCall *call) {
  Attrs attrs{call->attrs};
  Shape s;
  int64_t n;
  s.columnMajor = attrs.integer();
  s.countPad = attrs.integer();
  const int64_t *dilations = attrs.array(n);
  s.kind = attrs.integer();
  s.p = attrs.integer();
  const int64_t *pads = attrs.array(n);
  const int64_t *strides = attrs.array(n);
  const int64_t *window = attrs.array(n);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int32_t spatial = in.rank - 2;
  if (spatial < 0 || spatial > 3)
    return EvalUnsupported;
  s.batch = in.dims[0];
  s.channels = in.dims[in.rank - 1];
  for (int32_t d = 0; d < 3; ++d) {
    int32_t from = d - (3 - spatial);
    bool real = from >= 0;
    s.in[d] = real ? in.dims[1 + from] : 1;
    s.window[d] = real ? window[from] : 1;
    s.out[d] = real ? out.dims[1 + from] : 1;
    s.stride[d] = real ? strides[from] : 1;
    s.dilation[d] = real ? dilations[from] : 1;
    s.low[d] = real ? pads[from] : 0;
    s.high[d] = real ? pads[spatial + from] : 0;
  }
  switch (computeOf(in)) {
  case Compute::Float: pool<float>(call, s); break;
  case Compute::Double: pool<double>(call, s); break;
  case Compute::Int: pool<int64_t>(call, s); break;
  }
  return EvalOk;
}
