//===- Frame.cpp - Overlapping windows --------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Windows of a signal are copied one after another; blocks of an image are
// added where they came from.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

extern "C" int32_t xgen_eval_frame(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int32_t axis = static_cast<int32_t>(call->attrs[0]);
  int64_t size = call->attrs[1], step = call->attrs[2];
  int64_t outer = 1, row = elementBytes(in.dtype), frames = out.dims[axis];
  for (int32_t d = 0; d < axis; ++d)
    outer *= in.dims[d];
  for (int32_t d = axis + 1; d < in.rank; ++d)
    row *= in.dims[d];
  char *to = static_cast<char *>(out.data);
  const char *from = static_cast<const char *>(in.data);
  int64_t bytes = size * row;
  if (!bytes || (frames - 1) * step + size > in.dims[axis])
    return bytes ? EvalUnsupported : EvalOk;
  for (int64_t o = 0; o < outer; ++o, from += in.dims[axis] * row)
    for (int64_t f = 0; f < frames; ++f, to += bytes)
      __builtin_memcpy(to, from + f * step * row, static_cast<size_t>(bytes));
  return EvalOk;
}

namespace {

template <class C>
void col2im(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Attrs attrs{call->attrs};
  int64_t spatial, n;
  const int64_t *block = attrs.array(spatial);
  const int64_t *dilations = attrs.array(n);
  const int64_t *image = attrs.array(n);
  const int64_t *pads = attrs.array(n);
  const int64_t *strides = attrs.array(n);
  int64_t places[EvalMaxRank], columns = in.dims[2], window = 1, size = 1;
  for (int64_t d = 0; d < spatial; ++d) {
    places[d] = (image[d] + pads[d] + pads[spatial + d] -
                 ((block[d] - 1) * dilations[d] + 1)) /
                    strides[d] +
                1;
    window *= block[d];
    size *= image[d];
  }
  C zero[kBlock] = {};
  int64_t total = elementCount(out), planes = in.dims[0] * in.dims[1] / window;
  for (int64_t i = 0; i < total; i += kBlock)
    write<C>(out, i, 1, zero, min(kBlock, total - i));
  for (int64_t plane = 0; plane < planes; ++plane) {
    int64_t k[EvalMaxRank] = {};
    for (int64_t w = 0; w < window; ++w) {
      int64_t from = (plane * window + w) * columns, p[EvalMaxRank] = {};
      for (int64_t c = 0; c < columns; ++c) {
        int64_t at = 0;
        bool inside = true;
        for (int64_t d = 0; d < spatial; ++d) {
          int64_t i = p[d] * strides[d] - pads[d] + k[d] * dilations[d];
          inside &= i >= 0 && i < image[d];
          at = at * image[d] + i;
        }
        if (inside) {
          at += plane * size;
          put<C>(out, at,
                 static_cast<C>(get<C>(out, at) + get<C>(in, from + c)));
        }
        for (int64_t d = spatial - 1; d >= 0 && ++p[d] == places[d]; --d)
          p[d] = 0;
      }
      for (int64_t d = spatial - 1; d >= 0 && ++k[d] == block[d]; --d)
        k[d] = 0;
    }
  }
}

} // namespace

extern "C" int32_t xgen_eval_col2im(const EvalCall *call) {
  switch (computeOf(call->in[0])) {
  case Compute::Float:
    col2im<float>(call);
    break;
  case Compute::Double:
    col2im<double>(call);
    break;
  case Compute::Int:
    col2im<int64_t>(call);
    break;
  }
  return EvalOk;
}
