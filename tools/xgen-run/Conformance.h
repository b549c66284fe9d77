//===- Conformance.h - ONNX backend test cases ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Runs folders of the form of ONNX's own tests: model.onnx and
// test_data_set_*/{input,output}_*.pb.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_CONFORMANCE_H
#define XGEN_TOOLS_XGENRUN_CONFORMANCE_H

#include "tools/driver/Driver.h"

namespace xgen::run {

enum class ConformanceMode { Given, Constants, Free };

struct ConformanceOptions {
  ConformanceMode mode = ConformanceMode::Given;
  double rtol = 1e-3, atol = 1e-7;
  /// Cases at one time.
  unsigned jobs = 1;
  /// Of one case.
  unsigned seconds = 120;
  /// Cases that are allowed other tolerances, and by whom; may be empty.
  std::string exceptions;
  /// What is known not to pass; may be empty.
  std::string expected;
  /// File that receives one JSON object a case; may be empty.
  std::string results;
  /// Damaged models of each case in place of itself, from number firstMutant on.
  unsigned mutants = 0, firstMutant = 0;
  /// Folder that receives mutants that fail; may be empty.
  std::string keepMutants;
};

/// Prints a line for each case (of mutants: for each that fails) (PASS, FAIL, UNSUPPORTED, CONSTANTS or NOT-FREE,
/// name, reason) and the counts. ExitMismatch when one has failed; with a list
/// of what is expected, when a result differs from it. A crash is a failed case.
int runConformance(llvm::ArrayRef<std::string> folders,
                   const CompileOptions &options,
                   const ConformanceOptions &conformance);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_CONFORMANCE_H
