//===- Conv.cpp - Convolution -----------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Channels-last convolution of 1 to 3 spatial dimensions (missing ones have
// extent 1). Positions outside the input are left out of the sum: they are real
// zeros, quantized or not.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Product.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

struct Shape {
  int64_t batch, groups, ci, co; // channels of a group
  int64_t in[3], kernel[3], out[3], stride[3], dilation[3], pad[3];
};

/// Calls f(weight position, input position) for every kernel position that lies
/// inside the input, for output position `o`.
template <class F>
XGEN_INLINE void forTaps(const Shape &s, const int64_t *o, F f) {
  for (int64_t k0 = 0; k0 < s.kernel[0]; ++k0) {
    int64_t i0 = o[0] * s.stride[0] - s.pad[0] + k0 * s.dilation[0];
    if (i0 < 0 || i0 >= s.in[0])
      continue;
    for (int64_t k1 = 0; k1 < s.kernel[1]; ++k1) {
      int64_t i1 = o[1] * s.stride[1] - s.pad[1] + k1 * s.dilation[1];
      if (i1 < 0 || i1 >= s.in[1])
        continue;
      for (int64_t k2 = 0; k2 < s.kernel[2]; ++k2) {
        int64_t i2 = o[2] * s.stride[2] - s.pad[2] + k2 * s.dilation[2];
        if (i2 < 0 || i2 >= s.in[2])
          continue;
        f((k0 * s.kernel[1] + k1) * s.kernel[2] + k2,
          (i0 * s.in[1] + i1) * s.in[2] + i2);
      }
    }
  }
}

/// What a block of output channels of one image needs.
template <class A>
struct Block {
  const EvalCall *call;
  const Shape &s;
  const Finish &finisher;
  int64_t image, group, c, m;
  bool depthwise, hasBias;

  int64_t allIn() const { return s.groups * s.ci; }
  int64_t allOut() const { return s.groups * s.co; }
  int64_t channel() const { return group * s.co + c; }

  /// R neighbours in the last dimension from position `o` on, output `at`. All
  /// of them see the same kernel positions.
  template <int R>
  XGEN_INLINE void run(const int64_t *o, int64_t at) const {
    const EvalTensor &in = call->in[0], &weight = call->in[1];
    A sum[R][kColumns] = {};
    forTaps(s, o, [&](int64_t k, int64_t i) {
      int64_t from[R];
      for (int r = 0; r < R; ++r)
        from[r] = (image * s.in[0] * s.in[1] * s.in[2] + i + r * s.stride[2]) *
                  allIn();
      if (depthwise) {
        A w[kColumns], x[kColumns];
        const A *pw = Operand<A>::block(w, weight, k * allOut() + c, m);
        for (int r = 0; r < R; ++r) {
          const A *px = Operand<A>::block(x, in, from[r] + c, m);
          for (int64_t j = 0; j < m; ++j)
            sum[r][j] += px[j] * pw[j];
        }
        return;
      }
      for (int r = 0; r < R; ++r)
        from[r] += group * s.ci;
      sumProducts<A, R>(sum, in, from, s.ci, weight,
                        k * s.ci * allOut() + channel(), allOut(), m);
    });
    for (int r = 0; r < R; ++r) {
      if (hasBias)
        addBias<A>(sum[r], call->in[2], channel(), 1, m);
      finish<A>(finisher, (at + r) * allOut() + channel(), 0, channel(), sum[r],
                m);
    }
  }

  void runAll() const {
    int64_t o[3], at = image * s.out[0] * s.out[1] * s.out[2];
    int64_t reach = (s.kernel[2] - 1) * s.dilation[2];
    for (o[0] = 0; o[0] < s.out[0]; ++o[0])
      for (o[1] = 0; o[1] < s.out[1]; ++o[1])
        for (o[2] = 0; o[2] < s.out[2];) {
          int64_t first = o[2] * s.stride[2] - s.pad[2];
          int64_t last = first + (kRows - 1) * s.stride[2] + reach;
          int step = 1;
          if (o[2] + kRows <= s.out[2] && first >= 0 && last < s.in[2]) {
            run<kRows>(o, at);
            step = kRows;
          } else {
            run<1>(o, at);
          }
          o[2] += step;
          at += step;
        }
  }
};

template <class A>
void conv(const EvalCall *call, const Shape &s, const Finish &finisher) {
  // One input channel a group and one output: channels are the vector.
  bool depthwise = s.ci == 1 && s.co == 1;
  bool hasBias = call->numIn > 2 && present(call->in[2]);
  int64_t groups = depthwise ? 1 : s.groups;
  int64_t width = depthwise ? s.groups : s.co;
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t c = 0; c < width; c += kColumns)
        Block<A>{call,      s, finisher, n, g, c, min(kColumns, width - c),
                 depthwise, hasBias}
            .runAll();
}

} // namespace

extern "C" int32_t xgen_eval_conv(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *dilations = attrs.array(n);
  const int64_t groups = attrs.integer();
  const int64_t *pads = attrs.array(n);
  const int32_t rounding = static_cast<int32_t>(attrs.integer());
  const int64_t *strides = attrs.array(n);
  const EvalTensor &in = call->in[0], &weight = call->in[1];
  const EvalTensor &out = call->out[0];
  int32_t spatial = in.rank - 2;
  if (spatial < 0 || spatial > 3)
    return EvalUnsupported;
  Shape s;
  s.batch = in.dims[0];
  s.groups = groups;
  s.ci = weight.dims[weight.rank - 2];
  s.co = out.dims[out.rank - 1] / groups;
  for (int32_t d = 0; d < 3; ++d) {
    int32_t from = d - (3 - spatial);
    bool real = from >= 0;
    s.in[d] = real ? in.dims[1 + from] : 1;
    s.kernel[d] = real ? weight.dims[from] : 1;
    s.out[d] = real ? out.dims[1 + from] : 1;
    s.stride[d] = real ? strides[from] : 1;
    s.dilation[d] = real ? dilations[from] : 1;
    s.pad[d] = real ? pads[from] : 0;
  }
  Finish finisher{&in, &weight, &out, rounding};
  switch (accumulateOf(in, weight, out)) {
  case Accumulate::Float: conv<float>(call, s, finisher); break;
  case Accumulate::Double: conv<double>(call, s, finisher); break;
  case Accumulate::Int32: conv<int32_t>(call, s, finisher); break;
  default: return EvalUnsupported;
  }
  return EvalOk;
}
