//===- Movement.cpp - Ops that move elements --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Copies between boxes: an op only says where each dimension starts and steps.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

char *bytesOf(const EvalTensor &t) { return static_cast<char *>(t.data); }

/// Fills `out` from `in` with stride `strides[d]` for result dimension d.
void gatherBox(const EvalTensor &out, const EvalTensor &in, int64_t start,
               const int64_t *strides) {
  int64_t to[EvalMaxRank];
  stridesOf(out, to);
  int64_t bytes = elementBytes(out.dtype);
  copyBox(bytesOf(out), bytesOf(in) + start * bytes, out.rank, out.dims, to,
          strides, bytes);
}

} // namespace

extern "C" int32_t xgen_eval_transpose(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *perm = attrs.array(n);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t from[EvalMaxRank], strides[EvalMaxRank];
  stridesOf(in, from);
  for (int32_t d = 0; d < out.rank; ++d)
    strides[d] = from[perm[d]];
  gatherBox(out, in, 0, strides);
  return EvalOk;
}

extern "C" int32_t xgen_eval_reshape(const EvalCall *call) {
  const EvalTensor &out = call->out[0];
  int64_t bytes = elementCount(out) * elementBytes(out.dtype);
  if (bytes)
    __builtin_memcpy(out.data, call->in[0].data, static_cast<size_t>(bytes));
  return EvalOk;
}

extern "C" int32_t xgen_eval_prefix(const EvalCall *call) {
  if (elementCount(call->out[0]) > elementCount(call->in[0]))
    return EvalUnsupported;
  return xgen_eval_reshape(call);
}

extern "C" int32_t xgen_eval_extents(const EvalCall *call) {
  int64_t n = min(elementCount(call->out[0]), call->attrs[0]);
  write<int64_t>(call->out[0], 0, 1, call->attrs + 1, n);
  return EvalOk;
}

extern "C" int32_t xgen_eval_reinterpret(const EvalCall *call) {
  return xgen_eval_reshape(call);
}

extern "C" int32_t xgen_eval_expand(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Walk<2> w;
  if (!broadcastWalk(w, out, call->in))
    return EvalUnsupported;
  int64_t from[EvalMaxRank], strides[EvalMaxRank];
  stridesOf(in, from);
  int32_t lead = out.rank - in.rank;
  for (int32_t d = 0; d < out.rank; ++d)
    strides[d] = d < lead || in.dims[d - lead] == 1 ? 0 : from[d - lead];
  gatherBox(out, in, 0, strides);
  return EvalOk;
}

extern "C" int32_t xgen_eval_tile(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *repeats = attrs.array(n);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  // Every dimension is two: the repetition, which does not move in the input,
  // and the position.
  int64_t from[EvalMaxRank], to[EvalMaxRank];
  stridesOf(in, from);
  stridesOf(out, to);
  int64_t dims[2 * EvalMaxRank], a[2 * EvalMaxRank], b[2 * EvalMaxRank];
  for (int32_t d = 0; d < in.rank; ++d) {
    dims[2 * d] = repeats[d];
    a[2 * d] = to[d] * in.dims[d];
    b[2 * d] = 0;
    dims[2 * d + 1] = in.dims[d];
    a[2 * d + 1] = to[d];
    b[2 * d + 1] = from[d];
  }
  copyBox(bytesOf(out), bytesOf(in), 2 * in.rank, dims, a, b,
          elementBytes(out.dtype));
  return EvalOk;
}

extern "C" int32_t xgen_eval_slice(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  attrs.array(n); // sizes: the result's shape
  const int64_t *starts = attrs.array(n);
  const int64_t *steps = attrs.array(n);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t from[EvalMaxRank], strides[EvalMaxRank], start = 0;
  stridesOf(in, from);
  for (int32_t d = 0; d < out.rank; ++d) {
    start += starts[d] * from[d];
    strides[d] = steps[d] * from[d];
  }
  if (elementCount(out))
    gatherBox(out, in, start, strides);
  return EvalOk;
}

