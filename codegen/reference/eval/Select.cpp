//===- Select.cpp - Choice by value -----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The best k, what is not 0, what a mask keeps, and what differs. Results that
// are as long as the data says are written dense at that length.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Heap.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

/// Elements before and after dimension `axis`.
struct Around {
  int64_t outer = 1, size, inner = 1;

  Around(const EvalTensor &t, int64_t axis) : size(t.dims[axis]) {
    for (int32_t d = 0; d < t.rank; ++d)
      if (d != axis)
        (d < axis ? outer : inner) *= t.dims[d];
  }
};

/// Order of the storage: unsigned 64-bit numbers are computed as signed ones.
int64_t ordered(int64_t x, const EvalTensor &t) {
  return baseType(t.dtype) == U64
             ? static_cast<int64_t>(static_cast<uint64_t>(x) ^ (1ull << 63))
             : x;
}
template <class C>
C ordered(C x, const EvalTensor &) {
  return x;
}

template <class C>
void topk(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &values = call->out[0];
  const EvalTensor &indices = call->out[1];
  int64_t axis = call->attrs[0];
  bool largest = call->attrs[2];
  Around a(in, axis);
  int64_t k = min(values.dims[axis], a.size);
  auto *heap = static_cast<Item<C> *>(call->scratch);
  auto better = [largest](const Item<C> &x, const Item<C> &y) {
    if (largest ? larger(x.key, y.key) : larger(y.key, x.key))
      return true;
    if (largest ? larger(y.key, x.key) : larger(x.key, y.key))
      return false;
    return x.index < y.index;
  };
  // The worst of those that are kept is on top.
  auto worse = [better](const Item<C> &x, const Item<C> &y) {
    return better(y, x);
  };
  if (!k)
    return;
  for (int64_t o = 0; o < a.outer; ++o)
    for (int64_t i = 0; i < a.inner; ++i) {
      int64_t from = o * a.size * a.inner + i, to = o * k * a.inner + i;
      C x[kBlock];
      for (int64_t j = 0; j < a.size; j += kBlock) {
        int64_t m = min(kBlock, a.size - j);
        read<C>(x, in, from + j * a.inner, a.inner, m);
        for (int64_t e = 0; e < m; ++e) {
          Item<C> item{ordered(x[e], in), j + e};
          if (item.index < k) {
            heap[item.index] = item;
            if (item.index == k - 1)
              makeHeap(heap, k, worse);
          } else if (better(item, heap[0])) {
            heap[0] = item;
            siftDown(heap, k, 0, worse);
          }
        }
      }
      for (int64_t n = k; n;) {
        Item<C> item = popHeap(heap, n, worse);
        put<int64_t>(indices, to + n * a.inner, item.index);
        put<C>(values, to + n * a.inner, ordered(item.key, in));
      }
    }
}

/// Calls `found(position)` for every element that is not 0.
template <class C, class F>
void eachNonZero(const EvalTensor &in, F found) {
  int64_t total = elementCount(in);
  C x[kBlock];
  for (int64_t i = 0; i < total; i += kBlock) {
    int64_t m = min(kBlock, total - i);
    read<C>(x, in, i, 1, m);
    for (int64_t k = 0; k < m; ++k)
      if (x[k] != C(0))
        found(i + k);
  }
}

template <class C>
void nonzero(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t count = 0, row = 0;
  eachNonZero<C>(in, [&](int64_t) { ++count; });
  eachNonZero<C>(in, [&](int64_t at) {
    for (int32_t d = in.rank - 1; d >= 0; --d) {
      put<int64_t>(out, d * count + row, at % in.dims[d]);
      at /= in.dims[d];
    }
    ++row;
  });
  put<int64_t>(call->out[1], 0, count);
}

/// Slices of the same tensor, by value.
template <class C>
struct Slices {
  const EvalTensor &t;
  Around a;

  Slices(const EvalTensor &t, int64_t axis) : t(t), a(t, axis) {}

  /// -1, 0 or 1: how slice x compares to slice y.
  int compare(int64_t x, int64_t y) const {
    for (int64_t o = 0; o < a.outer; ++o)
      for (int64_t i = 0; i < a.inner; ++i) {
        int64_t at = o * a.size * a.inner + i;
        C p = ordered(get<C>(t, at + x * a.inner), t);
        C q = ordered(get<C>(t, at + y * a.inner), t);
        if (larger(p, q))
          return 1;
        if (larger(q, p))
          return -1;
      }
    return 0;
  }

