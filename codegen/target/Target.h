//===- Target.h - What a machine has ----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The one description of a target machine. Passes ask it (the pruner for its
// block, the layout pass for its weight panels), schedules ask it (register
// tile), and the object emitter asks it (triple, cpu, features).
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_TARGET_TARGET_H
#define XGEN_CODEGEN_TARGET_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace xgen {

enum class Arch { X86_64, AArch64, Arm };

/// Accumulators of a matrix product that stay in registers: `mr` positions
/// (pixels or rows) times `nr` output channels.
struct RegisterTile {
  int64_t mr;
  int64_t nr;
};

struct Target {
  /// As on the command line: "x86-64-v4".
  std::string name;
  /// Folder of prebuilt reference kernels and runtime: "x86-64-v4", "arm64".
  std::string support;
  Arch arch = Arch::X86_64;
  std::string triple;
  std::string cpu;
  /// LLVM features, "+a,-b".
  std::string features;
  /// Width of a vector register in bytes, and how many there are.
  int64_t vectorBytes = 16;
  int64_t vectorRegisters = 16;
  int64_t l1Bytes = 32 << 10;
  int64_t l1Ways = 8;
  int64_t l2Bytes = 512 << 10;
  bool avx512 = false;
  /// u8 x s8 dot product into i32: VNNI (EVEX).
  bool vnni = false;
  /// s8 x s8 dot product into i32: Armv8.2 dotprod.
  bool dotprod = false;
  /// Arithmetic in half precision.
  bool fp16 = false;
  int threads = 1;

  /// Bytes a cycle that a core reads from beyond its own caches, where others want
  /// some, too: what weights cost that do not stay in L2.
  double farBytesPerCycle() const { return arch == Arch::X86_64 ? 6 : 4; }
  /// Elements of `bytes` bytes in a vector.
  int64_t lanes(int64_t bytes) const { return vectorBytes / bytes; }
  /// Register tile of fp32 products with `co` output channels.
  RegisterTile floatTile(int64_t co) const;
  /// Register tile of 8-bit products with 32-bit sums and `co` output channels.
  RegisterTile int8Tile(int64_t co) const;
  /// Inputs that one multiply instruction reduces: 4 with a dot product, 2 with
  /// 16-bit multiply-add, else 1. The `kr` of `#xgen.packed` for 8 bits; where it is 1,
  /// weights that are small enough get another one (see narrowGroup, Tiles.h).
  int64_t int8ReductionGroup() const;
  /// Whether this process can execute code for the target natively.
  bool runsOnHost() const;
  /// Emulator that runs it here ("qemu-aarch64"), "" for none needed.
  std::string emulator() const;
  /// A stable text of everything that influences code: part of cache keys.
  std::string key() const;
};

/// Parses -target, -mcpu and -mattr. "host" is this machine. The error names
/// the known targets.
llvm::Expected<Target> lookupTarget(llvm::StringRef name,
                                    llvm::StringRef cpu = "",
                                    llvm::StringRef features = "");

/// Names that `lookupTarget` takes, for help and errors.
std::vector<std::string> targetNames();

} // namespace xgen

#endif // XGEN_CODEGEN_TARGET_TARGET_H
