//===- Reduce.cpp - Reductions and scans ------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Every result walks the box of elements that it is made from. Sums of floats
// are taken in double: they are exact enough in any order of axes, and one
// rounding is left.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Axes.h"
#include "codegen/reference/eval/Kinds.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

/// Double for the float types.
template <class C>
struct Wide {
  using Type = double;
};
template <>
struct Wide<int64_t> {
  using Type = int64_t;
};

template <class W>
W product(W a, W b) {
  return a * b;
}
template <>
int64_t product<int64_t>(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) *
                              static_cast<uint64_t>(b));
}

template <class C>
struct Reducer {
  using W = typename Wide<C>::Type;
  const EvalTensor &in;
  Axes &axes;
  int64_t kind;

  W fold(W acc, W v, bool first, W shift) const {
    switch (kind) {
    case RSum:
    case RMean:
    case RLogSum: return acc + v;
    case RMax: return first || v > acc || v != v ? v : acc;
    case RMin: return first || v < acc || v != v ? v : acc;
    case RProd: return product<W>(acc, v);
    case RL1: return acc + (v < 0 ? -v : v);
    case RL2:
    case RSumSquare: return acc + product<W>(v, v);
    case RLogSumExp:
      return acc + static_cast<W>(xgen_exp(static_cast<double>(v) -
                                           static_cast<double>(shift)));
    default: return acc;
    }
  }

  W run(int64_t base, W shift) const {
    W acc = kind == RProd ? W(1) : W(0);
    bool first = true;
    C x[kBlock];
    axes.reduced.start();
    if (axes.reduced.empty)
      return acc;
    int64_t n = axes.reduced.rowLength(), s = axes.reduced.rowStride(0);
    do {
      for (int64_t i = 0; i < n; i += kBlock) {
        int64_t m = min(kBlock, n - i);
        read<C>(x, in, base + axes.reduced.offset[0] + i * s, s, m);
        for (int64_t k = 0; k < m; ++k, first = false)
          acc = fold(acc, static_cast<W>(x[k]), first, shift);
      }
    } while (axes.reduced.next());
    return acc;
  }
};

/// Of an empty box, as NumPy and ONNX define it.
template <class W>
W emptyResult(int64_t kind, int32_t dtype);
template <>
double emptyResult<double>(int64_t kind, int32_t) {
  switch (kind) {
  case RMax:
  case RLogSum:
  case RLogSumExp: return -xgen_inf();
  case RMin: return xgen_inf();
  case RMean: return xgen_nan();
  default: return kind == RProd ? 1.0 : 0.0;
  }
}
template <>
int64_t emptyResult<int64_t>(int64_t kind, int32_t dtype) {
  bool isUnsigned = baseType(dtype) >= U64 && baseType(dtype) <= U8;
  switch (kind) {
  case RMax: return isUnsigned || baseType(dtype) == I1 ? 0
                    : saturate(INT64_MIN, dtype);
  case RMin: return baseType(dtype) == U64 ? -1 : saturate(INT64_MAX, dtype);
  default: return kind == RProd;
  }
}

template <class C>
void reduceAs(const EvalTensor &in, const EvalTensor &out, Axes &axes,
              int64_t kind) {
  using W = typename Wide<C>::Type;
  int64_t count = axes.reducedCount(), at = 0;
  Reducer<C> r{in, axes, kind};
  if (axes.kept.empty)
    return;
  do {
    for (int64_t i = 0; i < axes.kept.rowLength(); ++i, ++at) {
      int64_t base = axes.kept.offset[0] + i * axes.kept.rowStride(0);
      W acc;
      if (!count) {
        acc = emptyResult<W>(kind, in.dtype);
      } else if (kind == RLogSumExp) {
        // Relative to the largest, unless that is infinite.
        Reducer<C> largest{in, axes, RMax};
        W top = largest.run(base, W(0));
        if (xgen_isinf(static_cast<double>(top)))
          top = W(0);
        acc = r.run(base, top);
        acc = static_cast<W>(xgen_log(static_cast<double>(acc)) +
                             static_cast<double>(top));
      } else {
        acc = r.run(base, W(0));
        if (kind == RMean)
          acc = acc / static_cast<W>(count);
        else if (kind == RL2)
          acc = static_cast<W>(xgen_sqrt(static_cast<double>(acc)));
        else if (kind == RLogSum)
          acc = static_cast<W>(xgen_log(static_cast<double>(acc)));
      }
      write<W>(out, at, 1, &acc, 1);
    }
  } while (axes.kept.next());
}

} // namespace

