//===- EvalFunction.cpp - Whole functions on the host ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// An interpreter for a straight-line function of xgen ops and the functions that
// its branches and loops call. Constants are read where they lie; everything else
// is released after its last use, so that large networks fit.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/Reference.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xgen/XgenConstants.h"
#include "dialects/xgen/XgenOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/FormatVariadic.h"
#include <cstring>

using namespace mlir;
using namespace xgen;

namespace {

/// A value's memory. `owner` is null for what somebody else owns.
struct Slot {
  TensorView view;
  std::shared_ptr<HostTensor> owner;
};

class Interpreter {
public:
  Interpreter(EvalObserver observer) : observer(observer) {}

  llvm::Expected<SmallVector<Slot>> run(FunctionOpInterface func,
                                        ArrayRef<Slot> inputs);

private:
  llvm::Error runOp(Operation *op, SmallVectorImpl<Slot> &results,
                    ArrayRef<Slot> operands);
  llvm::Expected<SmallVector<Slot>> call(Operation *op, StringAttr name,
                                         ArrayRef<Slot> inputs);
  llvm::Error runIf(ir::IfOp op, SmallVectorImpl<Slot> &results,
                    ArrayRef<Slot> operands);
  llvm::Error runLoop(ir::LoopOp op, SmallVectorImpl<Slot> &results,
                      ArrayRef<Slot> operands);

  EvalObserver observer;
};

llvm::Error failure(Operation *op, const llvm::Twine &reason) {
  return llvm::createStringError(op->getName().getStringRef() + ": " + reason);
}

Slot allocate(RankedTensorType type) {
  auto owner = std::make_shared<HostTensor>(type);
  return {owner->view(), owner};
}

/// The bytes with another type of as many.
llvm::Expected<Slot> seenAs(Operation *op, Slot slot, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.hasStaticShape() ||
      ir::tensorBytes(tensor) != ir::tensorBytes(slot.view.type))
    return failure(op, llvm::formatv("a value is {0}, not {1}", type,
                                     Type(slot.view.type)));
  slot.view.type = tensor;
  return slot;
}

} // namespace

llvm::Expected<SmallVector<Slot>>
Interpreter::call(Operation *op, StringAttr name, ArrayRef<Slot> inputs) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<FunctionOpInterface>(
      op, name);
  if (!callee || callee.getNumArguments() != inputs.size())
    return failure(op, "unknown function '" + name.getValue() + "'");
  SmallVector<Slot> seen;
  for (auto [slot, type] : llvm::zip(inputs, callee.getArgumentTypes())) {
    auto one = seenAs(op, slot, type);
    if (!one)
      return one.takeError();
    seen.push_back(std::move(*one));
  }
  return run(callee, seen);
}

llvm::Error Interpreter::runIf(ir::IfOp op, SmallVectorImpl<Slot> &results,
                               ArrayRef<Slot> operands) {
  bool condition = *static_cast<const char *>(operands[0].view.data);
  auto out = call(op, (condition ? op.getThenBranchAttr()
                                 : op.getElseBranchAttr())
                          .getAttr(),
                  operands.drop_front());
  if (!out)
    return out.takeError();
  for (auto [slot, type] : llvm::zip(*out, op.getResultTypes())) {
    auto one = seenAs(op, slot, type);
    if (!one)
      return one.takeError();
    results.push_back(std::move(*one));
  }
  return llvm::Error::success();
}

llvm::Error Interpreter::runLoop(ir::LoopOp op, SmallVectorImpl<Slot> &results,
                                 ArrayRef<Slot> operands) {
  size_t carried = op.getInitial().size();
  int64_t trips = op.getMost(), ran = 0;
  bool counted = bool(op.getTrips());
  if (counted)
    std::memcpy(&trips, operands[0].view.data, sizeof trips);
  operands = operands.drop_front(counted ? 1 : 0);
  SmallVector<Slot> now(operands.take_front(carried));
  ArrayRef<Slot> captured = operands.drop_front(carried);
  SmallVector<Slot> scans;
  for (Value scan : op.getScans())
    scans.push_back(allocate(cast<RankedTensorType>(scan.getType())));
  Type i64 = IntegerType::get(op.getContext(), 64);
  for (; ran < trips; ++ran) {
    if (op.getConditional() && !*static_cast<const char *>(now[0].view.data))
      break;
    if (ran >= int64_t(op.getMost()))
      return failure(op, "there are more iterations than planned for");
    Slot index = allocate(RankedTensorType::get({}, i64));
    std::memcpy(index.view.data, &ran, sizeof ran);
    SmallVector<Slot> inputs{index};
    llvm::append_range(inputs, now);
    llvm::append_range(inputs, captured);
    auto out = call(op, op.getBodyAttr().getAttr(), inputs);
    if (!out)
      return out.takeError();
    now.assign(out->begin(), out->begin() + carried);
    for (auto [scan, part] :
         llvm::zip(scans, ArrayRef(*out).drop_front(carried))) {
      int64_t bytes = ir::tensorBytes(part.view.type);
      std::memcpy(static_cast<char *>(scan.view.data) + ran * bytes,
                  part.view.data, bytes);
    }
  }
  for (auto [slot, value] : llvm::zip(now, op.getCarried())) {
    auto one = seenAs(op, slot, value.getType());
    if (!one)
      return one.takeError();
    results.push_back(std::move(*one));
  }
  llvm::append_range(results, scans);
  Slot count = allocate(cast<RankedTensorType>(op.getCount().getType()));
  std::memcpy(count.view.data, &ran, sizeof ran);
  results.push_back(count);
  return llvm::Error::success();
}

