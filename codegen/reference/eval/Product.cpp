//===- Product.cpp - Integer operands and outputs of products ---*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The quantized half of convolutions and matrix products.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Product.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class A, class T>
XGEN_INLINE void widen(A *to, const EvalTensor &t, int64_t index, int64_t n,
                       A zero) {
  const T *p = static_cast<const T *>(t.data) + index;
  for (int64_t i = 0; i < n; ++i)
    to[i] = static_cast<A>(p[i]) - zero;
}

template <class A>
XGEN_INLINE void readAs(A *to, const EvalTensor &t, int64_t index, int64_t n) {
  if (!t.quant || t.quant->count == 1) {
    A zero = t.quant ? static_cast<A>(t.quant->zeroPoints[0]) : A(0);
    int32_t type = baseType(t.dtype);
    if (type == I8)
      return widen<A, int8_t>(to, t, index, n, zero);
    if (type == U8)
      return widen<A, uint8_t>(to, t, index, n, zero);
  }
  int64_t q[kReduce];
  read<int64_t>(q, raw(t), index, 1, n);
  for (int64_t i = 0; i < n; ++i)
    to[i] = static_cast<A>(
        q[i] - (t.quant ? t.quant->zeroPoints[channelOf(t, index + i)] : 0));
}

/// Rows of kColumns numbers; whole ones are copied with a constant length.
template <class T>
void widenRows(int32_t *to, const EvalTensor &t, int64_t index, int64_t rows,
               int64_t ld, int64_t n, int32_t zero) {
  const T *p = static_cast<const T *>(t.data) + index;
  for (int64_t i = 0; i < rows; ++i, p += ld, to += kColumns) {
    if (n == kColumns)
      for (int64_t j = 0; j < kColumns; ++j)
        to[j] = p[j] - zero;
    else
      for (int64_t j = 0; j < n; ++j)
        to[j] = p[j] - zero;
  }
}

double scaleAt(const EvalTensor &t, int64_t index) {
  return t.quant ? static_cast<double>(t.quant->scales[channelOf(t, index)])
                 : 1.0;
}

} // namespace

void eval::readIntegers(int64_t *to, const EvalTensor &t, int64_t index,
                        int64_t n) {
  readAs(to, t, index, n);
}
void eval::readIntegers(int32_t *to, const EvalTensor &t, int64_t index,
                        int64_t n) {
  readAs(to, t, index, n);
}

void eval::readRows(int32_t *to, const EvalTensor &t, int64_t index,
                    int64_t rows, int64_t ld, int64_t n) {
  bool oneZero = true;
  for (int64_t i = 1; t.quant && i < t.quant->count; ++i)
    oneZero &= t.quant->zeroPoints[i] == t.quant->zeroPoints[0];
  int32_t zero = t.quant ? static_cast<int32_t>(t.quant->zeroPoints[0]) : 0;
  if (oneZero && baseType(t.dtype) == I8)
    return widenRows<int8_t>(to, t, index, rows, ld, n, zero);
  if (oneZero && baseType(t.dtype) == U8)
    return widenRows<uint8_t>(to, t, index, rows, ld, n, zero);
  for (int64_t i = 0; i < rows; ++i)
    readAs(to + i * kColumns, t, index + i * ld, n);
}

void eval::finishIntegers(const Finish &f, int64_t index, int64_t aIndex,
                          int64_t bIndex, const int32_t *acc, int64_t n) {
  const EvalTensor &out = *f.out;
  double sa = scaleAt(*f.a, aIndex);
  if (!out.quant && isFloatType(out.dtype)) {
    float real[kColumns];
    for (int64_t j = 0; j < n; ++j)
      real[j] = static_cast<float>(acc[j]) *
                static_cast<float>(sa * scaleAt(*f.b, bIndex + j));
    return write<float>(out, index, 1, real, n);
  }
  int64_t q[kColumns];
  for (int64_t j = 0; j < n; ++j) {
    if (!out.quant) {
      q[j] = acc[j];
      continue;
    }
    int64_t c = channelOf(out, index + j);
    double scale = sa * scaleAt(*f.b, bIndex + j) /
                   static_cast<double>(out.quant->scales[c]);
    q[j] = requantized(acc[j], scale, out.quant->zeroPoints[c], out.dtype,
                       f.rounding);
  }
  write<int64_t>(raw(out), index, 1, q, n);
}
