//===- Reference.h - Reference kernels in the compiler ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Runs xgen ops on host memory: constant folding, calibration, `xgenc verify`
// and tests. The kernels are those of eval/, which artefacts link too.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_REFERENCE_H
#define XGEN_CODEGEN_REFERENCE_REFERENCE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace xgen {

/// Memory of a tensor of static shape, laid out as docs/seams.md says. Not
/// owned.
struct TensorView {
  void *data = nullptr;
  mlir::RankedTensorType type;
};

/// A tensor that owns its memory (aligned to 64 bytes).
class HostTensor {
public:
  HostTensor() = default;
  /// Zeros.
  explicit HostTensor(mlir::RankedTensorType type);

  TensorView view() const { return {data.get(), type}; }
  mlir::RankedTensorType getType() const { return type; }
  int64_t getNumBytes() const { return bytes; }
  template <class T>
  T *as() const {
    return static_cast<T *>(data.get());
  }

private:
  struct Free {
    void operator()(void *p) const;
  };
  mlir::RankedTensorType type;
  int64_t bytes = 0;
  std::unique_ptr<void, Free> data;
};

/// Whether `evalOp` computes the op: it is of the xgen dialect, its shapes are
/// static and its element types are known.
bool hasEval(mlir::Operation *op);

/// Bytes of scratch that the op's kernel wants, at the largest extents.
int64_t evalScratchBytes(mlir::Operation *op);

/// Computes one op. `ins` are its operands in order, `outs` its results; types
/// are taken from the views. Encoded operands are unpacked first.
llvm::Error evalOp(mlir::Operation *op, llvm::ArrayRef<TensorView> ins,
                   llvm::MutableArrayRef<TensorView> outs);

/// Sees every value of a function once it is computed; the operands of the op
/// that computed it are still alive then.
using EvalObserver = llvm::function_ref<void(mlir::Value, TensorView)>;

/// Runs the single block of a func.func or kernel.func, kernel.launch included
/// (values inside a launched kernel are observed too). Memory of a value is
/// released after its last use.
llvm::Expected<std::vector<HostTensor>>
evalFunction(mlir::FunctionOpInterface func, llvm::ArrayRef<TensorView> inputs,
             EvalObserver observer = nullptr);

} // namespace xgen

#endif // XGEN_CODEGEN_REFERENCE_REFERENCE_H
