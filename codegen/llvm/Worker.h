//===- Worker.h - Work in other processes -----------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Kernels are compiled, and artefacts linked, outside the compiler's process:
// a crash, a runaway or an exhausted memory limit then costs one kernel and
// yields a diagnostic.
//
// A worker is this executable again with `workerFlag` as first argument. It
// loads the libraries once, then forks for every request: the child starts from
// the same state each time (Halide numbers its variables with process-wide
// counters), so that the same kernel gives the same bytes whatever was compiled
// before it.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_WORKER_H
#define XGEN_CODEGEN_LLVM_WORKER_H

#include "codegen/llvm/KernelCodegen.h"
#include <memory>

namespace xgen {

inline constexpr llvm::StringLiteral workerFlag = "--xgen-kernel-worker";

/// Serves requests on stdin until its end. Every tool's main starts with
///   if (argc > 1 && argv[1] == xgen::workerFlag) return kernelWorkerMain();
int kernelWorkerMain();

/// A limit of time or memory was reached, the user's or a built-in one.
class LimitError : public llvm::ErrorInfo<LimitError> {
public:
  static char ID;
  explicit LimitError(std::string text) : text(std::move(text)) {}
  void log(llvm::raw_ostream &stream) const override { stream << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  std::string text;
};

/// Whether a LimitError is among what `error` holds.
bool reachedLimit(const llvm::Error &error);

/// What a request may use.
struct WorkerLimits {
  unsigned seconds = 300;
  /// Address space in bytes. 0: no limit.
  uint64_t memory = 6ull << 30;
};

/// The parent's end of a worker process. Not thread safe: one for each thread.
class Worker {
public:
  /// `executable` empty: the running one.
  static llvm::Expected<std::unique_ptr<Worker>>
  start(llvm::StringRef executable = "");
  ~Worker();

  /// A worker that somebody has given back, or a new one. Thread safe.
  static llvm::Expected<std::unique_ptr<Worker>>
  take(llvm::StringRef executable = "");
  /// Keeps a worker for the next one who needs one, until the process ends.
  static void giveBack(std::unique_ptr<Worker> worker);

  /// Compiles the only kernel in the module `text`.
  llvm::Expected<KernelObject> compile(llvm::StringRef text,
                                       const Target &target,
                                       llvm::StringRef symbol, EmitKind kind,
                                       const WorkerLimits &limits);
  /// Runs lld with `arguments` (without the program's name).
  llvm::Error link(llvm::ArrayRef<std::string> arguments,
                   const WorkerLimits &limits);
  /// Writes an archive with the one member `member`, read from `file`.
  llvm::Error archive(llvm::StringRef output, llvm::StringRef member,
                      llvm::StringRef file, const WorkerLimits &limits);

private:
  Worker() = default;
  /// Sends a request; its answer's payload.
  llvm::Expected<std::string> ask(llvm::StringRef request);
  int pid = -1, channel = -1;
  /// Process that started it: a forked copy of that one must leave it alone.
  int owner = -1;
  std::string executable;
  /// An answer came for every request.
  bool healthy = true;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_WORKER_H
