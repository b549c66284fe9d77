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
#include "tools/driver/Diagnostics.h"
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
  OwningOpRef<ModuleOp> module;
  if (path.ends_with(".mlir")) {
    module = readModule(context, path);
  } else {
    onnx::ImportOptions import;
    import.inputShapes = options.inputShapes;
    import.dims = options.dims;
    module = onnx::importModel(context, path, import);
  }
  if (module && stageOf(*module) == Stage::Onnx &&
      !(options.pre.empty() && options.post.empty()) &&
      failed(onnx::addProcessing(*module, options.pre, options.post)))
    return nullptr;
  return module;
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
  context.hooks = makePassHooks(options.target, options.convAlgorithm);
  if (options.schedules)
    context.hooks.chooseSchedule = [asked = options.schedules,
                                    model = context.hooks.chooseSchedule](
                                       kernel::FuncOp kernel, ArrayRef<bool> constants) {
      if (auto choice = asked(kernel, constants))
        return PassHooks::ScheduleChoice{choice->schedule, std::move(choice->encodings)};
      return model(kernel, constants);
    };
  if (options.evalOnly)
    context.hooks.canEmit = [](Operation *) { return false; };
  return context;
}

/// What a target adds to a module from the kernel stage on: all that code depends
/// on but for threads, which schedules do not ask for.
static std::string describe(const Target &target) {
  return StringRef(target.key()).rsplit(';').first.str();
}
static constexpr llvm::StringLiteral targetAttr = "xgen.target";

std::string xgen::targetOf(ModuleOp module) {
  auto target = module->getAttrOfType<StringAttr>(targetAttr);
  return target ? target.getValue().str() : "";
}

LogicalResult xgen::startFrom(ModuleOp module, const CompileOptions &options,
                              int &exitCode) {
  Stage stage = stageOf(module);
  exitCode = ExitUsage;
  auto fail = [&](const std::string &why) {
    printError(options.input, why);
    return failure();
  };
  if (StringRef(options.input).ends_with(".mlir") &&
      !(options.inputShapes.empty() && options.dims.empty()))
    return fail("-input-shape and -dim are for .onnx files: the shapes of a "
                "module stand in it");
  if (stage <= Stage::Onnx)
    return success();
  if (!(options.pre.empty() && options.post.empty()))
    return fail("-pre and -post come too late for this module; give them with the model "
                "or a module of -emit=onnx");
  if (stage == Stage::Xgen) {
    if (!(options.pruneDensity < 1))
      return success();
    // The model's own way comes by here between quantization and layout; a
    // module has that behind it, and what pruning changes is laid out again.
    PassContext context = makePassContext(options);
    exitCode = ExitInternal;
    return success(Runner(module, options).run([&](OpPassManager &pm) {
      buildPrunePipeline(pm, context, options.pruneDensity);
      buildLayoutPipeline(pm, context);
    }));
  }
  for (auto [given, flag] : {std::pair(options.pruneDensity < 1, "-prune"),
                             std::pair(options.evalOnly, "-eval-only"),
                             std::pair(options.tuneSeconds > 0, "-tune"),
                             std::pair(!options.scheduleFile.empty(), "-schedules")})
    if (given)
      return fail(flag + std::string(" comes too late for this module, whose "
                                     "kernels are formed; give it with the "
                                     "model or a module of -emit=xgen"));
  std::string target = targetOf(module);
  if (!target.empty() && target != describe(options.target)) {
    auto [name, rest] = StringRef(target).split(';');
    std::string why = "the kernels of this module were made for -target=";
    why += name;
    if (name == options.target.name)
      why += llvm::formatv(" with another -mcpu or -mattr ({0})", rest);
    return fail(why);
  }
  return success();
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
    (*module)->setAttr(targetAttr, StringAttr::get(module->getContext(),
                                                   describe(options.target)));
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
      llvm::Error error = map.takeError();
      exitCode = reachedLimit(error) ? ExitLimit : ExitInternal;
      emitError(UnknownLoc::get(module->getContext()))
          << llvm::toString(std::move(error));
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
  if (!module || failed(startFrom(*module, options, exitCode)))
    return nullptr;
  return lowerModule(std::move(module), stage, options, nullptr, progress,
                     exitCode);
}