extern "C" int32_t xgen_eval_concat(const EvalCall *call) {
  const EvalTensor &out = call->out[0];
  int32_t axis = static_cast<int32_t>(axisOf(call->attrs[0], out.rank));
  int64_t inner = 1, outer = 1;
  for (int32_t d = 0; d < out.rank; ++d) {
    if (d < axis)
      outer *= out.dims[d];
    if (d > axis)
      inner *= out.dims[d];
  }
  int64_t row = out.dims[axis] * inner, at = 0;
  int64_t bytes = elementBytes(out.dtype);
  for (int32_t t = 0; t < call->numIn; ++t) {
    const EvalTensor &in = call->in[t];
    int64_t part = in.dims[axis] * inner;
    // Numbers on another scale are read and written as real numbers.
    bool copy = sameNumbers(in, out) || !in.quant;
    for (int64_t o = 0; o < outer && part; ++o) {
      if (copy) {
        __builtin_memcpy(bytesOf(out) + (o * row + at) * bytes,
                         bytesOf(in) + o * part * bytes,
                         static_cast<size_t>(part * bytes));
        continue;
      }
      float b[kBlock];
      for (int64_t i = 0; i < part; i += kBlock) {
        int64_t m = min(kBlock, part - i);
        read<float>(b, in, o * part + i, 1, m);
        write<float>(out, o * row + at + i, 1, b, m);
      }
    }
    at += part;
  }
  return EvalOk;
}

namespace {

/// Position in the input for position i of the padded dimension; -1 outside.
int64_t padSource(int64_t i, int64_t low, int64_t size, int64_t mode) {
  int64_t x = i - low;
  if (x >= 0 && x < size)
    return x;
  if (size == 0)
    return -1;
  switch (mode) {
  case PadEdge: return clamp(x, 0, size - 1);
  case PadWrap: {
    int64_t r = x % size;
    return r < 0 ? r + size : r;
  }
  case PadReflect: {
    if (size == 1)
      return 0;
    int64_t period = 2 * (size - 1), r = x % period;
    if (r < 0)
      r += period;
    return r < size ? r : period - r;
  }
  default: return -1;
  }
}

} // namespace

extern "C" int32_t xgen_eval_pad(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  attrs.array(n); // high: follows from the shapes
  const int64_t *low = attrs.array(n);
  int64_t mode = attrs.integer();
  double value = attrs.number();
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t bytes = elementBytes(out.dtype), total = elementCount(out);
  if (!total)
    return EvalOk;
  if (!out.rank) {
    __builtin_memcpy(out.data, in.data, static_cast<size_t>(bytes));
    return EvalOk;
  }
  int64_t from[EvalMaxRank];
  stridesOf(in, from);
  if (mode == PadConstant || elementCount(in) == 0) {
    double border[kBlock];
    for (double &b : border)
      b = mode == PadConstant ? value : 0.0;
    for (int64_t i = 0; i < total; i += kBlock)
      write<double>(out, i, 1, border, min(kBlock, total - i));
    int64_t to[EvalMaxRank], start = 0;
    stridesOf(out, to);
    for (int32_t d = 0; d < out.rank; ++d)
      start += low[d] * to[d];
    if (elementCount(in))
      copyBox(bytesOf(out) + start * bytes, bytesOf(in), in.rank, in.dims, to,
              from, bytes);
    return EvalOk;
  }
  // Row by row; the outer position is mapped once a row.
  int64_t index[EvalMaxRank] = {};
  int32_t last = out.rank - 1;
  char *to = bytesOf(out);
  for (int64_t done = 0; done < total; done += out.dims[last]) {
    int64_t base = 0;
    for (int32_t d = 0; d < last; ++d)
      base += padSource(index[d], low[d], in.dims[d], mode) * from[d];
    const char *row = bytesOf(in) + base * bytes;
    for (int64_t i = 0; i < out.dims[last]; ++i, to += bytes) {
      const char *x = row + padSource(i, low[last], in.dims[last], mode) * bytes;
      for (int64_t k = 0; k < bytes; ++k)
        to[k] = x[k];
    }
    for (int32_t d = last - 1; d >= 0 && ++index[d] == out.dims[d]; --d)
      index[d] = 0;
  }
  return EvalOk;
}
