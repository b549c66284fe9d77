//===- Options.cpp - Flags that xgenc and xgen-run share ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Options.h. -x and --x are both accepted, as LLVM's command line does.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Options.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Signals.h"

using namespace llvm;
using namespace xgen;

static cl::OptionCategory &category() {
  static cl::OptionCategory c("Compilation");
  return c;
}
static cl::OptionCategory &developer() {
  static cl::OptionCategory c("For developers of the compiler");
  return c;
}

struct CompileFlags::Flags {
  cl::opt<std::string> target{
      "target", cl::desc("machine to compile for: host (default), x86-64-v3, "
                         "x86-64-v4, arm64, arm64-dotprod, armv7"),
      cl::value_desc("name"), cl::init("host"), cl::cat(category())};
  cl::opt<std::string> cpu{"mcpu", cl::desc("processor model, as LLVM names it"),
                           cl::value_desc("cpu"), cl::cat(category())};
  cl::opt<std::string> attr{
      "mattr", cl::desc("processor features to add and leave out"),
      cl::value_desc("+a,-b"), cl::cat(category())};
  cl::opt<std::string> name{"name",
                            cl::desc("prefix of every symbol of the artefact"),
                            cl::value_desc("id"), cl::cat(category())};
  cl::list<std::string> inputShape{
      "input-shape", cl::desc("shape of an input, fixing its free dimensions, or "
                              "bounding them (1..8x3x224x224); a name frees a "
                              "dimension (Nx3x224x224 with -dim=N:1..8)"),
      cl::value_desc("name:1x3x224x224"), cl::cat(category())};
  cl::list<std::string> dim{
      "dim", cl::desc("extent of a free dimension, or its range; 32..640/32: "
                      "multiples of 32"),
      cl::value_desc("name:1..8"), cl::cat(category())};
  cl::list<std::string> pre{
      "pre", cl::desc("what happens to an input first: u8, nhwc, resize=HxW, antialias, "
                      "letterbox=114, corner=114, bgr, and (x - mean) * scale / std (u8,nhwc,mean=127.5,std=127.5)"),
      cl::value_desc("name:steps"), cl::cat(category())};
  cl::list<std::string> post{
      "post", cl::desc("what happens to an output last: softmax, sigmoid, argmax, topk=5, "
                       "scale=255, u8, nhwc; of two outputs nms, iou=0.5, score=0.3, "
                       "max=100, center, background"),
      cl::value_desc("name:steps"), cl::cat(category())};
  cl::opt<unsigned> dataBound{
      "data-bound",
      cl::desc("largest extent that data may decide where the model sets no "
               "bound (default 1024)"),
      cl::value_desc("N"), cl::init(1024), cl::cat(category())};
  cl::opt<std::string> prune{
      "prune", cl::desc("prune convolutions in blocks of the register tile, "
                        "keeping this share of the weights"),
      cl::value_desc("block:0.25"), cl::cat(category())};
  cl::opt<std::string> tune{
      "tune", cl::desc("measure other schedules of the kernels on this machine for so "
                       "long, and take the fastest (60, 60s or 10m)"),
      cl::value_desc("seconds"), cl::cat(category())};
  cl::opt<std::string> schedules{
      "schedules", cl::desc("text file of measured schedules to use; -tune starts from "
                            "it and keeps there what it finds"),
      cl::value_desc("file"), cl::cat(category())};
  cl::opt<unsigned> optLevel{"O", cl::desc("optimization level, 0 to 3"),
                             cl::Prefix, cl::init(3), cl::cat(category())};
  cl::opt<int> threads{"threads", cl::desc("threads that kernels are made for"),
                       cl::init(1), cl::cat(category())};
  cl::opt<unsigned> jobs{"j", cl::desc("kernels compiled at one time"),
                         cl::init(0), cl::cat(category())};
  cl::opt<std::string> cacheDir{
      "cache-dir", cl::desc("folder of compiled kernels ('none': no cache)"),
      cl::value_desc("dir"), cl::cat(category())};
  cl::opt<std::string> report{
      "report", cl::desc("write a report, .json or .html"),
      cl::value_desc("file"), cl::cat(category())};
  cl::opt<std::string> maxRam{
      "max-ram", cl::desc("fail when the arena needs more (k, M: 1024, 1024^2)"),
      cl::value_desc("bytes"), cl::cat(category())};
  cl::opt<std::string> timeout{
      "timeout", cl::desc("compiling: give up (exit code 4) after this time; "
                          "xgen-run -conformance: time of one case (120)"),
      cl::value_desc("seconds"), cl::cat(category())};
  cl::opt<std::string> maxMemory{
      "max-memory",
      cl::desc("give up (exit code 4) when a process of the compiler needs more "
               "(k, M, G: 1024, 1024^2, 1024^3)"),
      cl::value_desc("bytes"), cl::cat(category())};
  cl::opt<std::string> progress{"progress",
                                cl::desc("auto, plain, json or none"),
                                cl::init("auto"), cl::cat(category())};
  cl::opt<ConvAlgorithm> conv{
      "conv", cl::desc("kernels of 3x3 convolutions in fp32"),
      cl::values(
          clEnumValN(ConvAlgorithm::Auto, "auto", "the fastest by the latency model (default)"),
          clEnumValN(ConvAlgorithm::Direct, "direct", "never Winograd: smaller weights"),
          clEnumValN(ConvAlgorithm::Winograd2, "winograd2", "F(2x2, 3x3) wherever possible"),
          clEnumValN(ConvAlgorithm::Winograd4, "winograd4", "F(4x4, 3x3) wherever possible")),
      cl::init(ConvAlgorithm::Auto), cl::cat(category())};
  cl::opt<bool> evalOnly{
      "eval-only", cl::desc("reference kernels only: slow, for comparing"),
      cl::cat(developer())};
  cl::opt<bool> verifyEach{"verify-each", cl::desc("verify IR after each pass"),
                           cl::cat(developer())};
  cl::opt<bool> timing{"mlir-timing", cl::desc("print time spent in passes"),
                       cl::cat(developer())};
};