llvm::Error Interpreter::runOp(Operation *op, SmallVectorImpl<Slot> &results,
                               ArrayRef<Slot> operands) {
  for (Type type : op->getResultTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return failure(op, llvm::formatv("result type {0} is not a tensor of "
                                       "static shape",
                                       type));
  }
  if (auto launch = dyn_cast<kernel::LaunchOp>(op)) {
    auto callee = SymbolTable::lookupNearestSymbolFrom<kernel::FuncOp>(
        op, launch.getCalleeAttr());
    if (!callee)
      return failure(op, "unknown kernel '" + launch.getCallee() + "'");
    auto out = run(cast<FunctionOpInterface>(callee.getOperation()), operands);
    if (!out)
      return out.takeError();
    results.append(out->begin(), out->end());
    return llvm::Error::success();
  }
  if (auto branch = dyn_cast<ir::IfOp>(op))
    return runIf(branch, results, operands);
  if (auto loop = dyn_cast<ir::LoopOp>(op))
    return runLoop(loop, results, operands);
  auto typeOf = [&](unsigned i) {
    return cast<RankedTensorType>(op->getResult(i).getType());
  };
  // No copy where the bytes stay.
  if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
    std::vector<char> storage;
    auto bytes =
        ir::constantBytes(cast<ElementsAttr>(constant.getValueAttr()), storage);
    if (bytes && storage.empty() &&
        static_cast<int64_t>(bytes->size()) == ir::tensorBytes(typeOf(0))) {
      results.push_back({{const_cast<char *>(bytes->data()), typeOf(0)}, {}});
      return llvm::Error::success();
    }
  }
  if (isa<ir::ReinterpretOp>(op) &&
      ir::tensorBytes(operands[0].view.type) == ir::tensorBytes(typeOf(0))) {
    results.push_back({{operands[0].view.data, typeOf(0)}, operands[0].owner});
    return llvm::Error::success();
  }
  SmallVector<TensorView> ins, outs;
  for (const Slot &slot : operands)
    ins.push_back(slot.view);
  for (unsigned i = 0; i < op->getNumResults(); ++i) {
    results.push_back(allocate(typeOf(i)));
    outs.push_back(results.back().view);
  }
  return evalOp(op, ins, outs);
}

llvm::Expected<SmallVector<Slot>> Interpreter::run(FunctionOpInterface func,
                                                   ArrayRef<Slot> inputs) {
  Region &body = func.getFunctionBody();
  if (!body.hasOneBlock())
    return failure(func, "only a single block can be evaluated");
  Block &block = body.front();
  if (block.getNumArguments() != inputs.size())
    return failure(func, llvm::formatv("{0} inputs for {1} arguments",
                                       inputs.size(), block.getNumArguments()));
  llvm::DenseMap<Value, Slot> slots;
  llvm::DenseMap<Value, unsigned> uses;
  auto define = [&](Value value, Slot slot) {
    if (observer)
      observer(value, slot.view);
    if (value.use_empty())
      return;
    uses[value] = std::distance(value.use_begin(), value.use_end());
    slots[value] = std::move(slot);
  };
  for (auto [argument, slot] : llvm::zip_equal(block.getArguments(), inputs)) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !type.hasStaticShape() ||
        type.getShape() != slot.view.type.getShape() ||
        ir::tensorBytes(type) != ir::tensorBytes(slot.view.type))
      return failure(func, llvm::formatv("argument {0} is {1}, not {2}",
                                         argument.getArgNumber(),
                                         argument.getType(),
                                         Type(slot.view.type)));
    define(argument, {{slot.view.data, type}, slot.owner});
  }
  for (Operation &op : block) {
    SmallVector<Slot> operands, results;
    for (Value operand : op.getOperands()) {
      auto it = slots.find(operand);
      if (it == slots.end())
        return failure(&op, "an operand is defined outside the function");
      operands.push_back(it->second);
    }
    if (op.hasTrait<OpTrait::IsTerminator>())
      return operands;
    if (llvm::Error error = runOp(&op, results, operands))
      return std::move(error);
    // Operands live until the results have been observed: an observer may
    // compare with another computation on them.
    for (auto [value, slot] : llvm::zip_equal(op.getResults(), results))
      define(value, slot);
    operands.clear();
    for (Value operand : op.getOperands())
      if (--uses[operand] == 0)
        slots.erase(operand);
  }
  return failure(func, "the block has no terminator");
}

llvm::Expected<std::vector<HostTensor>>
xgen::evalFunction(FunctionOpInterface func, ArrayRef<TensorView> inputs,
                   EvalObserver observer) {
  SmallVector<Slot> slots;
  for (const TensorView &view : inputs)
    slots.push_back({view, nullptr});
  auto out = Interpreter(observer).run(func, slots);
  if (!out)
    return out.takeError();
  std::vector<HostTensor> tensors;
  for (Slot &slot : *out) {
    HostTensor tensor(slot.view.type);
    std::memcpy(tensor.view().data, slot.view.data, tensor.getNumBytes());
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}
