//===- ControlFlow.cpp - If, Loop, Scan ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A branch whose condition is known is inlined; nothing else is supported yet.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeIf(Node &n) {
  ElementsAttr condition = n.constantOf(n.input(0));
  auto values = condition ? readInts(condition) : std::nullopt;
  if (!values || values->size() != 1)
    return n.fail("the condition is not known at compile time",
                  "fix the input that it depends on, or export without If");
  SmallVector<Value> results;
  if (failed(n.inlineSubgraph(values->front() ? "then_branch" : "else_branch",
                              {}, results)))
    return n.fail("the branch that is taken cannot be legalized");
  if (results.size() != n.numResults())
    return n.fail("the branch has " + llvm::Twine(results.size()) +
                  " outputs, the node " + llvm::Twine(n.numResults()));
  for (auto [i, v] : llvm::enumerate(results))
    if (failed(n.result(i, v)))
      return failure();
  return success();
}

void registerControlFlow(Registry &registry) {
  registry.add("If", 1, legalizeIf);
  for (const char *op : {"Loop", "Scan"})
    registry.add(op, 0, [](Node &n) {
      return n.fail("loops are unsupported in this release",
                    "unroll it before export");
    });
}

} // namespace xgen::onnx
