//===- Compile.cpp - Models to artefacts ----------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What to write where, and the compilation that writes it. After an error no
// output is left: modules and artefacts are written last and renamed into
// place.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Diagnostics.h"
#include "tools/driver/Driver.h"
#include "codegen/llvm/Program.h"
#include "tools/driver/Limits.h"
#include "tools/driver/Lowering.h"
#include "tools/driver/Tune.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <chrono>

using namespace mlir;
using namespace xgen;

namespace {
/// A kind of -emit: at which stage, as which artefact, with which suffix.
struct EmitRow {
  StringRef name, suffix;
  std::optional<Stage> module;
  std::optional<ArtefactKind> artefact;
};
} // namespace

static const EmitRow emitRows[] = {
    {"lib", ".a", std::nullopt, ArtefactKind::Archive},
    {"obj", ".o", std::nullopt, ArtefactKind::Object},
    {"so", ".so", std::nullopt, ArtefactKind::SharedLibrary},
    {"exe", "", std::nullopt, ArtefactKind::Executable},
    {"asm", ".s", std::nullopt, ArtefactKind::Assembly},
    {"llvm", ".ll", std::nullopt, ArtefactKind::LLVMIR},
    {"halide", ".halide", std::nullopt, ArtefactKind::HalideText},
    {"header", ".h", std::nullopt, ArtefactKind::Header},
    {"report", ".json", std::nullopt, ArtefactKind::Report},
    {"onnx", ".onnx.mlir", Stage::Onnx, std::nullopt},
    {"xgen", ".xgen.mlir", Stage::Xgen, std::nullopt},
    {"kernel", ".kernel.mlir", Stage::Kernel, std::nullopt},
    {"plan", ".plan.mlir", Stage::Plan, std::nullopt},
};

std::string xgen::symbolName(StringRef name) { return cIdentifier(name); }

/// The input's file name without folder and suffixes.
static std::string baseName(StringRef input) {
  StringRef name = llvm::sys::path::filename(input);
  return name.take_until([](char c) { return c == '.'; }).str();
}

static llvm::Expected<std::vector<std::pair<EmitRow, std::string>>>
planOutputs(const CompileOptions &options) {
  std::vector<std::pair<EmitRow, std::string>> outputs;
  SmallString<128> base(options.output);
  if (base.empty())
    base = baseName(options.input);
  if (options.emit.empty()) {
    StringRef path = options.output;
    if (path.empty()) {
      outputs.push_back({emitRows[0], (base + ".a").str()});
    } else {
      const EmitRow *row = llvm::find_if(emitRows, [&](const EmitRow &r) {
        return !r.suffix.empty() && path.ends_with(r.suffix);
      });
      if (path.ends_with(".mlir") && row == std::end(emitRows))
        row = llvm::find_if(emitRows,
                            [](const EmitRow &r) { return r.name == "plan"; });
      if (row == std::end(emitRows))
        return llvm::createStringError(
            "-o %s: the suffix says nothing known; use .a, .o, .so, .s, .ll, "
            ".h or .mlir, or give -emit=<kind>",
            options.output.c_str());
      outputs.push_back({*row, options.output});
    }
    if (outputs[0].first.name == "lib" || outputs[0].first.name == "obj" ||
        outputs[0].first.name == "so") {
      SmallString<128> header(outputs[0].second);
      llvm::sys::path::replace_extension(header, ".h");
      outputs.push_back({*llvm::find_if(emitRows, [](const EmitRow &r) {
                           return r.name == "header";
                         }),
                         header.str().str()});
    }
    return outputs;
  }
  for (const std::string &kind : options.emit) {
    const EmitRow *row = llvm::find_if(
        emitRows, [&](const EmitRow &r) { return r.name == kind; });
    if (row == std::end(emitRows)) {
      std::string known;
      for (const EmitRow &r : emitRows)
        known += (known.empty() ? "" : ", ") + r.name.str();
      return llvm::createStringError("-emit=%s: known kinds are %s",
                                     kind.c_str(), known.c_str());
    }
    std::string path = options.output;
    if (path.empty())
      path = row->module ? "-" : (base + row->suffix).str();
    else if (options.emit.size() > 1) {
      SmallString<128> other(options.output);
      llvm::sys::path::replace_extension(other, "");
      path = (other + row->suffix).str();
    }
    outputs.push_back({*row, path});
  }
  return outputs;
}

