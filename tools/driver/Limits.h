//===- Limits.h - What a compilation may use --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// -timeout and -max-memory: when one is reached, the process says so, removes
// what it has begun to write, and ends with ExitLimit. Passes cannot be
// interrupted and allocations cannot fail in MLIR, so there is no way back.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_LIMITS_H
#define XGEN_TOOLS_DRIVER_LIMITS_H

#include "tools/driver/Driver.h"
#include <condition_variable>
#include <mutex>
#include <thread>

namespace xgen {

/// Holds a process to the limits of `options` while it lives. One at a time.
class ResourceGuard {
public:
  explicit ResourceGuard(const CompileOptions &options);
  ~ResourceGuard();
  /// From here on time does not matter: everything is done but for giving
  /// outputs their names, which must not be interrupted.
  void finish();

private:
  void watch();

  std::string input;
  unsigned seconds;
  bool limitsMemory;
  uint64_t oldMemory = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool finished = false;
  std::thread watcher;
};

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_LIMITS_H
