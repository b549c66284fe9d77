//===- Heap.h - Binary heap in caller's memory ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// For kernels that want the best few of many, or all in order, without
// allocation.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_HEAP_H
#define XGEN_CODEGEN_REFERENCE_EVAL_HEAP_H

#include "codegen/reference/eval/Support.h"

namespace xgen {
namespace eval {

/// A number and where it came from.
template <class C>
struct Item {
  C key;
  int64_t index;
};

/// Bytes of an Item of any compute type.
constexpr int64_t kItemBytes = 16;

/// Whether a is larger; NaN is larger than any number.
template <class C>
XGEN_INLINE bool larger(C a, C b) {
  return a > b || (a != a && b == b);
}

/// Restores the heap below `i`: no child comes before its parent.
template <class T, class Before>
void siftDown(T *heap, int64_t n, int64_t i, Before before) {
  T item = heap[i];
  for (int64_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && before(heap[child + 1], heap[child]))
      ++child;
    if (!before(heap[child], item))
      break;
    heap[i] = heap[child];
  }
  heap[i] = item;
}

template <class T, class Before>
void makeHeap(T *heap, int64_t n, Before before) {
  for (int64_t i = n / 2 - 1; i >= 0; --i)
    siftDown(heap, n, i, before);
}

/// Takes out the first one; `n` becomes one less.
template <class T, class Before>
T popHeap(T *heap, int64_t &n, Before before) {
  T first = heap[0];
  heap[0] = heap[--n];
  if (n)
    siftDown(heap, n, 0, before);
  return first;
}

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_HEAP_H
