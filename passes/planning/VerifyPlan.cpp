//===- VerifyPlan.cpp - Proves that a plan is right -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Replays the program on a map from byte ranges to the value that was last
// written there. Deliberately naive and independent of the planner: it knows
// nothing of views, orders or placements, only of bytes. Of two branches, both
// are replayed on what was there before; a loop's body is replayed twice, so
// that what an iteration finds is what the one before it left.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/VerifyPlan.h"
#include "passes/Passes.h"
#include "passes/planning/ByteMap.h"

namespace xgen {
#define GEN_PASS_DEF_VERIFYPLAN
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using planning::ByteMap;
using plan::RefAttr;
using plan::Space;

namespace {
/// Where and when a value of the arena lives.
struct Lifetime {
  int64_t begin = INT64_MAX, end = 0;
  int64_t firstWrite = -1, lastRead = -1;
  Operation *writer = nullptr;
  /// The value that this one replaced in place.
  llvm::SmallDenseSet<int64_t, 2> replaces;
};

class Verifier {
public:
  explicit Verifier(plan::ProgramOp program)
      : program(program), symbols(program->getParentOp()) {
    if (auto module = program->getParentOfType<ModuleOp>())
      llvm::append_range(table, ir::Symbols(module).all());
  }
  LogicalResult run();

private:
  LogicalResult weights();
  LogicalResult launch(plan::LaunchOp op);
  LogicalResult move(Operation *op, RefAttr from, RefAttr to);
  LogicalResult copy(plan::CopyOp op);
  LogicalResult append(plan::AppendOp op);
  LogicalResult bind(plan::BindOp op);
  LogicalResult branch(plan::IfOp op);
  LogicalResult loop(plan::LoopOp op);
  /// One of a branch's two pieces, with its end.
  LogicalResult piece(plan::IfOp op, Block &block);
  /// Replays the ops of a block.
  LogicalResult replay(Block &block);
  /// Numbers all ops, those inside an op between its begin and its end.
  void number(Block &block);
  /// Reads or writes each buffer of a list.
  LogicalResult readAll(Operation *op, const Twine &what, ArrayAttr refs);
  LogicalResult writeAll(Operation *op, const Twine &what, ArrayAttr refs);
  /// Whether all data symbols of an expression have their values by now.
  bool isKnown(AffineExpr expr);
  /// Space, bounds, alignment.
  LogicalResult place(Operation *op, const Twine &what, RefAttr ref,
                      int64_t align);
  LogicalResult read(Operation *op, const Twine &what, RefAttr ref);
  LogicalResult write(Operation *op, const Twine &what, RefAttr ref);
  LogicalResult lifetimes();
  LogicalResult outputs();
  int64_t spaceBytes(RefAttr ref);

