//===- Engine.cpp - Compiled networks, and two engines compared -----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Shared libraries are loaded and run through the public C interface, static
// programs through raw files (runtime/runner/runner.c).
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Engine.h"
#include "xgen/xgen.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cmath>
#include <cstring>
#include <dlfcn.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

namespace {

/// Memory as the runtime wants it.
class AlignedBuffer {
public:
  explicit AlignedBuffer(uint64_t bytes = 0) { resize(bytes); }
  void resize(uint64_t bytes) {
    memory.assign(size_t(bytes) + XGEN_ARENA_ALIGN, 0);
  }
  uint8_t *data() {
    uintptr_t at = reinterpret_cast<uintptr_t>(memory.data());
    return memory.data() + (XGEN_ARENA_ALIGN - at % XGEN_ARENA_ALIGN);
  }

private:
  std::vector<uint8_t> memory;
};

/// Tensors of a wrong number or size would be read beyond their end.
Error checkInputs(ArrayRef<Port> ports, ArrayRef<io::Tensor> tensors) {
  if (tensors.size() != ports.size())
    return createStringError(formatv("the network has {0} inputs, the task gives {1}",
                                     ports.size(), tensors.size()));
  for (auto [port, tensor] : zip(ports, tensors)) {
    int64_t elements = 1;
    for (int64_t d : port.dims)
      elements *= d;
    if (tensor.dtype != port.dtype ||
        int64_t(tensor.data.size()) != elements * io::dtypeBytes(port.dtype))
      return createStringError(formatv(
          "input '{0}' is {1} {2}, the task gives {3} {4}", port.name,
          io::dtypeName(port.dtype), io::shapeText(port.dims),
          io::dtypeName(tensor.dtype), io::shapeText(tensor.dims)));
  }
  return Error::success();
}

io::Tensor emptyTensor(const Port &port) {
  io::Tensor tensor;
  tensor.dtype = port.dtype;
  tensor.dims = port.dims;
  tensor.data.resize(size_t(tensor.elements() * io::dtypeBytes(port.dtype)));
  return tensor;
}

class CompiledEngine : public Engine {
public:
  CompiledEngine(void *library, const xgen_model *model)
      : library(library), model(model), arena(xgen_arena_bytes(model, 1)),
        state(model->state_bytes) {
    auto ports = [](const xgen_tensor *tensors, uint32_t count) {
      std::vector<Port> result;
      for (const xgen_tensor &t : ArrayRef(tensors, count))
        result.push_back({t.name, t.dtype, {t.dims, t.dims + t.rank}});
      return result;
    };
    ins = ports(model->inputs, model->num_inputs);
    outs = ports(model->outputs, model->num_outputs);
    for (const xgen_tensor &t : ArrayRef(model->inputs, model->num_inputs))
      inputMemory.emplace_back(t.bytes);
    for (const xgen_tensor &t : ArrayRef(model->outputs, model->num_outputs))
      outputMemory.emplace_back(t.bytes);
  }
  ~CompiledEngine() override { dlclose(library); }

  Expected<std::vector<io::Tensor>> run(ArrayRef<io::Tensor> tensors) override {
    if (Error error = checkInputs(ins, tensors))
      return std::move(error);
    std::vector<const void *> inputs;
    std::vector<void *> outputs;
    for (auto [memory, tensor] : zip(inputMemory, tensors)) {
      std::memcpy(memory.data(), tensor.data.data(), tensor.data.size());
      inputs.push_back(memory.data());
    }
    for (AlignedBuffer &memory : outputMemory)
      outputs.push_back(memory.data());
    xgen_options options = xgen_default_options();
    options.state = state.data();
    int32_t status =
        xgen_run(model, arena.data(), inputs.data(), outputs.data(), &options);
    if (status)
      return createStringError(StringRef(xgen_strerror(status)));
    std::vector<io::Tensor> results;
    for (auto [memory, port] : zip(outputMemory, outs)) {
      results.push_back(emptyTensor(port));
      std::memcpy(results.back().data.data(), memory.data(),
                  results.back().data.size());
    }
    return results;
  }

private:
  void *library;
  const xgen_model *model;
  AlignedBuffer arena, state;
  std::vector<AlignedBuffer> inputMemory, outputMemory;
};

/// A static program; another machine's runs under its emulator.
class ProgramEngine : public Engine {
public:
  ProgramEngine(std::string program, std::string emulator)
      : program(std::move(program)), emulator(std::move(emulator)) {}

