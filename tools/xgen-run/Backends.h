//===- Backends.h - Ways to run a model -------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Internal to xgen-run.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_BACKENDS_H
#define XGEN_TOOLS_XGENRUN_BACKENDS_H

#include "Model.h"

namespace xgen::run {

/// A shared library whose model's table is the symbol `table`.
llvm::Expected<std::unique_ptr<Model>> openLibrary(llvm::StringRef path,
                                                   llvm::StringRef table);

/// A program around runtime/runner; raw files go through `folder`.
llvm::Expected<std::unique_ptr<Model>> openProgram(llvm::StringRef path,
                                                   const Target &target,
                                                   const TempFolder &folder);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_BACKENDS_H
