//===- Limits.cpp - What a compilation may use ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Time is watched by a thread. Memory is the kernel's RLIMIT_DATA: what the
// process has for itself to write to, mapped models and libraries not counted.
// Workers inherit it.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Limits.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Progress.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include <cxxabi.h>
#include <new>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

using namespace xgen;

// The address sanitizer's own memory would count.
#if __has_feature(address_sanitizer)
static constexpr bool canLimitMemory = false;
#else
static constexpr bool canLimitMemory = true;
#endif

/// Composed before: when it is needed, there is no memory for it.
static std::string outOfMemoryText;
static std::terminate_handler oldTerminate;

static void endOutOfMemory() {
  [[maybe_unused]] ssize_t n =
      ::write(2, outOfMemoryText.data(), outOfMemoryText.size());
  llvm::sys::RunInterruptHandlers();
  ::_exit(ExitLimit);
}

/// Libraries that throw what nobody catches: std::thread without room for a
/// stack, mostly.
static void endByException() {
  std::type_info *type = abi::__cxa_current_exception_type();
  if (type && (*type == typeid(std::bad_alloc) ||
               *type == typeid(std::system_error)))
    endOutOfMemory();
  oldTerminate();
}

ResourceGuard::ResourceGuard(const CompileOptions &options)
    : input(options.input), seconds(options.timeoutSeconds),
      limitsMemory(options.maxMemory && canLimitMemory) {
  if (limitsMemory) {
    outOfMemoryText =
        llvm::formatv("{0}: error: more memory is needed than -max-memory={1} "
                      "allows (bytes a process)\n",
                      input, options.maxMemory);
    llvm::install_bad_alloc_error_handler(
        [](void *, const char *, bool) { endOutOfMemory(); });
    oldTerminate = std::set_terminate(endByException);
    rlimit limit;
    ::getrlimit(RLIMIT_DATA, &limit);
    oldMemory = limit.rlim_cur;
    limit.rlim_cur = std::min<uint64_t>(options.maxMemory, limit.rlim_max);
    ::setrlimit(RLIMIT_DATA, &limit);
  }
  if (seconds)
    watcher = std::thread([this] { watch(); });
}

ResourceGuard::~ResourceGuard() {
  finish();
  if (watcher.joinable())
    watcher.join();
  if (limitsMemory) {
    rlimit limit;
    ::getrlimit(RLIMIT_DATA, &limit);
    limit.rlim_cur = oldMemory;
    ::setrlimit(RLIMIT_DATA, &limit);
    std::set_terminate(oldTerminate);
    llvm::remove_bad_alloc_error_handler();
  }
}

void ResourceGuard::finish() {
  std::lock_guard<std::mutex> lock(mutex);
  finished = true;
  changed.notify_all();
}

void ResourceGuard::watch() {
  std::unique_lock<std::mutex> lock(mutex);
  if (changed.wait_for(lock, std::chrono::seconds(seconds),
                       [this] { return finished; }))
    return;
  // The mutex stays locked: nobody gets past finish() any more.
  std::string phase = Progress::currentPhase();
  printError(input, llvm::formatv("gave up after {0} s, the limit of -timeout{1}",
                                  seconds,
                                  phase.empty() ? "" : "; it was at: " + phase));
  llvm::sys::RunInterruptHandlers();
  ::_exit(ExitLimit);
}
