//===- Inspect.cpp - What an artefact says of itself ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Follows the pointers of a model table: through relocations in an object and in
// a shared library, by their values in a static program. Files may be damaged or
// from elsewhere, so that every step is checked.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Inspect.h"
#include "xgen/xgen.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <set>

using namespace llvm;
using namespace xgen;

// What is read below, member by member, in the order of xgen.h.
static_assert(sizeof(xgen_tensor) == 56 && sizeof(xgen_layer) == 40 &&
                  sizeof(xgen_model) == 168,
              "xgen.h has changed: so must this file");

namespace {
/// A place in a file: a section and an offset in it.
struct Place {
  object::SectionRef section;
  uint64_t offset = 0;
};

/// An object, library or program, seen as memory with pointers.
class Image {
public:
  static Expected<Image> open(const object::ObjectFile &file);

  /// The bytes from `at` to the end of its section; empty when there are none.
  StringRef bytesAt(const Place &at);
  /// Where the pointer at `at` leads; nullopt for null.
  Expected<std::optional<Place>> follow(const Place &at);
  Expected<Place> placeOf(uint64_t address);

  const object::ELFObjectFileBase *file = nullptr;
  unsigned pointerBytes = 8;

private:
  struct Target {
    Place place;
    bool absolute = false;
  };
  Error readRelocations();

  bool relocatable = false;
  /// Of an object: by section and offset. Of a library: by address.
  DenseMap<std::pair<uint64_t, uint64_t>, Place> targets;
  DenseMap<uint64_t, uint64_t> dynamic;
};

/// Reads members one after another, aligned as in C on every target of ours.
class Cursor {
public:
  Cursor(Image &image, Place at) : image(image), at(at) {}
  uint64_t u32() { return number(4); }
  uint64_t u64() { return number(8); }
  double f64() { return llvm::bit_cast<double>(number(8)); }
  std::optional<Place> pointer();
  std::string text();
  void alignTo(uint64_t n) { at.offset = llvm::alignTo(at.offset, n); }
  const Place &place() const { return at; }
  /// The first thing that went wrong.
  Error takeError();

private:
  uint64_t number(unsigned bytes);
  Image &image;
  Place at;
  std::string failure;
};
} // namespace

Expected<Image> Image::open(const object::ObjectFile &file) {
  Image image;
  image.file = dyn_cast<object::ELFObjectFileBase>(&file);
  if (!image.file || !file.isLittleEndian())
    return createStringError("not an ELF file of a target of xgen");
  image.pointerBytes = file.getBytesInAddress();
  image.relocatable = file.isRelocatableObject();
  if (Error error = image.readRelocations())
    return std::move(error);
  return std::move(image);
}

static uint64_t littleEndian(StringRef bytes, unsigned size) {
  return size == 4 ? support::endian::read32le(bytes.data())
                   : support::endian::read64le(bytes.data());
}

/// What is added to the symbol: in the relocation, or in the place itself.
static uint64_t addend(const object::RelocationRef &relocation,
                       StringRef place, unsigned pointerBytes) {
  Expected<int64_t> value =
      object::ELFRelocationRef(relocation).getAddend();
  if (value)
    return *value;
  consumeError(value.takeError());
  return place.size() < pointerBytes ? 0 : littleEndian(place, pointerBytes);
}

Error Image::readRelocations() {
  if (!relocatable) {
    for (const object::SectionRef &section :
         file->dynamic_relocation_sections())
      for (const object::RelocationRef &relocation : section.relocations()) {
        uint64_t where = relocation.getOffset();
        StringRef bytes;
        if (Expected<Place> place = placeOf(where))
          bytes = bytesAt(*place);
        else
          consumeError(place.takeError());
        dynamic[where] = addend(relocation, bytes, pointerBytes);
      }
    return Error::success();
  }
  for (const object::SectionRef &section : file->sections()) {
    Expected<object::section_iterator> changed = section.getRelocatedSection();
    if (!changed)
      return changed.takeError();
    if (*changed == file->section_end())
      continue;
    for (const object::RelocationRef &relocation : section.relocations()) {
      object::symbol_iterator symbol = relocation.getSymbol();
      if (symbol == file->symbol_end())
        continue;
      Expected<object::section_iterator> home = symbol->getSection();
      Expected<uint64_t> value = symbol->getValue();
      if (!home || !value) {
        consumeError(home.takeError());
        consumeError(value.takeError());
        continue;
      }
      if (*home == file->section_end())
        continue;
      uint64_t where = relocation.getOffset();
      StringRef bytes = bytesAt({**changed, where});
      targets[{(*changed)->getIndex(), where}] = {
          **home, *value + addend(relocation, bytes, pointerBytes)};
    }
  }
  return Error::success();
}

