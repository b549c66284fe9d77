//===- Model.h - A compiled model that can be run ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What xgen-run and the tuner run. A shared library runs in this process; xgen-run
// also knows static programs, emulated if they are for another processor.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_RUNNER_MODEL_H
#define XGEN_TOOLS_RUNNER_MODEL_H

#include "tools/io/Tensor.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace xgen::run {

struct TensorInfo {
  std::string name;
  int32_t dtype = 0;
  /// The largest ones where `dynamic`.
  std::vector<int64_t> dims;
  int64_t bytes = 0;
  bool dynamic = false;
};

/// A free dimension of an input; those of one name are equal.
struct DimInfo {
  std::string name;
  size_t input = 0, dimension = 0;
  int64_t min = 0, max = 0, step = 1;
};

struct LayerInfo {
  /// ONNX nodes, joined by ", ".
  std::string name, kernel, schedule;
  int64_t macs = 0, bytes = 0;
};

struct ModelInfo {
  std::string name, target, compiler;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<LayerInfo> layers;
  std::vector<DimInfo> freeDims;
  int64_t arenaBytes = 0, scratchBytes = 0, stateBytes = 0, weightsBytes = 0,
          codeBytes = 0;
  /// Emulator it runs under, empty for none.
  std::string emulator;
};

struct RunPlan {
  unsigned warmup = 0;
  /// 0: as many as take about a second, 10 at least.
  unsigned runs = 1;
  unsigned threads = 1;
  bool profile = false;
};

struct RunResult {
  std::vector<io::Tensor> outputs;
  std::vector<std::vector<int64_t>> outputDims;
  std::vector<double> milliseconds; // one a run
  std::vector<double> layerMs;      // median of the runs (foreign programs: mean)
};

class Model {
public:
  virtual ~Model();
  const ModelInfo &info() const { return modelInfo; }
  double createMs() const { return createMilliseconds; }
  /// `inputs` are as info() says.
  virtual llvm::Expected<RunResult> run(llvm::ArrayRef<io::Tensor> inputs,
                                        const RunPlan &plan) = 0;

protected:
  ModelInfo modelInfo;
  double createMilliseconds = 0;
};

/// A shared library whose model's table is the symbol `table`.
llvm::Expected<std::unique_ptr<Model>> openLibrary(llvm::StringRef path,
                                                   llvm::StringRef table);

} // namespace xgen::run

#endif // XGEN_TOOLS_RUNNER_MODEL_H
