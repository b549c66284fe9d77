//===- Legalize.h - From the onnx to the xgen dialect ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pass `xgen-legalize-onnx`, and the same analysis as a call for `xgenc check`.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_LEGALIZE_H
#define XGEN_FRONTENDS_ONNX_LEGALIZE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace xgen::onnx {

/// Evaluates one xgen op on constant operands (absent optional ones are not
/// listed); gives an attribute a result, or fails. The driver supplies the
/// reference kernels here: frontends do not know the code generator.
using FoldFn = std::function<mlir::LogicalResult(
    mlir::Operation *op, llvm::ArrayRef<mlir::ElementsAttr> operands,
    llvm::SmallVectorImpl<mlir::ElementsAttr> &results)>;

/// A node that cannot be legalized, and what to do about it.
struct Unsupported {
  std::string node, op, domain;
  int64_t opset = 0;
  std::string reason, hint;
};

struct LegalizeOptions {
  /// Without it shapes that the model computes cannot be resolved.
  FoldFn fold;
  /// Receives what cannot be legalized, in the order of the graph.
  std::vector<Unsupported> *unsupported = nullptr;
  /// Bound of extents that only data decides, where nothing else bounds them.
  int64_t dataBound = 1024;
  /// Also report it as one diagnostic with a table. Free dimensions of inputs
  /// are reported in any case: they are no nodes.
  bool emitDiagnostics = true;
};

/// Rewrites `func.func @main` of onnx ops to xgen ops with static shapes. On
/// failure the module is left in pieces; everything unsupported is reported.
mlir::LogicalResult legalizeOnnx(mlir::ModuleOp module,
                                 const LegalizeOptions &options);

/// The table that diagnostics show: one line a node, columns aligned.
std::string formatUnsupported(llvm::ArrayRef<Unsupported> entries);

/// Sorted names of the operators that have a legalization ("domain" or "" and
/// name), for lists of supported operators.
std::vector<std::pair<std::string, std::string>> legalizableOps();

/// The first version of its operator set from which on `op` is legalized.
int64_t oldestOpset(llvm::StringRef domain, llvm::StringRef op);

std::unique_ptr<mlir::Pass> createLegalizeOnnxPass(LegalizeOptions options = {});
/// Registers `xgen-legalize-onnx` with these options for textual pipelines.
void registerLegalizeOnnxPass(LegalizeOptions options = {});

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_LEGALIZE_H