CompileFlags::CompileFlags() {
  // LLVM's libraries have registered flags of their own, a "threads" among
  // them; none means anything here but -help and its kind.
  SmallVector<cl::Option *> foreign;
  for (auto &[name, option] : cl::getRegisteredOptions())
    if (llvm::none_of(option->Categories, [](cl::OptionCategory *c) {
          return c->getName() == "Generic Options";
        }))
      foreign.push_back(option);
  for (cl::Option *option : foreign)
    option->removeArgument();
  flags = std::make_unique<Flags>();
}
CompileFlags::~CompileFlags() = default;

static Error bad(StringRef flag, StringRef value, StringRef want) {
  return createStringError("-%s=%s: %s", flag.str().c_str(),
                           value.str().c_str(), want.str().c_str());
}

/// "8", "1..8" or "32..640/32".
static bool parseExtent(StringRef text, onnx::Extent &extent) {
  auto [range, step] = text.split('/');
  bool isRange = range.contains("..");
  auto [low, high] = range.split("..");
  if (!isRange)
    high = low;
  if (low.getAsInteger(10, extent.min) || high.getAsInteger(10, extent.max) ||
      extent.min < 1 || extent.max < extent.min)
    return false;
  if (text.contains('/') &&
      (!isRange || step.getAsInteger(10, extent.step) || extent.step < 1))
    return false;
  // At least one multiple lies in the range.
  return extent.max / extent.step * extent.step >= extent.min;
}

/// "512M" and the like. 0: not a number above 0, or too large a one.
static int64_t parseBytes(StringRef text) {
  int64_t unit = 1, value = 0;
  for (auto [suffix, size] :
       {std::pair("k", 10), std::pair("M", 20), std::pair("G", 30)})
    if (text.consume_back_insensitive(suffix)) {
      unit = int64_t(1) << size;
      break;
    }
  if (text.getAsInteger(10, value) || value < 1 || value > INT64_MAX / unit)
    return 0;
  return value * unit;
}

/// "60", "60s" or "10m". 0: not a number above 0, or too large a one.
static unsigned parseSeconds(StringRef text) {
  unsigned unit = text.consume_back("m") ? 60 : 1, value = 0;
  if (unit == 1)
    text.consume_back("s");
  return text.getAsInteger(10, value) || value > 1000000 ? 0 : value * unit;
}

static Error parseShapes(ArrayRef<std::string> values, CompileOptions &options) {
  for (StringRef value : values) {
    // Names may hold colons: the shape follows the last one.
    auto [name, shape] = value.rsplit(':');
    SmallVector<StringRef> parts;
    shape.split(parts, 'x');
    std::vector<onnx::Extent> dims(parts.size());
    bool ok = !name.empty() && !shape.empty();
    for (auto [part, dim] : llvm::zip(parts, dims))
      if (!part.empty() && (isAlpha(part[0]) || part[0] == '_'))
        dim = onnx::Extent::named(part.str());
      else
        ok = ok && parseExtent(part, dim);
    if (!ok)
      return bad("input-shape", value,
                 "expected NAME:1x3x224x224, with ranges such as 1..8, or names "
                 "of free dimensions");
    options.inputShapes[name.str()] = dims;
  }
  return Error::success();
}

