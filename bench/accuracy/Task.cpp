//===- Task.cpp - What tasks share ----------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Tensors from numbers and pictures, and files in a fixed order.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "xgen/xgen.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cstring>

using namespace llvm;
using namespace xgen;

std::vector<int64_t> bench::knownShape(ArrayRef<int64_t> dims,
                                       ArrayRef<int64_t> otherwise) {
  std::vector<int64_t> result(dims.begin(), dims.end());
  for (size_t i = 0; i < result.size(); ++i)
    if (result[i] < 1)
      result[i] = i < otherwise.size() ? otherwise[i] : 1;
  return result;
}

io::Tensor bench::makeTensor(const Port &port, ArrayRef<float> values,
                             ArrayRef<int64_t> dims) {
  io::Tensor tensor;
  tensor.dtype = XGEN_F32;
  tensor.dims.assign(dims.begin(), dims.end());
  tensor.data.resize(values.size() * sizeof(float));
  std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return port.dtype == XGEN_F32 ? tensor : io::convert(tensor, port.dtype);
}

std::vector<float> bench::floats(const io::Tensor &tensor) {
  std::vector<float> result(size_t(tensor.elements()));
  if (tensor.dtype == XGEN_F32) {
    std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
    return result;
  }
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = float(io::element(tensor, int64_t(i)));
  return result;
}

static Expected<std::vector<std::vector<float>>>
inferTensor(bench::Engine &engine, const io::Tensor &tensor) {
  auto outputs = engine.run(tensor);
  if (!outputs)
    return outputs.takeError();
  std::vector<std::vector<float>> results;
  for (const io::Tensor &output : *outputs)
    results.push_back(bench::floats(output));
  return results;
}

Expected<std::vector<std::vector<float>>> bench::infer(Engine &engine,
                                                       ArrayRef<float> values) {
  const Port &port = engine.inputs()[0];
  return inferTensor(engine, makeTensor(port, values, knownShape(port.dims)));
}

Expected<std::vector<std::vector<float>>>
bench::infer(Engine &engine, const io::Image &image,
             const io::ImageOptions &options, ArrayRef<int64_t> otherwise) {
  const Port &port = engine.inputs()[0];
  auto tensor = io::imageTensor(image, port.dtype,
                                knownShape(port.dims, otherwise), options);
  if (!tensor)
    return tensor.takeError();
  return inferTensor(engine, *tensor);
}

int64_t bench::argmax(ArrayRef<float> values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

Expected<io::Image> bench::readImage(StringRef path) {
  return sys::path::extension(path) == ".png" ? io::readPng(path)
                                              : io::readJpeg(path);
}

std::vector<std::string> bench::listFiles(StringRef folder, StringRef suffix) {
  std::vector<std::string> result;
  std::error_code code;
  for (sys::fs::directory_iterator at(folder, code), end; at != end && !code;
       at.increment(code))
    if (StringRef(at->path()).ends_with(suffix))
      result.push_back(at->path());
  std::sort(result.begin(), result.end());
  return result;
}

Expected<std::string> bench::readText(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}
