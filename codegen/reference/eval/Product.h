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

/// A number as a type.
template <int N>
struct Count {
  static constexpr int value = N;
};

/// Positions (pixels or rows) that share a read of the weights.
constexpr int kRows = 4;

/// Elements of a vector that stays in registers for R positions.
template <class A>
struct Lanes {
  static constexpr int value = 64 / sizeof(A);
#if defined(__arm__)
  // NEON's float vectors flush subnormal numbers, so that results would differ.
  struct Type {
    A lane[value];
    void addProduct(A x, const A *w) {
      for (int j = 0; j < value; ++j)
        lane[j] += x * w[j];
    }
  };
#else
  typedef A Vector __attribute__((vector_size(64)));
  struct Type {
    Vector lane;
    XGEN_INLINE void addProduct(A x, const A *w) {
      Vector v;
      __builtin_memcpy(&v, w, sizeof v);
      lane += x * v;
    }
  };
#endif
};

/// sum[r][j] += (sum over i < m of x[r][i] * w[i * ld + j]) for j < n. Every
/// position is summed in the same order whatever R is.
template <class A, int R>
__attribute__((noinline)) void multiply(A (*sum)[kColumns], const A *const *x,
                                        int64_t m, const A *w, int64_t ld,
                                        int64_t n) {
  constexpr int L = Lanes<A>::value;
  int64_t j = 0;
  for (; j + L <= n; j += L) {
    typename Lanes<A>::Type part[R] = {};
    for (int64_t i = 0; i < m; ++i)
      for (int r = 0; r < R; ++r)
        part[r].addProduct(x[r][i], w + i * ld + j);
    for (int r = 0; r < R; ++r)
      for (int k = 0; k < L; ++k)
        sum[r][j + k] += part[r].lane[k];
  }
  for (; j < n; ++j)
    for (int r = 0; r < R; ++r) {
      A part = A(0);
      for (int64_t i = 0; i < m; ++i)
        part += x[r][i] * w[i * ld + j];
      sum[r][j] += part;
    }
}

/// Rows of weights that the micro-kernel reads: where they are, or converted.
template <class A>
XGEN_INLINE const A *weightRows(A *buffer, const EvalTensor &w, int64_t index,
                                int64_t rows, int64_t &ld, int64_t n) {
  const A *first = Operand<A>::block(buffer, w, index, n);
  if (first != buffer)
    return first;
  for (int64_t i = 1; i < rows; ++i)
    Operand<A>::block(buffer + i * kColumns, w, index + i * ld, n);
  ld = kColumns;
  return buffer;
}
void readRows(int32_t *to, const EvalTensor &t, int64_t index, int64_t rows,
              int64_t ld, int64_t n);
template <>
XGEN_INLINE const int32_t *
weightRows<int32_t>(int32_t *buffer, const EvalTensor &w, int64_t index,
                    int64_t rows, int64_t &ld, int64_t n) {
  readRows(buffer, w, index, rows, ld, n);
  ld = kColumns;
  return buffer;
}

/// Sums for R positions whose inputs begin at x[r] + k, over `depth` inputs and
/// the weights from `index` on.
template <class A, int R>
XGEN_INLINE void sumProducts(A (*sum)[kColumns], const EvalTensor &in,
                             const int64_t *from, int64_t depth,
                             const EvalTensor &w, int64_t index,
                             int64_t rowStride, int64_t n) {
  A rows[kReduce * kColumns];
  for (int64_t k = 0; k < depth; k += kReduce) {
    int64_t length = min(kReduce, depth - k), ld = rowStride;
    A buffer[R][kReduce];
    const A *x[R];
    for (int r = 0; r < R; ++r)
      x[r] = Operand<A>::block(buffer[r], in, from[r] + k, length);
    const A *first =
        weightRows<A>(rows, w, index + k * rowStride, length, ld, n);
    multiply<A, R>(sum, x, length, first, ld, n);
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
