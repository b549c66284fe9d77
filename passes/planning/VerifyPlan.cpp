//===- VerifyPlan.cpp - Proves that a plan is right -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Bytes: where buffers lie, what reads and writes find, and which values live
// when. Branches and loops are in VerifyControl.cpp.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/VerifyPlan.h"
#include "passes/Passes.h"
#include "passes/planning/PlanVerifier.h"

namespace xgen {
#define GEN_PASS_DEF_VERIFYPLAN
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::planning;
using plan::RefAttr;
using plan::Space;

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
  // As many bytes as `count` says are all that there is of a dynamic tensor.
  int64_t from = op.getFrom().getBytes(), to = op.getTo().getBytes();
  if (op.getCount() ? from > to : from != to)
    return op.emitOpError("copies ") << op.getFrom().getBytes() << " bytes to "
                                     << op.getTo().getBytes();
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
