//===- Binary.cpp - Looking into and changing objects ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// On top of LLVM's object and objcopy libraries.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Binary.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace xgen;

static Expected<std::unique_ptr<object::ObjectFile>>
open(ArrayRef<char> bytes) {
  return object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "object"));
}

uint64_t xgen::codeBytes(ArrayRef<char> bytes) {
  auto object = open(bytes);
  if (!object) {
    consumeError(object.takeError());
    return 0;
  }
  uint64_t size = 0;
  for (const object::SectionRef &section : (*object)->sections())
    if (section.isText())
      size += section.getSize();
  return size;
}

Expected<std::vector<std::string>>
xgen::undefinedSymbols(ArrayRef<char> bytes) {
  auto object = open(bytes);
  if (!object)
    return object.takeError();
  std::vector<std::string> names;
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    if (!(*flags & object::SymbolRef::SF_Undefined))
      continue;
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (!name->empty())
      names.push_back(name->str());
  }
  sort(names);
  return names;
}

Expected<SmallVector<char, 0>>
xgen::localizeSymbols(ArrayRef<char> bytes, ArrayRef<std::string> globals,
                      bool keepLocals) {
  auto object = open(bytes);
  if (!object)
    return object.takeError();
  objcopy::ConfigManager config;
  auto passOn = [](Error error) { return error; };
  auto exactly = [&](StringRef name) {
    return objcopy::NameOrPattern::create(name, objcopy::MatchStyle::Literal,
                                          passOn);
  };
  for (const std::string &name : globals)
    if (Error error =
            config.Common.SymbolsToKeepGlobal.addMatcher(exactly(name)))
      return std::move(error);
  for (StringRef section : {".comment", ".llvm_addrsig"})
    if (Error error = config.Common.ToRemove.addMatcher(exactly(section)))
      return std::move(error);
  config.Common.StripUnneeded = !keepLocals;
  SmallVector<char, 0> result;
  raw_svector_ostream stream(result);
  if (Error error = objcopy::executeObjcopyOnBinary(config, **object, stream))
    return std::move(error);
  return result;
}
