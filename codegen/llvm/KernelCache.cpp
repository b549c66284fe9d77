//===- KernelCache.cpp - Finished kernels on disk -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Keys, files, and their removal.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/KernelCache.h"
#include "codegen/llvm/Wire.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <elf.h>
#include <link.h>

using namespace llvm;
using namespace xgen;

static constexpr StringLiteral entryMagic = "xgen kernel 1\n";
// What llvm::pruneCache takes for its own.
static constexpr StringLiteral entryPrefix = "llvmcache-";

/// Copies the build id note of the main program, which is visited first.
static int findBuildId(dl_phdr_info *info, size_t, void *result) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE)
      continue;
    const char *p =
        reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr);
    const char *end = p + header.p_memsz;
    while (p + sizeof(ElfW(Nhdr)) <= end) {
      auto *note = reinterpret_cast<const ElfW(Nhdr) *>(p);
      const char *name = p + sizeof(*note);
      const char *body = name + ((note->n_namesz + 3) & ~3u);
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0)
        *static_cast<std::string *>(result) =
            toHex(StringRef(body, note->n_descsz));
      p = body + ((note->n_descsz + 3) & ~3u);
    }
  }
  return 1;
}

StringRef xgen::compilerBuildId() {
  static const std::string id = [] {
    std::string found;
    dl_iterate_phdr(findBuildId, &found);
    if (!found.empty())
      return found;
    auto buffer = MemoryBuffer::getFile("/proc/self/exe", false, false);
    if (!buffer)
      return std::string("unknown");
    XXH128_hash_t hash =
        xxh3_128bits(arrayRefFromStringRef((*buffer)->getBuffer()));
    return utohexstr(hash.high64) + utohexstr(hash.low64);
  }();
  return id;
}

std::string xgen::kernelKey(StringRef text, const Target &target) {
  // Lengths stand before the parts, so that no two triples run together.
  WireWriter parts;
  parts.text(text);
  parts.text(target.key());
  parts.text(compilerBuildId());
  parts.text(LLVM_VERSION_STRING);
  SHA256 hash;
  hash.update(parts.bytes);
  return toHex(hash.final(), /*LowerCase=*/true);
}

KernelCache::KernelCache(StringRef requested, bool enabled) {
  if (!enabled)
    return;
  SmallString<128> path(requested);
  if (path.empty()) {
    // XDG_CACHE_HOME, else ~/.cache.
    if (!sys::path::cache_directory(path))
      return;
    sys::path::append(path, "xgen");
  }
  if (sys::fs::create_directories(path))
    return;
  folder = std::string(path);
}

static SmallString<128> entryPath(StringRef folder, StringRef key) {
  SmallString<128> path(folder);
  sys::path::append(path, entryPrefix + key);
  return path;
}

std::optional<KernelObject> KernelCache::find(StringRef key) const {
  if (folder.empty())
    return std::nullopt;
  auto buffer = MemoryBuffer::getFile(entryPath(folder, key), false, false);
  if (!buffer)
    return std::nullopt;
  StringRef bytes = (*buffer)->getBuffer();
  if (!bytes.consume_front(entryMagic))
    return std::nullopt;
  WireReader reader(bytes);
  StringRef storedKey = reader.text();
  uint64_t hash = reader.number();
  KernelObject object;
  object.scratchBytes = static_cast<int64_t>(reader.number());
  object.parallel = reader.number() != 0;
  StringRef code = reader.text();
  if (!reader.done() || storedKey != key || xxh3_64bits(code) != hash)
    return std::nullopt;
  object.bytes.assign(code.begin(), code.end());
  return object;
}

void KernelCache::store(StringRef key, const KernelObject &object) const {
  if (folder.empty())
    return;
  StringRef code(object.bytes.data(), object.bytes.size());
  WireWriter writer;
  writer.text(key);
  writer.number(xxh3_64bits(code));
  writer.number(object.scratchBytes);
  writer.number(object.parallel);
  writer.text(code);
  SmallString<128> path = entryPath(folder, key);
  auto file = sys::fs::TempFile::create(path + ".%%%%%%%%.tmp");
  if (!file) {
    consumeError(file.takeError());
    return;
  }
  raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  stream << entryMagic << writer.bytes;
  stream.flush();
  if (stream.has_error()) {
    stream.clear_error();
    consumeError(file->discard());
    return;
  }
  consumeError(file->keep(path));
}

void KernelCache::prune() const {
  if (folder.empty())
    return;
  CachePruningPolicy policy;
  policy.Expiration = std::chrono::hours(30 * 24);
  policy.MaxSizeBytes = 2ull << 30;
  policy.MaxSizePercentageOfAvailableSpace = 25;
  pruneCache(folder, policy);
}
