//===- Program.cpp - A model in a process of its own ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The static program of runtime/runner: `describe` gives the model's table,
// tensors are raw files, times come back as JSON.
//
//===----------------------------------------------------------------------===//

#include "Load.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include <chrono>
#include <optional>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

namespace {

class ProgramModel : public Model {
public:
  ProgramModel(const TempFolder &folder) : folder(folder) {}
  Error open(StringRef path, const Target &target);
  Expected<RunResult> run(ArrayRef<io::Tensor> inputs,
                          const RunPlan &plan) override;

private:
  /// Runs the program; what it wrote to standard output.
  Expected<std::string> execute(ArrayRef<std::string> arguments);
  Expected<RunResult> runTimes(const RunPlan &plan, unsigned runs,
                               ArrayRef<std::string> files);
  const TempFolder &folder;
  std::string program, emulator;
};

} // namespace

Expected<std::string> ProgramModel::execute(ArrayRef<std::string> arguments) {
  std::vector<StringRef> argv;
  if (!emulator.empty())
    argv.push_back(emulator);
  argv.push_back(program);
  for (const std::string &argument : arguments)
    argv.push_back(argument);
  std::string out = folder.file("stdout"), err = folder.file("stderr");
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(out),
                                          StringRef(err)};
  std::string message;
  int status = sys::ExecuteAndWait(argv[0], argv, std::nullopt, redirects, 0, 0,
                                   &message);
  auto text = [](StringRef path) {
    auto buffer = MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  };
  if (status == 0)
    return text(out);
  std::string said = StringRef(text(err)).trim().str();
  StringRef line = StringRef(said).split('\n').first;
  line.consume_front("runner: ");
  if (status < 0)
    return createStringError(formatv("{0}: crashed{1}{2}", argv[0],
                                     message.empty() ? "" : ": ", message));
  if (line.empty())
    return createStringError(formatv("{0}: exit status {1}", argv[0], status));
  return createStringError(line);
}

static std::vector<TensorInfo> readTensors(const json::Array *list) {
  std::vector<TensorInfo> tensors;
  if (!list)
    return tensors;
  for (const json::Value &value : *list) {
    const json::Object *o = value.getAsObject();
    if (!o)
      continue;
    TensorInfo t;
    t.name = o->getString("name").value_or("").str();
    t.dtype = int32_t(o->getInteger("dtype").value_or(0));
    t.bytes = o->getInteger("bytes").value_or(0);
    t.dynamic = o->getInteger("dynamic").value_or(0) != 0;
    if (const json::Array *dims = o->getArray("dims"))
      for (const json::Value &d : *dims)
        t.dims.push_back(d.getAsInteger().value_or(0));
    tensors.push_back(std::move(t));
  }
  return tensors;
}

Error ProgramModel::open(StringRef path, const Target &target) {
  SmallString<128> absolute(path);
  sys::fs::make_absolute(absolute);
  program = absolute.str().str();
  if (!target.emulator().empty()) {
    auto found = sys::findProgramByName(target.emulator());
    if (!found)
      return createStringError(formatv(
          "running code for {0} needs {1}, which is not installed (Debian: "
          "qemu-user)",
          target.name, target.emulator()));
    emulator = *found;
    modelInfo.emulator = target.emulator();
  }
  auto start = std::chrono::steady_clock::now();
  Expected<std::string> text = execute({"describe"});
  if (!text)
    return text.takeError();
  createMilliseconds = std::chrono::duration<double, std::milli>(
                           std::chrono::steady_clock::now() - start)
                           .count();
  Expected<json::Value> value = json::parse(*text);
  const json::Object *o = value ? value->getAsObject() : nullptr;
  if (!o) {
    consumeError(value.takeError());
    return createStringError(path + ": is not a program of xgenc -emit=exe");
  }
  modelInfo.name = o->getString("name").value_or("").str();
  modelInfo.target = o->getString("target").value_or("").str();
  modelInfo.compiler = o->getString("compiler").value_or("").str();
  modelInfo.inputs = readTensors(o->getArray("inputs"));
  modelInfo.outputs = readTensors(o->getArray("outputs"));
  if (const json::Array *layers = o->getArray("layers"))
    for (const json::Value &layerValue : *layers) {
      const json::Object *l = layerValue.getAsObject();
      if (!l)
        continue;
      modelInfo.layers.push_back({l->getString("name").value_or("").str(),
                                  l->getString("kernel").value_or("").str(),
                                  l->getString("schedule").value_or("").str(),
                                  l->getInteger("macs").value_or(0),
                                  l->getInteger("bytes").value_or(0)});
    }
  if (const json::Array *dims = o->getArray("free_dimensions"))
    for (const json::Value &value : *dims)
      if (const json::Object *d = value.getAsObject())
        modelInfo.freeDims.push_back(
            {d->getString("name").value_or("").str(),
             size_t(d->getInteger("input").value_or(0)),
             size_t(d->getInteger("dimension").value_or(0)),
             d->getInteger("min").value_or(0), d->getInteger("max").value_or(0),
             d->getInteger("step").value_or(1)});
  modelInfo.arenaBytes = o->getInteger("arena_bytes").value_or(0);
  modelInfo.scratchBytes = o->getInteger("scratch_bytes").value_or(0);
  modelInfo.stateBytes = o->getInteger("state_bytes").value_or(0);
  modelInfo.weightsBytes = o->getInteger("weights_bytes").value_or(0);
  modelInfo.codeBytes = o->getInteger("code_bytes").value_or(0);
  return Error::success();
}

