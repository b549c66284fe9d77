//===- Tune.h - Schedules by measurement ------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The latency model chooses schedules; the tuner measures others where they will
// run, in the network: after the kernels before them, with the caches that these
// leave. See docs/tuning.md.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_TUNE_H
#define XGEN_TOOLS_DRIVER_TUNE_H

#include "tools/driver/Progress.h"
#include "tools/driver/Schedules.h"

namespace xgen {

/// Tunes the kernels of `module`, which is at the xgen stage, for
/// options.tuneSeconds, and puts what it finds into `book` and, after each round,
/// into options.scheduleFile. What the book says already is where it starts.
/// Prints one line with the result. The exit code is not ExitOk after a diagnostic.
int tuneSchedules(mlir::ModuleOp module, const CompileOptions &options, ScheduleBook &book,
                  Progress &progress);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_TUNE_H
