//===- Main.cpp - xgen-accuracy -------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-accuracy TASK ENGINE [-against=ENGINE] [-data=DIR] [-samples=N]
//
// Evaluates an engine (Engine.h) on a task and prints its figures as one JSON
// object. With -against the figures are of that engine, and "agreement" says
// how far the first one's outputs were from its.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

namespace {
struct Task {
  StringLiteral name;
  Figures (*run)(const Context &);
};
} // namespace

static const Task tasks[] = {
    {"imagenet-squeezenet", imagenetSqueezenet},
    {"imagenet-mobilenet", imagenetMobilenet},
    {"cifar-raw", cifarRaw},
    {"cifar-scaled", cifarScaled},
    {"vww", visualWakeWords},
    {"mnist-raw", mnistRaw},
    {"mnist-scaled", mnistScaled},
    {"ultraface-rfb", ultrafaceRfb},
    {"ultraface-slim", ultrafaceSlim},
    {"yunet", yunet},
    {"yolox", yolox},
    {"fastestdet", fastestdet},
    {"deeplab", deeplab},
    {"super-resolution", superResolution},
    {"text-detection", textDetection},
    {"text-direction", textDirection},
    {"speech-enhancement", speechEnhancement},
    {"voice-activity", voiceActivity},
    {"note-pitch", notePitch},
    {"file-types", fileTypes},
    {"stories", stories},
    {"random", randomInputs},
};

static json::Object agreementJson(const Agreement &agreement) {
  json::Object result{{"runs", agreement.runs}};
  json::Array outputs;
  double worst = 0;
  int64_t different = 0;
  for (const Agreement::Output &output : agreement.outputs) {
    json::Object o{{"name", output.name},
                   {"relative", output.relative()},
                   {"worst_run", output.worstRun}};
    if (output.integer) {
      o["different"] = output.different;
      different += output.different;
    }
    worst = std::max(worst, output.relative());
    outputs.push_back(std::move(o));
  }
  result["relative"] = worst;
  result["different"] = different;
  result["outputs"] = std::move(outputs);
  if (!agreement.broken.empty())
    result["broken"] = agreement.broken;
  return result;
}

int main(int argc, char **argv) {
  std::string names = "One of:";
  for (const Task &task : tasks)
    names += " " + task.name.str();
  cl::OptionCategory category("xgen-accuracy");
  cl::opt<std::string> taskName(cl::Positional, cl::Required, cl::desc("TASK"),
                                cl::cat(category));
  cl::opt<std::string> enginePath(cl::Positional, cl::Required, cl::desc("ENGINE"),
                                  cl::cat(category));
  cl::opt<std::string> against("against", cl::desc("Compare with this engine"),
                               cl::cat(category));
  cl::opt<std::string> name("name", cl::init("m"), cl::cat(category),
                            cl::desc("xgenc's -name of a shared library (m)"));
  cl::opt<std::string> data("data", cl::cat(category),
                            cl::desc("Data sets ($XGEN_SHARED/data)"));
  cl::opt<std::string> model("model-dir", cl::cat(category),
                             cl::desc("Folder of the model's label files"));
  cl::opt<int64_t> samples("samples", cl::init(INT64_MAX), cl::cat(category),
                           cl::desc("At most so many samples"));
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, names + "\n", &errs()))
    return 1;

  const Task *task = find_if(tasks, [&](const Task &t) { return t.name == taskName; });
  if (task == std::end(tasks)) {
    errs() << "xgen-accuracy: no task '" << taskName << "'. " << names << "\n";
    return 1;
  }
  auto fail = [](Error error) {
    errs() << "xgen-accuracy: " << toString(std::move(error)) << "\n";
    return 2;
  };
  auto engine = openEngine(enginePath, name);
  if (!engine)
    return fail(engine.takeError());
  ComparingEngine *comparing = nullptr;
  if (!against.empty()) {
    auto reference = openEngine(against, name);
    if (!reference)
      return fail(reference.takeError());
    auto both = std::make_unique<ComparingEngine>(std::move(*engine),
                                                  std::move(*reference));
    comparing = both.get();
    *engine = std::move(both);
  }
  if (data.empty()) {
    const char *shared = std::getenv("XGEN_SHARED");
    data = std::string(shared ? shared : ".") + "/data";
  }
  if (model.empty())
    model = sys::path::parent_path(comparing ? against : enginePath).str();
  auto start = std::chrono::steady_clock::now();
  Figures figures = task->run({**engine, data, model, samples});
  if (!figures)
    return fail(figures.takeError());
  // A share of nothing would look like a result.
  if (figures->getInteger("samples") == 0)
    return fail(createStringError("no data for this task in '" + data + "'"));
  (*figures)["task"] = task->name;
  (*figures)["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (comparing)
    (*figures)["agreement"] = agreementJson(comparing->agreement);
  outs() << json::Value(std::move(*figures)) << "\n";
  return 0;
}