extern "C" int32_t xgen_eval_reduce(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t n;
  const int64_t *list = attrs.array(n);
  attrs.integer(); // keepdims: the result's shape has it
  int64_t kind = attrs.integer();
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Axes axes(in, list, n);
  switch (computeOf(in)) {
  case Compute::Float: reduceAs<float>(in, out, axes, kind); break;
  case Compute::Double: reduceAs<double>(in, out, axes, kind); break;
  case Compute::Int:
    // Exponentials of integers are rounded once, at the end.
    if (kind == RLogSumExp)
      reduceAs<double>(in, out, axes, kind);
    else
      reduceAs<int64_t>(in, out, axes, kind);
    break;
  }
  return EvalOk;
}

namespace {

template <class C>
void argReduceAs(const EvalTensor &in, const EvalTensor &out, Axes &axes,
                 bool isMax, bool last) {
  int64_t n = axes.reducedCount(), s = axes.reduced.rowStride(0), at = 0;
  if (axes.kept.empty)
    return;
  do {
    for (int64_t i = 0; i < axes.kept.rowLength(); ++i, ++at) {
      int64_t base = axes.kept.offset[0] + i * axes.kept.rowStride(0);
      int64_t best = 0;
      C x[kBlock], value = C(0);
      for (int64_t j = 0; j < n; j += kBlock) {
        int64_t m = min(kBlock, n - j);
        read<C>(x, in, base + j * s, s, m);
        for (int64_t k = 0; k < m; ++k) {
          bool better = isMax ? x[k] > value : x[k] < value;
          if (j + k == 0 || better || (last && x[k] == value)) {
            value = x[k];
            best = j + k;
          }
        }
      }
      put<int64_t>(out, at, best);
    }
  } while (axes.kept.next());
}

template <class C>
void scanAs(const EvalTensor &in, const EvalTensor &out, Axes &axes,
            bool product_, bool exclusive, bool reverse) {
  using W = typename Wide<C>::Type;
  int64_t n = axes.reducedCount(), s = axes.reduced.rowStride(0);
  if (axes.kept.empty)
    return;
  do {
    for (int64_t i = 0; i < axes.kept.rowLength(); ++i) {
      int64_t base = axes.kept.offset[0] + i * axes.kept.rowStride(0);
      W acc = product_ ? W(1) : W(0);
      for (int64_t k = 0; k < n; ++k) {
        int64_t at = base + (reverse ? n - 1 - k : k) * s;
        W v = static_cast<W>(get<C>(in, at));
        W before = acc;
        acc = product_ ? product<W>(acc, v) : acc + v;
        put<W>(out, at, exclusive ? before : acc);
      }
    }
  } while (axes.kept.next());
}

} // namespace

extern "C" int32_t xgen_eval_arg_reduce(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t axis = attrs.integer();
  bool isMax = attrs.integer();
  attrs.integer(); // keepdims
  bool last = attrs.integer();
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Axes axes(in, &axis, 1);
  switch (computeOf(in)) {
  case Compute::Float: argReduceAs<float>(in, out, axes, isMax, last); break;
  case Compute::Double: argReduceAs<double>(in, out, axes, isMax, last); break;
  case Compute::Int: argReduceAs<int64_t>(in, out, axes, isMax, last); break;
  }
  return EvalOk;
}

extern "C" int32_t xgen_eval_scan(const EvalCall *call) {
  Attrs attrs{call->attrs};
  int64_t axis = attrs.integer();
  bool exclusive = attrs.integer();
  int64_t kind = attrs.integer();
  bool reverse = attrs.integer();
  if (kind != RSum && kind != RProd)
    return EvalUnsupported;
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Axes axes(in, &axis, 1);
  bool prod = kind == RProd;
  switch (computeOf(in)) {
  case Compute::Float:
    scanAs<float>(in, out, axes, prod, exclusive, reverse);
    break;
  case Compute::Double:
    scanAs<double>(in, out, axes, prod, exclusive, reverse);
    break;
  case Compute::Int:
    scanAs<int64_t>(in, out, axes, prod, exclusive, reverse);
    break;
  }
  return EvalOk;
}