  ~ProgramEngine() override {
    if (!folder.empty())
      sys::fs::remove_directories(folder);
  }

  Error describe() {
    SmallString<128> made;
    if (std::error_code code = sys::fs::createUniqueDirectory("xgen-bench", made))
      return createStringError(code, "cannot make a temporary folder");
    folder = std::string(made);
    std::string text = folder + "/describe.json";
    if (Error error = call({"describe"}, text))
      return error;
    auto buffer = MemoryBuffer::getFile(text);
    if (!buffer)
      return createStringError(buffer.getError(), "no description");
    Expected<json::Value> value = json::parse((*buffer)->getBuffer());
    if (!value)
      return value.takeError();
    auto ports = [&](StringRef key, std::vector<Port> &result) {
      const json::Array *list = value->getAsObject()->getArray(key);
      for (const json::Value &item : list ? *list : json::Array()) {
        const json::Object &o = *item.getAsObject();
        Port port{o.getString("name").value_or("").str(),
                  int32_t(o.getInteger("dtype").value_or(0)), {}};
        for (const json::Value &d : *o.getArray("dims"))
          port.dims.push_back(*d.getAsInteger());
        result.push_back(std::move(port));
      }
    };
    ports("inputs", ins);
    ports("outputs", outs);
    return Error::success();
  }

  Expected<std::vector<io::Tensor>> run(ArrayRef<io::Tensor> tensors) override {
    if (Error error = checkInputs(ins, tensors))
      return std::move(error);
    std::vector<std::string> arguments = {"0", "1", "1", "0", folder + "/report"};
    for (auto [i, tensor] : enumerate(tensors)) {
      arguments.push_back(formatv("{0}/in{1}", folder, i));
      if (Error error = io::writeBytes(arguments.back(), tensor.data))
        return std::move(error);
    }
    for (size_t i = 0; i < outs.size(); ++i)
      arguments.push_back(formatv("{0}/out{1}", folder, i));
    if (Error error = call(arguments, ""))
      return std::move(error);
    std::vector<io::Tensor> results;
    for (auto [i, port] : enumerate(outs)) {
      auto bytes = io::readBytes(formatv("{0}/out{1}", folder, i).str());
      if (!bytes)
        return bytes.takeError();
      results.push_back(emptyTensor(port));
      if (bytes->size() != results.back().data.size())
        return createStringError("output '" + port.name + "' has a wrong size");
      results.back().data = std::move(*bytes);
    }
    return results;
  }

private:
  Error call(std::vector<std::string> arguments, StringRef standardOutput) {
    std::string started = program;
    if (!emulator.empty()) {
      auto found = sys::findProgramByName(emulator);
      if (!found)
        return createStringError("'" + emulator + "' is not installed");
      arguments.insert(arguments.begin(), program);
      started = *found;
    }
    arguments.insert(arguments.begin(), started);
    std::vector<StringRef> views(arguments.begin(), arguments.end());
    std::string message;
    int code = sys::ExecuteAndWait(
        started, views, std::nullopt,
        {StringRef(""), standardOutput.empty() ? std::optional<StringRef>()
                                               : std::optional(standardOutput),
         std::nullopt},
        0, 0, &message);
    if (code)
      return createStringError(
          formatv("'{0}' ended with {1} {2}", program, code, message));
    return Error::success();
  }

  std::string program, emulator, folder;
};

} // namespace

Expected<std::unique_ptr<Engine>> bench::openCompiled(StringRef path,
                                                      StringRef name) {
  SmallString<128> absolute(path);
  sys::fs::make_absolute(absolute);
  void *library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return createStringError(StringRef(dlerror()));
  std::string symbol = ("xgen_" + name + "_model").str();
  auto *model = static_cast<const xgen_model *>(dlsym(library, symbol.c_str()));
  int32_t status = model ? xgen_check(model) : int32_t(XGEN_OK);
  if (!model || status) {
    dlclose(library);
    return createStringError(
        path + (model ? ": " + std::string(xgen_strerror(status))
                      : ": has no '" + symbol + "'; compile it with -name=" +
                            name.str()));
  }
  return std::make_unique<CompiledEngine>(library, model);
}

