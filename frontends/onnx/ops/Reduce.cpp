//===- Reduce.cpp - Reductions and scans ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Axes were an attribute, then (ReduceSum from 13, the others from 18) an input.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/RunTimeAxes.h"

namespace xgen::onnx {

/// Axes that only the program knows: the attribute becomes expressions.
static LogicalResult reduceAtRunTime(Node &n, ReduceKind kind, bool keep) {
  Value x = n.input(0);
  Dims from = n.dims(x);
  auto count = n.length(1, "axes");
  if (!count)
    return failure();
  RunTimeAxes axes(n, *count, from.size());
  auto result = keep ? axes.onesIn(from) : axes.removedFrom(from);
  if (!result)
    return failure();
  Type element = n.elementType(x);
  bool isBool = element.isInteger(1);
  if (isBool)
    x = n.cast(x, n.builder.getIntegerType(8, false));
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::ReduceKindAttr::get(n.builder.getContext(), kind)),
      n.attr("keepdims", keep)};
  n.addExtents(attributes, "axes", axes.symbols());
  Value y = n.make<ir::ReduceOp>(n.tensorType(*result, n.elementType(x)), {x},
                                 attributes);
  return n.result(n.cast(y, element));
}

static LogicalResult legalizeReduce(Node &n, ReduceKind kind) {
  Value x = n.input(0);
  bool keep = n.integer("keepdims", 1) != 0;
  if (n.has(1) && !n.extents(1, "axes") && !n.hasError() &&
      !n.count(n.input(1)).is(0))
    return reduceAtRunTime(n, kind, keep);
  std::optional<Shape> given;
  if (!n.has(1) || !n.count(n.input(1)).is(0))
    given = n.intsFrom(1, "axes");
  if (n.hasError())
    return failure();
  Shape axes;
  if (given && !given->empty()) {
    auto checked = n.axes(*given, n.rank(x));
    if (!checked)
      return failure();
    axes = *checked;
  } else if (!n.integer("noop_with_empty_axes", 0)) {
    for (int64_t i = 0; i < n.rank(x); ++i)
      axes.push_back(i);
  } else if (kind <= ReduceKind::Prod) {
    return n.result(x);
  }
  Type element = n.elementType(x);
  bool isBool = element.isInteger(1);
  Value y = isBool ? n.cast(x, n.builder.getIntegerType(8, false)) : x;
  return n.result(n.cast(n.reduce(kind, y, axes, keep), element));
}

static LogicalResult legalizeArg(Node &n, bool isMax) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  if (!axis)
    return failure();
  if (n.dims(x)[*axis].is(0))
    return n.fail("the dimension is empty");
  SmallVector<NamedAttribute> attributes{
      n.attr("is_max", isMax), n.attr("axis", *axis),
      n.attr("keepdims", n.integer("keepdims", 1) != 0)};
  if (n.integer("select_last_index", 0))
    attributes.push_back(n.attr("select_last", true));
  return n.result(n.make<ir::ArgReduceOp>({x}, attributes));
}

static LogicalResult legalizeScan(Node &n, ReduceKind kind) {
  Value x = n.input(0);
  if (!n.count(n.input(1)).is(1))
    return n.fail("input 'axis' must be one number");
  Dim at = 0;
  if (auto given = n.extents(1, "axis"); given && given->front().isStatic()) {
    auto axis = n.axis(given->front().value(), n.rank(x));
    if (!axis)
      return failure();
    at = *axis;
  } else if (!n.hasError()) {
    Value axis = n.cast(n.reshape(n.input(1), {1}), n.i64());
    Value negative = n.binary(BinaryKind::Less, axis, n.splat(n.i64(), 0));
    Value counted = n.add(axis, n.splat(n.i64(), double(n.rank(x))));
    auto bound = n.bind(n.select(negative, counted, axis), {std::nullopt}, 0,
                        n.rank(x) - 1);
    if (!bound)
      return failure();
    at = bound->front();
  }
  if (n.hasError())
    return failure();
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::ReduceKindAttr::get(n.builder.getContext(), kind))};
  n.addExtents(attributes, "axis", {at}, /*scalar=*/true);
  if (n.integer("exclusive", 0))
    attributes.push_back(n.attr("exclusive", true));
  if (n.integer("reverse", 0))
    attributes.push_back(n.attr("reverse", true));
  return n.result(n.make<ir::ScanOp>({x}, attributes));
}

void registerReduce(Registry &registry) {
  static const std::pair<const char *, ReduceKind> kinds[] = {
      {"ReduceSum", ReduceKind::Sum}, {"ReduceMean", ReduceKind::Mean},
      {"ReduceMax", ReduceKind::Max}, {"ReduceMin", ReduceKind::Min},
      {"ReduceProd", ReduceKind::Prod}, {"ReduceL1", ReduceKind::L1},
      {"ReduceL2", ReduceKind::L2}, {"ReduceLogSum", ReduceKind::LogSum},
      {"ReduceLogSumExp", ReduceKind::LogSumExp},
      {"ReduceSumSquare", ReduceKind::SumSquare}};
  for (auto [name, kind] : kinds)
    registry.add(name, 1,
                 [kind = kind](Node &n) { return legalizeReduce(n, kind); });
  registry.add("ArgMax", 1, [](Node &n) { return legalizeArg(n, true); });
  registry.add("ArgMin", 1, [](Node &n) { return legalizeArg(n, false); });
  registry.add("CumSum", 2,
               [](Node &n) { return legalizeScan(n, ReduceKind::Sum); });
  registry.add("CumProd", 2,
               [](Node &n) { return legalizeScan(n, ReduceKind::Prod); });
}

} // namespace xgen::onnx
