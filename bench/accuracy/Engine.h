//===- Engine.h - Something that runs a network -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// An evaluation does not care who computes: a compiled shared library, a static
// program (for another machine, under its emulator), ONNX Runtime, or two of
// them side by side, compared.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_BENCH_ACCURACY_ENGINE_H
#define XGEN_BENCH_ACCURACY_ENGINE_H

#include "tools/io/Tensor.h"
#include <memory>

namespace xgen::bench {

struct Port {
  std::string name;
  int32_t dtype = 0;
  /// -1: not known before a run (ONNX Runtime only).
  std::vector<int64_t> dims;
};

class Engine {
public:
  virtual ~Engine() = default;

  const std::vector<Port> &inputs() const { return ins; }
  const std::vector<Port> &outputs() const { return outs; }

  /// One inference; a tensor for each input, in order and of its type.
  virtual llvm::Expected<std::vector<io::Tensor>>
  run(llvm::ArrayRef<io::Tensor> tensors) = 0;

protected:
  std::vector<Port> ins, outs;
};

/// By what the file is: a shared library (its table is xgen_<name>_model), a
/// static program of xgenc, or an .onnx for ONNX Runtime.
llvm::Expected<std::unique_ptr<Engine>> openEngine(llvm::StringRef path,
                                                   llvm::StringRef name);

/// How far the compared outputs were apart.
struct Agreement {
  struct Output {
    std::string name;
    /// Over all runs.
    double maxDifference = 0, maxReference = 0;
    /// Largest max|a-b| / max|b| of a single run, where |b| may be tiny.
    double worstRun = 0;
    /// Integer outputs: elements that differed.
    int64_t different = 0;
    bool integer = false;

    /// max|a-b| / max|b|
    double relative() const {
      return maxReference > 0 ? maxDifference / maxReference : maxDifference;
    }
  };
  std::vector<Output> outputs;
  int64_t runs = 0;
  /// The first disagreement in shape, type or finiteness.
  std::string broken;
};

/// Runs both; returns what `reference` computed, so that states fed back stay
/// the same for both.
class ComparingEngine : public Engine {
public:
  ComparingEngine(std::unique_ptr<Engine> engine,
                  std::unique_ptr<Engine> reference);
  llvm::Expected<std::vector<io::Tensor>>
  run(llvm::ArrayRef<io::Tensor> tensors) override;

  Agreement agreement;

private:
  std::unique_ptr<Engine> engine, reference;
  /// Places of the engine's ports in the reference, by name.
  std::vector<size_t> inputPlace, outputPlace;
};

llvm::Expected<std::unique_ptr<Engine>> openCompiled(llvm::StringRef path,
                                                     llvm::StringRef name);
llvm::Expected<std::unique_ptr<Engine>> openProgram(llvm::StringRef path);
/// An error that says why where ONNX Runtime was not found at build time.
llvm::Expected<std::unique_ptr<Engine>> openOnnxRuntime(llvm::StringRef path);

} // namespace xgen::bench

#endif // XGEN_BENCH_ACCURACY_ENGINE_H
