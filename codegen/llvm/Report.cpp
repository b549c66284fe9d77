//===- Report.cpp - What an artefact is made of ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The report as JSON.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Report.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace xgen;

/// ONNX names may be any bytes; JSON is UTF-8.
static std::string utf8(StringRef text) {
  return json::isUTF8(text) ? text.str() : json::fixUTF8(text);
}

json::Value ArtefactReport::toJson() const {
  json::Array rows;
  for (const LayerReport &layer : layers) {
    json::Object row{
        {"nodes", utf8(layer.nodes)},    {"kernel", layer.kernel},
        {"symbol", layer.symbol},        {"schedule", layer.schedule},
        {"eval", layer.eval()},          {"macs", layer.macs},
        {"bytes", layer.bytes},          {"scratch_bytes", layer.scratchBytes},
        {"code_bytes", layer.codeBytes}, {"parallel", layer.parallel}};
    if (!layer.parameters.empty())
      row["parameters"] = layer.parameters;
    if (!layer.reason.empty())
      row["reason"] = utf8(layer.reason);
    rows.push_back(std::move(row));
  }
  return json::Object{
      {"name", name},
      {"target", target},
      {"macs", macs},
      {"eval_macs", evalMacs},
      {"eval_share", macs ? double(evalMacs) / double(macs) : 0.0},
      {"arena_bytes", arenaBytes},
      {"scratch_bytes", scratchBytes},
      {"peak_live_bytes", peakLiveBytes},
      {"weights_bytes", weightsBytes},
      {"weights_hash", utohexstr(weightsHash, /*LowerCase=*/true)},
      {"code_bytes", codeBytes},
      {"kernels", kernels},
      {"cached_kernels", cachedKernels},
      {"kernel_seconds", kernelSeconds},
      {"link_seconds", linkSeconds},
      {"layers", std::move(rows)}};
}