Expected<Place> Image::placeOf(uint64_t address) {
  for (const object::SectionRef &section : file->sections())
    if (address >= section.getAddress() &&
        address - section.getAddress() < section.getSize() &&
        object::ELFSectionRef(section).getFlags() & ELF::SHF_ALLOC)
      return Place{section, address - section.getAddress()};
  return createStringError("a pointer leads outside the file");
}

StringRef Image::bytesAt(const Place &at) {
  Expected<StringRef> contents = at.section.getContents();
  if (!contents) {
    consumeError(contents.takeError());
    return {};
  }
  return contents->drop_front(std::min<uint64_t>(at.offset, contents->size()));
}

Expected<std::optional<Place>> Image::follow(const Place &at) {
  StringRef bytes = bytesAt(at);
  if (bytes.size() < pointerBytes)
    return createStringError("the model's table is cut off");
  if (relocatable) {
    auto found = targets.find({at.section.getIndex(), at.offset});
    if (found == targets.end())
      return std::nullopt;
    return found->second;
  }
  uint64_t address = littleEndian(bytes, pointerBytes);
  if (auto found = dynamic.find(at.section.getAddress() + at.offset);
      found != dynamic.end())
    address = found->second;
  if (!address)
    return std::nullopt;
  Expected<Place> place = placeOf(address);
  if (!place)
    return place.takeError();
  return *place;
}

uint64_t Cursor::number(unsigned bytes) {
  alignTo(bytes);
  StringRef rest = image.bytesAt(at);
  at.offset += bytes;
  if (rest.size() < bytes) {
    failure = "the model's table is cut off";
    return 0;
  }
  return littleEndian(rest, bytes);
}

std::optional<Place> Cursor::pointer() {
  alignTo(image.pointerBytes);
  Expected<std::optional<Place>> target = image.follow(at);
  at.offset += image.pointerBytes;
  if (!target) {
    failure = toString(target.takeError());
    return std::nullopt;
  }
  return *target;
}

std::string Cursor::text() {
  std::optional<Place> place = pointer();
  if (!place)
    return "";
  StringRef bytes = image.bytesAt(*place);
  size_t end = bytes.find('\0');
  if (end == StringRef::npos) {
    failure = "a text in the model's table has no end";
    return "";
  }
  return bytes.take_front(end).str();
}

Error Cursor::takeError() {
  return failure.empty() ? Error::success() : createStringError(failure);
}

static std::string typeName(uint64_t dtype) {
  static const std::pair<int, const char *> names[] = {
      {XGEN_F32, "float32"},          {XGEN_U8, "uint8"},
      {XGEN_I8, "int8"},              {XGEN_U16, "uint16"},
      {XGEN_I16, "int16"},            {XGEN_I32, "int32"},
      {XGEN_I64, "int64"},            {XGEN_BOOL, "bool"},
      {XGEN_F16, "float16"},          {XGEN_F64, "float64"},
      {XGEN_U32, "uint32"},           {XGEN_U64, "uint64"},
      {XGEN_BF16, "bfloat16"},        {XGEN_F8E4M3FN, "float8e4m3fn"},
      {XGEN_F8E4M3FNUZ, "float8e4m3fnuz"}, {XGEN_F8E5M2, "float8e5m2"},
      {XGEN_F8E5M2FNUZ, "float8e5m2fnuz"}, {XGEN_U4, "uint4"},
      {XGEN_I4, "int4"},              {XGEN_F4E2M1, "float4e2m1"},
      {XGEN_F8E8M0, "float8e8m0"},    {XGEN_U2, "uint2"},
      {XGEN_I2, "int2"}};
  for (auto [number, name] : names)
    if (uint64_t(number) == dtype)
      return name;
  return "type " + std::to_string(dtype);
}

