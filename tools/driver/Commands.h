//===- Commands.h - xgenc's sub-commands ------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Each prints its result to standard output and returns the exit status.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_COMMANDS_H
#define XGEN_TOOLS_DRIVER_COMMANDS_H

#include "tools/driver/Driver.h"

namespace xgen {

/// `xgenc check`: everything unsupported at once, with MACs, weights and RAM.
int checkModel(const CompileOptions &options, bool json);
/// What a look at a module tells.
struct ModuleSummary {
  std::map<std::string, int64_t> ops;
  int64_t nodes = 0, macs = 0, weightBytes = 0;
};
ModuleSummary summarize(mlir::ModuleOp module);

/// `xgenc info`: signature, contents and sizes of a model, a module of any stage,
/// or an artefact of any target.
int printInfo(const CompileOptions &options, bool json);
/// `xgenc verify`: every kernel against its reference on the same inputs; the
/// first that differs by more than `rtol` is named. ExitMismatch then.
int verifyModel(const CompileOptions &options, double rtol, bool json);
/// `xgenc operators`: what the front end legalizes, from which version on.
int printOperators(bool json);
/// `xgenc explain`: the long text of a diagnostic.
int explain(llvm::StringRef code);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_COMMANDS_H
