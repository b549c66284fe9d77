//===- WorkerIO.h - Frames between compiler and worker ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Both ends of the pipe: frames of a length and that many bytes, and how a
// target travels. Internal to codegen/llvm, but for what reads and writes all of
// something, which xgen-run's own workers use.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_WORKERIO_H
#define XGEN_CODEGEN_LLVM_WORKERIO_H

#include "codegen/llvm/Wire.h"
#include "codegen/target/Target.h"

namespace xgen::worker {

enum class Request : uint64_t { Compile, Link, Archive };
/// First number of an answer; what failed is text, else it is the result.
enum class Outcome : uint64_t { Failed, Done, Limit };
/// First frame of a worker: tells it from a tool that ignores `workerFlag`.
inline constexpr llvm::StringLiteral hello = "xgen worker 2";

/// False at an error or, when reading, at the end.
bool writeAll(int fd, llvm::StringRef bytes);
bool readAll(int fd, char *data, size_t size);
bool writeFrame(int fd, llvm::StringRef payload);
bool readFrame(int fd, std::string &payload);

void writeTarget(WireWriter &writer, const Target &target);
Target readTarget(WireReader &reader);

} // namespace xgen::worker

#endif // XGEN_CODEGEN_LLVM_WORKERIO_H
