//===- Task.h - What a network is judged by ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A task feeds labelled data to an engine and returns its figures. To add one,
// write its function in the file of its family and name it in Main.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_BENCH_ACCURACY_TASK_H
#define XGEN_BENCH_ACCURACY_TASK_H

#include "bench/accuracy/Engine.h"
#include "tools/io/Media.h"
#include "llvm/Support/JSON.h"

namespace xgen::bench {

struct Context {
  Engine &engine;
  /// Folder with a folder of each data set.
  std::string data;
  /// Folder of the model's own files (labels and the like).
  std::string model;
  /// Samples at most.
  int64_t limit = INT64_MAX;
};

using Figures = llvm::Expected<llvm::json::Object>;

// Classification.cpp
Figures imagenetSqueezenet(const Context &context);
Figures imagenetMobilenet(const Context &context);
Figures cifarRaw(const Context &context);
Figures cifarScaled(const Context &context);
Figures visualWakeWords(const Context &context);
Figures mnistRaw(const Context &context);
Figures mnistScaled(const Context &context);
// Detection.cpp
Figures ultrafaceRfb(const Context &context);
Figures ultrafaceSlim(const Context &context);
Figures yunet(const Context &context);
Figures yolox(const Context &context);
Figures fastestdet(const Context &context);
// Pictures.cpp
Figures deeplab(const Context &context);
Figures superResolution(const Context &context);
Figures textDetection(const Context &context);
Figures textDirection(const Context &context);
// Audio.cpp
Figures speechEnhancement(const Context &context);
Figures voiceActivity(const Context &context);
Figures notePitch(const Context &context);
// Sequences.cpp
Figures fileTypes(const Context &context);
Figures stories(const Context &context);
Figures randomInputs(const Context &context);

//===-- Help for tasks -----------------------------------------------------===//

/// `dims` with unknown ones from `otherwise` (1 beyond its end).
std::vector<int64_t> knownShape(llvm::ArrayRef<int64_t> dims,
                                llvm::ArrayRef<int64_t> otherwise = {});
/// `values` in the port's type.
io::Tensor makeTensor(const Port &port, llvm::ArrayRef<float> values,
                      llvm::ArrayRef<int64_t> dims);
std::vector<float> floats(const io::Tensor &tensor);
/// The only input from `values`, the outputs as floats.
llvm::Expected<std::vector<std::vector<float>>>
infer(Engine &engine, llvm::ArrayRef<float> values);
/// The same for a picture.
llvm::Expected<std::vector<std::vector<float>>>
infer(Engine &engine, const io::Image &image, const io::ImageOptions &options,
      llvm::ArrayRef<int64_t> otherwise = {});
int64_t argmax(llvm::ArrayRef<float> values);
llvm::Expected<io::Image> readImage(llvm::StringRef path);
/// Files of a folder with that suffix, sorted.
std::vector<std::string> listFiles(llvm::StringRef folder, llvm::StringRef suffix);
llvm::Expected<std::string> readText(llvm::StringRef path);

} // namespace xgen::bench

#endif // XGEN_BENCH_ACCURACY_TASK_H
