//===- OnnxRuntime.cpp - ONNX Runtime as an engine ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Through its C interface, loaded at run time. XGEN_ORT_LIBRARY is where CMake
// found it; the environment's XGEN_ORT_LIBRARY comes first. XGEN_ORT_PLAIN turns
// its graph optimizations off, to see how far it is from itself.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Engine.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

#ifndef XGEN_ORT_LIBRARY

Expected<std::unique_ptr<Engine>> bench::openOnnxRuntime(StringRef path) {
  return createStringError(path + ": this program was built without ONNX Runtime "
                                  "(cmake -DXGEN_ORT_INCLUDE=... "
                                  "-DXGEN_ORT_LIBRARY=...)");
}

#else

#include <cstring>
#include <dlfcn.h>
#include <onnxruntime_c_api.h>

namespace {

class OrtEngine : public Engine {
public:
  ~OrtEngine() override {
    if (session)
      api->ReleaseSession(session);
    if (options)
      api->ReleaseSessionOptions(options);
    if (memory)
      api->ReleaseMemoryInfo(memory);
    if (env)
      api->ReleaseEnv(env);
  }

  Error open(StringRef path) {
    const char *library = std::getenv("XGEN_ORT_LIBRARY");
    void *handle = dlopen(library ? library : XGEN_ORT_LIBRARY, RTLD_NOW);
    if (!handle)
      return createStringError(StringRef(dlerror()));
    auto base = reinterpret_cast<const OrtApiBase *(*)()>(
        dlsym(handle, "OrtGetApiBase"));
    api = base ? base()->GetApi(16) : nullptr;
    if (!api)
      return createStringError("not a usable ONNX Runtime");
    if (Error error = check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "xgen", &env)))
      return error;
    if (Error error = check(api->CreateSessionOptions(&options)))
      return error;
    if (Error error = check(api->SetIntraOpNumThreads(options, 1)))
      return error;
    if (Error error = check(
            api->SetSessionGraphOptimizationLevel(
                options, std::getenv("XGEN_ORT_PLAIN") ? ORT_DISABLE_ALL
                                                       : ORT_ENABLE_ALL)))
      return error;
    if (Error error = check(
            api->CreateSession(env, path.str().c_str(), options, &session)))
      return error;
    if (Error error = check(api->GetAllocatorWithDefaultOptions(&allocator)))
      return error;
    if (Error error = check(api->CreateCpuMemoryInfo(
            OrtArenaAllocator, OrtMemTypeDefault, &memory)))
      return error;
    size_t count = 0;
    if (Error error = check(api->SessionGetInputCount(session, &count)))
      return error;
    for (size_t i = 0; i < count; ++i)
      if (Error error = addPort(i, true))
        return error;
    if (Error error = check(api->SessionGetOutputCount(session, &count)))
      return error;
    for (size_t i = 0; i < count; ++i)
      if (Error error = addPort(i, false))
        return error;
    return Error::success();
  }

  Expected<std::vector<io::Tensor>> run(ArrayRef<io::Tensor> tensors) override {
    if (tensors.size() != ins.size())
      return createStringError("a wrong number of inputs");
    std::vector<OrtValue *> in, out(outs.size());
    std::vector<const char *> inNames, outNames;
    auto release = [&] {
      for (OrtValue *value : in)
        if (value)
          api->ReleaseValue(value);
      for (OrtValue *value : out)
        if (value)
          api->ReleaseValue(value);
    };
    for (size_t i = 0; i < tensors.size(); ++i) {
      OrtValue *value = nullptr;
      if (Error error = check(api->CreateTensorWithDataAsOrtValue(
              memory, const_cast<uint8_t *>(tensors[i].data.data()),
              tensors[i].data.size(), tensors[i].dims.data(),
              tensors[i].dims.size(),
              ONNXTensorElementDataType(tensors[i].dtype), &value))) {
        release();
        return std::move(error);
      }
      in.push_back(value);
      inNames.push_back(ins[i].name.c_str());
    }
    for (const Port &port : outs)
      outNames.push_back(port.name.c_str());
    Error error = check(api->Run(session, nullptr, inNames.data(), in.data(),
                                 in.size(), outNames.data(), outNames.size(),
                                 out.data()));
    std::vector<io::Tensor> results;
    for (size_t i = 0; i < out.size() && !error; ++i)
      error = take(out[i], results);
    release();
    if (error)
      return std::move(error);
    return results;
  }

private:
  Error check(OrtStatus *status) {
    if (!status)
      return Error::success();
    Error error = createStringError(Twine("ONNX Runtime: ") +
                                    api->GetErrorMessage(status));
    api->ReleaseStatus(status);
    return error;
  }

  Error addPort(size_t i, bool input) {
    char *name = nullptr;
    OrtTypeInfo *info = nullptr;
    if (Error error = check(
            input ? api->SessionGetInputName(session, i, allocator, &name)
                  : api->SessionGetOutputName(session, i, allocator, &name)))
      return error;
    if (Error error =
            check(input ? api->SessionGetInputTypeInfo(session, i, &info)
                        : api->SessionGetOutputTypeInfo(session, i, &info)))
      return error;
    const OrtTensorTypeAndShapeInfo *shape = nullptr;
    if (Error error = check(api->CastTypeInfoToTensorInfo(info, &shape)))
      return error;
    Port port;
    port.name = name;
    if (shape) {
      ONNXTensorElementDataType type;
      size_t rank = 0;
      if (Error error = check(api->GetTensorElementType(shape, &type)))
        return error;
      if (Error error = check(api->GetDimensionsCount(shape, &rank)))
        return error;
      port.dtype = int32_t(type);
      port.dims.resize(rank);
      if (Error error = check(api->GetDimensions(shape, port.dims.data(), rank)))
        return error;
    }
    api->ReleaseTypeInfo(info);
    (input ? ins : outs).push_back(std::move(port));
    return Error::success();
  }

  Error take(OrtValue *value, std::vector<io::Tensor> &results) {
    OrtTensorTypeAndShapeInfo *shape = nullptr;
    if (Error error = check(api->GetTensorTypeAndShape(value, &shape)))
      return error;
    ONNXTensorElementDataType type;
    size_t rank = 0;
    io::Tensor tensor;
    if (Error error = check(api->GetTensorElementType(shape, &type)))
      return error;
    if (Error error = check(api->GetDimensionsCount(shape, &rank)))
      return error;
    tensor.dtype = int32_t(type);
    tensor.dims.resize(rank);
    if (Error error = check(api->GetDimensions(shape, tensor.dims.data(), rank)))
      return error;
    api->ReleaseTensorTypeAndShapeInfo(shape);
    void *data = nullptr;
    if (Error error = check(api->GetTensorMutableData(value, &data)))
      return error;
    tensor.data.resize(
        size_t(tensor.elements() * io::dtypeBytes(tensor.dtype)));
    std::memcpy(tensor.data.data(), data, tensor.data.size());
    results.push_back(std::move(tensor));
    return Error::success();
  }

  const OrtApi *api = nullptr;
  OrtEnv *env = nullptr;
  OrtSessionOptions *options = nullptr;
  OrtSession *session = nullptr;
  OrtAllocator *allocator = nullptr;
  OrtMemoryInfo *memory = nullptr;
};

} // namespace

Expected<std::unique_ptr<Engine>> bench::openOnnxRuntime(StringRef path) {
  auto engine = std::make_unique<OrtEngine>();
  if (Error error = engine->open(path))
    return std::move(error);
  return engine;
}

#endif
