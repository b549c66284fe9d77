//===- KernelCompiler.cpp - All kernels of a module -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Canonical texts, keys, cache look-ups, and the distribution of what is left
// over worker processes.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/KernelCompiler.h"
#include "codegen/llvm/KernelCache.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Target/TargetMachine.h"
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

using namespace llvm;
using namespace xgen;

StringRef xgen::scheduleName(kernel::FuncOp kernel) {
  kernel::ScheduleAttr schedule = kernel.getScheduleAttr();
  return schedule ? schedule.getTemplateName() : StringRef("eval");
}

/// The bytes of a resource as a dense attribute, which has bits for bools.
static mlir::DenseElementsAttr inlined(mlir::ShapedType type,
                                       ArrayRef<char> bytes) {
  if (!type.getElementType().isInteger(1))
    return mlir::DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<bool> values(bytes.begin(), bytes.end());
  return mlir::DenseElementsAttr::get(type, values);
}

std::string xgen::canonicalKernelText(kernel::FuncOp kernel) {
  mlir::OpBuilder builder(kernel.getContext());
  mlir::OwningOpRef<mlir::ModuleOp> module(
      mlir::ModuleOp::create(builder.getUnknownLoc()));
  builder.setInsertionPointToEnd(module->getBody());
  auto clone = cast<kernel::FuncOp>(builder.clone(*kernel));
  clone.setSymName("kernel");
  // Nothing that does not influence the code.
  clone->removeAttr(mlir::SymbolTable::getVisibilityAttrName());
  clone->removeAttr("reason");
  // A resource would bring its name, and stand outside the text.
  clone.walk([](mlir::Operation *op) {
    for (mlir::NamedAttribute attr : llvm::to_vector(op->getAttrs()))
      if (auto resource =
              dyn_cast<mlir::DenseResourceElementsAttr>(attr.getValue()))
        if (mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob())
          op->setAttr(attr.getName(),
                      inlined(resource.getType(), blob->getData()));
  });
  std::string text;
  raw_string_ostream stream(text);
  module->print(stream, mlir::OpPrintingFlags().useLocalScope());
  return text;
}

/// "xgk_", the ops, and the beginning of the key: readable in a profile, and
/// equal for equal kernels only.
static std::string objectSymbol(kernel::FuncOp kernel, StringRef key) {
  std::string name = "xgk";
  for (mlir::Operation &op : kernel.getBody().front().without_terminator())
    if (name.size() < 40 && !isa<ir::ConstantOp>(op))
      name += "_" + op.getName().stripDialect().str();
  for (char &c : name)
    if (!isAlnum(c))
      c = '_';
  return name + "_" + key.take_front(16).str();
}

namespace {
/// One object to be made; several kernel.funcs may want it.
struct Job {
  std::string key, symbol, text;
  /// As the user's diagnostics name it.
  std::string name;
  std::shared_ptr<CompiledKernel> kernel;
  kernel::FuncOp func;
  Error error = Error::success();
};
} // namespace

/// Says which kernel an error is about, in the user's names: workers know it as
/// "kernel".
static Error inContext(StringRef name, StringRef schedule, Error error) {
  bool limit = reachedLimit(error);
  std::string text = toString(std::move(error));
  StringRef reason = text;
  if (reason.consume_front("kernel 'kernel':"))
    reason = reason.ltrim();
  std::string whole =
      ("kernel '" + name + "' (schedule " + schedule + "): " + reason).str();
  return limit ? make_error<LimitError>(whole) : createStringError(whole);
}

