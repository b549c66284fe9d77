//===- ImportFuzzer.cpp - Any bytes as a model ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// libFuzzer target: whatever the bytes are, import and legalization end in a
// module that verifies or in a diagnostic. Run with a corpus of small models:
//   import-fuzzer -max_len=4096 -timeout=10 -rss_limit_mb=2048 CORPUS
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Legalize.h"
#include "frontends/onnx/Onnx.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  bool reported = false;
  context.getDiagEngine().registerHandler([&](Diagnostic &d) {
    reported |= d.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  DialectRegistry dialects;
  xgen::onnx::createLegalizeOnnxPass()->getDependentDialects(dialects);
  context.appendDialectRegistry(dialects);
  context.loadAllAvailableDialects();
  auto module = xgen::onnx::importModelFromMemory(
      context, llvm::StringRef(reinterpret_cast<const char *>(data), size));
  if (!module) {
    if (!reported)
      abort(); // Failed without saying why.
    return 0;
  }
  if (failed(xgen::onnx::legalizeOnnx(*module, {}))) {
    if (!reported)
      abort();
    return 0;
  }
  if (failed(verify(*module)))
    abort();
  return 0;
}
