//===- Driver.h - A whole compilation as one call ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What xgenc and xgen-run do with a model, as a library. Diagnostics go to
// standard error in clang's form; nothing is printed elsewhere.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_DRIVER_H
#define XGEN_TOOLS_DRIVER_DRIVER_H

#include "codegen/halide/KernelEmitter.h"
#include "codegen/llvm/Artefact.h"
#include "codegen/target/Target.h"
#include "frontends/onnx/Onnx.h"
#include "frontends/onnx/Processing.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <map>
#include <string>
#include <vector>

namespace xgen {

/// Exit status of every tool.
enum ExitCode : int {
  ExitOk = 0,
  ExitUsage = 1,
  ExitModelError = 2,
  ExitMismatch = 3,
  ExitLimit = 4,
  ExitInternal = 70
};

/// Levels of the pipeline, in order.
enum class Stage { Onnx, Xgen, Kernel, Plan };

enum class ProgressMode { Auto, Plain, Json, None };

struct CompileOptions {
  /// A model (.onnx) or a module (.mlir) of any stage.
  std::string input;
  /// Where the main artefact goes; its suffix says what it is. Empty: beside
  /// the input's name in the current folder, as a .a.
  std::string output;
  /// What to write: names of -emit. Empty: what `output`'s suffix says.
  std::vector<std::string> emit;
  /// Symbol prefix. Empty: made from the input's file name.
  std::string name;
  Target target;
  std::map<std::string, std::vector<onnx::Extent>> inputShapes;
  std::map<std::string, onnx::Extent> dims;
  /// Steps before inputs and after outputs (frontends/onnx/Processing.h).
  std::vector<onnx::Processing> pre, post;
  /// Bound of extents that only data decides (onnx::LegalizeOptions).
  int64_t dataBound = 1024;
  /// Share of weight blocks kept by pruning; 1 keeps all.
  double pruneDensity = 1.0;
  ConvAlgorithm convAlgorithm = ConvAlgorithm::Auto;
  /// Asked for a kernel's schedule before the latency model; arguments as for
  /// chooseSchedule. compileModel sets it when there is a scheduleFile.
  std::function<std::optional<ScheduleChoice>(kernel::FuncOp, llvm::ArrayRef<bool>)>
      schedules;
  /// Measured schedules (tools/driver/Schedules.h): read, and written by tuning.
  std::string scheduleFile;
  /// How long to measure schedules; 0: not at all.
  unsigned tuneSeconds = 0;
  unsigned optLevel = 3;
  unsigned jobs = 0;
  /// Empty: the user's cache folder. "none": no cache.
  std::string cacheDir;
  /// Report file, .json or .html; empty for none.
  std::string report;
  /// Only the reference kernels: slow, for checking.
  bool evalOnly = false;
  /// Bytes of arena that the target can give; 0 is no limit.
  int64_t maxRam = 0;
  /// Seconds that the compilation may take, and bytes that each of its
  /// processes may have; 0 is no limit.
  unsigned timeoutSeconds = 0;
  uint64_t maxMemory = 0;
  ProgressMode progress = ProgressMode::Auto;
  /// Checks IR after each pass.
  bool verifyEach = false;
  bool timing = false;
};

struct CompileResult {
  int exitCode = ExitInternal;
  ArtefactReport report;
  double seconds = 0;
};

/// Dialects and threads set up as all tools want them.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Reads `options.input` and takes it to `stage` (or leaves it further on).
/// Null after a diagnostic; `exitCode` then says which status fits.
mlir::OwningOpRef<mlir::ModuleOp> lowerTo(Stage stage,
                                          const CompileOptions &options,
                                          mlir::MLIRContext &context,
                                          int &exitCode);

/// The stage that a module is at.
Stage stageOf(mlir::ModuleOp module);

/// Prints `module` to `path` ("-": standard output), large constants in
/// `path` with the suffix .weights.
llvm::Error writeModule(mlir::ModuleOp module, llvm::StringRef path);
/// Reads what writeModule wrote. Null after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp> readModule(mlir::MLIRContext &context,
                                             llvm::StringRef path);

/// Compiles and writes every artefact that `options` asks for.
CompileResult compileModel(const CompileOptions &options);

/// Writes the report of a compilation: .json, or .html in one page without
/// anything from elsewhere.
llvm::Error writeReport(const CompileResult &result, llvm::StringRef path);

/// `name` made fit for a C identifier.
std::string symbolName(llvm::StringRef name);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_DRIVER_H
