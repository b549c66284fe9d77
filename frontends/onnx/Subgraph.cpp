//===- Subgraph.cpp - A branch or body that becomes a function ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Subgraph.h.
//
//===----------------------------------------------------------------------===//

#include "Subgraph.h"

using namespace mlir;

namespace xgen::onnx {

Subgraphs::~Subgraphs() {
  for (auto &block : dropped) {
    block->dropAllReferences();
    block->dropAllDefinedValueUses();
  }
}

Body::Body(Node &n, StringRef attribute, StringRef kind)
    : n(n), region(n.subgraph(attribute)), scopeBefore(n.symbols().scope),
      block(std::make_unique<Block>()), numSymbols(n.symbols().all().size()),
      numFunctions(n.subgraphs.functions.size()) {
  // Nested ones are named after what they are in.
  functionName = (scopeBefore.empty() ? "main" : scopeBefore) + "_" +
                 kind.str() + std::to_string(n.subgraphs.numNames++);
  numNames = n.subgraphs.numNames;
}

Body::~Body() { drop(); }

void Body::enter() {
  n.symbols().scope = functionName;
  n.builder.setInsertionPointToEnd(block.get());
}

void Body::leave() {
  n.symbols().scope = scopeBefore;
  n.builder.setInsertionPoint(n.op);
}

void Body::drop() {
  if (!block)
    return;
  n.subgraphs.dropped.push_back(std::move(block));
  // Functions that it called are dropped with it.
  while (n.subgraphs.functions.size() > numFunctions) {
    func::FuncOp func = n.subgraphs.functions.pop_back_val();
    n.subgraphs.dropped.emplace_back(&func.front());
    func.getBody().getBlocks().remove(&func.front());
    func.erase();
  }
}

void Body::restart() {
  drop();
  n.symbols().truncate(numSymbols);
  n.subgraphs.numNames = numNames;
  block = std::make_unique<Block>();
}

bool Body::isVisible(const Dim &d) const {
  bool visible = true;
  d.expr(n.builder.getContext()).walk([&](AffineExpr e) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(e))
      visible &= symbol.getPosition() < numSymbols;
  });
  return visible;
}

Value Body::argument(RankedTensorType type) {
  return block->addArgument(type, n.loc);
}

LogicalResult Body::convert(ValueRange actuals,
                            SmallVectorImpl<Value> &results) {
  std::string reason;
  enter();
  LogicalResult result = n.subgraphs.convert(*region, actuals, results,
                                             block.get(), block->end(), reason);
  leave();
  if (failed(result) && !reason.empty())
    return n.fail(reason);
  return result;
}

void Body::capture(ValueRange results, llvm::SetVector<Value> &captured) {
  // From the end: what nobody needs captures nothing.
  llvm::DenseSet<Operation *> needed;
  auto need = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (op && op->getBlock() == block.get())
      needed.insert(op);
    else if (v.getParentBlock() != block.get() && !n.constantOf(v))
      captured.insert(v);
  };
  for (Value v : results)
    need(v);
  for (Operation &op : llvm::reverse(*block))
    if (needed.contains(&op) || isa<ir::BindOp>(op))
      for (Value v : op.getOperands())
        need(v);
}

void Body::finish(ValueRange results, ArrayRef<Value> captured) {
  auto func = func::FuncOp::create(
      n.loc, functionName, n.builder.getFunctionType({}, {}));
  func.setPrivate();
  Block *entry = block.get();
  func.getBody().push_back(block.release());
  n.subgraphs.module.push_back(func);
  n.subgraphs.functions.push_back(func);

  llvm::DenseMap<Value, Value> inside;
  for (Value v : captured)
    inside[v] = entry->addArgument(v.getType(), n.loc);
  auto here = [&](Value v) {
    if (v.getParentBlock() == entry)
      return v;
    Value &known = inside[v];
    if (!known) {
      n.builder.setInsertionPointToStart(entry);
      known = ir::ConstantOp::create(n.builder, v.getLoc(),
                                     cast<RankedTensorType>(v.getType()),
                                     n.constantOf(v));
    }
    return known;
  };
  // Again from the end; the others go.
  llvm::DenseSet<Operation *> needed;
  SmallVector<Value> returned;
  for (Value v : results) {
    returned.push_back(here(v));
    if (Operation *op = returned.back().getDefiningOp())
      needed.insert(op);
  }
  auto rest = std::make_unique<Block>();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*entry))) {
    if (!needed.contains(&op) && !isa<ir::BindOp, ir::ConstantOp>(op)) {
      op.moveBefore(rest.get(), rest->begin());
      continue;
    }
    for (OpOperand &operand : op.getOpOperands()) {
      operand.set(here(operand.get()));
      if (Operation *source = operand.get().getDefiningOp())
        needed.insert(source);
    }
  }
  n.subgraphs.dropped.push_back(std::move(rest));
  n.builder.setInsertionPointToEnd(entry);
  func::ReturnOp::create(n.builder, n.loc, returned);
  func.setFunctionType(n.builder.getFunctionType(
      entry->getArgumentTypes(), ValueRange(returned).getTypes()));
  leave();
}

} // namespace xgen::onnx
