//===- Inspect.h - What an artefact says of itself --------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads the model tables of archives, objects, shared libraries and programs of
// any target out of their bytes: nothing is loaded or run.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_INSPECT_H
#define XGEN_CODEGEN_LLVM_INSPECT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace xgen {

struct InspectedTensor {
  std::string name;
  /// As in headers: "float32", "uint8".
  std::string type;
  std::vector<int64_t> dims;
  uint64_t bytes = 0;
  bool quantized = false, dynamic = false;
  double scale = 1;
  int64_t zeroPoint = 0;
};

/// A free dimension of an input: xgen_dim.
struct InspectedDim {
  std::string name;
  unsigned input = 0, dimension = 0;
  int64_t min = 0, max = 0, step = 1;
};

struct InspectedLayer {
  /// ONNX nodes, joined by ", "; symbol of the kernel; schedule template.
  std::string nodes, kernel, schedule;
  uint64_t macs = 0, bytes = 0;
};

/// Members of xgen_model (runtime/include/xgen/xgen.h).
struct InspectedModel {
  /// "archive", "object", "shared library", "program".
  std::string kind;
  uint32_t abiVersion = 0;
  std::string name, target, compiler;
  uint64_t weightsHash = 0;
  /// Names of the processor features that the code needs.
  std::vector<std::string> features;
  std::vector<InspectedTensor> inputs, outputs, states;
  std::vector<InspectedLayer> layers;
  std::vector<InspectedDim> dims;
  uint64_t arenaBytes = 0, scratchBytes = 0, stateBytes = 0, weightsBytes = 0,
           codeBytes = 0;
  bool embedsWeights = false;
};

/// Whether the file begins like something that inspectArtefact reads.
bool isArtefact(llvm::StringRef path);

/// All models in the file at `path`, in the order of their names.
llvm::Expected<std::vector<InspectedModel>>
inspectArtefact(llvm::StringRef path);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_INSPECT_H