  /// Stable: equal slices keep their order.
  void sort(int64_t *order, int64_t *other) const {
    for (int64_t i = 0; i < a.size; ++i)
      order[i] = i;
    int64_t *from = order, *to = other;
    for (int64_t width = 1; width < a.size; width *= 2) {
      for (int64_t low = 0; low < a.size; low += 2 * width) {
        int64_t middle = min(low + width, a.size);
        int64_t high = min(low + 2 * width, a.size);
        int64_t x = low, y = middle;
        for (int64_t i = low; i < high; ++i)
          to[i] = y >= high || (x < middle && compare(from[x], from[y]) <= 0)
                      ? from[x++]
                      : from[y++];
      }
      int64_t *swap = from;
      from = to;
      to = swap;
    }
    if (from != order && a.size)
      __builtin_memcpy(order, from, static_cast<size_t>(a.size * 8));
  }
};

template <class C>
void unique(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  const EvalTensor &indices = call->out[1], &inverse = call->out[2];
  const EvalTensor &counts = call->out[3];
  bool sorted = call->attrs[1];
  Slices<C> slices(in, call->attrs[0]);
  const Around &a = slices.a;
  int64_t *order = static_cast<int64_t *>(call->scratch);
  int64_t *place = order + a.size, groups = 0;
  slices.sort(order, place);
  // inverse: first appearance of the equal slice, for now.
  for (int64_t i = 0, first = 0; i < a.size; ++i) {
    if (i == 0 || slices.compare(order[i - 1], order[i]) != 0) {
      first = order[i];
      place[first] = groups++;
    }
    put<int64_t>(inverse, order[i], first);
  }
  if (!sorted) {
    groups = 0;
    for (int64_t i = 0; i < a.size; ++i)
      if (get<int64_t>(inverse, i) == i)
        place[i] = groups++;
  }
  for (int64_t g = 0; g < groups; ++g)
    put<int64_t>(counts, g, 0);
  int64_t bytes = elementBytes(in.dtype) * a.inner;
  for (int64_t i = 0; i < a.size; ++i) {
    int64_t first = get<int64_t>(inverse, i), g = place[first];
    put<int64_t>(counts, g, get<int64_t>(counts, g) + 1);
    put<int64_t>(inverse, i, g);
    if (first != i)
      continue;
    put<int64_t>(indices, g, i);
    for (int64_t o = 0; o < a.outer; ++o)
      __builtin_memcpy(static_cast<char *>(out.data) + (o * groups + g) * bytes,
                       static_cast<const char *>(in.data) +
                           (o * a.size + i) * bytes,
                       static_cast<size_t>(bytes));
  }
  put<int64_t>(call->out[4], 0, groups);
}

} // namespace

extern "C" int64_t xgen_eval_scratch_topk(const EvalCall *call) {
  return call->out[0].dims[call->attrs[0]] * kItemBytes;
}

extern "C" int32_t xgen_eval_topk(const EvalCall *call) {
  switch (computeOf(call->in[0])) {
  case Compute::Float:
    topk<float>(call);
    break;
  case Compute::Double:
    topk<double>(call);
    break;
  case Compute::Int:
    topk<int64_t>(call);
    break;
  }
  return EvalOk;
}

extern "C" int32_t xgen_eval_nonzero(const EvalCall *call) {
  switch (computeOf(call->in[0])) {
  case Compute::Float:
    nonzero<float>(call);
    break;
  case Compute::Double:
    nonzero<double>(call);
    break;
  case Compute::Int:
    nonzero<int64_t>(call);
    break;
  }
  return EvalOk;
}

extern "C" int32_t xgen_eval_compress(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &condition = call->in[1];
  const EvalTensor &out = call->out[0];
  Around a(in, call->attrs[0]);
  int64_t reach = min(a.size, condition.dims[0]), count = 0;
  int64_t bytes = elementBytes(in.dtype) * a.inner;
  char *to = static_cast<char *>(out.data);
  for (int64_t i = 0; i < reach; ++i)
    count += get<int64_t>(condition, i) != 0;
  for (int64_t o = 0; bytes && o < a.outer; ++o)
    for (int64_t i = 0; i < reach; ++i) {
      if (!get<int64_t>(condition, i))
        continue;
      __builtin_memcpy(
          to, static_cast<const char *>(in.data) + (o * a.size + i) * bytes,
          static_cast<size_t>(bytes));
      to += bytes;
    }
  put<int64_t>(call->out[1], 0, count);
  return EvalOk;
}

extern "C" int64_t xgen_eval_scratch_unique(const EvalCall *call) {
  return call->in[0].dims[call->attrs[0]] * 16;
}

extern "C" int32_t xgen_eval_unique(const EvalCall *call) {
  switch (computeOf(call->in[0])) {
  case Compute::Float:
    unique<float>(call);
    break;
  case Compute::Double:
    unique<double>(call);
    break;
  case Compute::Int:
    unique<int64_t>(call);
    break;
  }
  return EvalOk;
}
