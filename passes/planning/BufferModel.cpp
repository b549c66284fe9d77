//===- BufferModel.cpp - Which buffers a network needs --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Every tensor is a slot: part of some buffer. Reshapes and contiguous slices
// give another slot of the same buffer. The inputs of a contiguous
// concatenation become pieces of its buffer, so that their producers write
// there; what cannot be a piece (a user input, a weight, a value that is a piece
// of another buffer already) is copied. A buffer that is returned whole lies in
// the user's output.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Views.h"
#include "passes/planning/Planner.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::planning;

namespace {
class ModelBuilder {
public:
  ModelBuilder(func::FuncOp func, const PassHooks &hooks,
               ArrayRef<func::FuncOp> callers)
      : func(func), hooks(hooks), callers(callers), symbols(func->getParentOp()),
        table(ir::Symbols(func->getParentOfType<ModuleOp>()).all()) {
    this->callers.push_back(func);
  }
  LogicalResult run();
  Model model;

private:
  LogicalResult visit(Operation &op);
  LogicalResult launch(kernel::LaunchOp op);
  void bind(ir::BindOp op);
  LogicalResult call(Operation *op);
  void concat(ir::ConcatOp op);
  void needs(Step &step, AffineExpr expr);
  void outputs(func::ReturnOp op);
  int newBuffer(plan::Space space, int64_t index, int64_t bytes) {
    model.buffers.push_back({space, index, bytes});
    return model.buffers.size() - 1;
  }
  Slot whole(int buffer) const {
    return {buffer, 0, model.buffers[buffer].bytes};
  }
  /// Whether the slot is all of a buffer that could still move elsewhere.
  bool isMovable(Slot slot) const {
    const Buffer &buffer = model.buffers[slot.buffer];
    return slot.offset == 0 && slot.bytes == buffer.bytes &&
           buffer.space == plan::Space::Arena && buffer.parent < 0 &&
           buffer.bytes > 0 && !buffer.fixed;
  }
  void copy(Slot from, Slot to, Value value) {
    Step step;
    auto type = cast<RankedTensorType>(value.getType());
    if (ir::isDynamic(type)) {
      ir::Dim bytes = ir::product(ir::dimsOf(type)) *
                      ir::elementBytes(type.getElementType());
      step.count = AffineMapAttr::get(ir::toMap({bytes}, value.getContext()));
      needs(step, step.count.getValue().getResult(0));
    }
    step.reads.push_back(from);
    step.writes.push_back(to);
    model.steps.push_back(std::move(step));
  }
  static int64_t bytesOf(Value value) {
    return ir::tensorBytes(cast<RankedTensorType>(value.getType()));
  }

  func::FuncOp func;
  const PassHooks &hooks;
  SmallVector<func::FuncOp> callers;
  SymbolTable symbols;
  SmallVector<Attribute> table;
  llvm::DenseSet<unsigned> defined;
  llvm::DenseMap<Value, Slot> slots;
  llvm::DenseMap<Attribute, int> weightBuffers;
  struct KernelFacts {
    int64_t scratch = 0, macs = 0;
  };
  llvm::DenseMap<Operation *, KernelFacts> kernels;
};
} // namespace

/// Data symbols that an expression needs, those of derived symbols included.
void ModelBuilder::needs(Step &step, AffineExpr expr) {
  expr.walk([&](AffineExpr e) {
    auto symbol = dyn_cast<AffineSymbolExpr>(e);
    if (!symbol || symbol.getPosition() >= table.size())
      return;
    auto entry = cast<ir::SymbolAttr>(table[symbol.getPosition()]);
    if (entry.getKind() == ir::SymbolKind::Data)
      step.needs.push_back(symbol.getPosition());
    else if (entry.getArgs())
      for (AffineExpr arg : entry.getArgs().getValue().getResults())
        needs(step, arg);
  });
}

void ModelBuilder::bind(ir::BindOp op) {
  Step step;
  step.bind = op;
  step.reads.push_back(slots.lookup(op.getValue()));
  // Symbols of callers have their values already.
  auto isOwn = [&](ir::SymbolAttr entry) {
    if (entry.getKind() != ir::SymbolKind::Data)
      return false;
    return entry.getScope() ? entry.getScope() == func.getSymNameAttr()
                            : callers.size() == 1;
  };
  for (AffineExpr expr : op.getMap().getResults()) {
    auto symbol = dyn_cast<AffineSymbolExpr>(expr);
    if (symbol && symbol.getPosition() < table.size() &&
        isOwn(cast<ir::SymbolAttr>(table[symbol.getPosition()])) &&
        defined.insert(symbol.getPosition()).second)
      step.defines.push_back(symbol.getPosition());
    else
      needs(step, expr);
  }
  ir::forEachExpr(op, [&](AffineExpr expr) { needs(step, expr); });
  model.steps.push_back(std::move(step));
}

