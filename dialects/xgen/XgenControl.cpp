//===- XgenControl.cpp - Verifiers of branches and loops ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// That callers and functions agree: generated code moves bytes between them
// without looking.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenInfer.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace xgen::ir;

/// The function, when it has `inputs` arguments and `outputs` results.
static FunctionOpInterface lookup(Operation *op, FlatSymbolRefAttr name,
                                  SymbolTableCollection &symbols,
                                  size_t inputs, size_t outputs) {
  auto func = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(op, name);
  if (!func || func.isExternal()) {
    op->emitOpError("calls unknown function ") << name;
    return nullptr;
  }
  if (func.getNumArguments() == inputs && func.getNumResults() == outputs)
    return func;
  op->emitOpError("needs a function of ")
      << inputs << " arguments and " << outputs << " results, but " << name
      << " has " << func.getNumArguments() << " and " << func.getNumResults();
  return nullptr;
}

/// Whether a value of type `from` may go where there is a `to`.
static LogicalResult fits(Operation *op, const Twine &what, Type from,
                          Type to) {
  auto source = dyn_cast<RankedTensorType>(from);
  auto target = dyn_cast<RankedTensorType>(to);
  if (source && target && source.getElementType() == target.getElementType() &&
      tensorBytes(source) <= tensorBytes(target))
    return success();
  return op->emitOpError() << what << ": " << from << " does not fit " << to;
}

static bool isNumber(Value value, unsigned width) {
  auto type = typeOf(value);
  return type.hasStaticShape() && type.getNumElements() == 1 &&
         type.getElementType().isInteger(width);
}

LogicalResult IfOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!isNumber(getCondition(), 1))
    return emitOpError("the condition must be one i1");
  for (FlatSymbolRefAttr name : {getThenBranchAttr(), getElseBranchAttr()}) {
    FunctionOpInterface func = lookup(*this, name, symbols,
                                      getCaptured().size(), getNumResults());
    if (!func)
      return failure();
    for (auto [from, to] :
         llvm::zip(getCaptured().getTypes(), func.getArgumentTypes()))
      if (failed(fits(*this, "operand", from, to)))
        return failure();
    for (auto [from, to] : llvm::zip(func.getResultTypes(), getResultTypes()))
      if (failed(fits(*this, "result", from, to)))
        return failure();
  }
  return success();
}

LogicalResult LoopOp::verify() {
  if (!getTrips() && !getConditional())
    return emitOpError("needs a number of trips or a condition");
  if (getTrips() && !isNumber(getTrips(), 64))
    return emitOpError("the number of trips must be one i64");
  if (getConditional() &&
      (getInitial().empty() || !isNumber(getInitial().front(), 1)))
    return emitOpError("the first carried value must be one i1");
  if (static_cast<int64_t>(getMost()) < 0)
    return emitOpError("needs a limit that is not negative");
  if (getNumResults() < getInitial().size() + 1)
    return emitOpError("needs a result for each carried value, and the count");
  if (!isNumber(getCount(), 64))
    return emitOpError("the last result must be one i64");
  return success();
}

LogicalResult LoopOp::verifySymbolUses(SymbolTableCollection &symbols) {
  size_t carried = getInitial().size();
  FunctionOpInterface func =
      lookup(*this, getBodyAttr(), symbols,
             1 + carried + getCaptured().size(), getNumResults() - 1);
  if (!func)
    return failure();
  ArrayRef<Type> arguments = func.getArgumentTypes();
  ArrayRef<Type> returned = func.getResultTypes();
  if (arguments[0] !=
      RankedTensorType::get({}, IntegerType::get(getContext(), 64)))
    return emitOpError("the first argument of the function must be one i64");
  for (size_t i = 0; i < carried; ++i)
    if (failed(fits(*this, "carried value", getInitial()[i].getType(),
                    arguments[1 + i])) ||
        failed(fits(*this, "carried value", arguments[1 + i],
                    getResult(i).getType())) ||
        failed(fits(*this, "carried value", returned[i], arguments[1 + i])))
      return failure();
  for (auto [from, to] : llvm::zip(getCaptured().getTypes(),
                                   arguments.drop_front(1 + carried)))
    if (failed(fits(*this, "operand", from, to)))
      return failure();
  for (auto [from, to] :
       llvm::zip(returned.drop_front(carried), getScans().getTypes())) {
    if (failed(fits(*this, "scan output", from, to)))
      return failure();
    int64_t each = tensorBytes(cast<RankedTensorType>(from)), all;
    if (llvm::MulOverflow(each, static_cast<int64_t>(getMost()), all) ||
        all > tensorBytes(cast<RankedTensorType>(to)))
      return emitOpError("scan output ") << to << " has no room for "
                                         << getMost() << " parts " << from;
  }
  return success();
}
