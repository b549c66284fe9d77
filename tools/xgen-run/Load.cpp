//===- Load.cpp - From a file to a model that can be run ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Models for this machine become a shared library, others a static program.
// Archives and objects are linked to one or the other first.
//
//===----------------------------------------------------------------------===//

#include "Load.h"
#include "codegen/llvm/Worker.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <chrono>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

TempFolder::TempFolder() {
  SmallString<128> name;
  if (!sys::fs::createUniqueDirectory("xgen-run", name))
    path = name.str().str();
}

TempFolder::~TempFolder() {
  if (!path.empty())
    sys::fs::remove_directories(path);
}

std::string TempFolder::file(StringRef name) const {
  SmallString<128> result(path);
  sys::path::append(result, name);
  return result.str().str();
}

namespace {

/// What is known of a binary before it is loaded.
struct Binary {
  Triple::ArchType arch = Triple::UnknownArch;
  bool program = false;
  std::string table; // symbol of the model's table
};

Error readObject(const object::ObjectFile &object, Binary &binary) {
  const auto *elf = dyn_cast<object::ELFObjectFileBase>(&object);
  if (!elf)
    return createStringError("not an ELF file");
  binary.arch = object.getArch();
  binary.program = elf->getEType() == ELF::ET_EXEC;
  auto look = [&](auto symbols) -> Error {
    for (const object::SymbolRef &symbol : symbols) {
      Expected<StringRef> name = symbol.getName();
      Expected<uint32_t> flags = symbol.getFlags();
      if (!name || !flags) {
        consumeError(name.takeError());
        consumeError(flags.takeError());
        continue;
      }
      if (!name->starts_with("xgen_") || !name->ends_with("_model") ||
          (*flags & object::SymbolRef::SF_Undefined) ||
          !(*flags & object::SymbolRef::SF_Global) ||
          *name == "xgen_runner_model")
        continue;
      if (!binary.table.empty() && binary.table != *name)
        return createStringError(formatv("holds several models ({0}, {1})",
                                         binary.table, *name));
      binary.table = name->str();
    }
    return Error::success();
  };
  if (Error error = look(object.symbols()))
    return error;
  return look(elf->getDynamicSymbolIterators());
}

Expected<Binary> readBinary(StringRef path) {
  auto fail = [&](const Twine &what) {
    return createStringError(path + ": " + what);
  };
  auto buffer = MemoryBuffer::getFile(path, false, false);
  if (!buffer)
    return fail(buffer.getError().message());
  Binary binary;
  file_magic magic = identify_magic((*buffer)->getBuffer());
  if (magic == file_magic::archive) {
    auto archive = object::Archive::create((*buffer)->getMemBufferRef());
    if (!archive)
      return fail(toString(archive.takeError()));
    Error error = Error::success();
    for (const object::Archive::Child &child : (*archive)->children(error)) {
      auto bin = child.getAsBinary();
      if (!bin) {
        consumeError(bin.takeError());
        continue;
      }
      if (auto *object = dyn_cast<object::ObjectFile>(bin->get()))
        if (Error e = readObject(*object, binary)) {
          consumeError(std::move(error));
          return fail(toString(std::move(e)));
        }
    }
    if (error)
      return fail(toString(std::move(error)));
  } else {
    auto object = object::ObjectFile::createObjectFile((*buffer)->getMemBufferRef());
    if (!object) {
      consumeError(object.takeError());
      return fail("neither an ONNX model nor something that xgenc has written");
    }
    if (Error e = readObject(**object, binary))
      return fail(toString(std::move(e)));
  }
  if (binary.table.empty() && !binary.program)
    return fail("no model in it (no symbol xgen_<name>_model)");
  return binary;
}

/// Name of a target whose runtime fits, and its emulator.
Expected<Target> targetOf(const Binary &binary, StringRef path) {
  switch (binary.arch) {
  case Triple::x86_64:
    return lookupTarget("x86-64-v3");
  case Triple::aarch64:
    return lookupTarget("arm64");
  case Triple::arm:
  case Triple::thumb:
    return lookupTarget("armv7");
  default:
    return createStringError(path + ": for a machine that cannot be run here");
  }
}

/// Links an archive or object to what can be run.
Error link(StringRef path, const Binary &binary, const Target &target,
           bool program, StringRef output) {
  std::vector<std::string> arguments;
  if (program) {
    Expected<std::string> support = supportFolder("", target);
    if (!support)
      return support.takeError();
    arguments = {"-static",
                 "--gc-sections",
                 "--defsym=xgen_runner_model=" + binary.table,
                 *support + "/runner.o",
                 path.str(),
                 *support + "/libxgen_rt.a"};
  } else {
    arguments = {"-shared", "-u", binary.table, path.str()};
  }
  arguments.push_back("-o");
  arguments.push_back(output.str());
  auto worker = Worker::start();
  if (!worker)
    return worker.takeError();
  return (*worker)->link(arguments, WorkerLimits());
}

Loaded failed(int exitCode, std::string message) {
  Loaded loaded;
  loaded.failure = {exitCode, std::move(message)};
  return loaded;
}

} // namespace

