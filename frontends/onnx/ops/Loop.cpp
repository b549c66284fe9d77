//===- Loop.cpp - Loop ----------------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A body that runs a small known number of times is inlined that often. Else it
// becomes a function, and the loop an op with room for the largest results.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/LoopBuilder.h"

namespace xgen::onnx {

static constexpr unsigned maxUnroll = 8;

/// The value behind Identity nodes.
static Value behindIdentity(Value v) {
  while (auto node = v.getDefiningOp<NodeOp>()) {
    if (node.getOpType() != "Identity" || !node.getDomain().empty() ||
        node.getInputs().size() != 1)
      break;
    v = node.getInputs()[0];
  }
  return v;
}

static bool isTrue(ElementsAttr attr) {
  auto values = attr ? readInts(attr) : std::nullopt;
  return values && values->size() == 1 && values->front();
}

/// Whether the body's condition stays true once it is.
static bool staysTrue(mlir::Region &region) {
  if (region.empty() || region.front().getNumArguments() < 2 ||
      !llvm::isa<YieldOp>(region.front().back()) ||
      region.front().back().getNumOperands() < 1)
    return false;
  Value v = behindIdentity(region.front().back().getOperand(0));
  if (v == region.front().getArgument(1))
    return true;
  if (auto constant = v.getDefiningOp<ConstantOp>())
    return isTrue(constant.getValue());
  auto node = v.getDefiningOp<NodeOp>();
  return node && node.getOpType() == "Constant" && node.getDomain().empty() &&
         isTrue(llvm::dyn_cast_or_null<ElementsAttr>(
             node.getOnnxAttributes().get("value")));
}

/// The body again and again in place of the node.
static LogicalResult unroll(Node &n, int64_t trips, ArrayRef<Value> initial) {
  SmallVector<Value> now(initial);
  SmallVector<SmallVector<Value>> parts;
  for (int64_t k = 0; k < trips; ++k) {
    SmallVector<Value> arguments{n.integersOf({k}, ShapeRef()),
                                 n.splat(n.i1(), 1)};
    llvm::append_range(arguments, now);
    SmallVector<Value> results;
    if (failed(n.inlineSubgraph("body", arguments, results)))
      return failure();
    if (results.size() != 1 + n.numResults())
      return n.fail("the body has " + llvm::Twine(results.size()) +
                    " outputs, which does not fit the node");
    now.assign(results.begin() + 1, results.begin() + 1 + initial.size());
    parts.resize(n.numResults() - initial.size());
    for (auto [list, v] :
         llvm::zip(parts, ArrayRef(results).drop_front(1 + initial.size()))) {
      Dims extents = n.dims(v);
      extents.insert(extents.begin(), 1);
      list.push_back(n.reshape(v, extents));
    }
  }
  for (auto [i, v] : llvm::enumerate(now))
    if (failed(n.result(i, v)))
      return failure();
  for (auto [i, list] : llvm::enumerate(parts))
    if (failed(n.result(initial.size() + i, n.concat(list, 0))))
      return failure();
  return success();
}

static LogicalResult legalizeLoop(Node &n) {
  Value trips = n.input(0), condition = n.input(1);
  if (trips && (!n.elementType(trips).isInteger(64) || !n.count(trips).is(1)))
    return n.fail("the number of trips must be one int64");
  if (condition &&
      (!n.elementType(condition).isInteger(1) || !n.count(condition).is(1)))
    return n.fail("the condition must be one bool");
  SmallVector<Value> initial;
  for (unsigned i = 2; i < n.numInputs(); ++i) {
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
    initial.push_back(n.input(i));
  }
  if (n.numResults() < initial.size())
    return n.fail("has fewer outputs than carried values");
  mlir::Region *region = n.subgraph("body");
  if (!region || region->empty())
    return failure();
  // A loop that only counts.
  if (condition && isTrue(n.constantOf(condition)) && staysTrue(*region))
    condition = {};
  if (!trips && !condition)
    return n.fail("the loop never ends");
  std::optional<Dim> count;
  if (trips)
    if (auto extents = n.extents(0, "M"))
      count = extents->front();
  if (count && count->isStatic() && !condition && count->value() > 0 &&
      count->value() <= maxUnroll)
    return unroll(n, count->value(), initial);

  LoopBuilder loop(n, "body");
  loop.trips = trips;
  loop.count = count;
  loop.condition = condition;
  loop.usesIndex = region->front().getNumArguments() > 0 &&
                   !region->front().getArgument(0).use_empty();
  for (Value v : initial)
    loop.carried.emplace_back(v);
  loop.arguments = [](Value index, const Dim &, Value going,
                      ArrayRef<Value> now) {
    SmallVector<Value> all{index, going};
    llvm::append_range(all, now);
    return all;
  };
  if (failed(loop.build()))
    return failure();
  for (auto [i, v] : llvm::enumerate(loop.last))
    if (failed(n.result(i, v)))
      return failure();
  for (auto [i, v] : llvm::enumerate(loop.scans))
    if (failed(n.result(initial.size() + i, v)))
      return failure();
  return success();
}

void registerLoop(Registry &registry) { registry.add("Loop", 0, legalizeLoop); }

} // namespace xgen::onnx
