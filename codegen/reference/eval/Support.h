//===- Support.h - Element access and loops for eval ------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Kernels compute on blocks: a block of elements is read into an array of the
// compute type (float, double or int64_t), with one switch over the element
// type a block, and written the same way. So there is one copy of every loop a
// compute type, not one a pair of element types, and loops still vectorize.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_SUPPORT_H
#define XGEN_CODEGEN_REFERENCE_EVAL_SUPPORT_H

#include "codegen/reference/eval/Eval.h"
#include "xgen/math.h"

#define XGEN_INLINE inline __attribute__((always_inline, unused))

namespace xgen {
namespace eval {

/// Elements of a block.
constexpr int64_t kBlock = 256;

template <class T>
XGEN_INLINE T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
XGEN_INLINE T max(T a, T b) {
  return a < b ? b : a;
}
XGEN_INLINE int64_t clamp(int64_t x, int64_t lo, int64_t hi) {
  return x < lo ? lo : x > hi ? hi : x;
}

XGEN_INLINE int32_t baseType(int32_t dtype) { return dtype & DTypeMask; }
XGEN_INLINE bool isFloatType(int32_t dtype) {
  return baseType(dtype) < I64 || baseType(dtype) >= F4E2M1;
}
XGEN_INLINE bool present(const EvalTensor &t) { return t.rank >= 0; }

/// Bytes of an element.
int64_t elementBytes(int32_t dtype);
/// Elements of a tensor.
int64_t elementCount(const EvalTensor &t);
/// Whether a flat range of `a` may be copied to `b` as it stands.
bool sameNumbers(const EvalTensor &a, const EvalTensor &b);
/// `t` with storage integers in place of quantized numbers.
XGEN_INLINE EvalTensor raw(const EvalTensor &t) {
  EvalTensor r = t;
  r.quant = nullptr;
  return r;
}

/// What a tensor's elements are computed in.
enum class Compute { Float, Double, Int };
XGEN_INLINE Compute computeOf(const EvalTensor &t) {
  if (t.quant)
    return Compute::Float;
  if (!isFloatType(t.dtype))
    return Compute::Int;
  return baseType(t.dtype) == F64 ? Compute::Double : Compute::Float;
}

/// Elements `index`, `index + stride`, ... of `t` as C. Quantized elements
/// become real numbers.
template <class C>
void read(C *to, const EvalTensor &t, int64_t index, int64_t stride, int64_t n);
/// The inverse. Integers wrap, floats round half to even, quantized elements
/// saturate.
template <class C>
void write(const EvalTensor &t, int64_t index, int64_t stride, const C *from,
           int64_t n);

template <class C>
XGEN_INLINE C get(const EvalTensor &t, int64_t index) {
  C c;
  read<C>(&c, t, index, 0, 1);
  return c;
}
template <class C>
XGEN_INLINE void put(const EvalTensor &t, int64_t index, C c) {
  write<C>(t, index, 0, &c, 1);
}

/// Reads unless the data already is what the loop wants: then no copy is made.
template <class C>
struct NaturalType;
template <>
struct NaturalType<float> {
  static constexpr int32_t value = F32;
};
template <>
struct NaturalType<double> {
  static constexpr int32_t value = F64;
};
template <>
struct NaturalType<int64_t> {
  static constexpr int32_t value = I64;
};
template <class C>
XGEN_INLINE const C *view(C *buffer, const EvalTensor &t, int64_t index,
                          int64_t n) {
  if (t.dtype == NaturalType<C>::value && !t.quant)
    return static_cast<const C *>(t.data) + index;
  read<C>(buffer, t, index, 1, n);
  return buffer;
}

/// Storage integer of a real number in units of the scale, without saturation.
int64_t quantizedInteger(float x, float scale, int64_t zeroPoint);
/// Clamps to the range that a quantized storage type has.
int64_t saturate(int64_t q, int32_t dtype);
XGEN_INLINE int64_t channelOf(const EvalTensor &t, int64_t index) {
  if (t.quant->count == 1)
    return 0;
  int64_t inner = 1;
  for (int32_t d = t.quant->axis + 1; d < t.rank; ++d)
    inner *= t.dims[d];
  return index / inner % t.quant->count;
}

/// Integer of a float as C converts it; out of range and NaN give INT64_MIN on
/// every target.
XGEN_INLINE int64_t toInteger(double x) {
  if (!(x >= -0x1p63 && x < 0x1p63))
    return INT64_MIN;
#if __SIZEOF_POINTER__ >= 8
  return static_cast<int64_t>(x);
#else
  // In two halves: no compiler support function.
  double a = xgen_fabs(x);
  uint32_t high = static_cast<uint32_t>(a * 0x1p-32);
  uint32_t low = static_cast<uint32_t>(a - high * 0x1p32);
  uint64_t magnitude = (static_cast<uint64_t>(high) << 32) | low;
  return static_cast<int64_t>(x < 0.0 ? 0 - magnitude : magnitude);
#endif
}

/// Row-major strides of `t`, in elements.
XGEN_INLINE void stridesOf(const EvalTensor &t, int64_t *strides) {
  int64_t s = 1;
  for (int32_t d = t.rank - 1; d >= 0; --d) {
    strides[d] = s;
    s *= t.dims[d];
  }
}

/// Serialized attributes.
struct Attrs {
  const int64_t *p;

