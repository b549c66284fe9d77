//===- ImportFuzzer.cpp - Any bytes as a model ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// libFuzzer target: whatever the bytes are, import, legalization and the passes
// up to -emit=xgen end in a module that verifies or in a diagnostic. A failure
// that says nothing and one that the driver calls internal are findings like a
// crash. utils/fuzz runs it with a corpus of small models.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Onnx.h"
#include "tools/driver/Lowering.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace xgen;

/// What the last diagnostic said, for the report of a finding.
static std::string said;

static void finding(const char *what) {
  llvm::errs() << "import-fuzzer: " << what << "; last diagnostic: "
               << (said.empty() ? "none" : said) << "\n";
  abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto context = makeContext();
  said.clear();
  context->getDiagEngine().registerHandler([&](Diagnostic &d) {
    if (d.getSeverity() == DiagnosticSeverity::Error)
      said = d.str();
    return success();
  });
  auto module = onnx::importModelFromMemory(
      *context, llvm::StringRef(reinterpret_cast<const char *>(data), size));
  if (!module) {
    if (said.empty())
      finding("import failed without a reason");
    return 0;
  }
  if (failed(verify(*module)))
    finding("the imported module does not verify");
  CompileOptions options;
  options.target = llvm::cantFail(lookupTarget("x86-64-v3"));
  Progress progress(ProgressMode::None);
  int exitCode = ExitOk;
  module = lowerModule(std::move(module), Stage::Xgen, options,
                       /*kernels=*/nullptr, progress, exitCode);
  if (!module) {
    if (exitCode != ExitModelError)
      finding("a pass failed");
    if (said.empty())
      finding("legalization failed without a reason");
    return 0;
  }
  if (failed(verify(*module)))
    finding("the module does not verify");
  return 0;
}
