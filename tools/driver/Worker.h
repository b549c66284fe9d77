//===- Worker.h - Kernel compilation in processes of its own ----*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Tools start themselves again to compile kernels: a process that loads both
// Halide's and MLIR's libraries starts in about 40 ms, its output is
// reproducible, and a crash costs one kernel and not the compilation.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_WORKER_H
#define XGEN_TOOLS_DRIVER_WORKER_H

#include <optional>

namespace xgen {

/// Every tool's main calls this first: when the process was started as a
/// worker it does that work and returns the exit status.
std::optional<int> runAsWorker(int argc, char **argv);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_WORKER_H
