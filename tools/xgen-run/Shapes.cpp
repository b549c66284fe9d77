//===- Shapes.cpp - Free dimensions from the inputs' files ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The model is imported once more for this, which takes milliseconds, and only
// when an array was given.
//
//===----------------------------------------------------------------------===//

#include "Shapes.h"
#include "tools/io/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace xgen;

/// Shape of the array `name` in `path`; false for other files.
bool xgen::run::shapeOfFile(StringRef path, StringRef name,
                            std::vector<int64_t> &dims) {
  std::string suffix = sys::path::extension(path).lower();
  if (suffix == ".npz") {
    auto arrays = io::readNpz(path);
    if (!arrays) {
      consumeError(arrays.takeError());
      return false;
    }
    for (auto &[arrayName, tensor] : *arrays)
      if (arrayName == name || arrays->size() == 1) {
        dims = tensor.dims;
        return true;
      }
    return false;
  }
  if (suffix != ".npy" && suffix != ".pb")
    return false;
  Expected<io::Tensor> tensor =
      suffix == ".npy" ? io::readNpy(path) : io::readTensorProto(path);
  if (!tensor) {
    consumeError(tensor.takeError());
    return false;
  }
  dims = tensor->dims;
  return true;
}

void xgen::run::shapesFromFiles(ArrayRef<std::string> inputs,
                                CompileOptions &options) {
  if (inputs.empty() || !StringRef(options.input).ends_with(".onnx") ||
      !sys::fs::exists(options.input) || !options.dims.empty())
    return;
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  mlir::ScopedDiagnosticHandler quiet(
      context.get(), [](mlir::Diagnostic &) { return mlir::success(); });
  CompileOptions import = options;
  import.progress = ProgressMode::None;
  int exitCode;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      lowerTo(Stage::Onnx, import, *context, exitCode);
  auto main = module ? module->lookupSymbol<mlir::func::FuncOp>("main")
                     : mlir::func::FuncOp();
  if (!main)
    return;
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    auto type = dyn_cast<mlir::ShapedType>(main.getArgument(i).getType());
    auto name = main.getArgAttrOfType<mlir::StringAttr>(i, "onnx.name");
    if (!type || !name || (type.hasRank() && type.hasStaticShape()) ||
        options.inputShapes.count(name.str()))
      continue;
    for (StringRef value : inputs) {
      StringRef file = value;
      if (!file.consume_front((name.getValue() + "=").str()) &&
          main.getNumArguments() != 1)
        continue;
      std::vector<int64_t> dims;
      if (shapeOfFile(file, name, dims) && !is_contained(dims, 0) &&
          (!type.hasRank() || dims.size() == size_t(type.getRank())))
        options.inputShapes[name.str()] = {dims.begin(), dims.end()};
    }
  }
}
