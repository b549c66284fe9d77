//===- Case.h - One ONNX backend test case ----------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A folder with model.onnx and test_data_set_*, and the three ways to run it:
// with inputs at run time, with its inputs as constants of the model, and with
// the dimensions of its inputs free. What runs is always a compiled artefact.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_CASE_H
#define XGEN_TOOLS_XGENRUN_CASE_H

#include "Load.h"

namespace xgen::run {

enum class Verdict : char {
  Pass = 'P',
  Fail = 'F',
  /// The compiler has refused it with a diagnostic.
  Unsupported = 'U',
  /// Refused as it stands, and right once some inputs are constants.
  Constants = 'C',
  /// Its operator, attributes or initializers fix every dimension.
  NotFree = 'N'
};
llvm::StringRef verdictWord(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::Fail;
  std::string reason;
};

using NamedTensors = std::vector<std::pair<std::string, io::Tensor>>;

struct DataSet {
  /// Under the names of the model's inputs and outputs.
  NamedTensors inputs, outputs;
};

/// What a look at the bytes of a model tells, whatever it contains.
struct ModelNames {
  std::vector<std::string> inputs, outputs;
  struct Operator {
    std::string domain, type;
    int64_t opset = 0;
  };
  /// Each once, those of subgraphs included.
  std::vector<Operator> operators;
};
ModelNames scanModel(llvm::ArrayRef<uint8_t> bytes);

struct Case {
  std::string folder, name, model;
  std::vector<uint8_t> modelBytes;
  ModelNames names;
  std::vector<DataSet> sets;
  double rtol = 1e-3, atol = 1e-7;

  /// Copy of the model with `values` as initializers, that is constants.
  llvm::Error writeWithConstants(const NamedTensors &values,
                                 llvm::StringRef path) const;
  /// Compares what the model gives on `inputs` with `outputs`.
  Outcome check(Model &model, const NamedTensors &inputs,
                const NamedTensors &outputs) const;
};

/// Reads `folder`; `outcome` says why there is no result.
std::unique_ptr<Case> readCase(llvm::StringRef folder, Outcome &outcome);

/// Compiles and loads; `outcome` says why there is no model.
Loaded compileCase(const CompileOptions &options, const TempFolder &temp,
                   Outcome &outcome);
/// The first error among what the compiler has printed, without the path. A
/// table of unsupported nodes is represented by its first line.
std::string firstError(llvm::StringRef log, llvm::StringRef model);

/// The result on `inputs`, in the order of the model's inputs.
llvm::Expected<RunResult> runOn(Model &model, const NamedTensors &inputs);

Outcome runGiven(const Case &test, CompileOptions options);
Outcome runConstants(const Case &test, CompileOptions options);
Outcome runFree(const Case &test, CompileOptions options);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_CASE_H