static std::vector<std::string> featureNames(uint64_t bits, bool x86) {
  static const std::pair<uint64_t, const char *> x86Names[] = {
      {XGEN_CPU_X86_V2, "x86-64-v2"},
      {XGEN_CPU_X86_V3, "x86-64-v3"},
      {XGEN_CPU_X86_V4, "x86-64-v4"},
      {XGEN_CPU_X86_AVX512VNNI, "avx512vnni"},
      {XGEN_CPU_X86_AVXVNNI, "avxvnni"},
      {XGEN_CPU_X86_AVX512BF16, "avx512bf16"},
      {XGEN_CPU_X86_AVX512FP16, "avx512fp16"},
      {XGEN_CPU_X86_AVX512VBMI, "avx512vbmi"}};
  static const std::pair<uint64_t, const char *> armNames[] = {
      {XGEN_CPU_ARM_NEON, "neon"},       {XGEN_CPU_ARM_VFPV4, "vfpv4"},
      {XGEN_CPU_ARM_FP16, "fp16"},       {XGEN_CPU_ARM_DOTPROD, "dotprod"},
      {XGEN_CPU_ARM_I8MM, "i8mm"},       {XGEN_CPU_ARM_BF16, "bf16"},
      {XGEN_CPU_ARM_SVE, "sve"},         {XGEN_CPU_ARM_SVE2, "sve2"}};
  std::vector<std::string> names;
  for (auto [bit, name] : x86 ? ArrayRef(x86Names) : ArrayRef(armNames)) {
    if (bits & bit)
      names.push_back(name);
    bits &= ~bit;
  }
  if (bits)
    names.push_back("unknown 0x" + utohexstr(bits, /*LowerCase=*/true));
  return names;
}

/// Any count above this is taken for damage.
static constexpr uint64_t maxEntries = 1 << 20;

/// Reads `count` structures from `table` with `read`.
template <typename Fn>
static Error readTable(Image &image, std::optional<Place> table, uint64_t count,
                       Fn read) {
  if (count && (!table || count > maxEntries))
    return createStringError("the model's table is damaged");
  if (!count)
    return Error::success();
  Cursor cursor(image, *table);
  for (uint64_t i = 0; i < count; ++i) {
    cursor.alignTo(8);
    read(cursor);
    if (Error error = cursor.takeError())
      return error;
  }
  return Error::success();
}

static Error readTensors(Image &image, std::optional<Place> table,
                         uint64_t count, std::vector<InspectedTensor> &result) {
  Error nested = Error::success();
  Error error = readTable(image, table, count, [&](Cursor &c) {
    InspectedTensor t;
    t.name = c.text();
    std::optional<Place> dims = c.pointer();
    uint64_t rank = c.u32();
    t.type = typeName(c.u32());
    t.bytes = c.u64();
    c.u32(); // alignment
    uint64_t flags = c.u32();
    t.quantized = flags & XGEN_TENSOR_QUANTIZED;
    t.dynamic = flags & XGEN_TENSOR_DYNAMIC;
    t.scale = c.f64();
    t.zeroPoint = c.u64();
    nested = joinErrors(std::move(nested),
                        readTable(image, dims, rank, [&](Cursor &d) {
                          t.dims.push_back(d.u64());
                        }));
    result.push_back(std::move(t));
  });
  return joinErrors(std::move(error), std::move(nested));
}

static Expected<InspectedModel> readModel(Image &image, Place table) {
  InspectedModel m;
  Cursor c(image, table);
  m.abiVersion = c.u32();
  if (m.abiVersion >> 16 != XGEN_ABI_VERSION >> 16)
    return createStringError("a model of ABI version %u.%u; this xgenc reads "
                             "version %u",
                             m.abiVersion >> 16, m.abiVersion & 0xffff,
                             XGEN_ABI_VERSION >> 16);
  c.u32(); // struct_size
  m.name = c.text();
  m.target = c.text();
  m.compiler = c.text();
  m.weightsHash = c.u64();
  m.features = featureNames(c.u64(), image.file->getArch() == Triple::x86_64);
  std::optional<Place> inputs = c.pointer(), outputs = c.pointer(),
                       states = c.pointer(), layers = c.pointer();
  uint64_t numInputs = c.u32(), numOutputs = c.u32(), numStates = c.u32(),
           numLayers = c.u32();
  m.arenaBytes = c.u64();
  m.scratchBytes = c.u64();
  m.stateBytes = c.u64();
  m.weightsBytes = c.u64();
  m.codeBytes = c.u64();
  m.embedsWeights = c.pointer().has_value();
  c.pointer(); // run
  std::optional<Place> dims;
  uint64_t numDims = 0;
  if ((m.abiVersion & 0xffff) >= 1) {
    dims = c.pointer();
    numDims = c.u64();
  }
  if (Error error = c.takeError())
    return std::move(error);
  if (Error error = readTensors(image, inputs, numInputs, m.inputs))
    return std::move(error);
  if (Error error = readTensors(image, outputs, numOutputs, m.outputs))
    return std::move(error);
  if (Error error = readTensors(image, states, numStates, m.states))
    return std::move(error);
  if (Error error = readTable(image, layers, numLayers, [&](Cursor &l) {
        InspectedLayer layer;
        layer.nodes = l.text();
        layer.kernel = l.text();
        layer.schedule = l.text();
        layer.macs = l.u64();
        layer.bytes = l.u64();
        m.layers.push_back(std::move(layer));
      }))
    return std::move(error);
  if (Error error = readTable(image, dims, numDims, [&](Cursor &d) {
        InspectedDim dim;
        dim.name = d.text();
        dim.input = d.u32();
        dim.dimension = d.u32();
        dim.min = d.u64();
        dim.max = d.u64();
        dim.step = d.u64();
        m.dims.push_back(std::move(dim));
      }))
    return std::move(error);
  return m;
}

