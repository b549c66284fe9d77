//===- MatMul.cpp - Matrix product ------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Batched product of floats, integers and quantized numbers.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Product.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class A>
void matmul(const EvalCall *call, const Finish &finisher) {
  const EvalTensor &lhs = call->in[0], &rhs = call->in[1];
  const EvalTensor &out = call->out[0], &bias = call->in[2];
  bool hasBias = call->numIn > 2 && present(bias);
  int32_t rank = out.rank;
  int64_t rows = out.dims[rank - 2], columns = out.dims[rank - 1];
  int64_t depth = lhs.dims[rank - 1];
  int64_t sl[EvalMaxRank], sr[EvalMaxRank], so[EvalMaxRank];
  stridesOf(lhs, sl);
  stridesOf(rhs, sr);
  stridesOf(out, so);
  // The bias may have fewer dimensions; those of extent 1 do not move.
  int64_t sb[EvalMaxRank] = {};
  if (hasBias) {
    int64_t s = 1;
    for (int32_t d = bias.rank - 1; d >= 0; --d) {
      sb[rank - bias.rank + d] = bias.dims[d] == 1 ? 0 : s;
      s *= bias.dims[d];
    }
  }
  int64_t index[EvalMaxRank] = {}, batches = 1;
  for (int32_t d = 0; d < rank - 2; ++d)
    batches *= out.dims[d];
  for (int64_t b = 0; b < batches; ++b) {
    int64_t l = 0, r = 0, o = b * rows * columns, bi = 0;
    for (int32_t d = 0; d < rank - 2; ++d) {
      l += lhs.dims[d] == 1 ? 0 : index[d] * sl[d];
      r += rhs.dims[d] == 1 ? 0 : index[d] * sr[d];
      bi += index[d] * sb[d];
    }
    for (int64_t c = 0; c < columns; c += kColumns) {
      int64_t m = min(kColumns, columns - c);
      auto some = [&](int64_t row, auto count) {
        constexpr int R = decltype(count)::value;
        A sum[R][kColumns] = {};
        int64_t from[R];
        for (int i = 0; i < R; ++i)
          from[i] = l + (row + i) * depth;
        sumProducts<A, R>(sum, lhs, from, depth, rhs, r + c, columns, m);
        for (int i = 0; i < R; ++i) {
          if (hasBias)
            addBias<A>(sum[i], bias,
                       bi + (row + i) * sb[rank - 2] + c * sb[rank - 1],
                       sb[rank - 1], m);
          finish<A>(finisher, o + (row + i) * columns + c, from[i], c, sum[i],
                    m);
        }
      };
      int64_t row = 0;
      for (; row + kRows <= rows; row += kRows)
        some(row, Count<kRows>());
      for (; row < rows; ++row)
        some(row, Count<1>());
    }
    for (int32_t d = rank - 3; d >= 0 && ++index[d] == out.dims[d]; --d)
      index[d] = 0;
  }
}

} // namespace

extern "C" int32_t xgen_eval_matmul(const EvalCall *call) {
  const EvalTensor &lhs = call->in[0], &rhs = call->in[1];
  const EvalTensor &out = call->out[0];
  if (lhs.rank < 2 || lhs.rank != rhs.rank || lhs.rank != out.rank)
    return EvalUnsupported;
  Finish finisher{&lhs, &rhs, &out, static_cast<int32_t>(call->attrs[0])};
  switch (accumulateOf(lhs, rhs, out)) {
  case Accumulate::Float: matmul<float>(call, finisher); break;
  case Accumulate::Double: matmul<double>(call, finisher); break;
  case Accumulate::Int32: matmul<int32_t>(call, finisher); break;
  case Accumulate::Int64: matmul<int64_t>(call, finisher); break;
  default: return EvalUnsupported;
  }
  return EvalOk;
}
