//===- Reduce.cpp - Reductions and scans ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Axes were an attribute, then (ReduceSum from 13, the others from 18) an input.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeReduce(Node &n, ReduceKind kind) {
  Value x = n.input(0);
  auto given = n.intsFrom(1, "axes");
  if (n.hasError())
    return failure();
  bool keep = n.integer("keepdims", 1) != 0;
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
  if (n.shape(x)[*axis] == 0)
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
  auto given = n.ints(1, "axis");
  if (!given)
    return failure();
  if (given->size() != 1)
    return n.fail("input 'axis' must be one number");
  auto axis = n.axis(given->front(), n.rank(x));
  if (!axis)
    return failure();
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::ReduceKindAttr::get(n.builder.getContext(), kind)),
      n.attr("axis", *axis)};
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
