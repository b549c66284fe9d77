//===- Library.cpp - A model in this process ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A shared library through dlopen and this tool's own copy of the runtime.
//
//===----------------------------------------------------------------------===//

#include "tools/runner/Model.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "xgen/pool.h"
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

using Clock = std::chrono::steady_clock;

static double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Model::~Model() = default;

namespace {

struct FreeDeleter {
  void operator()(void *p) const { std::free(p); }
};
using Memory = std::unique_ptr<void, FreeDeleter>;

/// 64-byte aligned; never null for 0 bytes.
Memory allocate(uint64_t bytes) {
  return Memory(std::aligned_alloc(64, (bytes + 127) / 64 * 64));
}

/// Times of every layer in every run: their medians are steadier than means where
/// other programs run, too.
struct LayerClock {
  explicit LayerClock(size_t layers) : current(layers), times(layers) {}
  std::vector<float> current; ///< of this run: a loop runs a layer many times
  std::vector<std::vector<float>> times;
  Clock::time_point started;
  static void tick(void *user, int32_t layer, int32_t start) {
    auto *clock = static_cast<LayerClock *>(user);
    if (start)
      clock->started = Clock::now();
    else if (size_t(layer) < clock->current.size())
      clock->current[size_t(layer)] += since(clock->started);
  }
  void endRun() {
    for (auto [total, list] : zip(current, times))
      list.push_back(std::exchange(total, 0.0f));
  }
  std::vector<double> medians() {
    std::vector<double> result;
    for (std::vector<float> &list : times) {
      auto middle = list.begin() + list.size() / 2;
      std::nth_element(list.begin(), middle, list.end());
      result.push_back(*middle);
    }
    return result;
  }
};

class LibraryModel : public Model {
public:
  ~LibraryModel() override {
    if (handle)
      dlclose(handle);
  }
  Error open(StringRef path, StringRef symbol);
  Expected<RunResult> run(ArrayRef<io::Tensor> inputs,
                          const RunPlan &plan) override;

private:
  void *handle = nullptr;
  const xgen_model *model = nullptr;
};

} // namespace

static std::string text(const char *s) { return s ? s : ""; }

static std::vector<TensorInfo> readTensors(const xgen_tensor *tensors,
                                           uint32_t count) {
  std::vector<TensorInfo> result;
  for (uint32_t i = 0; i < count; ++i) {
    const xgen_tensor &t = tensors[i];
    result.push_back({text(t.name), t.dtype,
                      std::vector<int64_t>(t.dims, t.dims + t.rank),
                      int64_t(t.bytes),
                      (t.flags & XGEN_TENSOR_DYNAMIC) != 0});
  }
  return result;
}

Error LibraryModel::open(StringRef path, StringRef symbol) {
  auto start = Clock::now();
  // A name without a slash would be looked for in the system's folders.
  SmallString<128> absolute(path);
  sys::fs::make_absolute(absolute);
  handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return createStringError(dlerror());
  model = static_cast<const xgen_model *>(dlsym(handle, symbol.str().c_str()));
  if (!model)
    return createStringError(path + ": no symbol " + symbol);
  if (int32_t status = xgen_check(model))
    return createStringError(path + ": " + xgen_strerror(status));
  createMilliseconds = since(start);
  if (model->weights_bytes && !model->weights)
    return createStringError(path + ": its weights are in a side file, which "
                                    "xgen-run does not map");
  modelInfo.name = text(model->name);
  modelInfo.target = text(model->target);
  modelInfo.compiler = text(model->compiler);
  modelInfo.inputs = readTensors(model->inputs, model->num_inputs);
  modelInfo.outputs = readTensors(model->outputs, model->num_outputs);
  for (uint32_t i = 0; i < model->num_layers; ++i) {
    const xgen_layer &l = model->layers[i];
    modelInfo.layers.push_back({text(l.name), text(l.kernel), text(l.schedule),
                                int64_t(l.macs), int64_t(l.bytes)});
  }
  if (model->abi_version >= 0x00010001u)
    for (uint64_t i = 0; i < model->num_dims; ++i) {
      const xgen_dim &d = model->dims[i];
      modelInfo.freeDims.push_back(
          {text(d.name), d.input, d.dimension, d.min, d.max, d.step});
    }
  modelInfo.arenaBytes = int64_t(model->arena_bytes);
  modelInfo.scratchBytes = int64_t(model->scratch_bytes);
  modelInfo.stateBytes = int64_t(model->state_bytes);
  modelInfo.weightsBytes = int64_t(model->weights_bytes);
  modelInfo.codeBytes = int64_t(model->code_bytes);
  return Error::success();
}

