//===- VerifyControl.cpp - Steps, branches and loops of a plan ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The order in which the plan verifier replays ops, and what branches, loops
// and symbols ask of it.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/PlanVerifier.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::planning;
using plan::RefAttr;

void Verifier::number(Block &block) {
  for (Operation &op : block) {
    steps[&op].begin = ++step;
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        number(inner);
    steps[&op].end = op.getNumRegions() ? ++step : step;
  }
}

LogicalResult Verifier::replay(Block &block) {
  for (Operation &op : block) {
    step = steps[&op].begin;
    LogicalResult result = success();
    if (auto launched = dyn_cast<plan::LaunchOp>(op))
      result = launch(launched);
    else if (auto copied = dyn_cast<plan::CopyOp>(op))
      result = copy(copied);
    else if (auto appended = dyn_cast<plan::AppendOp>(op))
      result = append(appended);
    else if (auto bound = dyn_cast<plan::BindOp>(op))
      result = bind(bound);
    else if (auto decided = dyn_cast<plan::IfOp>(op))
      result = branch(decided);
    else if (auto repeated = dyn_cast<plan::LoopOp>(op))
      result = loop(repeated);
    else if (!isa<plan::YieldOp>(op) &&
             !(isa<plan::WeightOp>(op) && op.getParentOp() == program))
      result = op.emitOpError("is not known to the plan verifier");
    if (failed(result))
      return failure();
  }
  return success();
}

LogicalResult Verifier::append(plan::AppendOp op) {
  auto around = dyn_cast<plan::LoopOp>(op->getParentOp());
  if (!around)
    return op.emitOpError("stands outside a loop");
  int64_t each = op.getFrom().getBytes(), all;
  if (llvm::MulOverflow(each, int64_t(around.getMost()), all) ||
      all > op.getTo().getBytes())
    return op.emitOpError("has no room for ")
           << around.getMost() << " parts of " << each
           << " bytes: " << op.getTo();
  return move(op, op.getFrom(), op.getTo());
}

LogicalResult Verifier::piece(plan::IfOp op, Block &block) {
  if (block.empty() || failed(replay(block)))
    return failure();
  auto yield = dyn_cast<plan::YieldOp>(block.back());
  if (!yield || yield.getWrites().size() != op.getWrites().size())
    return op.emitOpError("has a branch that does not end in a yield of its ")
           << op.getWrites().size() << " results";
  for (auto [part, all] : llvm::zip(yield.getWrites().getAsRange<RefAttr>(),
                                    op.getWrites().getAsRange<RefAttr>()))
    if (part.getSpace() != all.getSpace() ||
        part.getIndex() != all.getIndex() ||
        part.getOffset() != all.getOffset() || part.getBytes() > all.getBytes())
      return yield.emitOpError("is no beginning of a result: ")
             << part << ", " << all;
  return readAll(yield, "result", yield.getWrites());
}

LogicalResult Verifier::branch(plan::IfOp op) {
  RefAttr condition = op.getCondition();
  if (condition.getBytes() != 1)
    return op.emitOpError("the condition must be one byte: ") << condition;
  if (failed(place(op, "condition", condition, 1)) ||
      failed(read(op, "condition", condition)))
    return failure();
  ByteMap before = arena;
  auto outputsBefore = written;
  auto boundBefore = bound;
  allowed.push_back(op.getWrites());
  if (failed(piece(op, op.getThenBody().front())))
    return failure();
  ByteMap after = arena;
  arena = before;
  written = outputsBefore;
  bound = boundBefore;
  if (failed(piece(op, op.getElseBody().front())))
    return failure();
  allowed.pop_back();
  arena.intersect(after);
  written = outputsBefore;
  bound = boundBefore;
  step = steps[op].end;
  return writeAll(op, "result", op.getWrites());
}

LogicalResult Verifier::loop(plan::LoopOp op) {
  struct Number {
    const char *name;
    RefAttr ref;
    int64_t bytes;
  };
  if (int64_t(op.getMost()) < 0 || !(op.getTrips() || op.getCondition()))
    return op.emitOpError("has no end");
  Number numbers[] = {{"trips", op.getTripsAttr(), 8},
                      {"condition", op.getConditionAttr(), 1},
                      {"index", op.getIndex(), 8},
                      {"count", op.getCount(), 8}};
  for (const Number &number : numbers) {
    if (!number.ref)
      continue;
    if (number.ref.getBytes() != number.bytes)
      return op.emitOpError() << number.name << " must have " << number.bytes
                              << " bytes: " << number.ref;
    if (failed(place(op, number.name, number.ref, number.bytes)))
      return failure();
  }
  if (op.getTrips() && failed(read(op, "trips", *op.getTrips())))
    return failure();
  if (failed(readAll(op, "carried value", op.getCarries())) ||
      failed(writeAll(op, "result", op.getWrites())))
    return failure();
  auto boundBefore = bound;
  loops.push_back(steps[op]);
  for (int iteration = 0; iteration < 2; ++iteration) {
    bound = boundBefore;
    step = steps[op].begin;
    if ((op.getCondition() &&
         failed(read(op, "condition", *op.getCondition()))) ||
        failed(write(op, "index", op.getIndex())) ||
        failed(replay(op.getBody().front())))
      return failure();
  }
  bound = boundBefore;
  step = steps[op].end;
  if (op.getCondition() && failed(read(op, "condition", *op.getCondition())))
    return failure();
  loops.pop_back();
  // Nobody else may have used their bytes meanwhile.
  if (failed(readAll(op, "result", op.getWrites())))
    return failure();
  return write(op, "count", op.getCount());
}

bool Verifier::isKnown(AffineExpr expr) {
  bool known = true;
  expr.walk([&](AffineExpr e) {
    auto symbol = dyn_cast<AffineSymbolExpr>(e);
    if (!symbol)
      return;
    if (symbol.getPosition() >= table.size()) {
      known = false;
      return;
    }
    auto entry = cast<ir::SymbolAttr>(table[symbol.getPosition()]);
    if (entry.getKind() == ir::SymbolKind::Data)
      known &= bound.contains(symbol.getPosition());
    else if (entry.getArgs())
      for (AffineExpr arg : entry.getArgs().getValue().getResults())
        known &= isKnown(arg);
  });
  return known;
}

LogicalResult Verifier::bind(plan::BindOp op) {
  RefAttr from = op.getFrom();
  int64_t width = op.getWidth() / 8;
  if (width < 1 || from.getBytes() < width * op.getMap().getNumResults())
    return op.emitOpError("reads ")
           << op.getMap().getNumResults() << " numbers from " << from.getBytes()
           << " bytes";
  if (failed(place(op, "source", from, width)))
    return failure();
  for (AffineExpr expr : op.getMap().getResults()) {
    auto symbol = dyn_cast<AffineSymbolExpr>(expr);
    if (symbol && symbol.getPosition() < table.size())
      bound.insert(symbol.getPosition());
    else if (!isKnown(expr))
      return op.emitOpError("compares with a symbol that has no value yet");
  }
  return read(op, "source", from);
}