/// Appends the models of one ELF file.
static Error readModels(const object::ObjectFile &file, StringRef kind,
                        std::vector<InspectedModel> &result) {
  Expected<Image> image = Image::open(file);
  if (!image)
    return image.takeError();
  if (kind.empty())
    kind = file.isRelocatableObject()         ? "object"
           : image->file->getEType() == ELF::ET_DYN ? "shared library"
                                                    : "program";
  // A stripped library has its dynamic symbols only.
  std::vector<object::SymbolRef> symbols(file.symbols().begin(),
                                         file.symbols().end());
  if (symbols.empty())
    for (const object::ELFSymbolRef &symbol :
         image->file->getDynamicSymbolIterators())
      symbols.push_back(symbol);
  // A program knows its model by a second name.
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const object::SymbolRef &symbol : symbols) {
    Expected<StringRef> name = symbol.getName();
    if (!name) {
      consumeError(name.takeError());
      continue;
    }
    if (!name->starts_with("xgen_") || !name->ends_with("_model") ||
        object::ELFSymbolRef(symbol).getELFType() != ELF::STT_OBJECT)
      continue;
    Expected<object::section_iterator> section = symbol.getSection();
    if (!section)
      return section.takeError();
    if (*section == file.section_end())
      continue;
    Expected<uint64_t> value = symbol.getValue();
    if (!value)
      return value.takeError();
    uint64_t offset = file.isRelocatableObject()
                          ? *value
                          : *value - (*section)->getAddress();
    if (!seen.insert({(*section)->getIndex(), offset}).second)
      continue;
    Expected<InspectedModel> model = readModel(*image, {**section, offset});
    if (!model)
      return model.takeError();
    model->kind = kind.str();
    result.push_back(std::move(*model));
  }
  return Error::success();
}

bool xgen::isArtefact(StringRef path) {
  auto buffer = MemoryBuffer::getFileSlice(path, 8, 0);
  if (!buffer)
    return false;
  StringRef bytes = (*buffer)->getBuffer();
  return bytes.starts_with("\x7f" "ELF") || bytes == "!<arch>\n";
}

Expected<std::vector<InspectedModel>> xgen::inspectArtefact(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot be read: %s",
                             buffer.getError().message().c_str());
  auto binary = object::createBinary((*buffer)->getMemBufferRef());
  if (!binary)
    return binary.takeError();
  std::vector<InspectedModel> models;
  if (auto *file = dyn_cast<object::ObjectFile>(binary->get())) {
    if (Error error = readModels(*file, "", models))
      return std::move(error);
  } else if (auto *archive = dyn_cast<object::Archive>(binary->get())) {
    Error error = Error::success();
    for (const object::Archive::Child &child : archive->children(error)) {
      auto member = child.getAsBinary();
      if (!member) {
        consumeError(member.takeError());
        continue;
      }
      auto *object = dyn_cast<object::ObjectFile>(member->get());
      if (!object)
        continue;
      if (Error bad = readModels(*object, "archive", models))
        return joinErrors(std::move(error), std::move(bad));
    }
    if (error)
      return std::move(error);
  }
  if (models.empty())
    return createStringError("holds no model of xgen's");
  sort(models, [](const InspectedModel &a, const InspectedModel &b) {
    return a.name < b.name;
  });
  return models;
}