  int64_t integer() { return *p++; }
  double number() { return xgen_from_bits(static_cast<uint64_t>(*p++)); }
  /// An array's words; `count` is its length.
  const int64_t *array(int64_t &count) {
    if (*p == INT64_MIN) { // absent
      ++p;
      count = 0;
      return p;
    }
    count = *p++;
    const int64_t *words = p;
    p += count;
    return words;
  }
};
XGEN_INLINE double number(int64_t word) {
  return xgen_from_bits(static_cast<uint64_t>(word));
}
XGEN_INLINE int64_t axisOf(int64_t axis, int32_t rank) {
  return axis < 0 ? axis + rank : axis;
}

/// A walk over a box of up to 2 * EvalMaxRank dimensions that keeps N flat
/// offsets. Dimensions that are contiguous for every tensor are merged; the
/// last one is left to the caller as a row.
template <int N>
struct Walk {
  int rank = 0;
  bool empty = false;
  int64_t dims[2 * EvalMaxRank];
  int64_t strides[N][2 * EvalMaxRank];
  int64_t index[2 * EvalMaxRank];
  int64_t offset[N];

  void start() {
    for (int t = 0; t < N; ++t)
      offset[t] = 0;
    for (int d = 0; d < 2 * EvalMaxRank; ++d)
      index[d] = 0;
  }
  /// Appends the next inner dimension. Call for every dimension, outer first.
  void add(int64_t dim, const int64_t *stride) {
    if (dim == 0)
      empty = true;
    if (dim == 1)
      return;
    if (rank) {
      bool merge = true;
      for (int t = 0; t < N; ++t)
        merge &= strides[t][rank - 1] == dim * stride[t];
      if (merge) {
        dims[rank - 1] *= dim;
        for (int t = 0; t < N; ++t)
          strides[t][rank - 1] = stride[t];
        return;
      }
    }
    dims[rank] = dim;
    for (int t = 0; t < N; ++t)
      strides[t][rank] = stride[t];
    ++rank;
  }
  /// Ends the list of dimensions; afterwards there is a row.
  void finish() {
    if (!rank) {
      dims[0] = 1;
      for (int t = 0; t < N; ++t)
        strides[t][0] = 0;
      rank = 1;
    }
    start();
  }
  int64_t rowLength() const { return dims[rank - 1]; }
  int64_t rowStride(int t) const { return strides[t][rank - 1]; }
  /// To the next row; false after the last.
  bool next() {
    for (int d = rank - 2; d >= 0; --d) {
      for (int t = 0; t < N; ++t)
        offset[t] += strides[t][d];
      if (++index[d] < dims[d])
        return true;
      for (int t = 0; t < N; ++t)
        offset[t] -= strides[t][d] * dims[d];
      index[d] = 0;
    }
    return false;
  }
};

/// Copies elements between boxes: `to` and `from` have strides in elements of
/// `bytes` bytes.
void copyBox(char *to, const char *from, int32_t rank, const int64_t *dims,
             const int64_t *toStrides, const int64_t *fromStrides,
             int64_t bytes);

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_SUPPORT_H
