//===- Axes.h - Reduced and kept dimensions ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Splits a tensor's dimensions into those that an op reduces over and the rest.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_AXES_H
#define XGEN_CODEGEN_REFERENCE_EVAL_AXES_H

#include "codegen/reference/eval/Support.h"

namespace xgen {
namespace eval {

/// Two nested walks over a tensor: `kept` in row-major order of the results,
/// and for each of its elements `reduced`.
struct Axes {
  Walk<1> kept, reduced;

  Axes(const EvalTensor &t, const int64_t *axes, int64_t n) {
    bool marked[EvalMaxRank] = {};
    for (int64_t i = 0; i < n; ++i)
      marked[clamp(axisOf(axes[i], t.rank), 0, EvalMaxRank - 1)] = true;
    int64_t strides[EvalMaxRank];
    stridesOf(t, strides);
    for (int32_t d = 0; d < t.rank; ++d)
      (marked[d] ? reduced : kept).add(t.dims[d], &strides[d]);
    kept.finish();
    reduced.finish();
  }

  int64_t reducedCount() const {
    if (reduced.empty)
      return 0;
    int64_t n = 1;
    for (int d = 0; d < reduced.rank; ++d)
      n *= reduced.dims[d];
    return n;
  }
};

} // namespace eval
} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_EVAL_AXES_H
