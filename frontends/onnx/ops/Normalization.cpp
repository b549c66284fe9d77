//===- Normalization.cpp - Normalizations ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Batch normalization becomes a scale and a shift, which later fold into a convolution; the others are xgen.normalize.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static Shape axesFrom(int64_t first, int64_t rank) {
  Shape axes;
  for (int64_t i = first; i < rank; ++i)
    axes.push_back(i);
  return axes;
}

/// Training: statistics are those of the batch, and move the running ones.
static LogicalResult legalizeBatchNormTraining(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  Shape axes = axesFrom(2, rank);
  axes.insert(axes.begin(), 0);
  Type element = n.elementType(x), stats = n.elementType(n.input(4));
  Value mean = n.reduce(ReduceKind::Mean, x, axes, false);
  Value centred = n.sub(x, n.perChannel(mean, rank));
  Value variance =
      n.reduce(ReduceKind::Mean, n.mul(centred, centred), axes, false);
  double momentum = n.number("momentum", 0.9f);
  auto moved = [&](Value running, Value now) {
    return n.add(n.mul(running, n.splat(stats, momentum)),
                 n.mul(n.cast(now, stats), n.splat(stats, 1 - momentum)));
  };
  // Before 14 the statistics of the batch were outputs, too.
  Value extra[] = {moved(n.input(3), mean), moved(n.input(4), variance), mean,
                   variance};
  for (unsigned i = 0; i < 4; ++i)
    if (n.used(i + 1) && failed(n.result(i + 1, extra[i])))
      return failure();
  Value epsilon = n.splat(element, n.number("epsilon", 1e-5f));
  Value deviation = n.unary(UnaryKind::Sqrt, n.add(variance, epsilon));
  Value scale = n.div(n.cast(n.input(1), element), deviation);
  return n.result(
      n.add(n.mul(centred, n.perChannel(scale, rank)),
            n.perChannel(n.cast(n.input(2), element), rank)));
}

static LogicalResult legalizeBatchNorm(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  bool training = n.integer("training_mode", 0) != 0;
  for (unsigned i = 1; i < n.numResults(); ++i) {
    if (n.used(i) && n.since(14) && !training)
      return n.fail("output " + llvm::Twine(i) + " needs training_mode = 1");
    training |= n.used(i);
  }
  // Before 9 a parameter could be given for each element of an entry.
  bool spatial = n.since(9) || n.integer("spatial", 1) != 0;
  if (!n.isFloat(x) || rank < 1)
    return n.fail("the input must be a float tensor");
  Dims extents = n.dims(x), wanted{rank > 1 ? extents[1] : Dim(1)};
  if (!spatial)
    wanted.assign(extents.begin() + 1, extents.end());
  Value p[4];
  for (unsigned i = 0; i < 4; ++i) {
    p[i] = n.input(i + 1);
    if (!n.same(n.dims(p[i]), wanted))
      return n.fail("input " + llvm::Twine(i + 1) + " needs one entry a " +
                    (spatial ? "channel" : "position of the input"));
    if (!n.isFloat(p[i]))
      return n.fail("parameters must be floats");
  }
  if (training && (!spatial || rank < 2))
    return n.fail("training needs channels");
  if (training)
    return legalizeBatchNormTraining(n);
  Type stats = n.elementType(p[3]);
  Value epsilon = n.splat(stats, n.number("epsilon", 1e-5f));
  Value deviation = n.unary(UnaryKind::Sqrt, n.add(p[3], epsilon));
  Value scale = n.div(n.cast(p[0], stats), deviation);
  Value shift = n.sub(n.cast(p[1], stats), n.mul(n.cast(p[2], stats), scale));
  auto spread = [&](Value v) {
    v = n.cast(v, n.elementType(x));
    return spatial ? n.perChannel(v, rank) : n.padRank(v, rank);
  };
  return n.result(n.add(n.mul(x, spread(scale)), spread(shift)));
}

static LogicalResult legalizeInstanceNorm(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  if (rank < 3)
    return n.fail("the input has no spatial dimensions");
  if (!n.same(n.count(n.input(1)), n.dims(x)[1]) ||
      !n.same(n.count(n.input(2)), n.dims(x)[1]))
    return n.fail("scale and B need one entry a channel");
  return n.result(n.normalize(
      x, n.perChannel(n.input(1), rank), n.perChannel(n.input(2), rank),
      ir::NormalizeKind::Mean, axesFrom(2, rank), n.number("epsilon", 1e-5f)));
}

static bool broadcastsTo(Node &n, Value v, Value x) {
  if (!v)
    return true;
  auto both = ir::broadcastDims(n.dims(v), n.dims(x));
  return both && n.same(*both, n.dims(x)) && n.elementType(v) == n.elementType(x);
}