LogicalResult ModelBuilder::launch(kernel::LaunchOp op) {
  auto kernel = symbols.lookup<kernel::FuncOp>(op.getCallee());
  if (!kernel)
    return op.emitError("launches unknown kernel '") << op.getCallee() << "'";
  auto [it, isNew] = kernels.try_emplace(kernel);
  KernelFacts &facts = it->second;
  if (isNew) {
    kernel.getBody().walk([&](ir::TensorOpInterface tensorOp) {
      facts.macs += tensorOp.getMacs();
    });
    if (hooks.scratchBytes) {
      auto bytes = hooks.scratchBytes(kernel);
      if (!bytes)
        return kernel.emitError("kernel '")
               << kernel.getSymName()
               << "' cannot be compiled: " << llvm::toString(bytes.takeError());
      facts.scratch = *bytes;
    }
  }
  Step step;
  step.launch = op;
  step.scratch = facts.scratch;
  step.macs = facts.macs;
  if (auto dims = op.getDims())
    for (AffineExpr expr : dims->getResults())
      needs(step, expr);
  for (Value operand : op.getInputs())
    step.reads.push_back(slots.lookup(operand));
  for (Value result : op.getResults()) {
    int buffer = newBuffer(plan::Space::Arena, -1, bytesOf(result));
    slots[result] = whole(buffer);
    step.writes.push_back(whole(buffer));
  }
  if (auto pairs = kernel.getInplace())
    for (size_t i = 0; i + 1 < pairs->size(); i += 2) {
      int64_t from = (*pairs)[i], to = (*pairs)[i + 1];
      if (from < 0 || from >= (int64_t)step.reads.size() || to < 0 ||
          to >= (int64_t)step.writes.size())
        return kernel.emitError("declares an operand or result in place that "
                                "it does not have");
      step.inplace.push_back({from, to});
    }
  model.steps.push_back(std::move(step));
  return success();
}

/// A branch or a loop: its functions are planned now.
LogicalResult ModelBuilder::call(Operation *op) {
  Step step;
  step.call = op;
  auto loop = dyn_cast<ir::LoopOp>(op);
  SmallVector<FlatSymbolRefAttr> names;
  if (loop)
    names.push_back(loop.getBodyAttr());
  else
    names.append({cast<ir::IfOp>(op).getThenBranchAttr(),
                  cast<ir::IfOp>(op).getElseBranchAttr()});
  for (FlatSymbolRefAttr name : names) {
    auto callee = symbols.lookup<func::FuncOp>(name.getValue());
    if (!callee || callee.isExternal())
      return op->emitError("calls unknown function ") << name;
    if (llvm::is_contained(callers, callee))
      return op->emitError("calls function ") << name << ", which is running";
    auto piece = planFunction(callee, hooks, callers);
    if (failed(piece))
      return failure();
    // What it needs and does not find out itself.
    llvm::DenseSet<unsigned> own;
    for (const Step &inner : (*piece)->model.steps)
      own.insert(inner.defines.begin(), inner.defines.end());
    Step all;
    for (const Step &inner : (*piece)->model.steps)
      llvm::append_range(all.needs, inner.needs);
    for (Attribute attr : table) {
      auto entry = cast<ir::SymbolAttr>(attr);
      if (entry.getScope() && entry.getScope() == name.getAttr() &&
          entry.getArgs())
        for (AffineExpr arg : entry.getArgs().getValue().getResults())
          needs(all, arg);
    }
    llvm::copy_if(all.needs, std::back_inserter(step.needs),
                  [&](unsigned symbol) { return !own.contains(symbol); });
    step.scratch = std::max(step.scratch, loop ? loopBuffers(**piece).bytes
                                               : (*piece)->bytes());
    step.pieces.push_back(std::move(*piece));
  }
  for (Value operand : op->getOperands())
    step.reads.push_back(slots.lookup(operand));
  for (Value result : op->getResults()) {
    int buffer = newBuffer(plan::Space::Arena, -1, bytesOf(result));
    model.buffers[buffer].fixed = bool(loop);
    slots[result] = whole(buffer);
    step.writes.push_back(whole(buffer));
  }
  model.steps.push_back(std::move(step));
  return success();
}

void ModelBuilder::concat(ir::ConcatOp op) {
  int buffer = newBuffer(plan::Space::Arena, -1, bytesOf(op.getResult()));
  slots[op.getResult()] = whole(buffer);
  int64_t at = 0;
  for (Value input : op.getInputs()) {
    Slot slot = slots.lookup(input);
    if (isMovable(slot)) {
      model.buffers[slot.buffer].parent = buffer;
      model.buffers[slot.buffer].parentOffset = at;
    } else if (slot.bytes > 0) {
      copy(slot, {buffer, at, slot.bytes}, input);
    }
    at += slot.bytes;
  }
}

