//===- Copy.cpp - Sizes and copies for eval ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What pure data movement needs, apart from Support.cpp, so that an artefact
// which only moves data does not carry the conversions.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

int64_t eval::elementBytes(int32_t dtype) {
  switch (baseType(dtype)) {
  case F64:
  case I64:
  case U64:
    return 8;
  case F32:
  case I32:
  case U32:
    return 4;
  case F16:
  case BF16:
  case I16:
  case U16:
    return 2;
  default:
    return 1;
  }
}

int64_t eval::elementCount(const EvalTensor &t) {
  int64_t n = 1;
  for (int32_t d = 0; d < t.rank; ++d)
    n *= t.dims[d];
  return n;
}

namespace {
template <class T>
void copyRow(char *to, const char *from, int64_t n, int64_t ts, int64_t fs) {
  T *a = reinterpret_cast<T *>(to);
  const T *b = reinterpret_cast<const T *>(from);
  for (int64_t i = 0; i < n; ++i)
    a[i * ts] = b[i * fs];
}
} // namespace

void eval::copyBox(char *to, const char *from, int32_t rank,
                   const int64_t *dims, const int64_t *toStrides,
                   const int64_t *fromStrides, int64_t bytes) {
  Walk<2> w;
  for (int32_t d = 0; d < rank; ++d) {
    int64_t strides[2] = {toStrides[d], fromStrides[d]};
    w.add(dims[d], strides);
  }
  w.finish();
  if (w.empty)
    return;
  int64_t n = w.rowLength(), ts = w.rowStride(0), fs = w.rowStride(1);
  do {
    char *a = to + w.offset[0] * bytes;
    const char *b = from + w.offset[1] * bytes;
    if ((ts == 1 && fs == 1) || n == 1)
      __builtin_memcpy(a, b, static_cast<size_t>(n * bytes));
    else if (bytes == 4)
      copyRow<uint32_t>(a, b, n, ts, fs);
    else if (bytes == 1)
      copyRow<uint8_t>(a, b, n, ts, fs);
    else if (bytes == 2)
      copyRow<uint16_t>(a, b, n, ts, fs);
    else
      copyRow<uint64_t>(a, b, n, ts, fs);
  } while (w.next());
}
