//===- ObjectEmitter.h - LLVM modules to objects ----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The only place that knows how LLVM is configured for a target: triple, data
// layout, cpu and features, optimization pipeline, emission.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_OBJECTEMITTER_H
#define XGEN_CODEGEN_LLVM_OBJECTEMITTER_H

#include "codegen/target/Target.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace xgen {

/// Registers the LLVM back ends that targets use. Idempotent.
void initializeBackends();

/// A machine for `target`: position independent, one section a function, O3.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const Target &target);

/// Where a module came from decides what is left to do.
enum class ModuleOrigin {
  /// Halide has vectorized and unrolled: LLVM does neither to loops.
  Halide,
  /// Straight code that we built.
  Ours
};

/// Halide: loops as Halide prints them, of kernels only.
enum class EmitKind { Object, Assembly, IR, Halide };

/// Retargets `module` (triple, data layout, cpu, features), keeps `symbol`
/// external and everything else internal, optimizes, and emits. Names of values
/// are dropped, so that the bytes do not depend on counters.
llvm::Expected<llvm::SmallVector<char, 0>>
emitModule(llvm::Module &module, llvm::StringRef symbol,
           llvm::TargetMachine &machine, ModuleOrigin origin,
           EmitKind kind = EmitKind::Object);

/// XGEN_CPU_ bits (runtime/include/xgen/xgen.h) of what code for `target` may
/// use.
llvm::Expected<uint64_t> requiredCpuFeatures(const Target &target);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_OBJECTEMITTER_H
