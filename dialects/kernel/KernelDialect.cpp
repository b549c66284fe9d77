//===- KernelDialect.cpp - The kernel dialect -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Registration, syntax and verifiers.
//
//===----------------------------------------------------------------------===//

#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xgen::kernel;

#include "dialects/kernel/KernelOpsDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelOpsAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelOpsAttrs.cpp.inc"
      >();
}

void FuncOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                   FunctionType type) {
  state.addAttribute(getSymNameAttrName(state.name),
                     builder.getStringAttr(name));
  state.addAttribute(getFunctionTypeAttrName(state.name), TypeAttr::get(type));
  Region *body = state.addRegion();
  body->emplaceBlock();
  for (Type input : type.getInputs())
    body->addArgument(input, state.location);
}

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> arguments,
                      ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(arguments, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void FuncOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

LogicalResult FuncOp::verify() {
  auto returned = dyn_cast<ReturnOp>(getBody().front().getTerminator());
  if (!returned)
    return emitOpError("must end in kernel.return");
  if (returned.getOperandTypes() != TypeRange(getResultTypes()))
    return emitOpError("returns types other than its signature's");
  for (Operation &op : getBody().front().without_terminator())
    if (!isa<ir::XgenDialect>(op.getDialect()))
      return op.emitOpError("is not an xgen op, in kernel '") << getSymName() << "'";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("launches unknown kernel ") << getCalleeAttr();
  // A kernel's symbols are its own: `dims` says what they are here.
  auto matches = [&](ArrayRef<Type> formal, TypeRange actual) {
    return llvm::equal(formal, actual, [&](Type f, Type a) {
      if (auto dims = getDims())
        f = ir::mapExprs(f, [&](AffineExpr e) {
          return e.replaceDimsAndSymbols({}, dims->getResults());
        });
      return f == a;
    });
  };
  if (!matches(callee.getArgumentTypes(), getOperandTypes()) ||
      !matches(callee.getResultTypes(), getResultTypes()))
    return emitOpError("types differ from those of kernel ") << getCalleeAttr();
  return success();
}
