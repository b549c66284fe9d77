//===- Kinds.h - Enums of the xgen dialect, and unary functions -*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The integer values of dialects/xgen/XgenAttrs.td without MLIR (Reference.cpp
// asserts that they agree), and the elementwise functions, which recurrent
// layers use too.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_KINDS_H
#define XGEN_CODEGEN_REFERENCE_EVAL_KINDS_H

#include "codegen/reference/eval/Support.h"

namespace xgen {
namespace eval {

enum UnaryFunction : int32_t {
  Abs, Neg, Exp, Log, Sqrt, Rsqrt, Reciprocal, Sin, Cos, Tan, Asin, Acos, Atan,
  Sinh, Cosh, Tanh, Asinh, Acosh, Atanh, Erf, Floor, Ceil, Round, Sign, Not,
  BitNot, IsNaN, IsInf, Relu, Sigmoid, Softplus, Softsign, LeakyRelu, Elu, Selu,
  HardSigmoid, HardSwish, Clamp, ThresholdedRelu, Shrink, Celu, Mish, Gelu,
  GeluTanh, Swish
};

enum BinaryFunction : int32_t {
  Add, Sub, Mul, Div, Pow, Mod, Fmod, Min, Max, PRelu, And, Or, Xor, BitAnd,
  BitOr, BitXor, ShiftLeft, ShiftRight, Equal, NotEqual, Less, LessEqual,
  Greater, GreaterEqual
};

enum ReduceFunction : int32_t {
  RSum, RMean, RMax, RMin, RProd, RL1, RL2, RLogSum, RLogSumExp, RSumSquare
};

enum PoolFunction : int32_t { PoolMax, PoolAvg, PoolLp };
enum PadFunction : int32_t { PadConstant, PadReflect, PadEdge, PadWrap };
enum ScatterFunction : int32_t { SAssign, SAdd, SMul, SMax, SMin };
enum RnnFunction : int32_t { CellRnn, CellGru, CellLstm };
enum RnnOrder : int32_t { OrderForward, OrderReverse, OrderBoth };
enum ResizeFunction : int32_t { ResizeNearest, ResizeLinear, ResizeCubic };
enum ResizeCoordinate : int32_t {
  HalfPixel, PytorchHalfPixel, AlignCorners, Asymmetric, TfHalfPixelForNn,
  TfCropAndResize, HalfPixelSymmetric
};
enum NearestRounding : int32_t {
  RoundPreferFloor, RoundPreferCeil, NearestFloor, NearestCeil
};

/// Applies a UnaryKind to n numbers; false for one that floats do not have.
template <class C>
bool unaryBlock(C *x, int64_t n, int32_t kind, double alpha, double beta);

/// Operands broadcast to `out`; tensor 0 of the walk is `out`. False when the
/// shapes do not broadcast.
template <int N>
bool broadcastWalk(Walk<N> &w, const EvalTensor &out, const EvalTensor *in) {
  int64_t strides[N][EvalMaxRank];
  stridesOf(out, strides[0]);
  for (int t = 1; t < N; ++t) {
    const EvalTensor &x = in[t - 1];
    if (x.rank > out.rank)
      return false;
    int32_t lead = out.rank - x.rank;
    int64_t s = 1;
    for (int32_t d = x.rank - 1; d >= 0; --d) {
      if (x.dims[d] != 1 && x.dims[d] != out.dims[lead + d])
        return false;
      strides[t][lead + d] = x.dims[d] == 1 ? 0 : s;
      s *= x.dims[d];
    }
    for (int32_t d = 0; d < lead; ++d)
      strides[t][d] = 0;
  }
  for (int32_t d = 0; d < out.rank; ++d) {
    int64_t stride[N];
    for (int t = 0; t < N; ++t)
      stride[t] = strides[t][d];
    w.add(out.dims[d], stride);
  }
  w.finish();
  return true;
}

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_KINDS_H
