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

struct ConformanceOptions {
  double rtol = 1e-3, atol = 1e-7;
  /// Cases at one time.
  unsigned jobs = 1;
  /// Of one case.
  unsigned seconds = 120;
};

/// Prints a line for each case (PASS, FAIL or UNSUPPORTED, name, reason) and the
/// count. ExitMismatch when one has failed. Each case runs in a process of its
/// own: a crash is a failed case.
int runConformance(llvm::ArrayRef<std::string> folders,
                   const CompileOptions &options,
                   const ConformanceOptions &conformance);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_CONFORMANCE_H
