//===- RunTimeAxes.h - Axes that only the program knows ---------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Squeeze, Unsqueeze and reductions may take their axes from the program. Their
// result's extents are then computed there, too, and bound: expressions of what
// each axis may be would have exponentially many terms.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_RUNTIMEAXES_H
#define XGEN_FRONTENDS_ONNX_RUNTIMEAXES_H

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

/// The list of axes that is input 1 of a node, for a tensor of `rank` (the result
/// of Unsqueeze, else the input). Axes that are not distinct end the run.
class RunTimeAxes {
public:
  RunTimeAxes(Node &n, int64_t count, int64_t rank);

  /// As symbols in [0, rank).
  const Dims &symbols() const { return bound; }
  /// The extents of result 0, which agree with what the model declares; nullopt
  /// after an error.
  std::optional<Dims> removedFrom(DimsRef from) const;
  std::optional<Dims> insertedInto(DimsRef from) const;
  std::optional<Dims> onesIn(DimsRef from) const;

private:
  std::optional<Dims> bind(Value extents, DimsRef from, int64_t rank) const;

  Node &n;
  int64_t count, rank;
  Dims bound;
  /// For each dimension whether it is one of the axes, and how many are not
  /// before it.
  Value isAxis, before;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_RUNTIMEAXES_H
