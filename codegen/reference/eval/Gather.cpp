//===- Gather.cpp - gather and scatter --------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Movement by indices that are data: negative ones count from the end, others
// outside are clamped, so that no input can make a kernel leave its tensors.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

char *bytesOf(const EvalTensor &t) { return static_cast<char *>(t.data); }

int64_t indexAt(const EvalTensor &indices, int64_t i, int64_t size) {
  int64_t x = get<int64_t>(indices, i);
  return clamp(x < 0 ? x + size : x, 0, size - 1);
}

/// Element counts before, and after, dimensions [first, last) of `t`.
int64_t countOf(const EvalTensor &t, int32_t first, int32_t last) {
  int64_t n = 1;
  for (int32_t d = first; d < last; ++d)
    n *= t.dims[d];
  return n;
}

void copyAll(const EvalTensor &to, const EvalTensor &from) {
  int64_t bytes = elementCount(from) * elementBytes(from.dtype);
  if (bytes && to.data != from.data)
    __builtin_memcpy(to.data, from.data, static_cast<size_t>(bytes));
}

template <class C>
C combined(C a, C b, int64_t kind) {
  switch (kind) {
  case SAdd: return a + b;
  case SMul: return a * b;
  case SMax: return a < b || b != b ? b : a;
  case SMin: return b < a || b != b ? b : a;
  default: return b;
  }
}

template <>
int64_t combined<int64_t>(int64_t a, int64_t b, int64_t kind) {
  // Integers wrap.
  uint64_t x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  switch (kind) {
  case SAdd: return static_cast<int64_t>(x + y);
  case SMul: return static_cast<int64_t>(x * y);
  case SMax: return max(a, b);
  case SMin: return min(a, b);
  default: return b;
  }
}

template <class C>
void combineAs(const EvalTensor &out, int64_t to, const EvalTensor &updates,
               int64_t from, int64_t n, int64_t kind) {
  C a[kBlock], b[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<C>(a, out, to + i, 1, m);
    read<C>(b, updates, from + i, 1, m);
    for (int64_t k = 0; k < m; ++k)
      a[k] = combined<C>(a[k], b[k], kind);
    write<C>(out, to + i, 1, a, m);
  }
}

/// Combines n updates into the result, both contiguous.
void combine(const EvalTensor &out, int64_t to, const EvalTensor &updates,
             int64_t from, int64_t n, int64_t kind) {
  if (kind == SAssign) {
    int64_t bytes = elementBytes(out.dtype);
    __builtin_memcpy(bytesOf(out) + to * bytes, bytesOf(updates) + from * bytes,
                     static_cast<size_t>(n * bytes));
    return;
  }
  switch (computeOf(out)) {
  case Compute::Float:
    return combineAs<float>(out, to, updates, from, n, kind);
  case Compute::Double:
    return combineAs<double>(out, to, updates, from, n, kind);
  case Compute::Int:
    // Unsigned: sums and products agree, and below 64 bits so do comparisons.
    return combineAs<int64_t>(out, to, updates, from, n, kind);
  }
}

/// Flat position of the slice that index tuple `tuple` (k numbers) names in
/// dimensions [first, first + k) of `t`.
int64_t sliceAt(const EvalTensor &t, int32_t first, const EvalTensor &indices,
                int64_t tuple, int64_t k) {
  int64_t at = 0;
  for (int64_t j = 0; j < k; ++j) {
    int64_t size = t.dims[first + j];
    at = at * size + indexAt(indices, tuple * k + j, size);
  }
  return at;
}

} // namespace

extern "C" int32_t xgen_eval_gather(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &indices = call->in[1];
  const EvalTensor &out = call->out[0];
  int32_t axis = static_cast<int32_t>(axisOf(call->attrs[0], in.rank));
  int64_t bytes = elementBytes(in.dtype), size = in.dims[axis];
  int64_t outer = countOf(in, 0, axis), inner = countOf(in, axis + 1, in.rank);
  int64_t count = elementCount(indices);
  if (!elementCount(out) || !elementCount(in))
    return EvalOk;
  char *to = bytesOf(out);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < count; ++i, to += inner * bytes) {
      int64_t x = indexAt(indices, i, size);
      __builtin_memcpy(to, bytesOf(in) + (o * size + x) * inner * bytes,
                       static_cast<size_t>(inner * bytes));
    }
  return EvalOk;
}