/// Compiles `jobs` in worker processes; each ends with its object or error.
static void runJobs(ArrayRef<Job *> jobs, const xgen::Target &target,
                    const KernelOptions &options, const KernelCache &cache,
                    function_ref<void()> finished) {
  auto keep = [&](Job &job, Expected<KernelObject> object) {
    if (!object) {
      job.error = joinErrors(
          std::move(job.error),
          inContext(job.name, job.kernel->schedule, object.takeError()));
      return;
    }
    cache.store(job.key, *object);
    job.kernel->object = std::move(*object);
  };
  if (options.inProcess) {
    for (Job *job : jobs) {
      keep(*job, generateKernel(job->func, target, job->symbol));
      finished();
    }
    return;
  }
  unsigned count = options.jobs
                       ? options.jobs
                       : std::max(1u, std::thread::hardware_concurrency());
  // Reference kernels compile in a tenth of the time that others take, which is
  // less than a second worker needs to start.
  size_t effort = 0;
  for (Job *job : jobs)
    effort += job->kernel->eval() ? 1 : 10;
  count = std::min<size_t>({count, jobs.size(), 1 + effort / 10});
  std::atomic<size_t> next{0};
  std::mutex mutex;
  auto loop = [&] {
    std::unique_ptr<Worker> worker;
    for (size_t i; (i = next++) < jobs.size();) {
      Job &job = *jobs[i];
      if (!worker) {
        Expected<std::unique_ptr<Worker>> started =
            Worker::take(options.workerExecutable);
        if (started)
          worker = std::move(*started);
        else
          keep(job, started.takeError());
      }
      auto start = std::chrono::steady_clock::now();
      if (worker)
        keep(job, worker->compile(job.text, target, job.symbol,
                                  EmitKind::Object, options.limits));
      std::chrono::duration<double> spent =
          std::chrono::steady_clock::now() - start;
      job.kernel->seconds = spent.count();
      std::lock_guard<std::mutex> lock(mutex);
      finished();
    }
    Worker::giveBack(std::move(worker));
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i)
    threads.emplace_back(loop);
  loop();
  for (std::thread &thread : threads)
    thread.join();
}

Expected<KernelMap> xgen::compileKernels(mlir::ModuleOp module,
                                         const xgen::Target &target,
                                         const KernelOptions &options) {
  // A wrong -mcpu is one error and not one a kernel.
  if (auto machine = createTargetMachine(target); !machine)
    return machine.takeError();
  KernelCache cache(options.cacheDir, options.useCache);
  std::map<std::string, std::unique_ptr<Job>> byKey;
  std::vector<Job *> inOrder;
  KernelMap result;
  for (auto kernel : module.getOps<kernel::FuncOp>()) {
    std::string text = canonicalKernelText(kernel);
    std::string key = kernelKey(text, target);
    std::unique_ptr<Job> &job = byKey[key];
    if (!job) {
      job = std::make_unique<Job>();
      job->key = key;
      job->symbol = objectSymbol(kernel, key);
      job->text = std::move(text);
      job->name = kernel.getSymName().str();
      job->func = kernel;
      job->kernel = std::make_shared<CompiledKernel>();
      job->kernel->symbol = job->symbol;
      job->kernel->schedule = scheduleName(kernel).str();
      inOrder.push_back(job.get());
    }
    result[kernel.getSymName()] = job->kernel;
  }

  size_t done = 0;
  auto finished = [&] {
    ++done;
    if (options.progress)
      options.progress("kernels", done, inOrder.size());
  };
  if (options.progress)
    options.progress("kernels", 0, inOrder.size());
  std::vector<Job *> missing;
  for (Job *job : inOrder) {
    if (std::optional<KernelObject> found = cache.find(job->key)) {
      job->kernel->object = std::move(*found);
      job->kernel->fromCache = true;
      finished();
    } else {
      missing.push_back(job);
    }
  }
  // Long texts first would be better balanced, but the order of errors and
  // progress should be the network's; kernels take about the same time.
  if (!missing.empty()) {
    runJobs(missing, target, options, cache, finished);
    cache.prune();
  }
  Error errors = Error::success();
  for (Job *job : inOrder)
    errors = joinErrors(std::move(errors), std::move(job->error));
  if (errors)
    return std::move(errors);
  return std::move(result);
}

Expected<std::string> xgen::printKernel(kernel::FuncOp kernel,
                                        const xgen::Target &target,
                                        EmitKind kind,
                                        const KernelOptions &options) {
  std::string text = canonicalKernelText(kernel);
  std::string symbol = objectSymbol(kernel, kernelKey(text, target));
  Expected<KernelObject> object = [&]() -> Expected<KernelObject> {
    if (options.inProcess)
      return generateKernel(kernel, target, symbol, kind);
    Expected<std::unique_ptr<Worker>> worker =
        Worker::take(options.workerExecutable);
    if (!worker)
      return worker.takeError();
    auto object =
        (*worker)->compile(text, target, symbol, kind, options.limits);
    Worker::giveBack(std::move(*worker));
    return object;
  }();
  if (!object)
    return inContext(kernel.getSymName(), scheduleName(kernel),
                     object.takeError());
  return std::string(object->bytes.begin(), object->bytes.end());
}
