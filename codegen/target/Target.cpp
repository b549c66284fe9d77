//===- Target.cpp - What a machine has ------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The table of targets and what follows from an entry. Adding a machine of a
// known architecture is one row.
//
//===----------------------------------------------------------------------===//

#include "codegen/target/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace xgen;

namespace {
struct Row {
  const char *name, *support;
  Arch arch;
  const char *triple, *cpu, *features;
  int64_t vectorBytes, vectorRegisters, l1Bytes, l2Bytes;
};
} // namespace

static const Row rows[] = {
    {"x86-64-v3", "x86-64-v3", Arch::X86_64, "x86_64-unknown-linux-gnu",
     "x86-64-v3", "", 32, 16, 32 << 10, 512 << 10},
    {"x86-64-v4", "x86-64-v4", Arch::X86_64, "x86_64-unknown-linux-gnu",
     "x86-64-v4", "-prefer-256-bit", 64, 32, 32 << 10, 1 << 20},
    // Any Armv8-A core: no half precision arithmetic, no dot product.
    {"arm64", "arm64", Arch::AArch64, "aarch64-unknown-linux-gnu",
     "cortex-a53", "", 16, 32, 32 << 10, 512 << 10},
    {"arm64-dotprod", "arm64", Arch::AArch64, "aarch64-unknown-linux-gnu",
     "cortex-a76", "", 16, 32, 64 << 10, 512 << 10},
    {"armv7", "armv7", Arch::Arm, "armv7-unknown-linux-gnueabihf", "cortex-a7",
     "+neon,+vfp4", 16, 16, 32 << 10, 512 << 10},
};

std::vector<std::string> xgen::targetNames() {
  std::vector<std::string> names{"host"};
  for (const Row &row : rows)
    names.push_back(row.name);
  return names;
}

static bool contains(StringRef features, StringRef feature) {
  SmallVector<StringRef> parts;
  features.split(parts, ',');
  return is_contained(parts, ("+" + feature).str());
}

Expected<Target> xgen::lookupTarget(StringRef name, StringRef cpu,
                                    StringRef features) {
  std::string hostFeatures;
  bool vnni = false;
  std::string resolved = name.str();
  if (name == "host" || name.empty()) {
    StringMap<bool> host = sys::getHostCPUFeatures();
    if (!host.lookup("avx2") || !host.lookup("fma") || !host.lookup("bmi2"))
      return createStringError(
          "this machine lacks AVX2 and FMA; give -target=<name> of another");
    bool v4 = host.lookup("avx512f") && host.lookup("avx512bw") &&
              host.lookup("avx512dq") && host.lookup("avx512vl") &&
              host.lookup("avx512cd");
    resolved = v4 ? "x86-64-v4" : "x86-64-v3";
    vnni = v4 && host.lookup("avx512vnni");
    if (vnni)
      hostFeatures = "+avx512vnni";
  }
  const Row *row = find_if(rows, [&](const Row &r) { return r.name == resolved; });
  if (row == std::end(rows))
    return createStringError("unknown target '%s'; known are: %s",
                             name.str().c_str(),
                             join(targetNames(), ", ").c_str());
  Target t;
  t.name = row->name;
  t.support = row->support;
  t.arch = row->arch;
  t.triple = row->triple;
  t.cpu = cpu.empty() ? row->cpu : cpu.str();
  SmallVector<std::string> all;
  for (StringRef part : {StringRef(row->features), StringRef(hostFeatures), features})
    if (!part.empty())
      all.push_back(part.str());
  t.features = join(all, ",");
  t.vectorBytes = row->vectorBytes;
  t.vectorRegisters = row->vectorRegisters;
  t.l1Bytes = row->l1Bytes;
  t.l2Bytes = row->l2Bytes;
  t.avx512 = t.arch == Arch::X86_64 && t.vectorBytes == 64;
  t.vnni = vnni || contains(features, "avx512vnni");
  StringRef armCpu = t.cpu;
  t.dotprod = t.arch == Arch::AArch64 &&
              (contains(features, "dotprod") || armCpu == "cortex-a76" ||
               armCpu == "cortex-a55" || armCpu == "cortex-a78" ||
               armCpu == "neoverse-n1" || armCpu == "cortex-x1");
  t.fp16 = t.arch == Arch::AArch64 &&
           (contains(features, "fullfp16") || t.dotprod);
  return t;
}

RegisterTile Target::floatTile(int64_t co) const {
  if (avx512)
    return
        co > 16 ? RegisterTile{14, 32}
                : RegisterTile{28, 16};
  if (arch == Arch::X86_64)
    return co > 8 ? RegisterTile{6, 16} : RegisterTile{12, 8};
  if (arch == Arch::AArch64)
    return co > 4 ? RegisterTile{8, 8} : RegisterTile{16, 4};
  return co > 4 ? RegisterTile{6, 8} : RegisterTile{8, 4};
}

RegisterTile Target::int8Tile(int64_t co) const {
  if (avx512)
    return co > 16 ? RegisterTile{12, 32} : RegisterTile{24, 16};
  if (arch == Arch::X86_64)
    return co > 8 ? RegisterTile{4, 16} : RegisterTile{8, 8};
  return co > 4 ? RegisterTile{8, 8} : RegisterTile{8, 4};
}

int64_t Target::int8ReductionGroup() const {
  if (vnni || dotprod)
    return 4;
  return arch == Arch::X86_64 ? 2 : 1;
}

bool Target::runsOnHost() const {
  if (arch != Arch::X86_64)
    return false;
#if defined(__x86_64__)
  StringMap<bool> host = sys::getHostCPUFeatures();
  return (!avx512 || host.lookup("avx512bw")) &&
         (!vnni || host.lookup("avx512vnni")) && host.lookup("avx2");
#else
  return false;
#endif
}

std::string Target::emulator() const {
  switch (arch) {
  case Arch::X86_64:
    return "";
  case Arch::AArch64:
    return "qemu-aarch64";
  case Arch::Arm:
    return "qemu-arm";
  }
  return "";
}

std::string Target::key() const {
  return formatv("{0};{1};{2};{3};t{4}", name, triple, cpu, features, threads).str();
}