  plan::ProgramOp program;
  SymbolTable symbols;
  ByteMap arena;
  std::map<int64_t, ByteMap> written;
  std::map<int64_t, RefAttr> weightRefs;
  std::map<int64_t, Lifetime> values;
  struct Steps {
    int64_t begin = 0, end = 0;
  };
  llvm::DenseMap<Operation *, Steps> steps;
  int64_t step = 0;
  /// Where we are: loops from the outermost, and outputs that may be written.
  SmallVector<Steps> loops;
  SmallVector<ArrayAttr> allowed;
  SmallVector<Attribute> table;
  llvm::DenseSet<unsigned> bound;
};
} // namespace

static bool overlap(RefAttr a, RefAttr b) {
  if (a.getSpace() != b.getSpace() || a.getBytes() == 0 || b.getBytes() == 0)
    return false;
  // Indices name tensors in inputs and outputs, but only values in the arena.
  if (a.getIndex() != b.getIndex() && a.getSpace() != Space::Arena &&
      a.getSpace() != Space::Weights)
    return false;
  return a.getOffset() < b.getOffset() + b.getBytes() &&
         b.getOffset() < a.getOffset() + a.getBytes();
}

/// -1: no such buffer.
int64_t Verifier::spaceBytes(RefAttr ref) {
  auto tensor = [&](ArrayAttr tensors) -> int64_t {
    if (ref.getIndex() < 0 || ref.getIndex() >= (int64_t)tensors.size())
      return -1;
    return ir::tensorBytes(
        cast<plan::TensorAttr>(tensors[ref.getIndex()]).getType());
  };
  switch (ref.getSpace()) {
  case Space::Input:
    return tensor(program.getInputs());
  case Space::Output:
    return tensor(program.getOutputs());
  case Space::Weights:
    return program.getWeightsBytes();
  case Space::Arena:
    return program.getArenaBytes();
  }
  return -1;
}

LogicalResult Verifier::place(Operation *op, const Twine &what, RefAttr ref,
                              int64_t align) {
  int64_t bytes = spaceBytes(ref);
  if (bytes < 0)
    return op->emitOpError() << what << " names no buffer: " << ref;
  if (ref.getOffset() < 0 || ref.getBytes() < 0 ||
      ref.getOffset() > bytes - ref.getBytes())
    return op->emitOpError() << what << " leaves its buffer of " << bytes
                             << " bytes: " << ref;
  if (ref.getOffset() % align)
    return op->emitOpError() << what << " is not aligned to " << align
                             << " bytes: " << ref;
  return success();
}

LogicalResult Verifier::weights() {
  std::map<int64_t, plan::WeightOp> byOffset;
  for (auto weight : program.getOps<plan::WeightOp>()) {
    RefAttr ref = weight.getRef();
    if (ref.getSpace() != Space::Weights)
      return weight.emitOpError("is not in the weights: ") << ref;
    if (failed(place(weight, "weight", ref, 64)))
      return failure();
    auto type = cast<ShapedType>(weight.getValue().getType());
    int64_t bytes = ir::elementBytes(type.getElementType());
    if (ref.getBytes() != type.getNumElements() * bytes)
      return weight.emitOpError("has ")
             << type.getNumElements() * bytes << " bytes of contents, not "
             << ref.getBytes();
    if (!weightRefs.try_emplace(ref.getIndex(), ref).second)
      return weight.emitOpError("repeats number ") << ref.getIndex();
    if (ref.getBytes() > 0 &&
        !byOffset.try_emplace(ref.getOffset(), weight).second)
      return weight.emitOpError("starts where another weight does: ") << ref;
  }
  int64_t end = 0;
  for (auto &[offset, weight] : byOffset) {
    if (offset < end)
      return weight.emitOpError("overlaps the weight before it: ")
             << weight.getRef();
    end = offset + weight.getRef().getBytes();
  }
  return success();
}

LogicalResult Verifier::read(Operation *op, const Twine &what, RefAttr ref) {
  int64_t begin = ref.getOffset(), end = begin + ref.getBytes();
  switch (ref.getSpace()) {
  case Space::Input:
    return success();
  case Space::Weights: {
    auto it = weightRefs.find(ref.getIndex());
    if (it == weightRefs.end())
      return op->emitOpError() << what << " names no weight: " << ref;
    if (begin < it->second.getOffset() ||
        end > it->second.getOffset() + it->second.getBytes())
      return op->emitOpError() << what << " leaves its weight: " << ref;
    return success();
  }
  case Space::Output: {
    int64_t at = written[ref.getIndex()].firstForeign(begin, end, 0);
    if (at >= 0)
      return op->emitOpError() << what << " reads byte " << at
                               << " before it is written: " << ref;
    return success();
  }
  case Space::Arena: {
    int64_t at = arena.firstForeign(begin, end, ref.getIndex());
    if (at >= 0) {
      int64_t owner = arena.ownerAt(at);
      InFlightDiagnostic diag = op->emitOpError()
                                << what << " reads byte " << at << " of " << ref;
      if (owner == ByteMap::nobody)
        return diag << ", which was never written or is gone";
      return diag << ", which belongs to value " << owner;
    }
    // What was there before a loop is read in the last iteration, too.
    Lifetime &life = values[ref.getIndex()];
    int64_t until = step;
    for (Steps around : loops)
      if (life.firstWrite < around.begin) {
        until = around.end;
        break;
      }
    life.lastRead = std::max(life.lastRead, until);
    return success();
  }
  }
  return failure();
}

LogicalResult Verifier::write(Operation *op, const Twine &what, RefAttr ref) {
  int64_t begin = ref.getOffset(), end = begin + ref.getBytes();
  switch (ref.getSpace()) {
  case Space::Input:
  case Space::Weights:
    return op->emitOpError() << what << " is written to memory that is "
                             << "read only: " << ref;
  case Space::Output: {
    // What a branch writes, both must, and the plan has to say so.
    if (!allowed.empty() &&
        llvm::none_of(allowed.back().getAsRange<RefAttr>(), [&](RefAttr other) {
          return other.getSpace() == Space::Output &&
                 other.getIndex() == ref.getIndex() &&
                 other.getOffset() <= begin &&
                 end <= other.getOffset() + other.getBytes();
        }))
      return op->emitOpError() << what << " is no result of the branch: " << ref;
    // Each byte once: a second write would have lost the first.
    ByteMap &map = written[ref.getIndex()];
    if (map.hasOwner(begin, end))
      return op->emitOpError() << what << " writes bytes a second time: " << ref;
    map.write(begin, end, 0);
    return success();
  }
  case Space::Arena: {
    arena.write(begin, end, ref.getIndex());
    Lifetime &life = values[ref.getIndex()];
    if (ref.getBytes() > 0) {
      life.begin = std::min(life.begin, begin);
      life.end = std::max(life.end, end);
    }
    if (life.firstWrite < 0) {
      life.firstWrite = step;
      life.writer = op;
    }
    life.lastRead = std::max(life.lastRead, step);
    return success();
  }
  }
  return failure();
}

LogicalResult Verifier::launch(plan::LaunchOp op) {
  auto kernel = symbols.lookup<kernel::FuncOp>(op.getKernel());
  if (!kernel)
    return op.emitOpError("launches unknown kernel ") << op.getKernelAttr();
  auto reads = llvm::to_vector(op.getReads().getAsRange<RefAttr>());
  auto writes = llvm::to_vector(op.getWrites().getAsRange<RefAttr>());
  ArrayRef<Type> operands = kernel.getArgumentTypes();
  ArrayRef<Type> results = kernel.getResultTypes();
  if (reads.size() != operands.size() || writes.size() != results.size())
    return op.emitOpError("has ")
           << reads.size() << " reads and " << writes.size()
           << " writes for a kernel of " << operands.size() << " operands and "
           << results.size() << " results";
  auto buffer = [&](const Twine &what, RefAttr ref, Type type) {
    auto tensor = cast<RankedTensorType>(type);
    // A view of a dynamic tensor has room for all elements that there are.
    if (ref.getBytes() != ir::tensorBytes(tensor) &&
        !(ir::isDynamic(tensor) && ref.getBytes() < ir::tensorBytes(tensor)))
      return LogicalResult(op.emitOpError()
                           << what << " has " << ref.getBytes()
                           << " bytes, but the kernel takes "
                           << ir::tensorBytes(tensor));
    return place(op, what, ref, ir::elementBytes(tensor.getElementType()));
  };
  if (auto dims = op.getDims())
    if (!llvm::all_of(dims->getResults(),
                      [&](AffineExpr expr) { return isKnown(expr); }))
      return op.emitOpError("needs a symbol that has no value yet");
  for (auto [i, ref] : llvm::enumerate(reads))
    if (failed(buffer("read " + Twine(i), ref, operands[i])) ||
        failed(read(op, "read " + Twine(i), ref)))
      return failure();

  auto mayShare = [&](size_t operand, size_t result) {
    ArrayRef<int64_t> pairs = kernel.getInplace().value_or(ArrayRef<int64_t>());
    for (size_t i = 0; i + 1 < pairs.size(); i += 2)
      if (pairs[i] == (int64_t)operand && pairs[i + 1] == (int64_t)result)
        return true;
    return false;
  };
  for (auto [w, to] : llvm::enumerate(writes)) {
    if (failed(buffer("write " + Twine(w), to, results[w])))
      return failure();
    for (auto [r, from] : llvm::enumerate(reads)) {
      if (!overlap(from, to))
        continue;
      if (!mayShare(r, w) || from.getOffset() != to.getOffset() ||
          from.getBytes() != to.getBytes())
        return op.emitOpError("write ")
               << w << " overlaps read " << r << ": " << to << ", " << from;
      values[to.getIndex()].replaces.insert(from.getIndex());
    }
    for (size_t other = 0; other < w; ++other)
      if (overlap(to, writes[other]))
        return op.emitOpError("write ")
               << w << " overlaps write " << other << ": " << to;
  }
  if (auto scratch = op.getScratchAttr()) {
    if (scratch.getSpace() != Space::Arena)
      return op.emitOpError("has its scratch outside of the arena");
    if (failed(place(op, "scratch", scratch, 64)))
      return failure();
    for (auto refs : {ArrayRef<RefAttr>(reads), ArrayRef<RefAttr>(writes)})
      for (RefAttr ref : refs)
        if (overlap(ref, scratch))
          return op.emitOpError("scratch overlaps an operand: ")
                 << scratch << ", " << ref;
    // What lay there is lost, but only for those who still want to read it.
    arena.write(scratch.getOffset(), scratch.getOffset() + scratch.getBytes(),
                ByteMap::nobody);
  }
  for (auto [w, to] : llvm::enumerate(writes))
    if (failed(write(op, "write " + Twine(w), to)))
      return failure();
  return success();
}

LogicalResult Verifier::move(Operation *op, RefAttr from, RefAttr to) {
  if (failed(place(op, "source", from, 1)) ||
      failed(place(op, "destination", to, 1)) ||
      failed(read(op, "source", from)))
    return failure();
  if (overlap(from, to))
    return op->emitOpError("copies between buffers that overlap");
  return write(op, "destination", to);
}

LogicalResult Verifier::copy(plan::CopyOp op) {
  if (op.getFrom().getBytes() != op.getTo().getBytes())
    return op.emitOpError("copies ") << op.getFrom().getBytes() << " bytes to "
                                     << op.getTo().getBytes();
  return move(op, op.getFrom(), op.getTo());
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

LogicalResult Verifier::readAll(Operation *op, const Twine &what,
                                ArrayAttr refs) {
  for (RefAttr ref : refs.getAsRange<RefAttr>())
    if (failed(place(op, what, ref, 1)) || failed(read(op, what, ref)))
      return failure();
  return success();
}

LogicalResult Verifier::writeAll(Operation *op, const Twine &what,
                                 ArrayAttr refs) {
  for (RefAttr ref : refs.getAsRange<RefAttr>())
    if (failed(place(op, what, ref, 1)) || failed(write(op, what, ref)))
      return failure();
  return success();
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
        part.getOffset() != all.getOffset() ||
        part.getBytes() > all.getBytes())
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
    return op.emitOpError("reads ") << op.getMap().getNumResults()
                                    << " numbers from " << from.getBytes()
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

LogicalResult Verifier::lifetimes() {
  for (auto &[number, value] : values)
    if (value.writer && value.begin % 64 && value.begin != INT64_MAX)
      return value.writer->emitOpError("value ")
             << number << " starts at byte " << value.begin
             << " of the arena, which is not a multiple of 64";
  for (auto a = values.begin(); a != values.end(); ++a)
    for (auto b = std::next(a); b != values.end(); ++b) {
      const Lifetime &x = a->second, &y = b->second;
      if (x.begin >= y.end || y.begin >= x.end)
        continue;
      // One that replaces another in place starts in the step that last reads
      // the other.
      bool apart = x.lastRead < y.firstWrite || y.lastRead < x.firstWrite ||
                   (x.lastRead == y.firstWrite &&
                    y.replaces.contains(a->first)) ||
                   (y.lastRead == x.firstWrite && x.replaces.contains(b->first));
      if (!apart)
        return y.writer->emitOpError("value ")
               << b->first << " shares bytes with value " << a->first
               << " while both are live";
    }
  return success();
}

LogicalResult Verifier::outputs() {
  for (auto [index, attr] : llvm::enumerate(program.getOutputs())) {
    auto tensor = cast<plan::TensorAttr>(attr);
    int64_t bytes = ir::tensorBytes(tensor.getType());
    int64_t at = written[index].firstForeign(0, bytes, 0);
    if (at >= 0)
      return program.emitOpError("never writes byte ")
             << at << " of output '" << tensor.getName() << "'";
  }
  return success();
}

LogicalResult Verifier::run() {
  if (program.getArenaBytes() < 0 || program.getWeightsBytes() < 0)
    return program.emitOpError("has sizes below 0");
  if (failed(weights()))
    return failure();
  number(program.getBody().front());
  if (failed(replay(program.getBody().front())) || failed(lifetimes()))
    return failure();
  return outputs();
}

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

LogicalResult xgen::verifyPlan(plan::ProgramOp program) {
  return Verifier(program).run();
}

namespace {
struct VerifyPlan : xgen::impl::VerifyPlanBase<VerifyPlan> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<plan::ProgramOp>())
      if (failed(verifyPlan(program)))
        return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