Expected<RunResult> LibraryModel::run(ArrayRef<io::Tensor> inputs,
                                      const RunPlan &plan) {
  auto failure = [&](int32_t status) {
    return createStringError(modelInfo.name + ": " + xgen_strerror(status));
  };
  auto start = Clock::now();
  xgen_options options = xgen_default_options();
  xgen_pool *pool = nullptr;
  if (plan.threads > 1) {
    if (int32_t status = xgen_pool_create(&pool, plan.threads))
      return failure(status);
    options.threads = plan.threads;
    options.parallel_for = xgen_pool_parallel_for;
    options.pool = pool;
  }
  scope_exit destroyPool([&] { xgen_pool_destroy(pool); });
  options.arena_bytes = xgen_arena_bytes(model, plan.threads);
  Memory arena = allocate(options.arena_bytes);
  Memory state = allocate(model->state_bytes);
  if (!arena || !state)
    return createStringError(modelInfo.name + ": out of memory");
  createMilliseconds += since(start);
  std::memset(state.get(), 0, size_t(model->state_bytes));
  options.state = state.get();

  // Copies, because a std::vector's memory is aligned to 16 bytes only.
  std::vector<Memory> buffers;
  std::vector<const void *> in;
  std::vector<void *> out;
  // Extents of dynamic tensors.
  std::vector<const int64_t *> inputDims;
  std::vector<std::vector<int64_t>> outputExtents;
  std::vector<int64_t *> outputDims;
  for (const TensorInfo &t : modelInfo.outputs)
    outputExtents.push_back(t.dims);
  for (auto [info, extents] : zip(modelInfo.outputs, outputExtents))
    outputDims.push_back(info.dynamic ? extents.data() : nullptr);
  for (auto [info, t] : zip(modelInfo.inputs, inputs))
    inputDims.push_back(info.dynamic ? t.dims.data() : nullptr);
  options.input_dims = inputDims.data();
  options.output_dims = outputDims.data();
  for (const io::Tensor &t : inputs) {
    buffers.push_back(allocate(t.data.size()));
    if (!buffers.back())
      return createStringError(modelInfo.name + ": out of memory");
    std::memcpy(buffers.back().get(), t.data.data(), t.data.size());
    in.push_back(buffers.back().get());
  }
  for (const TensorInfo &t : modelInfo.outputs) {
    buffers.push_back(allocate(uint64_t(t.bytes)));
    if (!buffers.back())
      return createStringError(modelInfo.name + ": out of memory");
    out.push_back(buffers.back().get());
  }

  for (unsigned i = 0; i < plan.warmup; ++i)
    if (int32_t status =
            xgen_run(model, arena.get(), in.data(), out.data(), &options))
      return failure(status);
  LayerClock clock(modelInfo.layers.size());
  if (plan.profile) {
    options.user = &clock;
    options.profile = LayerClock::tick;
  }
  RunResult result;
  auto begin = Clock::now();
  unsigned least = plan.runs ? plan.runs : 10;
  unsigned most = plan.runs ? plan.runs : 20000;
  for (unsigned i = 0; i < most; ++i) {
    if (i >= least && since(begin) > 1000)
      break;
    auto runStart = Clock::now();
    int32_t status =
        xgen_run(model, arena.get(), in.data(), out.data(), &options);
    result.milliseconds.push_back(since(runStart));
    if (status)
      return failure(status);
    if (plan.profile)
      clock.endRun();
  }
  if (plan.profile)
    result.layerMs = clock.medians();
  for (auto [info, data, extents] : zip(modelInfo.outputs, out, outputExtents)) {
    io::Tensor t;
    t.dtype = info.dtype;
    t.dims = extents;
    auto *bytes = static_cast<const uint8_t *>(data);
    t.data.assign(bytes, bytes + t.elements() * io::dtypeBytes(t.dtype));
    result.outputs.push_back(std::move(t));
  }
  return result;
}

Expected<std::unique_ptr<Model>> xgen::run::openLibrary(StringRef path,
                                                        StringRef table) {
  auto model = std::make_unique<LibraryModel>();
  if (Error error = model->open(path, table))
    return error;
  return model;
}
