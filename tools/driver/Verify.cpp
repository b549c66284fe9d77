//===- Verify.cpp - Compiled kernels against their reference --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Runs the network by its reference on seeded random inputs. At each launch
// the compiled kernel gets the same operands, so that a difference belongs to
// that kernel and not to one before it: the first row that differs is the
// culprit, without bisecting. It runs twice on fenced buffers, so that reading or
// writing outside shows, too: once behind fences and once before them.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/GuardedCall.h"
#include "codegen/reference/Reference.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Limits.h"
#include "tools/driver/Lowering.h"
#include "tools/driver/Schedules.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/TargetSelect.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace xgen;

namespace {
/// Kernel objects loaded into this process.
class LoadedKernels {
public:
  static llvm::Expected<LoadedKernels> load(const KernelMap &kernels,
                                            const Target &target) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    LoadedKernels loaded;
    auto jit = llvm::orc::LLJITBuilder().create();
    if (!jit)
      return jit.takeError();
    loaded.jit = std::move(*jit);
    auto folder = supportFolder("", target);
    if (!folder)
      return folder.takeError();
    auto &library = loaded.jit->getMainJITDylib();
    for (StringRef archive : {"libxgen_eval.a", "libxgen_rt.a"}) {
      auto generator = llvm::orc::StaticLibraryDefinitionGenerator::Load(
          loaded.jit->getObjLinkingLayer(),
          (*folder + "/" + archive).str().c_str());
      if (!generator)
        return generator.takeError();
      library.addGenerator(std::move(*generator));
    }
    auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
        loaded.jit->getDataLayout().getGlobalPrefix());
    if (!process)
      return process.takeError();
    library.addGenerator(std::move(*process));
    llvm::StringSet<> seen;
    for (auto &entry : kernels)
      if (seen.insert(entry.second->symbol).second) {
        auto &bytes = entry.second->object.bytes;
        if (llvm::Error error =
                loaded.jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
                    StringRef(bytes.data(), bytes.size()), entry.second->symbol)))
          return std::move(error);
      }
    return loaded;
  }

  llvm::Error run(const CompiledKernel &kernel, ArrayRef<ArrayRef<char>> inputs,
                  ArrayRef<MutableArrayRef<char>> results, Fence fence) {
    auto address = jit->lookup(kernel.symbol);
    if (!address)
      return address.takeError();
    return callGuarded(address->toPtr<xgen_kernel>(), kernel.object.scratchBytes,
                       inputs, results, fence);
  }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

struct Difference {
  double maxError = 0, maxReference = 0;
  /// As a share of the largest reference value; absolute when that is 0.
  double relative() const {
    return maxReference > 0 ? maxError / maxReference : maxError;
  }
};
} // namespace

/// Element `i` of a dense tensor as a double; exact for all but large i64.
static double element(const TensorView &view, int64_t i) {
  Type type = ir::storageType(view.type.getElementType());
  const char *at =
      static_cast<const char *>(view.data) + i * ir::elementBytes(type);
  if (auto floating = dyn_cast<FloatType>(type)) {
    uint64_t bits = 0;
    std::memcpy(&bits, at, ir::elementBytes(type));
    llvm::APFloat value(floating.getFloatSemantics(),
                        llvm::APInt(floating.getWidth(), bits));
    bool lost;
    value.convert(llvm::APFloat::IEEEdouble(),
                  llvm::APFloat::rmNearestTiesToEven, &lost);
    return value.convertToDouble();
  }
  int64_t bytes = ir::elementBytes(type);
  uint64_t bits = 0;
  std::memcpy(&bits, at, bytes);
  return type.isUnsignedInteger() ? (double)bits
                                  : (double)llvm::SignExtend64(bits, bytes * 8);
}

static MutableArrayRef<char> bytesOf(const TensorView &view) {
  if (!view.data)
    return {};
  return {static_cast<char *>(view.data), (size_t)ir::tensorBytes(view.type)};
}

static Difference compare(const TensorView &got, const TensorView &want) {
  Difference d;
  for (int64_t i = 0, n = want.type.getNumElements(); i < n; ++i) {
    double a = element(got, i), b = element(want, i);
    if (std::isnan(a) && std::isnan(b))
      continue;
    if (a == b) {
      if (std::isfinite(b))
        d.maxReference = std::max(d.maxReference, std::fabs(b));
      continue;
    }
    d.maxError = std::isfinite(a) && std::isfinite(b)
                     ? std::max(d.maxError, std::fabs(a - b))
                     : INFINITY;
    d.maxReference = std::max(d.maxReference, std::fabs(b));
  }
  return d;
}

/// Uniform in [0, 1) for floats, small numbers for integers.
static HostTensor randomTensor(RankedTensorType type, std::mt19937 &random) {
  HostTensor tensor(type);
  Type element = ir::storageType(type.getElementType());
  std::uniform_real_distribution<float> uniform(0, 1);
  for (int64_t i = 0, n = type.getNumElements(); i < n; ++i) {
    float u = uniform(random);
    if (element.isF32())
      tensor.as<float>()[i] = u;
    else if (element.isF64())
      tensor.as<double>()[i] = u;
    else if (auto f = dyn_cast<FloatType>(element)) {
      llvm::APFloat value(u);
      bool lost;
      value.convert(f.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven,
                    &lost);
      uint64_t bits = value.bitcastToAPInt().getZExtValue();
      std::memcpy(tensor.as<char>() + i * ir::elementBytes(element), &bits,
                  ir::elementBytes(element));
    } else {
      int64_t value = element.isInteger(1) ? u < 0.5f : (int64_t)(u * 8);
      std::memcpy(tensor.as<char>() + i * ir::elementBytes(element), &value,
                  ir::elementBytes(element));
    }
  }
  return tensor;
}