static Loaded open(StringRef path, bool program, StringRef table,
                   const Target &target, const TempFolder &folder) {
  Expected<std::unique_ptr<Model>> model =
      program ? openProgram(path, target, folder) : openLibrary(path, table);
  if (!model)
    return failed(ExitModelError, toString(model.takeError()));
  Loaded loaded;
  loaded.model = std::move(*model);
  return loaded;
}

static Loaded loadBinary(StringRef path, const TempFolder &folder) {
  Expected<Binary> binary = readBinary(path);
  if (!binary)
    return failed(ExitModelError, toString(binary.takeError()));
  Expected<Target> target = targetOf(*binary, path);
  if (!target)
    return failed(ExitModelError, toString(target.takeError()));
  bool host = target->emulator().empty();
  if (binary->program)
    return open(path, true, "", *target, folder);
  if (path.ends_with(".so") || path.contains(".so.")) {
    if (host)
      return open(path, false, binary->table, *target, folder);
    return failed(ExitModelError,
                  formatv("{0}: a shared library for {1} cannot be loaded here; "
                          "give the .a or the .onnx with -target={1}",
                          path, target->name));
  }
  std::string output = folder.file(host ? "model.so" : "model");
  if (Error error = link(path, *binary, *target, !host, output))
    return failed(ExitModelError, (path + ": " + toString(std::move(error))).str());
  return open(output, !host, binary->table, *target, folder);
}

Loaded xgen::run::loadModel(const CompileOptions &options,
                            const TempFolder &folder) {
  StringRef path = options.input;
  if (!sys::fs::exists(path))
    return failed(ExitModelError, (path + ": no such file").str());
  if (sys::fs::is_directory(path))
    return failed(ExitModelError, (path + ": is a folder").str());
  if (!path.ends_with(".onnx") && !path.ends_with(".mlir"))
    return loadBinary(path, folder);

  CompileOptions compile = options;
  bool host = compile.target.emulator().empty();
  if (host && !compile.target.runsOnHost())
    return failed(ExitModelError,
                  formatv("this machine cannot run code for {0}: it lacks "
                          "instructions, and no emulator has them",
                          compile.target.name));
  compile.output = folder.file(host ? "model.so" : "model");
  compile.emit = {host ? "so" : "exe"};
  auto start = std::chrono::steady_clock::now();
  CompileResult result = compileModel(compile);
  double ms = std::chrono::duration<double, std::milli>(
                  std::chrono::steady_clock::now() - start)
                  .count();
  if (result.exitCode != ExitOk)
    return failed(result.exitCode, "");
  Expected<Binary> binary = readBinary(compile.output);
  if (!binary)
    return failed(ExitInternal, toString(binary.takeError()));
  Loaded loaded = open(compile.output, !host, binary->table, compile.target, folder);
  loaded.compileMs = ms;
  return loaded;
}