static Error parseDims(ArrayRef<std::string> values, CompileOptions &options) {
  for (StringRef value : values) {
    auto [name, extent] = value.rsplit(':');
    onnx::Extent range;
    if (name.empty() || !parseExtent(extent, range))
      return bad("dim", value,
                 "expected NAME:8, NAME:1..8 or NAME:32..640/32");
    options.dims[name.str()] = range;
  }
  return Error::success();
}

Error CompileFlags::apply(CompileOptions &options) const {
  auto target = lookupTarget(flags->target, flags->cpu, flags->attr);
  if (!target)
    return target.takeError();
  options.target = *target;
  if (flags->threads < 1 || flags->threads > 1024)
    return bad("threads", std::to_string(flags->threads), "expected 1 to 1024");
  options.target.threads = flags->threads;
  options.name = flags->name;
  if (Error error = parseShapes(flags->inputShape, options))
    return error;
  if (Error error = parseDims(flags->dim, options))
    return error;
  for (StringRef text : flags->pre) {
    auto processing = onnx::parseInputProcessing(text);
    if (!processing)
      return bad("pre", text, llvm::toString(processing.takeError()));
    options.pre.push_back(std::move(*processing));
  }
  for (StringRef text : flags->post) {
    auto processing = onnx::parseOutputProcessing(text);
    if (!processing)
      return bad("post", text, llvm::toString(processing.takeError()));
    options.post.push_back(std::move(*processing));
  }
  if (flags->dataBound < 1 || flags->dataBound > (1u << 30))
    return bad("data-bound", std::to_string(flags->dataBound),
               "expected a number of elements, at least 1");
  options.dataBound = flags->dataBound;
  StringRef prune = flags->prune;
  if (!prune.empty()) {
    StringRef density = prune;
    if (!density.consume_front("block:") ||
        density.getAsDouble(options.pruneDensity) ||
        !(options.pruneDensity > 0 && options.pruneDensity <= 1))
      return bad("prune", prune,
                 "expected block:DENSITY with the share of weights to keep, "
                 "above 0 and at most 1");
  }
  if (flags->optLevel > 3)
    return bad("O", std::to_string(flags->optLevel), "expected 0 to 3");
  options.optLevel = flags->optLevel;
  options.convAlgorithm = flags->conv;
  if (!flags->tune.empty() && !(options.tuneSeconds = parseSeconds(flags->tune)))
    return bad("tune", flags->tune, "expected seconds, such as 60, 60s or 10m");
  options.scheduleFile = flags->schedules;
  options.jobs = flags->jobs;
  options.cacheDir = flags->cacheDir;
  options.report = flags->report;
  options.evalOnly = flags->evalOnly;
  options.verifyEach = flags->verifyEach;
  options.timing = flags->timing;
  if (!flags->maxRam.empty() && !(options.maxRam = parseBytes(flags->maxRam)))
    return bad("max-ram", flags->maxRam,
               "expected a number of bytes such as 256k");
  if (!flags->maxMemory.empty() &&
      !(options.maxMemory = parseBytes(flags->maxMemory)))
    return bad("max-memory", flags->maxMemory,
               "expected a number of bytes such as 512M");
  if (!flags->timeout.empty() &&
      (StringRef(flags->timeout).getAsInteger(10, options.timeoutSeconds) ||
       !options.timeoutSeconds))
    return bad("timeout", flags->timeout, "expected seconds, 1 or more");
  auto mode = StringSwitch<std::optional<ProgressMode>>(flags->progress)
                  .Case("auto", ProgressMode::Auto)
                  .Case("plain", ProgressMode::Plain)
                  .Case("json", ProgressMode::Json)
                  .Case("none", ProgressMode::None)
                  .Default(std::nullopt);
  if (!mode)
    return bad("progress", flags->progress, "expected auto, plain, json or none");
  options.progress = *mode;
  return Error::success();
}

void xgen::hideUnrelatedFlags() {
  for (auto &[name, option] : cl::getRegisteredOptions()) {
    bool ours = llvm::any_of(option->Categories, [](cl::OptionCategory *c) {
      return c == &category() || c == &developer() ||
             c == &cl::getGeneralCategory() || c->getName() == "Running";
    });
    if (!ours || llvm::is_contained(option->Categories, &developer()))
      option->setHiddenFlag(ours ? cl::Hidden : cl::ReallyHidden);
  }
}
