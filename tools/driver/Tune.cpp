//===- Tune.cpp - Schedules by measurement --------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// In each round every kernel that takes a share of the time tries its next
// alternative. All of them are compiled into one variant of the network, which runs
// in turn with the best one so far; each kernel keeps what was faster there. So a
// round costs one compilation and a second, however many kernels there are, and
// each kernel is measured with the caches as the others leave them.
//
// Where data lies in memory makes a kernel up to a tenth faster or slower, and a
// variant keeps its pages while it is loaded. So the winners are built again at the
// end, against the latency model's choices; what is not faster then goes back.
//
// A variant that cannot be compiled, or whose results differ, is halved until the
// alternative at fault is found.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Tune.h"
#include "codegen/llvm/OutputFiles.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Lowering.h"
#include "tools/runner/Model.h"
#include "llvm/Support/FormatVariadic.h"
#include <array>

using namespace mlir;
using namespace xgen;
using Clock = std::chrono::steady_clock;

namespace {
/// A kernel, what it may be, and what is known of that.
struct Subject {
  std::string id, what;
  /// The model's choice is the first one. As texts: each variant is made in a context
  /// of its own, since lowering uses up a module's weights.
  std::vector<std::string> schedules;
  /// Index of the fastest so far, and of the next to try.
  size_t best = 0, next = 1;
  /// Microseconds an inference, in the variant of the best.
  double us = 0;
  bool done() const { return next >= schedules.size(); }
};

using Subjects = std::vector<Subject *>;

/// The network with a schedule for each kernel, loaded.
struct Variant {
  std::unique_ptr<ScratchFolder> folder;
  std::unique_ptr<run::Model> model;
  /// Of each layer; null where there is nothing to tune.
  Subjects layers;
  double ms = 0;
  llvm::DenseMap<Subject *, double> us;
  std::vector<io::Tensor> outputs;
};

class Tuner {
public:
  Tuner(const CompileOptions &options, ScheduleBook &book, Progress &progress)
      : options(options), book(book), progress(progress), start(Clock::now()) {}
  llvm::Error run(ModuleOp module);

private:
  using Pick = llvm::function_ref<size_t(const Subject &)>;
  llvm::Expected<std::unique_ptr<Variant>> build(Pick pick);
  Subject *subjectOf(kernel::FuncOp kernel, ArrayRef<bool> constants);
  llvm::Error measure(Variant &a, Variant &b, unsigned blocks);
  bool sameResults(const Variant &a, const Variant &b);
  llvm::Error tryAll(Subjects trial);
  llvm::Error confirm();
  Subjects worthTrying();
  llvm::Error record();
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  const CompileOptions &options;
  ScheduleBook &book;
  Progress &progress;
  Clock::time_point start;
  /// The module.
  std::unique_ptr<ScratchFolder> folder;
  std::string file;
  std::map<std::string, std::unique_ptr<Subject>> subjects;
  std::unique_ptr<Variant> best;
  std::vector<io::Tensor> inputs;
  unsigned rounds = 0;
};
} // namespace

/// "conv 1x56x56x64, 64x3x3x64 -> 1x56x56x64": the op that takes the time.
static std::string describe(kernel::FuncOp kernel) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  Operation *main = mainAnchorOf(kernel);
  stream << main->getName().stripDialect() << " ";
  auto print = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    llvm::interleave(tensor.getShape(), stream, "x");
  };
  for (auto [i, type] : llvm::enumerate(main->getOperandTypes())) {
    if (i)
      stream << ", ";
    print(type);
  }
  stream << " -> ";
  print(main->getResult(0).getType());
  return text;
}

Subject *Tuner::subjectOf(kernel::FuncOp kernel, ArrayRef<bool> constants) {
  std::string id = kernelId(kernel, constants);
  std::unique_ptr<Subject> &subject = subjects[id];
  if (subject)
    return subject.get();
  subject = std::make_unique<Subject>();
  subject->id = id;
  auto alternatives =
      scheduleAlternatives(kernel, constants, options.target, options.convAlgorithm);
  if (alternatives.empty())
    return subject.get();
  subject->what = describe(kernel);
  subject->schedules.push_back(scheduleText(
      chooseSchedule(kernel, constants, options.target, options.convAlgorithm).schedule));
  for (kernel::ScheduleAttr schedule : alternatives)
    subject->schedules.push_back(scheduleText(schedule));
  const ScheduleBook::Entry *known = book.find(options.target, id);
  if (!known)
    return subject.get();
  // A compiler that knows other alternatives starts again, from the best one.
  auto it = llvm::find(subject->schedules, known->schedule);
  if (it != subject->schedules.end())
    subject->best = it - subject->schedules.begin();
  if (known->alternatives == subject->schedules.size() - 1)
    subject->next = 1 + known->tried;
  return subject.get();
}

