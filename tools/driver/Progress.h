//===- Progress.h - What the compiler is doing ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Named phases, kernels done and time left: one line that is rewritten on a
// terminal, nothing in a pipe unless asked for.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_PROGRESS_H
#define XGEN_TOOLS_DRIVER_PROGRESS_H

#include "tools/driver/Driver.h"
#include <chrono>

namespace xgen {

class Progress {
public:
  explicit Progress(ProgressMode mode);
  ~Progress();
  void phase(llvm::StringRef name) { update(name, 0, 0); }
  void update(llvm::StringRef phase, size_t done, size_t total);
  /// Removes the line, before something else is printed.
  void clear();
  /// What this process is doing: "kernels 3/20". Thread safe.
  static std::string currentPhase();

private:
  ProgressMode mode;
  std::string current;
  std::chrono::steady_clock::time_point start, last;
  bool shown = false;
};

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_PROGRESS_H
