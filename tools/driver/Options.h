//===- Options.h - Flags that xgenc and xgen-run share ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The command line of a compilation. Flags live in an object and not in static
// variables, so that a tool has exactly those that it asks for.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_OPTIONS_H
#define XGEN_TOOLS_DRIVER_OPTIONS_H

#include "tools/driver/Driver.h"
#include <memory>

namespace xgen {

class CompileFlags {
public:
  /// Registers the flags with LLVM's command line.
  CompileFlags();
  ~CompileFlags();
  /// Fills everything but `input`, `output` and `emit` from the parsed flags.
  /// The error names the flag and what it takes.
  llvm::Error apply(CompileOptions &options) const;

private:
  struct Flags;
  std::unique_ptr<Flags> flags;
};

/// Hides flags of the libraries that a user has no use for.
void hideUnrelatedFlags();

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_OPTIONS_H
