//===- Softmax.cpp - Softmax, LogSoftmax, Hardmax ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Before version 13 these worked on a matrix: all dimensions from axis on.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeSoftmax(Node &n, bool log) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", n.since(13) ? -1 : 1),
                     std::max<int64_t>(1, n.rank(x)));
  if (!axis)
    return failure();
  if (n.rank(x) == 0)
    return n.fail("the input is a scalar");
  Shape axes{*axis};
  if (!n.since(13))
    for (int64_t i = *axis + 1; i < n.rank(x); ++i)
      axes.push_back(i);
  return n.result(n.softmax(x, axes, log));
}

static LogicalResult legalizeHardmax(Node &n) {
  Value x = n.input(0);
  Dims extents = n.dims(x);
  auto axis = n.axis(n.integer("axis", n.since(13) ? -1 : 1), n.rank(x));
  if (!axis)
    return failure();
  int64_t at = *axis;
  Value y = x;
  if (!n.since(13)) {
    DimsRef all = extents;
    y = n.reshape(x, {ir::product(all.take_front(at)),
                      ir::product(all.drop_front(at))});
    at = 1;
  }
  if (!y)
    return failure();
  Value best = n.make<ir::ArgReduceOp>({y}, {n.attr("is_max", true),
                                             n.attr("axis", at),
                                             n.attr("keepdims", true)});
  Dim size = n.dims(y)[at];
  Dims along(n.rank(y), 1);
  along[at] = size;
  Value hit = n.binary(BinaryKind::Equal, n.iota(size, along), best);
  return n.result(n.reshape(n.cast(hit, n.elementType(x)), extents));
}

void registerSoftmax(Registry &registry) {
  registry.add("Softmax", 1, [](Node &n) { return legalizeSoftmax(n, false); });
  registry.add("LogSoftmax", 1,
               [](Node &n) { return legalizeSoftmax(n, true); });
  registry.add("Hardmax", 1, legalizeHardmax);
}

} // namespace xgen::onnx