int xgen::verifyModel(const CompileOptions &given, double rtol, bool json) {
  CompileOptions options = given;
  if (!options.target.runsOnHost()) {
    printError(options.input,
               "verify runs kernels in this process, and this machine cannot "
               "run code for " + options.target.name);
    return ExitUsage;
  }
  MeasuredSchedules schedules(options);
  if (!schedules.read())
    return ExitModelError;
  ResourceGuard guard(options);
  auto context = makeContext();
  DiagnosticPrinter printer(*context, options.input);
  int exitCode;
  OwningOpRef<ModuleOp> module =
      lowerTo(Stage::Kernel, options, *context, exitCode);
  if (!module)
    return exitCode;
  schedules.warn();
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (!main) {
    printError(options.input, "verify needs a module before the plan stage");
    return ExitUsage;
  }
  auto fail = [&](llvm::Error error) {
    printError(options.input, llvm::toString(std::move(error)));
    return ExitInternal;
  };
  auto kernels = compileKernels(*module, options.target,
                                makeKernelOptions(options, nullptr));
  if (!kernels)
    return fail(kernels.takeError());
  auto loaded = LoadedKernels::load(*kernels, options.target);
  if (!loaded)
    return fail(loaded.takeError());

  std::mt19937 random(1);
  std::vector<HostTensor> inputs;
  std::vector<TensorView> views;
  for (Type type : main.getArgumentTypes()) {
    inputs.push_back(randomTensor(cast<RankedTensorType>(type), random));
    views.push_back(inputs.back().view());
  }

  llvm::DenseMap<Value, TensorView> alive;
  for (auto [argument, view] : llvm::zip(main.getArguments(), views))
    alive[argument] = view;
  unsigned bad = 0, count = 0;
  llvm::json::Array rows;
  auto observe = [&](Value value, TensorView view) {
    alive[value] = view;
    auto launch = value.getDefiningOp<kernel::LaunchOp>();
    // With several results, act once all are there.
    if (!launch || value != launch.getResults().back())
      return;
    auto &kernel = *kernels->find(launch.getCallee())->second;
    std::vector<ArrayRef<char>> operands;
    for (Value operand : launch.getInputs())
      operands.push_back(bytesOf(alive.lookup(operand)));
    Difference worst;
    bool wrong = false;
    std::string reason;
    for (Fence fence : {Fence::Before, Fence::Behind}) {
      std::vector<HostTensor> got;
      std::vector<MutableArrayRef<char>> results;
      for (Type type : launch.getResultTypes()) {
        got.emplace_back(cast<RankedTensorType>(type));
        results.push_back(bytesOf(got.back().view()));
        // What a kernel forgets to write shows. Results whose number data decides
        // are undefined at the end; such kernels are eval's.
        if (!kernel.eval())
          llvm::fill(results.back(), (char)0xff);
      }
      if (llvm::Error error = loaded->run(kernel, operands, results, fence)) {
        reason = llvm::toString(std::move(error));
        wrong = true;
        break;
      }
      for (auto [result, tensor] : llvm::zip(launch.getResults(), got)) {
        Difference d = compare(tensor.view(), alive.lookup(result));
        if (d.relative() >= worst.relative())
          worst = d;
        bool integer = !isa<FloatType>(ir::storageType(
            cast<RankedTensorType>(result.getType()).getElementType()));
        wrong |= !(d.relative() <= (integer ? 0 : rtol));
      }
    }
    std::string nodes;
    if (auto names = launch.getNodes())
      for (Attribute name : *names)
        nodes += (nodes.empty() ? "" : ", ") + cast<StringAttr>(name).str();
    ++count;
    bad += wrong;
    if (json) {
      llvm::json::Object row{{"kernel", launch.getCallee()},
                             {"schedule", kernel.schedule},
                             {"nodes", nodes},
                             {"relative_error", worst.relative()},
                             {"ok", !wrong}};
      if (!reason.empty())
        row["reason"] = reason;
      rows.push_back(std::move(row));
    } else {
      llvm::outs() << llvm::formatv("{0} {1,-10:e2} {2} ({3}): {4}",
                                    wrong ? "WRONG" : "ok   ", worst.relative(),
                                    launch.getCallee(), kernel.schedule, nodes)
                   << (reason.empty() ? "" : ": ") << reason << "\n";
    }
  };
  auto outputs = evalFunction(main, views, observe);
  if (!outputs)
    return fail(outputs.takeError());
  if (json)
    llvm::outs() << llvm::formatv(
        "{0:2}\n", llvm::json::Value(llvm::json::Object{
                       {"kernels", std::move(rows)}, {"wrong", bad}}));
  else
    llvm::outs() << count - bad << " of " << count << " launches agree within "
                 << rtol << "\n";
  return bad ? ExitMismatch : ExitOk;
}
