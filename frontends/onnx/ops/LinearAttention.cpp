//===- LinearAttention.cpp - LinearAttention ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Heads are packed in the last dimension; the update rule says which of decay
// and beta count.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <cmath>

namespace xgen::onnx {

static LogicalResult legalizeLinearAttention(Node &n) {
  Value query = n.input(0), key = n.input(1), value = n.input(2);
  int64_t queryHeads = n.integer("q_num_heads", 0);
  int64_t heads = n.integer("kv_num_heads", 0);
  std::string rule = n.string("update_rule", "gated_delta");
  bool gated = rule == "gated" || rule == "gated_delta";
  bool delta = rule == "delta" || rule == "gated_delta";
  if (!gated && !delta && rule != "linear")
    return n.fail("unknown update_rule '" + rule + "'");
  if (gated && !n.has(4))
    return n.fail("update_rule '" + rule + "' needs input 'decay'");
  if (delta && !n.has(5))
    return n.fail("update_rule '" + rule + "' needs input 'beta'");
  if (queryHeads < 1 || heads < 1)
    return n.fail("q_num_heads and kv_num_heads must be positive");

  // States are sums over all steps: never in half precision.
  Type element = n.elementType(query);
  if (!n.isFloat(query))
    return n.fail("the query must be a float tensor");
  Type precise = element.isF64() ? element : n.f32();
  auto unpack = [&](Value v, int64_t count, StringRef what) -> Value {
    Dims s = n.dims(v);
    int64_t packed = s.size() == 3 ? n.known(s[2], "last dimension") : -1;
    if (packed < 0 || packed % count != 0)
      return n.noValue("the heads do not divide the last dimension of " + what);
    return n.cast(n.reshape(v, {s[0], s[1], count, packed / count}), precise);
  };
  query = unpack(query, queryHeads, "query");
  key = unpack(key, heads, "key");
  value = unpack(value, heads, "value");
  SmallVector<Value> operands{query, key, value};
  SmallVector<int32_t> segments{1, 1, 1, 0, 0, 0};
  auto also = [&](int32_t &segment, Value v) {
    operands.push_back(v);
    segment = 1;
  };
  if (n.has(3))
    also(segments[3], n.cast(n.input(3), precise));
  if (gated)
    also(segments[4], unpack(n.input(4), heads, "decay"));
  if (delta)
    also(segments[5], n.cast(n.input(5), precise));
  if (n.hasError() || !query || !key || !value)
    return n.fail("cannot be legalized");
  double scale = n.number("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(n.dims(query)[3].value()));
  Dims result = n.dims(query);
  Dim values = n.dims(value)[3];
  result[3] = values;
  for (Value v : operands) {
    // A state has no steps.
    bool steps = !(n.has(3) && v == operands[3]);
    if (n.rank(v) < 2 || !n.same(n.dims(v)[0], result[0]) ||
        (steps && !n.same(n.dims(v)[1], result[1])))
      return n.fail("the inputs differ in batch size or length");
  }
  Dims state{result[0], heads, n.dims(key)[3], values};
  mlir::Operation *op = n.create(
      ir::LinearAttentionOp::getOperationName(), operands,
      {n.attr("scale", scale), n.segments(segments)},
      {n.tensorType(result, precise), n.tensorType(state, precise)});
  if (!op)
    return failure();
  Type stateType = n.has(3) ? n.elementType(n.input(3)) : element;
  if (n.used(1) &&
      failed(n.result(1, n.cast(op->getResult(1), stateType))))
    return failure();
  return n.result(n.cast(n.reshape(op->getResult(0),
                                   {result[0], result[1], values * queryHeads}),
                         element));
}

void registerLinearAttention(Registry &registry) {
  registry.add("LinearAttention", 3, legalizeLinearAttention);
}

} // namespace xgen::onnx
