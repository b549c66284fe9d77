//===- Link.cpp - Objects to artefacts ------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// lld command lines, and the checks of what an artefact may still ask for.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Link.h"
#include "codegen/llvm/Binary.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace llvm;
using namespace xgen;

/// What every artefact offers besides its table, weakly: xgen.h.
static const char *const publicFunctions[] = {
    "xgen_run", "xgen_check", "xgen_cpu_features", "xgen_strerror"};
static const char *const poolFunctions[] = {
    "xgen_pool_create", "xgen_pool_destroy", "xgen_pool_threads",
    "xgen_pool_parallel_for"};

Expected<std::string> xgen::supportFolder(StringRef libraryDir,
                                          const Target &target) {
  static char anchor;
  SmallString<128> path(libraryDir);
  if (path.empty())
    if (std::optional<std::string> dir =
            sys::Process::GetEnv("XGEN_LIBRARY_DIR"))
      path = *dir;
  if (path.empty()) {
    path = sys::path::parent_path(
        sys::path::parent_path(sys::fs::getMainExecutable(nullptr, &anchor)));
    sys::path::append(path, "lib", "xgen");
  }
  sys::path::append(path, target.support);
  if (!sys::fs::is_directory(path))
    return createStringError("no support libraries for target '%s' at '%s'; "
                             "this installation was built without them "
                             "(XGEN_TARGETS)",
                             target.name.c_str(), path.c_str());
  return std::string(path);
}

static std::vector<std::string> exported(const Program &program, bool pool) {
  std::vector<std::string> names{program.symbol("model")};
  names.insert(names.end(), std::begin(publicFunctions),
               std::end(publicFunctions));
  if (pool)
    names.insert(names.end(), std::begin(poolFunctions),
                 std::end(poolFunctions));
  return names;
}

Expected<std::unique_ptr<Linker>>
Linker::create(const Program &program, const Target &target,
               const ArtefactOptions &options) {
  std::unique_ptr<Linker> linker(new Linker(program, options));
  Expected<std::string> support = supportFolder(options.libraryDir, target);
  if (!support)
    return support.takeError();
  linker->support = std::move(*support);
  auto folder = ScratchFolder::create();
  if (!folder)
    return folder.takeError();
  linker->folder = std::move(*folder);
  auto worker = Worker::take(options.kernels.workerExecutable);
  if (!worker)
    return worker.takeError();
  linker->worker = std::move(*worker);
  return std::move(linker);
}

Error Linker::run(std::vector<std::string> arguments) {
  // The linker maps its files: only the time is limited.
  WorkerLimits limits = options.kernels.limits;
  limits.memory = 0;
  return worker->link(arguments, limits);
}

/// The artefact may need three functions of the machine, and threads for the
/// pool. Anything else means that a kernel calls what nobody supplies.
Error Linker::checkUndefined(ArrayRef<char> object) {
  Expected<std::vector<std::string>> undefined = undefinedSymbols(object);
  if (!undefined)
    return undefined.takeError();
  StringSet<> allowed{"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_"};
  if (options.pool)
    for (StringRef name : {"pthread_create", "pthread_join"})
      allowed.insert(name);
  Error errors = Error::success();
  StringSet<> seen;
  for (const std::string &name : *undefined) {
    if (allowed.contains(name) || !seen.insert(name).second)
      continue;
    std::string user = "the runtime";
    for (const Layer &layer : program.layers) {
      Expected<std::vector<std::string>> needs =
          undefinedSymbols(layer.kernel->object.bytes);
      if (!needs)
        return joinErrors(std::move(errors), needs.takeError());
      if (is_contained(*needs, name)) {
        plan::LaunchOp launch = layer.launch;
        user = "kernel '" + launch.getKernel().str() + "' (schedule " +
               layer.kernel->schedule + ")";
        break;
      }
    }
    errors =
        joinErrors(std::move(errors),
                   createStringError("internal error: " + user + " calls '" +
                                     name + "', which nothing supplies"));
  }
  return errors;
}

Expected<SmallVector<char, 0>> Linker::join(ArrayRef<char> entry) {
  std::vector<std::string> arguments{"-r",          "--gc-sections",
                                     "--threads=2", "--build-id=none",
                                     "-e",          program.symbol("model")};
  std::vector<std::string> names = exported(program, options.pool);
  for (const std::string &name : ArrayRef(names).drop_front())
    arguments.insert(arguments.end(), {"-u", name});
  auto add = [&](StringRef name, ArrayRef<char> bytes) -> Error {
    std::string path = folder->file(name);
    arguments.push_back(path);
    return writeFile(path, [&](raw_ostream &stream) {
      stream.write(bytes.data(), bytes.size());
      return Error::success();
    });
  };
  if (Error error = add("entry.o", entry))
    return std::move(error);
  StringSet<> added;
  for (const Layer &layer : program.layers)
    if (added.insert(layer.kernel->symbol).second)
      if (Error error =
              add(layer.kernel->symbol + ".o", layer.kernel->object.bytes))
        return std::move(error);
  SmallVector<StringRef> libraries{"libxgen_eval.a", "libxgen_rt.a"};
  if (options.pool)
    libraries.push_back("libxgen_pool.a");
  for (StringRef library : libraries) {
    SmallString<128> path(support);
    sys::path::append(path, library);
    if (!sys::fs::exists(path))
      return createStringError("'%s' is missing from this installation",
                               path.c_str());
    arguments.push_back(std::string(path));
  }
  std::string joined = folder->file("joined.o");
  arguments.insert(arguments.end(), {"-o", joined});
  if (Error error = run(arguments))
    return std::move(error);
  auto buffer = MemoryBuffer::getFile(joined, false, false);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot read '%s'",
                             joined.c_str());
  ArrayRef<char> bytes((*buffer)->getBufferStart(), (*buffer)->getBufferSize());
  if (Error error = checkUndefined(bytes))
    return std::move(error);
  return localizeSymbols(bytes, names, options.keepLocalSymbols);
}

Error Linker::archive(StringRef object, StringRef output) {
  WorkerLimits limits = options.kernels.limits;
  limits.memory = 0;
  return worker->archive(output, program.name + ".o", object, limits);
}

Error Linker::sharedLibrary(StringRef object, StringRef output,
                            StringRef soname) {
  std::string script = folder->file("exports.map");
  if (Error error = writeFile(script, [&](raw_ostream &stream) {
        stream << "{ global:";
        for (const std::string &name : exported(program, options.pool))
          stream << " " << name << ";";
        stream << " local: *; };\n";
        return Error::success();
      }))
    return error;
  return run({"-shared", "--threads=2", "--build-id=none", "--gc-sections",
              "-Bsymbolic", "-z", "noexecstack", "--hash-style=gnu", "-soname",
              soname.str(), "--version-script=" + script, object.str(), "-o",
              output.str()});
}

Error Linker::executable(StringRef object, StringRef output) {
  SmallString<128> runner(support), runtime(support);
  sys::path::append(runner, "runner.o");
  sys::path::append(runtime, "libxgen_rt.a");
  if (!sys::fs::exists(runner))
    return createStringError("'%s' is missing from this installation",
                             runner.c_str());
  return run({"-static", "--threads=2", "--build-id=none", "--gc-sections",
              "-z", "noexecstack",
              "--defsym=xgen_runner_model=" + program.symbol("model"),
              std::string(runner), object.str(), std::string(runtime), "-o",
              output.str()});
}
