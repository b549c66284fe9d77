//===- Lowering.cpp - From a file to the plan -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The order of the phases. Every arrow of DESIGN section 3 is a pipeline here,
// and a module that was printed after one continues with the next.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Lowering.h"
#include "frontends/onnx/Legalize.h"
#include "frontends/onnx/Onnx.h"
#include "dialects/onnx/OnnxOps.h"
#include "passes/FusionPipelines.h"
#include "passes/Pipelines.h"
#include "tools/driver/Dialects.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace xgen;

std::unique_ptr<MLIRContext> xgen::makeContext() {
  DialectRegistry registry;
  registerDialects(registry);
  // Kernels are compiled in processes; threads in passes gain nothing.
  auto context = std::make_unique<MLIRContext>(registry,
                                               MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

Stage xgen::stageOf(ModuleOp module) {
  Stage stage = Stage::Xgen;
  module.walk([&](Operation *op) {
    if (isa<plan::ProgramOp>(op))
      stage = Stage::Plan;
    else if (isa<onnx::NodeOp>(op))
      stage = Stage::Onnx;
    else if (isa<kernel::LaunchOp>(op) && stage != Stage::Plan)
      stage = Stage::Kernel;
    else
      return WalkResult::advance();
    return WalkResult::interrupt();
  });
  return stage;
}

onnx::LegalizeOptions
xgen::makeLegalizeOptions(std::vector<onnx::Unsupported> *unsupported) {
  onnx::LegalizeOptions options;
  options.fold = [](Operation *op, ArrayRef<ElementsAttr> operands,
                    SmallVectorImpl<ElementsAttr> &results) -> LogicalResult {
    auto values = evaluateConstants(op, operands);
    if (!values)
      return op->emitError(llvm::toString(values.takeError()));
    llvm::append_range(results, *values);
    return success();
  };
  options.unsupported = unsupported;
  return options;
}

OwningOpRef<ModuleOp> xgen::readInput(const CompileOptions &options,
                                      MLIRContext &context) {
  StringRef path = options.input;
  if (!llvm::sys::fs::exists(path)) {
    emitError(UnknownLoc::get(&context)) << "no such file";
    return nullptr;
  }
  if (path.ends_with(".mlir"))
    return readModule(context, path);
  onnx::ImportOptions import;
  import.inputShapes = options.inputShapes;
  import.dims = options.dims;
  return onnx::importModel(context, path, import);
}

namespace {
/// Runs pipelines on a module with the settings of a compilation.
class Runner {
public:
  Runner(ModuleOp module, const CompileOptions &options)
      : module(module), options(options) {}

  bool run(llvm::function_ref<void(OpPassManager &)> build) {
    PassManager pm(module.getContext());
    pm.enableVerifier(options.verifyEach);
    if (options.timing)
      pm.enableTiming();
    build(pm);
    return succeeded(pm.run(module));
  }

private:
  ModuleOp module;
  const CompileOptions &options;
};
} // namespace

PassContext xgen::makePassContext(const CompileOptions &options) {
  PassContext context;
  context.target = options.target;
  context.hooks = makePassHooks(options.target);
  if (options.evalOnly)
    context.hooks.canEmit = [](Operation *) { return false; };
  return context;
}

KernelOptions xgen::makeKernelOptions(const CompileOptions &options,
                                      ProgressFn progress) {
  KernelOptions kernels;
  kernels.useCache = options.cacheDir != "none";
  if (kernels.useCache)
    kernels.cacheDir = options.cacheDir;
  kernels.jobs = options.jobs;
  kernels.progress = std::move(progress);
  return kernels;
}

OwningOpRef<ModuleOp> xgen::lowerModule(OwningOpRef<ModuleOp> module,
                                        Stage stage,
                                        const CompileOptions &options,
                                        KernelMap *kernels, Progress &progress,
                                        int &exitCode) {
  exitCode = ExitModelError;
  PassContext context = makePassContext(options);
  Runner runner(*module, options);
  Stage at = stageOf(*module);

  if (at == Stage::Onnx && stage > Stage::Onnx) {
    progress.phase("legalize");
    onnx::LegalizeOptions legalize = makeLegalizeOptions();
    legalize.dataBound = options.dataBound;
    if (failed(onnx::legalizeOnnx(*module, legalize)))
      return nullptr;
    progress.phase("simplify");
    exitCode = ExitInternal;
    bool ok = runner.run([&](OpPassManager &pm) {
      buildGraphPipeline(pm, context);
      buildQuantizePipeline(pm, context);
      if (options.pruneDensity < 1)
        buildPrunePipeline(pm, context, options.pruneDensity);
      buildLayoutPipeline(pm, context);
    });
    if (!ok)
      return nullptr;
    at = Stage::Xgen;
  }
  exitCode = ExitInternal;
  if (at == Stage::Xgen && stage > Stage::Xgen) {
    progress.phase("fuse");
    if (!runner.run([&](OpPassManager &pm) { buildFusePipeline(pm, context); }))
      return nullptr;
    at = Stage::Kernel;
  }
  if (at >= Stage::Kernel && stage >= Stage::Plan) {
    KernelMap compiled;
    auto map = compileKernels(
        *module, options.target,
        makeKernelOptions(options, [&](StringRef phase, size_t done,
                                       size_t total) {
          progress.update(phase, done, total);
        }));
    if (!map) {
      emitError(UnknownLoc::get(module->getContext()))
          << llvm::toString(map.takeError());
      return nullptr;
    }
    compiled = std::move(*map);
    if (at == Stage::Kernel) {
      progress.phase("plan");
      context.hooks.scratchBytes =
          [&](kernel::FuncOp func) -> llvm::Expected<int64_t> {
        auto it = compiled.find(func.getSymName());
        if (it == compiled.end())
          return llvm::createStringError("kernel '%s' was not compiled",
                                         func.getSymName().str().c_str());
        return it->second->planScratchBytes();
      };
      if (!runner.run(
              [&](OpPassManager &pm) { buildPlanPipeline(pm, context); }))
        return nullptr;
    }
    if (kernels)
      *kernels = std::move(compiled);
  }
  exitCode = ExitOk;
  return module;
}

OwningOpRef<ModuleOp> xgen::lowerTo(Stage stage, const CompileOptions &options,
                                    MLIRContext &context, int &exitCode) {
  Progress progress(options.progress);
  exitCode = ExitModelError;
  progress.phase("import");
  OwningOpRef<ModuleOp> module = readInput(options, context);
  if (!module)
    return nullptr;
  return lowerModule(std::move(module), stage, options, nullptr, progress,
                     exitCode);
}