void ModelBuilder::outputs(func::ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    Slot slot = slots.lookup(value);
    // Fewer where the largest extents of a shape cannot all come together.
    bool isWhole = slot.bytes == bytesOf(value);
    if (isWhole && isMovable(slot)) {
      model.buffers[slot.buffer].space = plan::Space::Output;
      model.buffers[slot.buffer].index = index;
      continue;
    }
    int buffer = newBuffer(plan::Space::Output, index, bytesOf(value));
    if (slot.bytes > 0)
      copy(slot, whole(buffer), value);
  }
}

LogicalResult ModelBuilder::visit(Operation &op) {
  for (Value operand : op.getOperands())
    if (!slots.contains(operand))
      return op.emitError("operand has no place in memory");
  if (auto bound = dyn_cast<ir::BindOp>(op)) {
    bind(bound);
    return success();
  }
  if (auto launched = dyn_cast<kernel::LaunchOp>(op))
    return launch(launched);
  if (isa<ir::IfOp, ir::LoopOp>(op))
    return call(&op);
  if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
    auto [it, isNew] = weightBuffers.try_emplace(constant.getValueAttr(), -1);
    if (isNew) {
      it->second = newBuffer(plan::Space::Weights, model.weights.size(),
                             bytesOf(constant.getResult()));
      model.weights.push_back(constant.getValue());
    }
    slots[constant.getResult()] = whole(it->second);
    return success();
  }
  if (auto returned = dyn_cast<func::ReturnOp>(op)) {
    outputs(returned);
    return success();
  }
  if (!isView(&op))
    return op.emitError("'") << op.getName()
                             << "' must be in a kernel before memory is planned";
  ++model.numViews;
  if (auto joined = dyn_cast<ir::ConcatOp>(op)) {
    concat(joined);
    return success();
  }
  Slot slot = slots.lookup(op.getOperand(0));
  if (auto slice = dyn_cast<ir::SliceOp>(op)) {
    auto type = cast<RankedTensorType>(slice.getResult().getType());
    slot.offset += *contiguousSliceStart(slice) *
                   ir::elementBytes(type.getElementType());
  }
  int64_t bytes = bytesOf(op.getResult(0));
  // The largest extents of two dynamic shapes need not multiply to the same;
  // the elements that there are fit either.
  if (ir::isDynamic(&op))
    bytes = std::min(bytes, slot.bytes);
  if (bytes > slot.bytes)
    return op.emitError("has more bytes than its operand: ")
           << bytes << " and " << slot.bytes;
  slot.bytes = bytes;
  slots[op.getResult(0)] = slot;
  return success();
}

LogicalResult ModelBuilder::run() {
  for (auto [index, argument] : llvm::enumerate(func.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || (ir::isDynamic(type) && !type.getEncoding()))
      return func.emitError("input ")
             << index << " has free dimensions without bounds: "
             << argument.getType()
             << "; give it with -input-shape";
    slots[argument] =
        whole(newBuffer(plan::Space::Input, index, ir::tensorBytes(type)));
  }
  for (Operation &op : func.front())
    if (failed(visit(op)))
      return failure();
  for (Step &step : model.steps)
    for (auto *list : {&step.reads, &step.writes})
      for (Slot &slot : *list)
        slot = model.resolve(slot);
  return success();
}

FailureOr<Model> planning::buildModel(func::FuncOp func, const PassHooks &hooks,
                                      ArrayRef<func::FuncOp> callers) {
  ModelBuilder builder(func, hooks, callers);
  if (failed(builder.run()))
    return failure();
  return std::move(builder.model);
}

LoopBuffers planning::loopBuffers(const Plan &body) {
  LoopBuffers result;
  result.index = body.bytes();
  result.bytes = result.index + arenaAlignment;
  func::FuncOp func = body.func;
  for (Type type : func.getResultTypes()) {
    result.results.push_back(result.bytes);
    result.bytes += alignUp(ir::tensorBytes(cast<RankedTensorType>(type)));
  }
  return result;
}

FailureOr<std::shared_ptr<Plan>>
planning::planFunction(func::FuncOp func, const PassHooks &hooks,
                       ArrayRef<func::FuncOp> callers) {
  FailureOr<Model> model = buildModel(func, hooks, callers);
  if (failed(model))
    return failure();
  auto plan = std::make_shared<Plan>();
  plan->func = func;
  plan->model = std::move(*model);
  plan->lifetimes = chooseOrder(plan->model);
  plan->placement = placeUnits(plan->lifetimes.units, plan->lifetimes.peak);
  return plan;
}