Expected<std::unique_ptr<Engine>> bench::openProgram(StringRef path) {
  auto buffer = MemoryBuffer::getFileSlice(path, 64, 0);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  StringRef head = (*buffer)->getBuffer();
  if (head.size() < 20 || !head.starts_with("\x7f" "ELF"))
    return createStringError(path + ": neither a library nor a program");
  // e_machine
  StringRef emulator;
  switch (support::endian::read16le(head.data() + 18)) {
  case 62: break;
  case 183: emulator = "qemu-aarch64"; break;
  case 40: emulator = "qemu-arm"; break;
  default: return createStringError(path + ": for an unknown machine");
  }
  auto engine = std::make_unique<ProgramEngine>(path.str(), emulator.str());
  if (Error error = engine->describe())
    return std::move(error);
  return engine;
}

Expected<std::unique_ptr<Engine>> bench::openEngine(StringRef path,
                                                    StringRef name) {
  StringRef suffix = sys::path::extension(path);
  if (suffix == ".onnx")
    return openOnnxRuntime(path);
  if (suffix == ".so")
    return openCompiled(path, name);
  return openProgram(path);
}

//===-- Comparing -----------------------------------------------------------===//

static size_t placeOf(ArrayRef<Port> ports, const Port &wanted, size_t otherwise) {
  for (auto [i, port] : enumerate(ports))
    if (port.name == wanted.name)
      return i;
  return otherwise;
}

ComparingEngine::ComparingEngine(std::unique_ptr<Engine> first,
                                 std::unique_ptr<Engine> second)
    : engine(std::move(first)), reference(std::move(second)) {
  ins = engine->inputs();
  outs = engine->outputs();
  for (auto [i, port] : enumerate(reference->inputs()))
    inputPlace.push_back(placeOf(ins, port, i));
  for (auto [i, port] : enumerate(outs)) {
    outputPlace.push_back(placeOf(reference->outputs(), port, i));
    Agreement::Output output;
    output.name = port.name;
    output.integer = !io::isFloat(port.dtype);
    agreement.outputs.push_back(output);
  }
}

Expected<std::vector<io::Tensor>>
ComparingEngine::run(ArrayRef<io::Tensor> tensors) {
  std::vector<io::Tensor> ordered;
  for (size_t place : inputPlace) {
    if (place >= tensors.size())
      return createStringError("the two engines have different inputs");
    ordered.push_back(tensors[place]);
  }
  auto got = engine->run(tensors);
  if (!got)
    return got.takeError();
  auto want = reference->run(ordered);
  if (!want)
    return want.takeError();
  ++agreement.runs;
  std::vector<io::Tensor> results;
  for (size_t i = 0; i < outs.size(); ++i) {
    if (outputPlace[i] >= want->size())
      return createStringError("the two engines have different outputs");
    io::Tensor &b = (*want)[outputPlace[i]];
    const io::Tensor &a = (*got)[i];
    Agreement::Output &output = agreement.outputs[i];
    if (a.dtype != b.dtype || a.dims != b.dims) {
      if (agreement.broken.empty())
        agreement.broken = formatv(
            "output '{0}': {1} {2} against {3} {4}", outs[i].name,
            io::dtypeName(a.dtype), io::shapeText(a.dims),
            io::dtypeName(b.dtype), io::shapeText(b.dims));
    } else {
      double apart = 0, largest = 0;
      for (int64_t k = 0; k < a.elements(); ++k) {
        double x = io::element(a, k), y = io::element(b, k);
        if (output.integer)
          output.different += x != y;
        if (std::isfinite(x) != std::isfinite(y)) {
          if (agreement.broken.empty())
            agreement.broken = formatv("output '{0}' at {1}: {2} against {3}",
                                       outs[i].name, k, x, y);
          continue;
        }
        if (!std::isfinite(x))
          continue;
        apart = std::max(apart, std::fabs(x - y));
        largest = std::max(largest, std::fabs(y));
      }
      output.maxDifference = std::max(output.maxDifference, apart);
      output.maxReference = std::max(output.maxReference, largest);
      output.worstRun =
          std::max(output.worstRun, largest > 0 ? apart / largest : apart);
    }
    results.push_back(std::move(b));
  }
  return results;
}