static LogicalResult legalizeLayerNorm(Node &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  if (!broadcastsTo(n, scale, x) || !broadcastsTo(n, bias, x))
    return n.fail("scale and bias must broadcast to the input");
  Shape axes = axesFrom(*axis, n.rank(x));
  double epsilon = n.number("epsilon", 1e-5f);
  if (n.used(1) || n.used(2)) {
    Value y = n.cast(x, n.f32());
    Value mean = n.reduce(ReduceKind::Mean, y, axes, true);
    Value centred = n.sub(y, mean);
    Value variance =
        n.reduce(ReduceKind::Mean, n.mul(centred, centred), axes, true);
    Value inverse = n.unary(
        UnaryKind::Reciprocal,
        n.unary(UnaryKind::Sqrt, n.add(variance, n.splat(n.f32(), epsilon))));
    if (n.used(1) && failed(n.result(1, mean)))
      return failure();
    if (n.used(2) && failed(n.result(2, inverse)))
      return failure();
  }
  return n.result(
      n.normalize(x, scale, bias, ir::NormalizeKind::Mean, axes, epsilon));
}

static LogicalResult legalizeRmsNorm(Node &n) {
  Value x = n.input(0), scale = n.input(1);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  if (!broadcastsTo(n, scale, x))
    return n.fail("the scale must broadcast to the input");
  return n.result(n.normalize(x, scale, {}, ir::NormalizeKind::Rms,
                              axesFrom(*axis, n.rank(x)),
                              n.number("epsilon", 1e-5f)));
}

static LogicalResult legalizeGroupNorm(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x), groups = n.integer("num_groups", 0);
  int64_t channels =
      rank < 3 ? 0 : n.known(n.dims(x)[1], "channel dimension");
  if (rank < 3 || groups < 1 || channels % groups)
    return n.fail("num_groups does not divide the channels");
  // Version 18 had one scale a group, 21 one a channel; some files of 18
  // follow the later one.
  int64_t entries = n.elements(n.input(1));
  if ((entries != groups && entries != channels) ||
      n.elements(n.input(2)) != entries)
    return n.fail("scale and bias need one entry a channel");
  Dims extents = n.dims(x), grouped{extents[0], groups, channels / groups};
  llvm::append_range(grouped, DimsRef(extents).drop_front(2));
  Value y = n.reshape(x, grouped);
  bool perGroup = !n.since(21) && entries == groups;
  Value scale = perGroup ? n.perChannel(n.input(1), rank + 1) : Value();
  Value bias = perGroup ? n.perChannel(n.input(2), rank + 1) : Value();
  y = n.normalize(y, scale, bias, ir::NormalizeKind::Mean,
                  axesFrom(2, rank + 1), n.number("epsilon", 1e-5f));
  y = n.reshape(y, extents);
  if (!perGroup)
    y = n.add(n.mul(y, n.perChannel(n.input(1), rank)),
              n.perChannel(n.input(2), rank));
  return n.result(y);
}

static LogicalResult legalizeLrn(Node &n) {
  Value x = n.input(0);
  int64_t size = n.integer("size", 0);
  if (n.rank(x) < 3 || size < 1)
    return n.fail("the input must be [N, C, ...] and size positive");
  Value y = n.make<ir::LrnOp>({n.toChannelsLast(x)},
                              {n.attr("size", size),
                               n.attr("alpha", n.number("alpha", 1e-4f)),
                               n.attr("beta", n.number("beta", 0.75)),
                               n.attr("bias", n.number("bias", 1))});
  return n.result(n.toChannelsFirst(y));
}

static LogicalResult legalizeMeanVariance(Node &n) {
  Value x = n.input(0);
  auto axes = n.axes(n.integers("axes").value_or(Shape{0, 2, 3}), n.rank(x));
  if (!axes)
    return failure();
  // The specification adds 1e-9 to the deviation.
  return n.result(
      n.normalize(x, {}, {}, ir::NormalizeKind::Mean, *axes, 1e-18));
}

static LogicalResult legalizeLpNorm(Node &n) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  int64_t p = n.integer("p", 2);
  if (!axis)
    return failure();
  if (p != 1 && p != 2)
    return n.fail("p must be 1 or 2");
  Value norm =
      n.reduce(p == 1 ? ReduceKind::L1 : ReduceKind::L2, x, {*axis}, true);
  Value zero = n.splat(n.elementType(x), 0);
  // A vector of zeros stays one.
  Value y = n.div(x, norm);
  return n.result(
      n.select(n.binary(BinaryKind::Equal, norm, zero), zero, y));
}

void registerNormalization(Registry &registry) {
  registry.add("BatchNormalization", 5, legalizeBatchNorm);
  registry.add("InstanceNormalization", 3, legalizeInstanceNorm);
  registry.add("LayerNormalization", 2, legalizeLayerNorm);
  registry.add("RMSNormalization", 2, legalizeRmsNorm);
  registry.add("GroupNormalization", 3, legalizeGroupNorm);
  registry.add("LRN", 1, legalizeLrn);
  registry.add("MeanVarianceNormalization", 1, legalizeMeanVariance);
  registry.add("LpNormalization", 1, legalizeLpNorm);
}

} // namespace xgen::onnx
