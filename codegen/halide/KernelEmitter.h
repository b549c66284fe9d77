//===- KernelEmitter.h - Kernels through Halide -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// From kernel.func to an LLVM module that holds one function of the kernel
// calling convention (docs/seams.md). Halide lowers and vectorizes; LLVM 22
// generates code later. This header needs neither Halide.h nor exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_KERNELEMITTER_H
#define XGEN_CODEGEN_HALIDE_KERNELEMITTER_H

#include "codegen/target/Target.h"
#include "dialects/kernel/KernelOps.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace xgen {

/// A Halide buffer: a pointer of the calling convention and what is added to it.
struct KernelBuffer {
  int64_t pointer = 0;
  int64_t offset = 0; ///< bytes
};

/// The anchor that a kernel's schedule is for: the one with most multiply-adds;
/// null without one.
mlir::Operation *mainAnchorOf(kernel::FuncOp kernel);

/// Weights that are read panel by panel, each of `panelBytes` once for each of
/// `tiles` tiles.
struct WeightStream {
  int64_t panelBytes = 0, tiles = 0;
};

/// What Halide made of a kernel. Plain data, so that it can cross a process.
struct KernelCode {
  /// LLVM 14 bitcode of one function and its helpers.
  std::string bitcode;
  /// `int (user_context, halide_buffer_t *...)`.
  std::string halideSymbol;
  std::vector<KernelBuffer> buffers;
  /// Products and sums may be contracted although the bitcode does not say so.
  bool contract = false;
  /// Which the prefetches are of; see Prefetches.h.
  WeightStream stream;
};

/// Whether there is an emitter for `op` with these types on `target`. Any group
/// of such ops makes a kernel; which groups are good is the fusion pass's
/// business.
bool canEmit(mlir::Operation *op, const Target &target);

/// Whether a kernel with all these anchors, each of which alone reads what becomes of the
/// result of the one before, and `consumer` of the last one's, computes them in turn, row
/// by row, and that pays: `producers` do already when they are several.
bool fusesByRows(llvm::ArrayRef<mlir::Operation *> producers, mlir::Operation *consumer,
                 const Target &target);

/// Cycles of a kernel on one thread, more or less: for questions of several times.
double serialCycles(kernel::FuncOp kernel, const Target &target);

/// The schedule template of a kernel, its parameters, and the storage that the
/// template wants for its weights.
struct ScheduleChoice {
  /// `eval` when a kernel cannot be emitted.
  kernel::ScheduleAttr schedule;
  /// Encodings to give to arguments: (argument number, encoding). Only for
  /// arguments that the caller knows to be constant; the others stay dense.
  llvm::SmallVector<std::pair<unsigned, mlir::Attribute>> encodings;
};

/// How 3x3 convolutions in fp32 are computed where a Winograd convolution is
/// possible: as the latency model says, or always one way.
enum class ConvAlgorithm { Auto, Direct, Winograd2, Winograd4 };

/// `constantArgs[i]` says that argument i is known at compile time and may be
/// packed. Arguments that have an encoding already keep it. Deterministic: same
/// kernel, same target, same answer.
ScheduleChoice chooseSchedule(kernel::FuncOp kernel,
                              llvm::ArrayRef<bool> constantArgs,
                              const Target &target,
                              ConvAlgorithm algorithm = ConvAlgorithm::Auto);

/// Other schedules that a tuner may try for `kernel`, the most promising ones first;
/// arguments as for chooseSchedule, whose choice is not among them. Deterministic.
std::vector<kernel::ScheduleAttr>
scheduleAlternatives(kernel::FuncOp kernel, llvm::ArrayRef<bool> constantArgs,
                     const Target &target, ConvAlgorithm algorithm = ConvAlgorithm::Auto);

/// `schedule` with the storage that it wants for weights; nothing when it is neither
/// chooseSchedule's answer nor an alternative.
std::optional<ScheduleChoice>
withSchedule(kernel::FuncOp kernel, kernel::ScheduleAttr schedule,
             llvm::ArrayRef<bool> constantArgs, const Target &target,
             ConvAlgorithm algorithm = ConvAlgorithm::Auto);

/// Emits `kernel` with its schedule attribute (or with the chosen one when it
/// has none). Errors name the op that cannot be emitted.
llvm::Expected<KernelCode> emitKernel(kernel::FuncOp kernel,
                                      const Target &target);

/// The loops that emitKernel makes, as Halide prints them: what is vectorized,
/// where each stage is computed and stored.
llvm::Expected<std::string> printHalide(kernel::FuncOp kernel,
                                        const Target &target);

/// A module for `context` (LLVM 22) with one external function, `symbol`, of the
/// calling convention; the Halide function is internal and always inlined.
/// Large buffers inside the kernel have become offsets into the context's
/// scratch: `scratchBytes` is what a thread needs. No call to an allocator or to
/// a Halide runtime function is left, or it is an error.
llvm::Expected<std::unique_ptr<llvm::Module>>
loadKernelModule(llvm::LLVMContext &context, const KernelCode &code,
                 llvm::StringRef symbol, const Target &target,
                 int64_t &scratchBytes);

} // namespace xgen

#endif // XGEN_CODEGEN_HALIDE_KERNELEMITTER_H