namespace {
/// Modules of -emit that have been written: they go again after an error, or
/// when the process is ended on the way.
class WrittenModules {
public:
  ~WrittenModules() {
    for (const std::string &path : paths) {
      llvm::sys::fs::remove(path);
      llvm::sys::DontRemoveFileOnSignal(path);
    }
  }
  llvm::Error write(ModuleOp module, StringRef path) {
    if (path != "-") {
      paths.push_back(path.str());
      paths.push_back((path + ".weights").str());
    }
    if (llvm::Error error = writeModule(module, path))
      return error;
    // Writing has its own mark on the files, and takes it away at the end.
    for (const std::string &file : paths)
      llvm::sys::RemoveFileOnSignal(file);
    return llvm::Error::success();
  }
  void keep() {
    for (const std::string &path : paths)
      llvm::sys::DontRemoveFileOnSignal(path);
    paths.clear();
  }

private:
  std::vector<std::string> paths;
};
} // namespace

CompileResult xgen::compileModel(const CompileOptions &given) {
  CompileOptions options = given;
  auto start = std::chrono::steady_clock::now();
  CompileResult result;
  auto outputs = planOutputs(options);
  if (!outputs) {
    printError("xgenc", llvm::toString(outputs.takeError()));
    result.exitCode = ExitUsage;
    return result;
  }
  bool artefacts = !options.report.empty();
  for (auto &[row, path] : *outputs)
    artefacts |= row.artefact.has_value();

  MeasuredSchedules schedules(options);
  if (!schedules.read()) {
    result.exitCode = ExitModelError;
    return result;
  }
  ResourceGuard guard(options);
  auto context = makeContext();
  DiagnosticPrinter printer(*context, options.input);
  WrittenModules written;
  Progress progress(options.progress);
  progress.phase("import");
  result.exitCode = ExitModelError;
  OwningOpRef<ModuleOp> module = readInput(options, *context);
  if (!module || failed(startFrom(*module, options, result.exitCode)))
    return result;
  // Stage by stage, so that each -emit sees the module as it is there.
  KernelMap kernels;
  for (Stage stage : {Stage::Onnx, Stage::Xgen, Stage::Kernel, Stage::Plan}) {
    bool wanted = false, later = artefacts;
    for (auto &[row, path] : *outputs) {
      wanted |= row.module == stage;
      later |= row.module && *row.module >= stage;
    }
    if (!later)
      break;
    module = lowerModule(std::move(module), stage, options, &kernels, progress,
                         result.exitCode);
    if (!module)
      return result;
    if (stage == Stage::Xgen && options.tuneSeconds) {
      result.exitCode = tuneSchedules(*module, options, schedules.book, progress);
      if (result.exitCode != ExitOk)
        return result;
    }
    for (auto &[row, path] : *outputs)
      if (row.module == stage && wanted) {
        progress.clear();
        if (llvm::Error error = written.write(*module, path)) {
          printError(options.input, llvm::toString(std::move(error)));
          result.exitCode = ExitModelError;
          return result;
        }
      }
  }
  schedules.warn();
  if (artefacts) {
    result.exitCode = ExitLimit;
    for (auto program : module->getOps<plan::ProgramOp>())
      if (options.maxRam && (int64_t)program.getArenaBytes() > options.maxRam) {
        printError(options.input,
                   llvm::formatv("the arena needs {0} bytes, -max-ram allows "
                                 "{1}; the values alive at the peak take {2}",
                                 program.getArenaBytes(), options.maxRam,
                                 program.getPeakLiveBytes()));
        return result;
      }
    ArtefactOptions artefact;
    artefact.name =
        options.name.empty() ? baseName(options.input) : options.name;
    artefact.source = llvm::sys::path::filename(options.input).str();
    artefact.kernels = makeKernelOptions(options, nullptr);
    artefact.pool = options.target.threads > 1;
    artefact.beforeCommit = [&] {
      guard.finish();
      written.keep();
    };
    for (auto &[row, path] : *outputs)
      if (row.artefact)
        artefact.outputs.push_back({*row.artefact, path});
    progress.phase("emit");
    auto report = emitArtefact(*module, options.target, artefact, &kernels);
    progress.clear();
    if (!report) {
      llvm::Error error = report.takeError();
      result.exitCode = reachedLimit(error) ? ExitLimit : ExitInternal;
      printError(options.input, llvm::toString(std::move(error)));
      return result;
    }
    result.report = std::move(*report);
    result.exitCode = ExitOk;
    result.seconds = std::chrono::duration<double>(
                         std::chrono::steady_clock::now() - start)
                         .count();
    if (!options.report.empty())
      if (llvm::Error error = writeReport(result, options.report)) {
        printError(options.input, llvm::toString(std::move(error)));
        result.exitCode = ExitModelError;
      }
  }
  guard.finish();
  written.keep();
  result.seconds = std::chrono::duration<double>(
                       std::chrono::steady_clock::now() - start)
                       .count();
  return result;
}
