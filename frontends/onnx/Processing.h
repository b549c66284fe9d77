//===- Processing.h - What an app does before and after a model -*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// -pre and -post: nodes around the graph, so that a camera's bytes go in and labels or
// boxes come out, and passes fold, move and fuse them with the network. See
// docs/processing.md.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_PROCESSING_H
#define XGEN_FRONTENDS_ONNX_PROCESSING_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace xgen::onnx {

/// Steps at an input or output: "image:u8,nhwc,resize=480x640". The name may be left
/// out where there is one only; outputs that are used together are joined by a +.
struct Processing {
  std::vector<std::string> names;
  /// (step, value), the value empty where the step has none.
  std::vector<std::pair<std::string, std::string>> steps;

  bool has(llvm::StringRef step) const { return valueOf(step).has_value(); }
  std::optional<llvm::StringRef> valueOf(llvm::StringRef step) const;
};

/// The error names the steps that there are, or what a step's value should be.
llvm::Expected<Processing> parseInputProcessing(llvm::StringRef text);
llvm::Expected<Processing> parseOutputProcessing(llvm::StringRef text);

/// Puts nodes before inputs and behind outputs of `module`, which is at the onnx stage.
/// Failure after a diagnostic.
mlir::LogicalResult addProcessing(mlir::ModuleOp module, llvm::ArrayRef<Processing> inputs,
                                  llvm::ArrayRef<Processing> outputs);

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_PROCESSING_H
