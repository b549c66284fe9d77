//===- XgenOps.h - The xgen dialect -----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Declarations of the dialect's ops, kinds and encodings.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_OPS_H
#define XGEN_DIALECTS_XGEN_OPS_H

#include "dialects/xgen/XgenDims.h"
#include "dialects/xgen/XgenTypes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/Error.h"

#include "dialects/xgen/XgenOpsDialect.h.inc"
#include "dialects/xgen/XgenOpsEnums.h.inc"
#include "dialects/xgen/XgenOpsAttrInterfaces.h.inc"
#include "dialects/xgen/XgenOpsInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/xgen/XgenOpsAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/xgen/XgenOps.h.inc"

#endif // XGEN_DIALECTS_XGEN_OPS_H
