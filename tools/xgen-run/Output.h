//===- Output.h - What xgen-run prints --------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Results, times and comparisons for people and as JSON.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_OUTPUT_H
#define XGEN_TOOLS_XGENRUN_OUTPUT_H

#include "tools/runner/Model.h"
#include "llvm/Support/JSON.h"

namespace xgen::run {

/// An output beside what it should be.
struct Comparison {
  std::string output, file;
  io::Difference difference;
  int64_t elements = 0;
  double got = 0, want = 0; // at difference.worst
};

/// Compares with a .npy, .npz or .pb. Types of the same kind (floats; integers)
/// are compared as numbers.
llvm::Expected<Comparison> compareWithFile(llvm::StringRef output,
                                           const io::Tensor &got,
                                           llvm::StringRef file, double rtol,
                                           double atol, io::Tolerance kind);

llvm::json::Value resultJson(const Model &model, double compileMs,
                             const RunPlan &plan, const RunResult &result,
                             llvm::ArrayRef<Comparison> comparisons);
void printTimes(const Model &model, double compileMs, const RunPlan &plan,
                const RunResult &result);
/// Shape, range and first values of each output.
void printOutputs(const ModelInfo &info, const RunResult &result);
void printComparisons(llvm::ArrayRef<Comparison> comparisons);

/// One label a line.
llvm::Error readLabels(llvm::StringRef path, std::vector<std::string> &labels);
/// The `k` largest values. A class more than there are labels is a background
/// class, number 0.
void printTop(const ModelInfo &info, const RunResult &result, unsigned k,
              llvm::ArrayRef<std::string> labels);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_OUTPUT_H
