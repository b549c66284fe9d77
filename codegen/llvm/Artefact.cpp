//===- Artefact.cpp - From plan to files ----------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The order of things: kernels, entry, join, weights, then whatever files are
// wanted of the finished object.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Artefact.h"
#include "codegen/halide/KernelEmitter.h"
#include "codegen/llvm/Binary.h"
#include "codegen/llvm/Link.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include <chrono>

using namespace llvm;
using namespace xgen;

static double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

/// Why a kernel is the slow reference one.
static std::string evalReason(kernel::FuncOp func, const Target &target) {
  for (mlir::Operation &op : func.getBody().front().without_terminator())
    if (!canEmit(&op, target))
      return ("no emitter takes '" + op.getName().getStringRef() +
              "' with these types and attributes on " + target.name)
          .str();
  return "its schedule asks for it";
}

static ArtefactReport makeReport(const Program &program, const Target &target) {
  ArtefactReport report;
  report.name = program.name;
  report.target = target.name;
  report.arenaBytes = program.arenaBytes;
  report.scratchBytes = program.scratchBytes;
  report.peakLiveBytes = program.peakLiveBytes;
  report.weightsBytes = program.weightsBytes;
  report.weightsHash = program.weightsHash;
  StringSet<> kernels;
  for (const Layer &layer : program.layers) {
    LayerReport row;
    plan::LaunchOp launch = layer.launch;
    kernel::FuncOp func = layer.func;
    row.nodes = layer.nodes;
    row.kernel = launch.getKernel().str();
    row.symbol = layer.kernel->symbol;
    row.schedule = layer.kernel->schedule;
    if (kernel::ScheduleAttr schedule = func.getScheduleAttr())
      if (schedule.getParams()) {
        raw_string_ostream stream(row.parameters);
        stream << schedule.getParams();
      }
    if (auto reason = func->getAttrOfType<mlir::StringAttr>("reason"))
      row.reason = reason.getValue().str();
    else if (row.eval())
      row.reason = evalReason(func, target);
    row.macs = layer.macs;
    row.bytes = layer.bytes;
    row.scratchBytes = layer.kernel->object.scratchBytes;
    row.codeBytes = codeBytes(layer.kernel->object.bytes);
    row.parallel = layer.kernel->object.parallel;
    report.macs += row.macs;
    if (row.eval())
      report.evalMacs += row.macs;
    if (kernels.insert(row.symbol).second) {
      report.cachedKernels += layer.kernel->fromCache;
      report.kernelSeconds += layer.kernel->seconds;
    }
    report.layers.push_back(std::move(row));
  }
  report.kernels = kernels.size();
  return report;
}

/// In assembly, labels like .LBB0_1 are those of one file: each of ours gets
/// its own, so that the whole assembles.
static std::string renumberLabels(StringRef text, unsigned file) {
  std::string result, prefix = ".Lk" + std::to_string(file) + "_";
  for (StringRef line : split(text, '\n')) {
    if (line.ltrim().starts_with(".ascii") ||
        line.ltrim().starts_with(".string")) {
      result += line;
    } else {
      while (true) {
        size_t at = line.find(".L");
        result += line.substr(0, at);
        if (at == StringRef::npos)
          break;
        result += prefix;
        line = line.substr(at + 2);
      }
    }
    result += '\n';
  }
  return result;
}

Error xgen::emitKernelsAsText(mlir::ModuleOp module, const Target &target,
                              EmitKind kind, const KernelOptions &options,
                              raw_ostream &stream) {
  unsigned number = 0;
  const char *comment = kind == EmitKind::IR           ? ";"
                        : kind == EmitKind::Halide     ? "//"
                        : target.arch == Arch::X86_64  ? "#"
                        : target.arch == Arch::AArch64 ? "//"
                                                       : "@";
  StringMap<std::string> printed;
  for (auto kernel : module.getOps<kernel::FuncOp>()) {
    auto [same, isNew] = printed.try_emplace(canonicalKernelText(kernel),
                                             kernel.getSymName().str());
    if (!isNew) {
      stream << comment << " kernel " << kernel.getSymName() << ", the same as "
             << same->second << "\n\n";
      continue;
    }
    Expected<std::string> text = printKernel(kernel, target, kind, options);
    if (!text)
      return text.takeError();
    stream << comment << " kernel " << kernel.getSymName() << ", schedule "
           << scheduleName(kernel) << "\n";
    stream << (kind == EmitKind::Assembly ? renumberLabels(*text, number++)
                                          : *text)
           << "\n";
  }
  return Error::success();
}

/// All outputs that are made of the finished object at `object`.
static Error emitFromObject(const ArtefactOutput &output, Linker &linker,
                            StringRef object, OutputFiles &files) {
  // The object itself; others read it under its temporary name.
  Expected<std::string> path = files.add(output.path);
  if (!path)
    return path.takeError();
  switch (output.kind) {
  case ArtefactKind::Object: {
    if (std::error_code code = sys::fs::copy_file(object, *path))
      return createStringError(code, "cannot write '%s': %s",
                               output.path.c_str(), code.message().c_str());
    return Error::success();
  }
  case ArtefactKind::Archive:
    return linker.archive(object, *path);
  case ArtefactKind::SharedLibrary:
    return linker.sharedLibrary(object, *path,
                                sys::path::filename(output.path));
  default:
    return linker.executable(object, *path);
  }
}