Expected<RunResult> ProgramModel::runTimes(const RunPlan &plan, unsigned runs,
                                           ArrayRef<std::string> files) {
  std::string report = folder.file("report.json");
  std::vector<std::string> arguments = {
      std::to_string(plan.warmup), std::to_string(runs),
      std::to_string(plan.threads), plan.profile ? "1" : "0", report};
  arguments.insert(arguments.end(), files.begin(), files.end());
  Expected<std::string> text = execute(arguments);
  if (!text)
    return createStringError(modelInfo.name + ": " + toString(text.takeError()));
  Expected<std::vector<uint8_t>> bytes = io::readBytes(report);
  if (!bytes)
    return bytes.takeError();
  Expected<json::Value> value = json::parse(
      StringRef(reinterpret_cast<const char *>(bytes->data()), bytes->size()));
  if (!value)
    return value.takeError();
  RunResult result;
  const json::Object *o = value->getAsObject();
  if (const json::Array *times = o ? o->getArray("run_ns") : nullptr)
    for (const json::Value &t : *times)
      result.milliseconds.push_back(t.getAsNumber().value_or(0) / 1e6);
  if (const json::Array *all = o ? o->getArray("output_dims") : nullptr)
    for (const json::Value &list : *all) {
      result.outputDims.emplace_back();
      if (const json::Array *dims = list.getAsArray())
        for (const json::Value &d : *dims)
          result.outputDims.back().push_back(d.getAsInteger().value_or(0));
    }
  if (const json::Array *times = o ? o->getArray("layer_ns") : nullptr)
    for (const json::Value &t : *times)
      result.layerMs.push_back(t.getAsNumber().value_or(0) / 1e6 /
                               double(std::max(runs, 1u)));
  return result;
}

Expected<RunResult> ProgramModel::run(ArrayRef<io::Tensor> inputs,
                                      const RunPlan &plan) {
  std::vector<std::string> files;
  for (auto [i, t] : enumerate(inputs)) {
    files.push_back(folder.file(("input" + Twine(i)).str()));
    if (Error error = io::writeBytes(files.back(), t.data))
      return error;
    if (modelInfo.inputs[i].dynamic)
      files.back() = io::shapeText(t.dims) + ":" + files.back();
  }
  for (size_t i = 0; i < modelInfo.outputs.size(); ++i)
    files.push_back(folder.file(("output" + Twine(i)).str()));
  unsigned runs = plan.runs;
  if (!runs) {
    // One run tells how many make a second.
    RunPlan once;
    once.threads = plan.threads;
    Expected<RunResult> first = runTimes(once, 1, files);
    if (!first)
      return first.takeError();
    double ms = first->milliseconds.empty() ? 0 : first->milliseconds[0];
    runs = unsigned(std::clamp(1000 / std::max(ms, 1.0), 10.0, 1000.0));
  }
  Expected<RunResult> result = runTimes(plan, runs, files);
  if (!result)
    return result.takeError();
  for (auto [i, info] : enumerate(modelInfo.outputs)) {
    io::Tensor t;
    t.dtype = info.dtype;
    t.dims = i < result->outputDims.size() ? result->outputDims[i] : info.dims;
    Expected<std::vector<uint8_t>> bytes =
        io::readBytes(files[inputs.size() + i]);
    if (!bytes)
      return bytes.takeError();
    t.data = std::move(*bytes);
    result->outputs.push_back(std::move(t));
  }
  return result;
}

Expected<std::unique_ptr<Model>>
xgen::run::openProgram(StringRef path, const Target &target,
                       const TempFolder &folder) {
  auto model = std::make_unique<ProgramModel>(folder);
  if (Error error = model->open(path, target))
    return error;
  return model;
}
