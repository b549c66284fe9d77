//===- Onnx.h - Reading ONNX models ----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// From the bytes of a model to the onnx dialect. No header of protobuf is
// visible here.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_ONNX_H
#define XGEN_FRONTENDS_ONNX_ONNX_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace xgen::onnx {

/// What a dimension may be: a number, multiples of `step` in a range, or a name:
/// a free dimension, whatever number the model declares there.
struct Extent {
  int64_t min = 0, max = 0, step = 1;
  std::string name;
  Extent() = default;
  Extent(int64_t number) : min(number), max(number) {} // NOLINT
  Extent(int64_t min, int64_t max, int64_t step = 1)
      : min(min), max(max), step(step) {}
  static Extent named(std::string name) {
    Extent extent;
    extent.name = std::move(name);
    return extent;
  }
  bool isFixed() const { return name.empty() && min == max; }
  bool operator==(const Extent &other) const {
    return min == other.min && max == other.max && step == other.step &&
           name == other.name;
  }
};

/// What the user says about free dimensions.
struct ImportOptions {
  /// Shape of an input by its name (`-input-shape=data:1x3x224x224`). Names in
  /// it (`data:Nx3x224x224`) make dimensions free that the model fixes; shapes
  /// that the model declares for other values are ignored then.
  std::map<std::string, std::vector<Extent>> inputShapes;
  /// Extent of a free dimension by its name (`-dim=batch:1`, `-dim=batch:1..8`).
  std::map<std::string, Extent> dims;
  /// Inputs that become constants: a sample rate, axes, a shape. They are no
  /// longer arguments of `@main`.
  std::map<std::string, mlir::ElementsAttr> inputValues;
};

/// Reads the model at `path`. The result is a module with a `func.func @main`
/// of `onnx.node`s in topological order. Weights keep the bytes that were
/// read (or are mapped from the side file): they are never copied a second
/// time. Whatever is wrong with the bytes is a diagnostic of `context`, and
/// the result is null. Side files are read only from the model's own folder.
mlir::OwningOpRef<mlir::ModuleOp> importModel(mlir::MLIRContext &context,
                                              llvm::StringRef path,
                                              const ImportOptions &options = {});

/// The same for bytes in memory; such a model has no side files.
mlir::OwningOpRef<mlir::ModuleOp>
importModelFromMemory(mlir::MLIRContext &context, llvm::StringRef bytes,
                      llvm::StringRef name = "<memory>",
                      const ImportOptions &options = {});

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_ONNX_H
