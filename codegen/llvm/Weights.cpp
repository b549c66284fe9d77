//===- Weights.cpp - Weights into the artefact ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Weights go from MLIR's blobs to the file, through no compiler and no linker:
// an object's weights section is made to lie at the end of the file, where the
// bytes are then streamed. Peak memory is what MLIR holds.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Program.h"
#include "dialects/xgen/XgenConstants.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace xgen;

/// The bytes of a weight, in the attribute where they lie there, else in
/// `storage`.
static Expected<ArrayRef<char>> readWeight(plan::WeightOp weight,
                                           std::vector<char> &storage) {
  plan::RefAttr ref = weight.getRef();
  std::optional<ArrayRef<char>> bytes =
      ir::constantBytes(weight.getValue(), storage);
  if (!bytes)
    return createStringError("weight %lld has no data; a .mlir file needs its "
                             "resources or its .weights file",
                             (long long)ref.getIndex());
  if (int64_t(bytes->size()) != ref.getBytes())
    return createStringError("internal error: weight %lld has %zu bytes, its "
                             "place %lld",
                             (long long)ref.getIndex(), bytes->size(),
                             (long long)ref.getBytes());
  return *bytes;
}

Expected<uint64_t> xgen::hashWeights(const Program &program) {
  // Chained, as the parts are not in one piece of memory.
  uint64_t state[3] = {0, 0, 0};
  for (plan::WeightOp weight : program.weights) {
    std::vector<char> storage;
    Expected<ArrayRef<char>> bytes = readWeight(weight, storage);
    if (!bytes)
      return bytes.takeError();
    state[1] = weight.getRef().getOffset();
    state[2] = xxh3_64bits(StringRef(bytes->data(), bytes->size()));
    state[0] = xxh3_64bits(
        ArrayRef(reinterpret_cast<const uint8_t *>(state), sizeof(state)));
  }
  return state[0];
}

Error xgen::writeWeights(const Program &program, raw_ostream &stream) {
  int64_t at = 0;
  for (plan::WeightOp weight : program.weights) {
    std::vector<char> storage;
    Expected<ArrayRef<char>> bytes = readWeight(weight, storage);
    if (!bytes)
      return bytes.takeError();
    stream.write_zeros(weight.getRef().getOffset() - at);
    stream.write(bytes->data(), bytes->size());
    at = weight.getRef().getOffset() + weight.getRef().getBytes();
  }
  stream.write_zeros(program.weightsBytes - at);
  return Error::success();
}

/// Makes the weights section of `object` lie at `offset` of the file with
/// `size` bytes.
template <typename ELFT>
static Error moveSection(MutableArrayRef<char> object, uint64_t offset,
                         uint64_t size) {
  auto file =
      object::ELFFile<ELFT>::create(StringRef(object.data(), object.size()));
  if (!file)
    return file.takeError();
  auto sections = file->sections();
  if (!sections)
    return sections.takeError();
  auto writable = [&](const void *p) {
    return object.data() + (static_cast<const char *>(p) - object.data());
  };
  const typename ELFT::Shdr *found = nullptr;
  for (const typename ELFT::Shdr &section : *sections) {
    Expected<StringRef> name = file->getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name == weightsSection)
      found = &section;
  }
  if (!found)
    return createStringError(
        "internal error: the object has no weights section");
  size_t index = found - sections->begin();
  auto *section = reinterpret_cast<typename ELFT::Shdr *>(writable(found));
  section->sh_offset = offset;
  section->sh_size = size;
  for (const typename ELFT::Shdr &table : *sections) {
    if (table.sh_type != ELF::SHT_SYMTAB)
      continue;
    auto symbols = file->symbols(&table);
    if (!symbols)
      return symbols.takeError();
    for (const typename ELFT::Sym &symbol : *symbols)
      if (symbol.st_shndx == index && symbol.getType() == ELF::STT_OBJECT)
        reinterpret_cast<typename ELFT::Sym *>(writable(&symbol))->st_size =
            size;
  }
  return Error::success();
}

Error xgen::writeWithWeights(const Program &program,
                             MutableArrayRef<char> object,
                             raw_ostream &stream) {
  if (!program.weightsBytes || program.sideWeights) {
    stream.write(object.data(), object.size());
    return Error::success();
  }
  uint64_t offset = alignTo(object.size(), 64);
  bool wide = object.size() > ELF::EI_CLASS &&
              object[ELF::EI_CLASS] == char(ELF::ELFCLASS64);
  if (!wide && offset + program.weightsBytes > UINT32_MAX)
    return createStringError("weights of %lld bytes do not fit this target's "
                             "object format; use -weights=FILE",
                             (long long)program.weightsBytes);
  if (Error error = wide ? moveSection<object::ELF64LE>(object, offset,
                                                        program.weightsBytes)
                         : moveSection<object::ELF32LE>(object, offset,
                                                        program.weightsBytes))
    return error;
  stream.write(object.data(), object.size());
  stream.write_zeros(offset - object.size());
  return writeWeights(program, stream);
}
