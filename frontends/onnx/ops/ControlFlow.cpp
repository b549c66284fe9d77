//===- ControlFlow.cpp - If -----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A branch whose condition is known is inlined. Otherwise both branches become
// functions. Where they return different extents, each returns its own as one
// more result, and what follows works with those as symbols.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Subgraph.h"

namespace xgen::onnx {

static LogicalResult inlineBranch(Node &n, bool condition) {
  SmallVector<Value> results;
  if (failed(n.inlineSubgraph(condition ? "then_branch" : "else_branch", {},
                              results)))
    return n.fail("the branch that is taken cannot be legalized");
  if (results.size() != n.numResults())
    return n.fail("the branch has " + llvm::Twine(results.size()) +
                  " outputs, the node " + llvm::Twine(n.numResults()));
  for (auto [i, v] : llvm::enumerate(results))
    if (failed(n.result(i, v)))
      return failure();
  return success();
}

namespace {
/// One output of the node, as both branches see it.
struct Output {
  unsigned number = 0;
  Dims extents;
  /// Dimensions that are not the same in both branches.
  SmallVector<unsigned> differing;
};
} // namespace

/// Whether the condition is known; from extents with bounds, too.
static std::optional<bool> knownCondition(Node &n) {
  ElementsAttr attr = n.constantOf(n.input(0));
  if (auto values = attr ? readInts(attr) : std::nullopt;
      values && values->size() == 1)
    return values->front() != 0;
  auto extents = n.extents(0, "cond");
  if (extents && extents->size() == 1 && extents->front().isStatic())
    return extents->front().value() != 0;
  return std::nullopt;
}

/// What output `i` is after either branch.
static std::optional<Output> join(Node &n, unsigned i, ArrayRef<Body *> bodies,
                                  Value a, Value b) {
  if (n.elementType(a) != n.elementType(b)) {
    (void)n.fail("output " + llvm::Twine(i) +
                 " has not the same element type in both branches");
    return std::nullopt;
  }
  Dims x = n.dims(a), y = n.dims(b);
  if (x.size() != y.size()) {
    (void)n.fail("output " + llvm::Twine(i) + " has " + llvm::Twine(x.size()) +
                     " dimensions in one branch and " + llvm::Twine(y.size()) +
                     " in the other",
                 "fix the input that the condition depends on");
    return std::nullopt;
  }
  Output output;
  output.number = i;
  for (unsigned d = 0; d < x.size(); ++d) {
    bool same = x[d] == y[d] && bodies[0]->isVisible(x[d]) &&
                bodies[1]->isVisible(y[d]);
    if (same) {
      output.extents.push_back(x[d]);
      continue;
    }
    output.differing.push_back(d);
    output.extents.push_back(n.symbols().data(
        std::min(x[d].min(), y[d].min()), std::max(x[d].max(), y[d].max())));
  }
  return output;
}

static LogicalResult legalizeIf(Node &n) {
  auto known = knownCondition(n);
  if (n.hasError())
    return failure();
  if (known)
    return inlineBranch(n, *known);
  Value condition = n.input(0);
  if (!n.elementType(condition).isInteger(1) || !n.count(condition).is(1))
    return n.fail("the condition must be one bool");

  SmallVector<Value> values[2];
  Body thenBody(n, "then_branch", "then");
  Body elseBody(n, "else_branch", "else");
  Body *bodies[] = {&thenBody, &elseBody};
  for (int k : {0, 1}) {
    if (!bodies[k]->isValid() || failed(bodies[k]->convert({}, values[k])))
      return failure();
    if (values[k].size() != n.numResults())
      return n.fail("a branch has " + llvm::Twine(values[k].size()) +
                    " outputs, the node " + llvm::Twine(n.numResults()));
  }
  SmallVector<Output> outputs;
  SmallVector<Type> types;
  SmallVector<Value> returned[2];
  Dims own[2], after;
  for (unsigned i = 0; i < n.numResults(); ++i) {
    if (!n.used(i))
      continue;
    auto output = join(n, i, bodies, values[0][i], values[1][i]);
    if (!output)
      return failure();
    RankedTensorType type =
        n.tensorType(output->extents, n.elementType(values[0][i]));
    types.push_back(output->differing.empty() ? type : ir::largestOf(type));
    for (int k : {0, 1}) {
      returned[k].push_back(values[k][i]);
      for (unsigned d : output->differing)
        own[k].push_back(n.dims(values[k][i])[d]);
    }
    for (unsigned d : output->differing)
      after.push_back(output->extents[d]);
    outputs.push_back(std::move(*output));
  }
  llvm::SetVector<Value> captured;
  for (int k : {0, 1}) {
    bodies[k]->enter();
    if (!after.empty())
      returned[k].push_back(n.extentsOf(own[k]));
    bodies[k]->leave();
    if (n.hasError())
      return failure();
    bodies[k]->capture(returned[k], captured);
  }
  if (!after.empty())
    types.push_back(n.type(returned[0].back()));
  for (int k : {0, 1})
    bodies[k]->finish(returned[k], captured.getArrayRef());
  auto op = ir::IfOp::create(n.builder, n.loc, types, condition,
                             captured.getArrayRef(), thenBody.name(),
                             elseBody.name());
  if (!after.empty())
    ir::BindOp::create(n.builder, n.loc, op->getResults().back(),
                       ir::toMap(after, n.builder.getContext()));
  for (auto [output, v] : llvm::zip(outputs, op->getResults())) {
    Value result = v;
    if (!output.differing.empty())
      result = n.make<ir::PrefixOp>(
          n.tensorType(output.extents, n.elementType(v)), {v});
    if (failed(n.result(output.number, result)))
      return failure();
  }
  return success();
}

void registerControlFlow(Registry &registry) {
  registry.add("If", 1, legalizeIf);
}

} // namespace xgen::onnx
