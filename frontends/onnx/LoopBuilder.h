//===- LoopBuilder.h - xgen.loop of a subgraph ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What Loop and Scan have in common: a body that is a function, values that it
// carries from one iteration to the next, and parts that results are made of.
//
// What a body carries may change its shape. It is first legalized for the shape
// that it starts with; if it returns another one, those dimensions become
// symbols of the body, with bounds from how the body changes them, and it is
// legalized again. The extents themselves are then carried, too.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_LOOPBUILDER_H
#define XGEN_FRONTENDS_ONNX_LOOPBUILDER_H

#include "frontends/onnx/Subgraph.h"

namespace xgen::onnx {

/// No loop runs longer; only loops that need no room for it may.
inline constexpr int64_t manyTrips = int64_t(1) << 62;

/// A value that each iteration hands to the next.
struct Carried {
  explicit Carried(Value initial) : initial(initial) {}
  Value initial;
  Dims first;
  /// In the body: as it starts, but for the dimensions that change.
  Dims extents;
  SmallVector<unsigned> changing;
  /// After the body.
  Value next;
};

/// A loop, whatever operator it comes from.
class LoopBuilder {
public:
  LoopBuilder(Node &n, StringRef what) : n(n), body(n, "body", what) {}

  /// Null: until the condition ends it.
  Value trips;
  /// Of `trips`; and an upper bound.
  std::optional<Dim> count;
  int64_t most = manyTrips;
  /// Null: it does not matter.
  Value condition;
  std::vector<Carried> carried;
  /// What the subgraph's inputs are: from the number of the iteration (value
  /// and extent), the condition, and what is carried.
  std::function<SmallVector<Value>(Value, const Dim &, Value, ArrayRef<Value>)>
      arguments;
  /// The subgraph's outputs begin with a condition.
  bool returnsCondition = true;
  /// Somebody reads the number of the iteration.
  bool usesIndex = true;
  /// What each iteration hands on is scanned, too, before the rest.
  bool scansCarried = false;

  LogicalResult build();
  /// Results.
  SmallVector<Value> last, scans;

private:
  /// Legalizes the body for the present extents; `settled` when it returns the
  /// same ones.
  LogicalResult convert(bool &settled);
  /// Widens a carried extent to what the body returns.
  bool widen(Carried &c, unsigned d, const Dim &next);
  bool limitTrips();
  LogicalResult finish();
  Value prefix(Value v, const Dims &extents) {
    RankedTensorType type = n.tensorType(extents, n.elementType(v));
    return v && v.getType() != type ? n.make<ir::PrefixOp>(type, {v}) : v;
  }
  void bind(Value v, DimsRef extents) {
    if (v && !ir::allStatic(extents))
      ir::BindOp::create(n.builder, n.loc, v,
                         ir::toMap(extents, n.builder.getContext()));
  }

  Node &n;
  Body body;
  unsigned round = 0;
  Value index, going;
  SmallVector<Value> parts;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_LOOPBUILDER_H
