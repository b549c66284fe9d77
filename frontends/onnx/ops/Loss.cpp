//===- Loss.cpp - NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One score of each column of classes is gathered; what is ignored is chosen
// away, never multiplied by 0: it may be infinite, and its class may not exist.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static Shape allAxes(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

/// `logProb` [N, C, D...], `target` [N, D...], `weight` [C] or null.
static Value emitLoss(Node &n, Value logProb, Value target, Value weight) {
  int64_t rank = n.rank(logProb);
  Type element = n.elementType(logProb);
  Type index = n.elementType(target);
  if (rank < 2 || !n.isFloat(logProb))
    return n.noValue("the scores must be floats [N, C, ...]");
  if (!index.isSignlessInteger(32) && !index.isSignlessInteger(64))
    return n.noValue("the target must be int32 or int64");
  Dims wanted = n.dims(logProb);
  Dim classes = wanted[1];
  wanted.erase(wanted.begin() + 1);
  if (!n.same(n.dims(target), wanted))
    return n.noValue("the target must have the scores' shape without classes");
  if (weight && (!n.same(n.dims(weight), Dims{classes}) ||
                 n.elementType(weight) != element))
    return n.noValue("there must be one weight a class, of the scores' type");
  std::string reduction = n.string("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return n.noValue("unknown reduction '" + reduction + "'");

  Value zero = n.splat(element, 0), ignored;
  if (n.hasAttribute("ignore_index")) {
    Value skipped = n.splat(index, double(n.integer("ignore_index", 0)));
    ignored = n.binary(BinaryKind::Equal, target, skipped);
    target = n.select(ignored, n.splat(index, 0), target);
  }
  Dims column = wanted;
  column.insert(column.begin() + 1, 1);
  Value loss = n.make<ir::GatherElementsOp>(
      {logProb, n.reshape(target, column)}, {n.attr("axis", int64_t(1))});
  loss = n.unary(UnaryKind::Neg, n.reshape(loss, wanted));
  // What each loss counts for in a mean.
  Value share = weight ? n.gather(weight, target, 0) : Value();
  if (share)
    loss = n.mul(loss, share);
  if (ignored) {
    loss = n.select(ignored, zero, loss);
    share = n.select(ignored, zero, share ? share : n.splat(element, 1));
  }
  if (reduction == "none")
    return loss;
  Shape axes = allAxes(rank - 1);
  if (reduction == "mean" && !share)
    return n.reduce(ReduceKind::Mean, loss, axes, false);
  Value sum = n.reduce(ReduceKind::Sum, loss, axes, false);
  if (reduction == "sum")
    return sum;
  return n.div(sum, n.reduce(ReduceKind::Sum, share, axes, false));
}

static LogicalResult legalizeNll(Node &n) {
  return n.result(emitLoss(n, n.input(0), n.input(1), n.input(2)));
}

static LogicalResult legalizeCrossEntropy(Node &n) {
  if (n.rank(n.input(0)) < 2)
    return n.fail("the scores must be floats [N, C, ...]");
  Value logProb = n.softmax(n.input(0), {1}, /*log=*/true);
  if (n.used(1) && failed(n.result(1, logProb)))
    return failure();
  return n.result(emitLoss(n, logProb, n.input(1), n.input(2)));
}

void registerLoss(Registry &registry) {
  registry.add("NegativeLogLikelihoodLoss", 2, legalizeNll);
  registry.add("SoftmaxCrossEntropyLoss", 2, legalizeCrossEntropy);
}

} // namespace xgen::onnx
