//===- OutputFiles.cpp - Files that appear together -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Temporary files, renamed at the end.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/OutputFiles.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

using namespace llvm;
using namespace xgen;

static Error fileError(StringRef path, std::error_code code) {
  return createStringError(code, "cannot write '%s': %s", path.str().c_str(),
                           code.message().c_str());
}

Error xgen::writeFile(StringRef path,
                      function_ref<Error(raw_ostream &)> write) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (code)
    return fileError(path, code);
  Error error = write(stream);
  stream.flush();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error();
    consumeError(std::move(error));
    return fileError(path, code);
  }
  return error;
}

OutputFiles::~OutputFiles() {
  for (auto &[file, path] : files)
    consumeError(file.discard());
}

Expected<std::string> OutputFiles::add(StringRef path) {
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return fileError(path, errorToErrorCode(file.takeError()));
  files.emplace_back(std::move(*file), path.str());
  return files.back().first.TmpName;
}

Error OutputFiles::add(StringRef path,
                       function_ref<Error(raw_ostream &)> write) {
  if (path == "-") {
    raw_string_ostream stream(toPrint);
    return write(stream);
  }
  Expected<std::string> temporary = add(path);
  if (!temporary)
    return temporary.takeError();
  Error error = writeFile(*temporary, write);
  if (!error)
    return error;
  // The user knows the file by its own name.
  return handleErrors(std::move(error), [&](const StringError &e) -> Error {
    std::string text = e.getMessage();
    size_t at = text.find(*temporary);
    if (at != std::string::npos)
      text.replace(at, temporary->size(), path.str());
    return createStringError(e.convertToErrorCode(), "%s", text.c_str());
  });
}

Error OutputFiles::commit() {
  Error errors = Error::success();
  for (auto &[file, path] : files)
    if (Error error = file.keep(path))
      errors = joinErrors(std::move(errors),
                          fileError(path, errorToErrorCode(std::move(error))));
  files.clear();
  if (!errors) {
    outs() << toPrint;
    outs().flush();
  }
  return errors;
}

Expected<std::unique_ptr<ScratchFolder>> ScratchFolder::create() {
  SmallString<128> path;
  if (std::error_code code = sys::fs::createUniqueDirectory("xgen", path))
    return createStringError(code, "cannot make a temporary folder: %s",
                             code.message().c_str());
  auto folder = std::make_unique<ScratchFolder>();
  folder->path = std::string(path);
  return std::move(folder);
}

ScratchFolder::~ScratchFolder() {
  for (const std::string &file : files) {
    sys::fs::remove(file);
    sys::DontRemoveFileOnSignal(file);
  }
  if (!path.empty())
    sys::fs::remove(path);
}

std::string ScratchFolder::file(StringRef name) {
  SmallString<128> result(path);
  sys::path::append(result, name);
  files.push_back(std::string(result));
  sys::RemoveFileOnSignal(result);
  return files.back();
}
