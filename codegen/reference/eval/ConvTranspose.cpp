//===- ConvTranspose.cpp - Transposed convolution ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// As a gather: an output position asks which inputs it got something from, so
// that no output is written twice and none needs to be cleared. Quantized
// tensors are computed as real numbers.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Product.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

struct Shape {
  int64_t batch, groups, ci, co; // channels of a group
  int64_t in[3], kernel[3], out[3], stride[3], dilation[3], pad[3];

  /// Input position that kernel position k moves to output position o, or -1.
  int64_t source(int d, int64_t o, int64_t k) const {
    int64_t t = o + pad[d] - k * dilation[d];
    if (t < 0 || t % stride[d])
      return -1;
    t /= stride[d];
    return t < in[d] ? t : -1;
  }
};

template <class A>
void convTranspose(const EvalCall *call, const Shape &s) {
  const EvalTensor &in = call->in[0], &weight = call->in[1];
  const EvalTensor &bias = call->in[2], &out = call->out[0];
  bool hasBias = call->numIn > 2 && present(bias);
  int64_t allIn = s.groups * s.ci, allOut = s.groups * s.co;
  int64_t inside = s.in[0] * s.in[1] * s.in[2];
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t g = 0; g < s.groups; ++g)
      for (int64_t c = 0; c < s.co; c += kColumns) {
        int64_t m = min(kColumns, s.co - c), channel = g * s.co + c;
        int64_t at = n * s.out[0] * s.out[1] * s.out[2];
        for (int64_t o0 = 0; o0 < s.out[0]; ++o0)
          for (int64_t o1 = 0; o1 < s.out[1]; ++o1)
            for (int64_t o2 = 0; o2 < s.out[2]; ++o2, ++at) {
              A sum[1][kColumns] = {};
              for (int64_t k0 = 0; k0 < s.kernel[0]; ++k0) {
                int64_t i0 = s.source(0, o0, k0);
                for (int64_t k1 = 0; i0 >= 0 && k1 < s.kernel[1]; ++k1) {
                  int64_t i1 = s.source(1, o1, k1);
                  for (int64_t k2 = 0; i1 >= 0 && k2 < s.kernel[2]; ++k2) {
                    int64_t i2 = s.source(2, o2, k2);
                    if (i2 < 0)
                      continue;
                    int64_t k = (k0 * s.kernel[1] + k1) * s.kernel[2] + k2;
                    int64_t i = (i0 * s.in[1] + i1) * s.in[2] + i2;
                    int64_t from = (n * inside + i) * allIn + g * s.ci;
                    sumProducts<A, 1>(sum, in, &from, s.ci, weight,
                                      (k * allIn + g * s.ci) * s.co + c, s.co,
                                      m);
                  }
                }
              }
              if (hasBias)
                addBias<A>(sum[0], bias, channel, 1, m);
              write<A>(out, at * allOut + channel, 1, sum[0], m);
            }
      }
}

} // namespace

extern "C" int32_t xgen_eval_conv_transpose(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *dilations = attrs.array(n);
  const int64_t groups = attrs.integer();
  const int64_t *pads = attrs.array(n);
  const int64_t *strides = attrs.array(n);
  const EvalTensor &in = call->in[0], &weight = call->in[1];
  const EvalTensor &out = call->out[0];
  int32_t spatial = in.rank - 2;
  if (spatial < 0 || spatial > 3)
    return EvalUnsupported;
  Shape s;
  s.batch = in.dims[0];
  s.groups = groups;
  s.ci = in.dims[in.rank - 1] / groups;
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
  if (computeOf(in) == Compute::Double)
    convTranspose<double>(call, s);
  else if (computeOf(in) == Compute::Float)
    convTranspose<float>(call, s);
  else
    return EvalUnsupported;
  return EvalOk;
}
