//===- Optimizers.cpp - Adagrad, Adam, Momentum ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One step of training, of any number of tensors: inputs are the learning rate,
// the number of steps so far, and then all tensors, all gradients and all of
// each state; outputs all new tensors and all of each new state.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

namespace {
/// What is updated: a tensor, its gradient, its states.
struct Step {
  Node &n;
  Type type;
  Value rate, steps, tensor, gradient;
  SmallVector<Value> states;

  Value number(double v) { return n.splat(type, v); }
  Value scaled(Value v, double by) { return n.mul(v, number(by)); }
  /// The gradient of the loss and a penalty on the square of the tensor.
  Value regularized() {
    double norm = n.number("norm_coefficient", 0);
    return norm == 0 ? gradient : n.add(scaled(tensor, norm), gradient);
  }
  /// `then` once there was a step, else `first`.
  Value afterFirst(Value then, Value first) {
    return n.select(n.binary(BinaryKind::Greater, steps, number(0)), then, first);
  }
};
} // namespace

/// The new tensor and states; empty after an error.
using Rule = llvm::function_ref<SmallVector<Value>(Step &)>;

static LogicalResult legalizeOptimizer(Node &n, unsigned numStates, Rule rule) {
  unsigned parts = 2 + numStates;
  unsigned count = (n.numInputs() - 2) / parts;
  if (count == 0 || (n.numInputs() - 2) % parts != 0)
    return n.fail("R and T must be followed by as many tensors as gradients "
                  "and states");
  Value rate = n.input(0), steps = n.input(1);
  if (n.elements(rate) != 1 || n.elements(steps) != 1)
    return n.fail("R and T must be numbers");
  for (unsigned i = 0; i < count; ++i) {
    auto part = [&](unsigned k) { return n.input(2 + k * count + i); };
    Type type = n.elementType(part(0));
    if (!n.isFloat(part(0)))
      return n.fail("the tensors must be floats");
    for (unsigned k = 1; k < parts; ++k)
      if (!n.same(n.dims(part(k)), n.dims(part(0))) ||
          n.elementType(part(k)) != type)
        return n.fail("gradients and states must be like their tensors");
    auto scalar = [&](Value v) {
      return n.cast(n.reshape(v, ShapeRef()), type);
    };
    Step step{n, type, scalar(rate), scalar(steps), part(0), part(1), {}};
    for (unsigned k = 2; k < parts; ++k)
      step.states.push_back(part(k));
    SmallVector<Value> results = rule(step);
    for (auto [k, v] : llvm::enumerate(results))
      if (failed(n.result(k * count + i, v)))
        return failure();
  }
  return success();
}

static SmallVector<Value> adagrad(Step &s) {
  Node &n = s.n;
  Value one = s.number(1);
  Value decay = n.add(one, s.scaled(s.steps, n.number("decay_factor", 0)));
  Value rate = n.div(s.rate, decay), g = s.regularized();
  Value squares = n.add(s.states[0], n.mul(g, g));
  Value scale = n.add(n.unary(UnaryKind::Sqrt, squares),
                      s.number(n.number("epsilon", 1e-6f)));
  return {n.sub(s.tensor, n.div(n.mul(rate, g), scale)), squares};
}

static SmallVector<Value> adam(Step &s) {
  Node &n = s.n;
  double alpha = n.number("alpha", 0.9f), beta = n.number("beta", 0.999f);
  double post = n.number("norm_coefficient_post", 0);
  Value one = s.number(1), g = s.regularized();
  Value mean = n.add(s.scaled(s.states[0], alpha), s.scaled(g, 1 - alpha));
  Value squares =
      n.add(s.scaled(s.states[1], beta), s.scaled(n.mul(g, g), 1 - beta));
  Value scale = n.add(n.unary(UnaryKind::Sqrt, squares),
                      s.number(n.number("epsilon", 1e-6f)));
  // States start at 0: what they lack at first is made good.
  auto lacking = [&](double by) {
    return n.sub(one, n.binary(BinaryKind::Pow, s.number(by), s.steps));
  };
  Value correction =
      n.div(n.unary(UnaryKind::Sqrt, lacking(beta)), lacking(alpha));
  Value rate = s.afterFirst(n.mul(s.rate, correction), s.rate);
  Value x = n.sub(s.tensor, n.div(n.mul(rate, mean), scale));
  return {post == 0 ? x : s.scaled(x, 1 - post), mean, squares};
}

static SmallVector<Value> momentum(Step &s) {
  Node &n = s.n;
  double alpha = n.number("alpha", 0), beta = n.number("beta", 0);
  std::string mode = n.string("mode", "standard");
  if (mode != "standard" && mode != "nesterov") {
    (void)n.fail("unknown mode '" + mode + "'");
    return {};
  }
  Value g = s.regularized();
  Value share = s.afterFirst(s.number(beta), s.number(1));
  Value velocity = n.add(s.scaled(s.states[0], alpha), n.mul(share, g));
  Value by = mode == "nesterov" ? n.add(g, s.scaled(velocity, alpha)) : velocity;
  return {n.sub(s.tensor, n.mul(s.rate, by)), velocity};
}

void registerOptimizers(Registry &registry) {
  auto add = [&](const char *name, unsigned states,
                 SmallVector<Value> (*rule)(Step &)) {
    registry.add(
        name, 3,
        [=](Node &n) { return legalizeOptimizer(n, states, rule); },
        "ai.onnx.preview.training");
  };
  add("Adagrad", 1, adagrad);
  add("Adam", 2, adam);
  add("Momentum", 1, momentum);
}

} // namespace xgen::onnx
