//===- Profile.h - Times by layer -------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Where a model's time goes, by the names of its ONNX nodes.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_PROFILE_H
#define XGEN_TOOLS_XGENRUN_PROFILE_H

#include "tools/runner/Model.h"

namespace xgen::run {

/// Writes the profile to `path`, .json or .html (one page that needs nothing
/// else).
llvm::Error writeProfile(llvm::StringRef path, const ModelInfo &info,
                         const RunResult &result);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_PROFILE_H
