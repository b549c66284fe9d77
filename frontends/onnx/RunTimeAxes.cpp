//===- RunTimeAxes.cpp - Axes that only the program knows -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See RunTimeAxes.h.
//
//===----------------------------------------------------------------------===//

#include "RunTimeAxes.h"

namespace xgen::onnx {

static Value scatter(Node &n, Value into, Value at, Value values) {
  return n.make<ir::ScatterElementsOp>({into, at, values},
                                       {n.attr("axis", int64_t(0))});
}

RunTimeAxes::RunTimeAxes(Node &n, int64_t count, int64_t rank)
    : n(n), count(count), rank(rank) {
  if (count > rank) {
    (void)n.fail("there are more axes than dimensions");
    return;
  }
  Value axes = n.cast(n.reshape(n.input(1), {count}), n.i64());
  Value negative = n.binary(BinaryKind::Less, axes, n.splat(n.i64(), 0));
  axes = n.select(negative, n.add(axes, n.splat(n.i64(), double(rank))), axes);
  // Checks their range, before anything is indexed by them.
  auto symbols =
      n.bind(axes, SmallVector<std::optional<Dim>>(count), 0, rank - 1);
  if (!symbols)
    return;
  bound = *symbols;
  Value flags = scatter(n, n.integersOf(Shape(rank, 0)), axes,
                        n.integersOf(Shape(count, 1)));
  isAxis = n.binary(BinaryKind::Equal, flags, n.splat(n.i64(), 1));
  auto sum = ir::ReduceKindAttr::get(n.builder.getContext(), ReduceKind::Sum);
  before = n.make<ir::ScanOp>({n.sub(n.splat(n.i64(), 1), flags)},
                              {n.attr("kind", sum), n.attr("axis", int64_t(0)),
                               n.attr("exclusive", true)});
}

std::optional<Dims> RunTimeAxes::bind(Value extents, DimsRef from,
                                      int64_t resultRank) const {
  int64_t low = 1, high = 1;
  for (const Dim &d : from) {
    low = std::min(low, d.min());
    high = std::max(high, d.max());
  }
  return n.bind(extents, n.declared(0, resultRank), low, high);
}

std::optional<Dims> RunTimeAxes::removedFrom(DimsRef from) const {
  if (n.hasError())
    return std::nullopt;
  int64_t kept = rank - count;
  // What goes is put behind everything that stays.
  Value at = n.select(isAxis, n.splat(n.i64(), double(rank - 1)), before);
  Value extents = scatter(n, n.integersOf(Shape(rank, 0)), at, n.extentsOf(from));
  return bind(n.slice(extents, 0, 0, kept), from, kept);
}

std::optional<Dims> RunTimeAxes::insertedInto(DimsRef from) const {
  if (n.hasError())
    return std::nullopt;
  if (from.empty())
    return Dims(rank, 1);
  Value last = n.splat(n.i64(), double(from.size() - 1));
  Value at = n.binary(BinaryKind::Min, before, last);
  return bind(n.select(isAxis, n.splat(n.i64(), 1),
                       n.gather(n.extentsOf(from), at, 0)),
              from, rank);
}

std::optional<Dims> RunTimeAxes::onesIn(DimsRef from) const {
  if (n.hasError())
    return std::nullopt;
  return bind(n.select(isAxis, n.splat(n.i64(), 1), n.extentsOf(from)), from,
              rank);
}

} // namespace xgen::onnx