static bool needsObject(ArtefactKind kind) {
  return kind == ArtefactKind::Object || kind == ArtefactKind::Archive ||
         kind == ArtefactKind::SharedLibrary ||
         kind == ArtefactKind::Executable;
}

/// Joins, adds weights, and emits what is made of the object.
static Error emitObjects(const Program &program, const Target &target,
                         const ArtefactOptions &options, OutputFiles &files,
                         ArtefactReport &report) {
  Expected<SmallVector<char, 0>> entry = emitEntry(program, target);
  if (!entry)
    return entry.takeError();
  auto linker = Linker::create(program, target, options);
  if (!linker)
    return linker.takeError();
  Expected<SmallVector<char, 0>> joined = (*linker)->join(*entry);
  if (!joined)
    return joined.takeError();
  report.codeBytes = codeBytes(*joined);

  std::vector<const ArtefactOutput *> wanted;
  for (const ArtefactOutput &output : options.outputs)
    if (needsObject(output.kind))
      wanted.push_back(&output);
  // Weights can be large: where an object is wanted it is written in its place
  // and the others are made of it, else beside the first output and not in the
  // machine's folder for temporary files.
  auto object = find_if(wanted, [](const ArtefactOutput *output) {
    return output->kind == ArtefactKind::Object;
  });
  OutputFiles temporary;
  bool keep = object != wanted.end();
  Expected<std::string> path = keep
                                   ? files.add((*object)->path)
                                   : temporary.add(wanted.front()->path + ".o");
  if (!path)
    return path.takeError();
  if (Error error = writeFile(*path, [&](raw_ostream &stream) {
        return writeWithWeights(program, *joined, stream);
      }))
    return error;
  for (const ArtefactOutput *output : wanted)
    if (!keep || output != *object)
      if (Error error = emitFromObject(*output, **linker, *path, files))
        return error;
  return Error::success();
}

static Error emitText(mlir::ModuleOp module, const Program &program,
                      const Target &target, const ArtefactOptions &options,
                      EmitKind kind, raw_ostream &stream) {
  if (Error error =
          emitKernelsAsText(module, target, kind, options.kernels, stream))
    return error;
  if (kind == EmitKind::Halide)
    return Error::success();
  Expected<SmallVector<char, 0>> entry = emitEntry(program, target, kind);
  if (!entry)
    return entry.takeError();
  StringRef text(entry->data(), entry->size());
  if (kind == EmitKind::Assembly)
    stream << renumberLabels(text, 1000000);
  else
    stream << text;
  return Error::success();
}

Expected<ArtefactReport> xgen::emitArtefact(mlir::ModuleOp module,
                                            const Target &target,
                                            const ArtefactOptions &options,
                                            const KernelMap *kernels) {
  auto progress = [&](StringRef phase, size_t done, size_t total) {
    if (options.kernels.progress)
      options.kernels.progress(phase, done, total);
  };
  KernelMap compiled;
  if (!kernels) {
    Expected<KernelMap> result =
        compileKernels(module, target, options.kernels);
    if (!result)
      return result.takeError();
    compiled = std::move(*result);
    kernels = &compiled;
  }
  auto start = std::chrono::steady_clock::now();
  Expected<Program> program = readProgram(module, *kernels, options.name);
  if (!program)
    return program.takeError();
  program->sideWeights = !options.weightsFile.empty();
  ArtefactReport report = makeReport(*program, target);

  OutputFiles files;
  progress("link", 0, 1);
  if (any_of(options.outputs,
             [](const ArtefactOutput &o) { return needsObject(o.kind); }))
    if (Error error = emitObjects(*program, target, options, files, report))
      return std::move(error);
  if (program->sideWeights)
    if (Error error = files.add(options.weightsFile, [&](raw_ostream &stream) {
          return writeWeights(*program, stream);
        }))
      return std::move(error);
  report.linkSeconds = secondsSince(start);
  for (const ArtefactOutput &output : options.outputs) {
    if (needsObject(output.kind))
      continue;
    Error error = files.add(output.path, [&](raw_ostream &stream) -> Error {
      switch (output.kind) {
      case ArtefactKind::Header:
        writeHeader(*program, target, options.source, options.pool, stream);
        break;
      case ArtefactKind::Report:
        stream << formatv("{0:2}", report.toJson()) << "\n";
        break;
      default:
        return emitText(module, *program, target, options,
                        output.kind == ArtefactKind::LLVMIR ? EmitKind::IR
                        : output.kind == ArtefactKind::HalideText
                            ? EmitKind::Halide
                            : EmitKind::Assembly,
                        stream);
      }
      return Error::success();
    });
    if (error)
      return std::move(error);
  }
  if (options.beforeCommit)
    options.beforeCommit();
  if (Error error = files.commit())
    return std::move(error);
  progress("link", 1, 1);
  return std::move(report);
}
