//===- OnnxOps.h - The onnx dialect ---------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Declarations of the dialect's ops and attributes.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_ONNX_OPS_H
#define XGEN_DIALECTS_ONNX_OPS_H


#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/onnx/OnnxOpsDialect.h.inc"


#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.h.inc"

#endif // XGEN_DIALECTS_ONNX_OPS_H
