//===- Product.h - What convolutions and matrix products share --*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sums of products of blocks of output channels, and how accumulators become
// outputs. Float sums are blocked: at most kReduce products go into a partial
// sum, so that long sums keep their digits. Integer sums wrap in 32 bits (64 for
// 64-bit outputs).
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_PRODUCT_H
#define XGEN_CODEGEN_REFERENCE_EVAL_PRODUCT_H

#include "codegen/reference/eval/Requantize.h"
#include "codegen/reference/eval/Support.h"

namespace xgen {
namespace eval {

/// Output channels of a block, and the longest partial sum.
constexpr int64_t kColumns = 32;
constexpr int64_t kReduce = 128;

/// How an op multiplies.
enum class Accumulate { Float, Double, Int32, Int64, Unsupported };

XGEN_INLINE Accumulate accumulateOf(const EvalTensor &a, const EvalTensor &b,
                                    const EvalTensor &out) {
  if (!isFloatType(a.dtype) && !isFloatType(b.dtype)) {
    // Scales per axis make sense along the output channels only.
    if (b.quant && b.quant->count != 1 && b.quant->axis != b.rank - 1)
      return Accumulate::Float;
    int32_t type = baseType(out.dtype);
    return type == I64 || type == U64 ? Accumulate::Int64 : Accumulate::Int32;
  }
  if (baseType(a.dtype) == F64 && !a.quant)
    return Accumulate::Double;
  return Accumulate::Float;
}

/// Operand elements as numbers to multiply: real ones for float accumulators,
/// storage minus zero point for integers.
template <class A>
struct Operand {
  static XGEN_INLINE const A *block(A *buffer, const EvalTensor &t,
                                    int64_t index, int64_t n) {
    return view<A>(buffer, t, index, n);
  }
};

void readIntegers(int64_t *to, const EvalTensor &t, int64_t index, int64_t n);

template <>
struct Operand<int64_t> {
  static XGEN_INLINE const int64_t *block(int64_t *buffer, const EvalTensor &t,
                                          int64_t index, int64_t n) {
    readIntegers(buffer, t, index, n);
    return buffer;
  }
};

void readIntegers(int32_t *to, const EvalTensor &t, int64_t index, int64_t n);

template <>
struct Operand<int32_t> {
  static XGEN_INLINE const int32_t *block(int32_t *buffer, const EvalTensor &t,
                                          int64_t index, int64_t n) {
    readIntegers(buffer, t, index, n);
    return buffer;
  }
};

/// part[j] += x[i] * w[i * rowStride + j] for i < m, j < n, and w's element
/// `index` first.
template <class A>
XGEN_INLINE void accumulate(A *part, const A *x, int64_t m, const EvalTensor &w,
                            int64_t index, int64_t rowStride, int64_t n) {
  A buffer[kColumns];
  for (int64_t i = 0; i < m; ++i, index += rowStride) {
    const A *row = Operand<A>::block(buffer, w, index, n);
    A xi = x[i];
    if (n == kColumns) {
      for (int64_t j = 0; j < kColumns; ++j)
        part[j] += xi * row[j];
    } else {
      for (int64_t j = 0; j < n; ++j)
        part[j] += xi * row[j];
    }
  }
}

/// Everything that turns accumulators into outputs.
struct Finish {
  const EvalTensor *a, *b, *out;
  int32_t rounding;
};

/// n accumulators, bias already added, to out[index...]. `aIndex` and `bIndex`
/// are elements of the operands that the first one was made from; the next come
/// from the next elements of b's last dimension.
template <class A>
XGEN_INLINE void finish(const Finish &f, int64_t index, int64_t /*aIndex*/,
                        int64_t /*bIndex*/, const A *acc, int64_t n) {
  write<A>(*f.out, index, 1, acc, n);
}
void finishIntegers(const Finish &f, int64_t index, int64_t aIndex,
                    int64_t bIndex, const int32_t *acc, int64_t n);
template <>
XGEN_INLINE void finish<int32_t>(const Finish &f, int64_t index, int64_t aIndex,
                                 int64_t bIndex, const int32_t *acc,
                                 int64_t n) {
  finishIntegers(f, index, aIndex, bIndex, acc, n);
}

/// Adds n bias elements from `index` on, `stride` apart.
template <class A>
XGEN_INLINE void addBias(A *acc, const EvalTensor &bias, int64_t index,
                         int64_t stride, int64_t n) {
  A b[kColumns];
  read<A>(b, bias, index, stride, n);
  for (int64_t j = 0; j < n; ++j)
    acc[j] += b[j];
}
template <>
XGEN_INLINE void addBias<int32_t>(int32_t *acc, const EvalTensor &bias,
                                  int64_t index, int64_t stride, int64_t n) {
  int64_t b[kColumns];
  read<int64_t>(b, raw(bias), index, stride, n);
  for (int64_t j = 0; j < n; ++j)
    acc[j] += static_cast<int32_t>(b[j]);
}

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_PRODUCT_H