llvm::Expected<std::unique_ptr<Variant>> Tuner::build(Pick pick) {
  llvm::StringMap<Subject *> byName;
  CompileOptions inner = options;
  inner.schedules = [&](kernel::FuncOp kernel,
                        ArrayRef<bool> constants) -> std::optional<ScheduleChoice> {
    Subject *subject = subjectOf(kernel, constants);
    if (subject->schedules.empty())
      return std::nullopt;
    byName[kernel.getSymName()] = subject;
    return withSchedule(kernel,
                        parseSchedule(subject->schedules[pick(*subject)], kernel.getContext()),
                        constants, options.target, options.convAlgorithm);
  };
  auto context = makeContext();
  std::string errors;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    errors += diagnostic.str() + "\n";
    return success();
  });
  Progress quiet(ProgressMode::None);
  KernelMap kernels;
  int exitCode;
  OwningOpRef<ModuleOp> module = readModule(*context, file);
  if (module)
    module = lowerModule(std::move(module), Stage::Plan, inner, &kernels, quiet, exitCode);
  if (!module)
    return llvm::createStringError(StringRef(errors).rtrim());
  auto variant = std::make_unique<Variant>();
  auto folder = ScratchFolder::create();
  if (!folder)
    return folder.takeError();
  variant->folder = std::move(*folder);
  std::string library = variant->folder->file("model.so");
  ArtefactOptions artefact;
  artefact.name = "tuned";
  artefact.outputs = {{ArtefactKind::SharedLibrary, library}};
  artefact.pool = options.target.threads > 1;
  artefact.kernels = makeKernelOptions(options, nullptr);
  auto report = emitArtefact(*module, options.target, artefact, &kernels);
  if (!report)
    return report.takeError();
  auto model = run::openLibrary(library, "xgen_tuned_model");
  if (!model)
    return model.takeError();
  variant->model = std::move(*model);
  for (const LayerReport &layer : report->layers)
    variant->layers.push_back(byName.lookup(layer.kernel));
  return std::move(variant);
}

/// Runs both in turn. Of each layer's medians the least counts.
llvm::Error Tuner::measure(Variant &a, Variant &b, unsigned blocks) {
  if (inputs.empty())
    for (const run::TensorInfo &input : a.model->info().inputs)
      inputs.push_back(io::randomTensor(input.name, input.dtype, input.dims));
  run::RunPlan plan;
  plan.threads = options.target.threads;
  plan.profile = true;
  std::vector<std::vector<double>> least(2);
  for (Variant *variant : {&a, &b}) {
    variant->ms = 1e30;
    variant->us.clear();
  }
  for (unsigned block = 0; block < blocks; ++block)
    for (auto [variant, ms] : llvm::zip(std::array{&a, &b}, least)) {
      plan.warmup = plan.runs > 1 ? 1 : 0;
      auto result = variant->model->run(inputs, plan);
      if (!result)
        return result.takeError();
      if (result->layerMs.size() != variant->layers.size())
        return llvm::createStringError("a model's layers are not its report's");
      std::vector<double> times = result->milliseconds;
      llvm::sort(times);
      double median = times[times.size() / 2];
      variant->ms = std::min(variant->ms, median);
      if (ms.empty())
        ms = result->layerMs;
      for (auto [old, now] : llvm::zip(ms, result->layerMs))
        old = std::min(old, now);
      variant->outputs = std::move(result->outputs);
      // The first run says how many fill a tenth of a second.
      if (!block)
        plan.runs = std::clamp<int64_t>(100 / std::max(median, 1e-3), 3, 2000);
    }
  for (auto [variant, ms] : llvm::zip(std::array{&a, &b}, least))
    for (auto [subject, time] : llvm::zip(variant->layers, ms))
      if (subject)
        variant->us[subject] += 1000 * time;
  return llvm::Error::success();
}

/// Within what other orders of sums and Winograd's transforms may change. Integers
/// other than quantized numbers are indices, which differ where two scores are close.
bool Tuner::sameResults(const Variant &a, const Variant &b) {
  for (auto [want, got] : llvm::zip(a.outputs, b.outputs)) {
    bool wide = !io::isFloat(want.dtype) && io::dtypeBytes(want.dtype) > 2;
    if (!wide && !io::compare(got, want, 1e-3, io::isFloat(want.dtype) ? 0 : 1,
                              io::Tolerance::MaxNorm, /*looseIntegers=*/true)
                      .equal)
      return false;
  }
  return true;
}

