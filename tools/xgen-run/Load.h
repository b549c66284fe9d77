//===- Load.h - From a file to a model that can be run ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Internal to xgen-run.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_LOAD_H
#define XGEN_TOOLS_XGENRUN_LOAD_H

#include "tools/driver/Driver.h"
#include "tools/runner/Model.h"

namespace xgen::run {

/// What went wrong, and the exit status for it. An empty message: it has been
/// printed.
struct Failure {
  int exitCode = 0;
  std::string message;
};

/// A model ready to run, and how long its compilation took.
struct Loaded {
  std::unique_ptr<Model> model;
  double compileMs = 0;
  Failure failure;
};

/// Folder for intermediate files, removed with everything in it.
class TempFolder {
public:
  TempFolder();
  ~TempFolder();
  std::string file(llvm::StringRef name) const;

private:
  std::string path;
};

/// Compiles and loads options.input (.onnx, .mlir), or loads a compiled model
/// (.so, .a, .o, or a program that xgenc -emit=exe wrote).
Loaded loadModel(const CompileOptions &options, const TempFolder &folder);

/// A program around runtime/runner; raw files go through `folder`.
llvm::Expected<std::unique_ptr<Model>> openProgram(llvm::StringRef path,
                                                   const Target &target,
                                                   const TempFolder &folder);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_LOAD_H