extern "C" int32_t xgen_eval_gather_elements(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &indices = call->in[1];
  const EvalTensor &out = call->out[0];
  int32_t axis = static_cast<int32_t>(axisOf(call->attrs[0], in.rank));
  int64_t bytes = elementBytes(in.dtype), total = elementCount(out);
  if (!total || !elementCount(in))
    return EvalOk;
  int64_t from[EvalMaxRank], index[EvalMaxRank] = {};
  stridesOf(in, from);
  for (int64_t i = 0; i < total; ++i) {
    int64_t at = 0;
    for (int32_t d = 0; d < in.rank; ++d)
      at += from[d] * (d == axis ? indexAt(indices, i, in.dims[d])
                                 : min(index[d], in.dims[d] - 1));
    __builtin_memcpy(bytesOf(out) + i * bytes, bytesOf(in) + at * bytes,
                     static_cast<size_t>(bytes));
    for (int32_t d = out.rank - 1; d >= 0 && ++index[d] == out.dims[d]; --d)
      index[d] = 0;
  }
  return EvalOk;
}

extern "C" int32_t xgen_eval_gather_nd(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &indices = call->in[1];
  const EvalTensor &out = call->out[0];
  int32_t batch = static_cast<int32_t>(call->attrs[0]);
  int64_t k = indices.dims[indices.rank - 1];
  if (batch + k > in.rank)
    return EvalUnsupported;
  int32_t end = batch + static_cast<int32_t>(k);
  int64_t batches = countOf(in, 0, batch);
  int64_t tuples = countOf(indices, batch, indices.rank - 1);
  int64_t step = countOf(in, batch, in.rank), slice = countOf(in, end, in.rank);
  int64_t bytes = elementBytes(in.dtype);
  if (!elementCount(out) || !elementCount(in))
    return EvalOk;
  char *to = bytesOf(out);
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t t = 0; t < tuples; ++t, to += slice * bytes) {
      int64_t at = sliceAt(in, batch, indices, b * tuples + t, k);
      __builtin_memcpy(to, bytesOf(in) + (b * step + at * slice) * bytes,
                       static_cast<size_t>(slice * bytes));
    }
  return EvalOk;
}

extern "C" int32_t xgen_eval_scatter_elements(const EvalCall *call) {
  const EvalTensor &indices = call->in[1], &updates = call->in[2];
  const EvalTensor &out = call->out[0];
  int32_t axis = static_cast<int32_t>(axisOf(call->attrs[0], out.rank));
  int64_t kind = call->attrs[1], total = elementCount(updates);
  copyAll(out, call->in[0]);
  if (!total || !elementCount(out))
    return EvalOk;
  int64_t to[EvalMaxRank], index[EvalMaxRank] = {};
  stridesOf(out, to);
  for (int64_t i = 0; i < total; ++i) {
    int64_t at = 0;
    for (int32_t d = 0; d < out.rank; ++d)
      at += to[d] * (d == axis ? indexAt(indices, i, out.dims[d])
                               : min(index[d], out.dims[d] - 1));
    combine(out, at, updates, i, 1, kind);
    for (int32_t d = out.rank - 1; d >= 0 && ++index[d] == updates.dims[d]; --d)
      index[d] = 0;
  }
  return EvalOk;
}

extern "C" int32_t xgen_eval_scatter_nd(const EvalCall *call) {
  const EvalTensor &indices = call->in[1], &updates = call->in[2];
  const EvalTensor &out = call->out[0];
  int64_t kind = call->attrs[0], k = indices.dims[indices.rank - 1];
  copyAll(out, call->in[0]);
  if (k > out.rank)
    return EvalUnsupported;
  int64_t tuples = countOf(indices, 0, indices.rank - 1);
  int64_t slice = countOf(out, static_cast<int32_t>(k), out.rank);
  if (!elementCount(updates) || !elementCount(out))
    return EvalOk;
  for (int64_t t = 0; t < tuples; ++t)
    combine(out, sliceAt(out, 0, indices, t, k) * slice, updates, t * slice,
            slice, kind);
  return EvalOk;
}