/// Measures the next alternative of each subject of `trial`.
llvm::Error Tuner::tryAll(Subjects trial) {
  auto isTried = [&](const Subject &s) { return llvm::is_contained(trial, &s); };
  auto variant = build([&](const Subject &s) { return isTried(s) ? s.next : s.best; });
  bool good = bool(variant);
  if (!good)
    llvm::consumeError(variant.takeError());
  if (good) {
    if (llvm::Error error = measure(*best, **variant, 4))
      return error;
    good = sameResults(*best, **variant);
  }
  if (!good && trial.size() > 1) {
    auto middle = trial.begin() + trial.size() / 2;
    if (llvm::Error error = tryAll(Subjects(trial.begin(), middle)))
      return error;
    return tryAll(Subjects(middle, trial.end()));
  }
  bool changed = false;
  for (Subject *subject : trial) {
    if (good) {
      subject->us = best->us[subject];
      double now = (*variant)->us[subject];
      if (now < 0.98 * subject->us) {
        subject->best = subject->next;
        subject->us = now;
        changed = true;
      }
    }
    ++subject->next;
  }
  if (!changed)
    return llvm::Error::success();
  auto improved = build([](const Subject &s) { return s.best; });
  if (!improved)
    return improved.takeError();
  best = std::move(*improved);
  return llvm::Error::success();
}

/// Those left that take enough time for a better schedule to matter.
Subjects Tuner::worthTrying() {
  Subjects trial;
  for (auto &[id, subject] : subjects) {
    auto time = best->us.find(subject.get());
    if (time != best->us.end())
      subject->us = time->second;
    if (!subject->done() && subject->us >= 2 * best->ms) // a five-hundredth
      trial.push_back(subject.get());
  }
  return trial;
}

llvm::Error Tuner::record() {
  for (auto &[id, subject] : subjects) {
    if (subject->schedules.empty() || !subject->us)
      continue;
    ScheduleBook::Entry &entry = book.entry(options.target, id);
    entry.kernel = subject->what;
    entry.schedule =
        subject->best ? subject->schedules[subject->best] : ScheduleBook::modelChoice.str();
    entry.us = subject->us;
    if (!subject->best)
      entry.modelUs = subject->us;
    entry.tried = subject->next - 1;
    entry.alternatives = subject->schedules.size() - 1;
  }
  return options.scheduleFile.empty() ? llvm::Error::success()
                                      : book.write(options.scheduleFile);
}

/// Builds winners and the model's choices anew, and keeps what is faster again.
llvm::Error Tuner::confirm() {
  auto model = build([](const Subject &) { return size_t(0); });
  if (!model)
    return model.takeError();
  auto tuned = build([](const Subject &s) { return s.best; });
  if (!tuned)
    return tuned.takeError();
  if (llvm::Error error = measure(**model, **tuned, 10))
    return error;
  unsigned faster = 0, all = 0;
  for (auto &[id, subject] : subjects) {
    if (!(*tuned)->us.count(subject.get()))
      continue;
    ++all;
    double before = (*model)->us[subject.get()], after = (*tuned)->us[subject.get()];
    if (subject->best && after > 0.99 * before) {
      subject->best = 0;
      after = before;
    }
    faster += subject->best != 0;
    subject->us = after;
    book.entry(options.target, id).modelUs = before;
  }
  progress.clear();
  printRemark(options.input,
              llvm::formatv("tuned {0} of {1} kernels in {2:f0} s and {3} rounds: "
                            "{4:f3} -> {5:f3} ms",
                            faster, all, seconds(), rounds, (*model)->ms, (*tuned)->ms));
  return record();
}

llvm::Error Tuner::run(ModuleOp module) {
  auto scratch = ScratchFolder::create();
  if (!scratch)
    return scratch.takeError();
  folder = std::move(*scratch);
  file = folder->file("network.mlir");
  folder->file("network.mlir.weights");
  if (llvm::Error error = writeModule(module, file))
    return error;
  auto first = build([](const Subject &s) { return s.best; });
  if (!first)
    return first.takeError();
  best = std::move(*first);
  double before = seconds();
  auto again = build([](const Subject &s) { return s.best; });
  if (!again)
    return again.takeError();
  if (llvm::Error error = measure(*best, **again, 2))
    return error;
  // What the comparison at the end takes: it builds two variants.
  double confirming = 3 * (seconds() - before) + 1, round = 0;
  while (seconds() + round + confirming < options.tuneSeconds) {
    Subjects trial = worthTrying();
    if (trial.empty())
      break;
    progress.update("tune", (size_t)seconds(), options.tuneSeconds);
    before = seconds();
    if (llvm::Error error = tryAll(trial))
      return error;
    round = seconds() - before;
    ++rounds;
    if (llvm::Error error = record())
      return error;
  }
  return confirm();
}

int xgen::tuneSchedules(ModuleOp module, const CompileOptions &options, ScheduleBook &book,
                        Progress &progress) {
  if (!options.target.emulator().empty() || !options.target.runsOnHost()) {
    printError(options.input,
               llvm::formatv("-tune measures, and this machine is no {0}: tune on one, with "
                             "-schedules=FILE, and compile here with that file",
                             options.target.name));
    return ExitUsage;
  }
  Tuner tuner(options, book, progress);
  if (llvm::Error error = tuner.run(module)) {
    progress.clear();
    printError(options.input, "tuning: " + llvm::toString(std::move(error)));
    return ExitInternal;
  }
  return ExitOk;
}
