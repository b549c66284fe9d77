//===- Program.h - A plan and its kernels, ready to emit --------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What entry, header, weights and report read: the plan's ops in order, each
// launch with its compiled kernel. Internal to codegen/llvm.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_PROGRAM_H
#define XGEN_CODEGEN_LLVM_PROGRAM_H

#include "codegen/llvm/KernelCompiler.h"
#include "dialects/plan/PlanOps.h"

namespace xgen {

struct Layer {
  plan::LaunchOp launch;
  kernel::FuncOp func;
  const CompiledKernel *kernel = nullptr;
  /// ONNX nodes, joined by ", ".
  std::string nodes;
  int64_t macs = 0;
  /// Read and written.
  int64_t bytes = 0;
};

struct Program {
  plan::ProgramOp op;
  /// C identifier, without the prefix "xgen_".
  std::string name;
  std::vector<plan::TensorAttr> inputs, outputs;
  /// The module's table: ir::SymbolAttr.
  std::vector<mlir::Attribute> symbols;
  /// Where free dimensions stand in inputs.
  struct FreeDim {
    std::string name;
    unsigned input, dimension;
    int64_t min, max, step;
  };
  std::vector<FreeDim> freeDims() const;
  /// Of a network that runs once a sample (XgenBatch.h): how far apart samples
  /// lie, 0 where all share one. Empty otherwise.
  std::vector<int64_t> inputSampleBytes, outputSampleBytes;
  std::vector<Layer> layers;
  /// By rising offset.
  std::vector<plan::WeightOp> weights;
  int64_t arenaBytes = 0, weightsBytes = 0, peakLiveBytes = 0;
  /// Of each thread: what kernels need that the plan has not given scratch to.
  int64_t scratchBytes = 0;
  uint64_t weightsHash = 0;
  /// Machine code of the kernels.
  uint64_t codeBytes = 0;
  /// Weights are in a side file, not in the artefact.
  bool sideWeights = false;

  std::string symbol(llvm::StringRef what) const {
    return "xgen_" + name + "_" + what.str();
  }
};

/// Collects the program of `module`, and checks what later stages rely on.
llvm::Expected<Program> readProgram(mlir::ModuleOp module,
                                    const KernelMap &kernels,
                                    llvm::StringRef name);

/// `text` as a C identifier: "yolox-nano.v2" is "yolox_nano_v2".
std::string cIdentifier(llvm::StringRef text);

/// XGEN_ number of an element type in memory; nullopt when inputs and outputs
/// cannot have it.
std::optional<int32_t> tensorDType(mlir::Type element);

/// Symbol of the weights section within the artefact.
inline constexpr llvm::StringLiteral weightsSymbol = "xgen_weights";
inline constexpr llvm::StringLiteral weightsSection = ".rodata.xgen_weights";

/// An object with the program's run function and its model table.
llvm::Expected<llvm::SmallVector<char, 0>>
emitEntry(const Program &program, const Target &target,
          EmitKind kind = EmitKind::Object);

/// A hash of all weights and their places.
llvm::Expected<uint64_t> hashWeights(const Program &program);
/// Writes the weights' bytes, `program.weightsBytes` of them.
llvm::Error writeWeights(const Program &program, llvm::raw_ostream &stream);
/// Writes ELF `object`, its weights section, which is empty so far, filled.
/// Nothing is copied in memory.
llvm::Error writeWithWeights(const Program &program,
                             llvm::MutableArrayRef<char> object,
                             llvm::raw_ostream &stream);

/// The model's C header. `pool`: with the thread pool's interface.
void writeHeader(const Program &program, const Target &target,
                 llvm::StringRef source, bool pool, llvm::raw_ostream &stream);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_PROGRAM_H
