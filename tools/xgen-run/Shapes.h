//===- Shapes.h - Free dimensions from the inputs' files --------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A model whose inputs have free dimensions is compiled for the shapes of the
// arrays that it is run on.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_SHAPES_H
#define XGEN_TOOLS_XGENRUN_SHAPES_H

#include "tools/driver/Driver.h"

namespace xgen::run {

/// Shape of the array `name` in a .npy, .npz or .pb; false for other files.
bool shapeOfFile(llvm::StringRef path, llvm::StringRef name,
                 std::vector<int64_t> &dims);

/// Adds to options.inputShapes what -input=NAME=FILE (`inputs`) say of inputs
/// that have free dimensions and no shape yet. Silent about anything wrong:
/// compiling or reading will find it.
void shapesFromFiles(llvm::ArrayRef<std::string> inputs, CompileOptions &options);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_SHAPES_H
