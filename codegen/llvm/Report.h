//===- Report.h - What an artefact is made of -------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sizes and choices, a layer and in all: data for -report and for tools.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_REPORT_H
#define XGEN_CODEGEN_LLVM_REPORT_H

#include "llvm/Support/JSON.h"
#include <cstdint>
#include <string>
#include <vector>

namespace xgen {

struct LayerReport {
  /// ONNX nodes, joined by ", ".
  std::string nodes;
  /// Name of the kernel.func, and its symbol in the artefact.
  std::string kernel, symbol;
  /// Schedule template, "eval" for the reference kernel, its parameters, and
  /// why it was chosen where a pass has said so.
  std::string schedule, parameters, reason;
  int64_t macs = 0;
  /// Read and written.
  int64_t bytes = 0;
  int64_t scratchBytes = 0;
  /// Machine code of the kernel, which other layers may share.
  uint64_t codeBytes = 0;
  bool parallel = false;

  bool eval() const { return schedule == "eval"; }
};

struct ArtefactReport {
  std::string name, target;
  std::vector<LayerReport> layers;
  int64_t macs = 0;
  /// Of them in reference kernels, which are slow.
  int64_t evalMacs = 0;
  int64_t arenaBytes = 0, scratchBytes = 0, peakLiveBytes = 0;
  int64_t weightsBytes = 0;
  /// Machine code of the artefact, its runtime included.
  uint64_t codeBytes = 0;
  uint64_t weightsHash = 0;
  /// Different kernels, and how many of them came out of the cache.
  unsigned kernels = 0, cachedKernels = 0;
  /// Spent by the workers, all together, and after them.
  double kernelSeconds = 0, linkSeconds = 0;

  llvm::json::Value toJson() const;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_REPORT_H
