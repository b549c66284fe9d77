//===- XgenConstants.h - Bytes of constants ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Between ElementsAttr and memory as kernels see it: row-major, one byte for a
// bool, splats expanded.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_CONSTANTS_H
#define XGEN_DIALECTS_XGEN_CONSTANTS_H

#include "dialects/xgen/XgenTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <optional>
#include <vector>

namespace xgen::ir {

/// The bytes of `value`. Points into the attribute where it is stored that way,
/// otherwise into `storage`, which is filled. nullopt when a resource has no
/// bytes (its .weights file is missing).
std::optional<llvm::ArrayRef<char>> constantBytes(mlir::ElementsAttr value,
                                                  std::vector<char> &storage);

/// A constant of `type` (storage elements, no encoding) with `bytes`. Small
/// ones are dense attributes, others resources that take `bytes` over; equal
/// contents get one resource.
mlir::ElementsAttr makeConstant(mlir::RankedTensorType type,
                                std::vector<char> bytes);

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_CONSTANTS_H
