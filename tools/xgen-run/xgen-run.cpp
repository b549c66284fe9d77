//===- xgen-run.cpp - Runs, measures and checks models --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The command line. Models are compiled by the same library as xgenc's and run
// in this process, or, for another processor, under an emulator.
//
//===----------------------------------------------------------------------===//

#include "Conformance.h"
#include "Load.h"
#include "Output.h"
#include "Profile.h"
#include "Shapes.h"
#include "tools/driver/Options.h"
#include "tools/driver/Worker.h"
#include "tools/io/Media.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include <map>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

static constexpr StringLiteral overview =
    "xgen-run: runs, measures and checks models\n\n"
    "  xgen-run MODEL.onnx -input=image=cat.jpg -top=5 -labels=labels.txt\n"
    "  xgen-run MODEL.onnx -input=x=x.npy -expect=y=y.npy -rtol=1e-3\n"
    "  xgen-run MODEL.onnx -target=arm64 -bench=20 -json\n"
    "  xgen-run MODEL.so -profile=profile.html\n"
    "  xgen-run -conformance DIR...\n\n"
    "MODEL is .onnx, .mlir, or what xgenc made of one: .so, .a, .o, a program.\n"
    "Exit status: 0 ok, 1 usage, 2 model or input, 3 mismatch, 4 limit, 70 bug.\n";

namespace {

cl::OptionCategory &category() {
  static cl::OptionCategory c("Running");
  return c;
}

struct Flags {
  cl::list<std::string> positional{cl::Positional, cl::desc("MODEL"),
                                   cl::cat(category())};
  cl::list<std::string> input{
      "input", cl::value_desc("NAME=FILE"), cl::cat(category()),
      cl::desc(".npy .npz .pb .png .jpg .wav .bin, 'random' or 'zeros' "
               "('random:2x3' where extents are free); NAME= may be left out "
               "with one input. Inputs not given are random")};
  cl::list<std::string> output{"output", cl::value_desc("NAME=FILE.npy"),
                               cl::cat(category()),
                               cl::desc("write an output")};
  cl::list<std::string> expect{
      "expect", cl::value_desc("NAME=FILE"), cl::cat(category()),
      cl::desc("compare an output: |a-b| <= atol + rtol * max |b|; integers must "
               "be equal")};
  cl::opt<double> rtol{"rtol", cl::init(1e-3), cl::cat(category()),
                       cl::desc("relative tolerance (default 1e-3)")};
  cl::opt<double> atol{"atol", cl::init(1e-7), cl::cat(category()),
                       cl::desc("absolute tolerance (default 1e-7)")};
  cl::opt<bool> elementwise{
      "elementwise", cl::cat(category()),
      cl::desc("with -expect: rtol * |b| of each element instead of max |b|")};
  cl::opt<std::string> bench{
      "bench", cl::ValueOptional, cl::value_desc("N"), cl::init("off"),
      cl::cat(category()),
      cl::desc("measure N runs (without N: about a second of them)")};
  cl::opt<int> warmup{"warmup", cl::value_desc("N"), cl::init(-1),
                      cl::cat(category()),
                      cl::desc("runs before measuring (default 5)")};
  cl::opt<bool> json{"json", cl::cat(category()),
                     cl::desc("print one JSON object")};
  cl::opt<std::string> profile{"profile", cl::value_desc("FILE.json|.html"),
                               cl::cat(category()),
                               cl::desc("write times by ONNX node")};
  cl::opt<bool> conformance{
      "conformance", cl::cat(category()),
      cl::desc("arguments are folders with ONNX backend test cases")};
  cl::opt<ConformanceMode> mode{
      "mode", cl::init(ConformanceMode::Given), cl::cat(category()),
      cl::desc("with -conformance:"),
      cl::values(clEnumValN(ConformanceMode::Given, "given",
                            "inputs at run time (default)"),
                 clEnumValN(ConformanceMode::Constants, "constants",
                            "inputs as constants of the model"),
                 clEnumValN(ConformanceMode::Free, "free",
                            "free dimensions, one artefact at three sizes"))};
  cl::opt<std::string> exceptions{
      "exceptions", cl::value_desc("FILE"), cl::cat(category()),
      cl::desc("with -conformance: cases with tolerances of their own")};
  cl::opt<std::string> expected{
      "expected", cl::value_desc("FILE"), cl::cat(category()),
      cl::desc("with -conformance: cases known not to pass; any other result is "
               "an error, a better one too")};
  cl::opt<std::string> results{
      "results", cl::value_desc("FILE"), cl::cat(category()),
      cl::desc("with -conformance: write a JSON object a line for each case")};
  cl::opt<unsigned> mutants{
      "mutants", cl::value_desc("N"), cl::cat(category()),
      cl::desc("with -conformance: compile N damaged models of each case; a crash, "
               "a hang or an internal error is a failure")};
  cl::opt<unsigned> firstMutant{
      "first-mutant", cl::value_desc("K"), cl::init(0), cl::cat(category()),
      cl::desc("with -mutants: their numbers begin here")};
  cl::opt<std::string> keepMutants{
      "keep-mutants", cl::value_desc("DIR"), cl::cat(category()),
      cl::desc("with -mutants: keep the models that fail")};
  cl::opt<unsigned> top{"top", cl::value_desc("K"), cl::cat(category()),
                        cl::desc("print the K largest values of each output")};
  cl::opt<std::string> labels{
      "labels", cl::value_desc("FILE"), cl::cat(category()),
      cl::desc("names of the classes, one a line; for -top")};

  cl::list<double> mean{"mean", cl::CommaSeparated, cl::value_desc("R,G,B"),
                        cl::cat(category()),
                        cl::desc("pictures: value = (pixel - mean) * scale / std, "
                                 "pixels from 0 to 255")};
  cl::list<double> scale{"scale", cl::CommaSeparated, cl::value_desc("R,G,B"),
                         cl::cat(category()), cl::desc("see -mean")};
  cl::list<double> std{"std", cl::CommaSeparated, cl::value_desc("R,G,B"),
                       cl::cat(category()), cl::desc("see -mean")};
  cl::opt<bool> bgr{"bgr", cl::cat(category()),
                    cl::desc("pictures: blue first (mean, scale and std stay in "
                             "the order R,G,B)")};
  cl::opt<io::Fit> fit{
      "fit", cl::init(io::Fit::Stretch), cl::cat(category()),
      cl::desc("pictures that have another size than the input"),
      cl::values(clEnumValN(io::Fit::Stretch, "stretch", "the whole picture"),
                 clEnumValN(io::Fit::Crop, "crop", "the centre, see -crop"),
                 clEnumValN(io::Fit::Letterbox, "letterbox",
                            "the whole picture, the rest filled with -pad"),
                 clEnumValN(io::Fit::None, "none", "are an error"))};
  cl::opt<double> crop{"crop", cl::init(1.0), cl::value_desc("share"),
                       cl::cat(category()),
                       cl::desc("pictures: share of the short side that "
                                "-fit=crop keeps (0.875 is usual)")};
  cl::opt<double> pad{"pad", cl::init(114), cl::value_desc("pixel"),
                      cl::cat(category()),
                      cl::desc("pictures: value around a letterbox")};
  cl::opt<int64_t> rate{"rate", cl::init(0), cl::value_desc("Hz"),
                        cl::cat(category()),
                        cl::desc("sound: interpolate to this sampling rate")};
};

} // namespace

static int report(int code, const Twine &message) {
  WithColor::error(errs(), "xgen-run") << message << "\n";
  return code;
}

static int report(int code, Error error) {
  return report(code, toString(std::move(error)));
}

/// Splits NAME=FILE. Names may hold '=' themselves: the longest known one wins.
static Error splitName(StringRef flag, StringRef value,
                       ArrayRef<TensorInfo> tensors, size_t &index,
                       std::string &file) {
  const TensorInfo *best = nullptr;
  for (const TensorInfo &t : tensors)
    if (value.starts_with(t.name + "=") &&
        (!best || t.name.size() > best->name.size()))
      best = &t;
  if (best) {
    index = size_t(best - tensors.data());
    file = value.drop_front(best->name.size() + 1).str();
    return Error::success();
  }
  if (tensors.size() == 1 && (!value.contains('=') || sys::fs::exists(value))) {
    index = 0;
    file = value.str();
    return Error::success();
  }
  std::string names;
  for (const TensorInfo &t : tensors)
    names += (names.empty() ? "'" : ", '") + t.name + "'";
  return createStringError(formatv(
      "-{0}={1}: {2}; the model's {3}s are {4}", flag, value,
      value.contains('=')
          ? "there is no '" + value.split('=').first.str() + "'"
          : std::string("NAME=FILE is expected"),
      flag == "input" ? "input" : "output", names));
}

static io::InputOptions inputOptions(const Flags &flags) {
  io::InputOptions options;
  options.image.fit = flags.fit;
  options.image.cropFraction = flags.crop;
  options.image.pad = flags.pad;
  options.image.mean.assign(flags.mean.begin(), flags.mean.end());
  options.image.scale.assign(flags.scale.begin(), flags.scale.end());
  options.image.std.assign(flags.std.begin(), flags.std.end());
  options.image.bgr = flags.bgr;
  options.soundRate = flags.rate;
  return options;
}

/// What is wrong with the flags among each other, empty if nothing.
static std::string checkFlags(const Flags &flags, RunPlan &plan) {
  StringRef bench = flags.bench;
  if (bench.empty())
    plan.runs = 0;
  else if (bench != "off" && (bench.getAsInteger(10, plan.runs) || !plan.runs ||
                              plan.runs > 10000000))
    return ("-bench=" + bench + ": expected a number of runs").str();
  if (flags.warmup < -1 || flags.warmup > 10000000)
    return "-warmup: expected a number of runs";
  bool measures = bench != "off" || !flags.profile.empty();
  if (!flags.profile.empty() && bench == "off")
    plan.runs = 10;
  plan.warmup = flags.warmup >= 0 ? unsigned(flags.warmup) : measures ? 5 : 0;
  StringRef profile = flags.profile;
  if (!profile.empty() && !profile.ends_with(".json") &&
      !profile.ends_with(".html"))
    return ("-profile=" + profile + ": the name must end in .json or .html").str();
  for (const cl::list<double> *list : 
       {std::addressof(flags.mean), std::addressof(flags.scale),
        std::addressof(flags.std)})
    if (!list->empty() && list->size() != 1 && list->size() != 3)
      return ("-" + list->ArgStr + ": expected one number or three").str();
  for (double value : flags.std)
    if (value == 0)
      return "-std: 0 divides by zero";
  if (!(flags.crop > 0 && flags.crop <= 1))
    return "-crop: expected a share above 0 and at most 1";
  if (!(flags.rtol >= 0) || !(flags.atol >= 0))
    return "-rtol and -atol: expected numbers that are not negative";
  if (!flags.labels.empty() && !flags.top)
    return "-labels needs -top";
  return "";
}

/// Inputs of the model as the flags say; random ones are named in `random`.
/// The model checks extents too; this names the dimension that is wrong.
static Error checkFreeDims(const ModelInfo &info, ArrayRef<io::Tensor> inputs) {
  std::map<StringRef, const DimInfo *> first;
  for (const DimInfo &d : info.freeDims) {
    if (d.input >= inputs.size() || d.dimension >= inputs[d.input].dims.size())
      continue;
    int64_t value = inputs[d.input].dims[d.dimension];
    std::string where = formatv("input '{0}': dimension {1} ('{2}') is {3}",
                                info.inputs[d.input].name, d.dimension, d.name,
                                value);
    if (value < d.min || value > d.max || value % d.step)
      return createStringError(
          where + formatv(", and must be {0}{1} to {2}",
                          d.step > 1 ? formatv("a multiple of {0}, ", d.step).str()
                                     : std::string(),
                          d.min, d.max)
                      .str());
    const DimInfo *&before = first[d.name];
    if (!before || d.name.empty())
      before = &d;
    int64_t other = inputs[before->input].dims[before->dimension];
    if (other != value)
      return createStringError(where + formatv(", but {0} in input '{1}'", other,
                                               info.inputs[before->input].name)
                                           .str());
  }
  for (auto [want, have] : zip(info.inputs, inputs))
    for (auto [d, extents] : enumerate(zip(want.dims, have.dims))) {
      auto [most, value] = extents;
      bool isFree = any_of(info.freeDims, [&, d = d](const DimInfo &f) {
        return &info.inputs[f.input] == &want && f.dimension == d;
      });
      if (want.dynamic && !isFree && value != most)
        return createStringError(
            formatv("input '{0}': dimension {1} is {2}, and must be {3}",
                    want.name, d, value, most));
    }
  return Error::success();
}

static Expected<std::vector<io::Tensor>>
gatherInputs(const Flags &flags, const ModelInfo &info,
             std::vector<std::string> &random) {
  std::vector<std::string> files(info.inputs.size());
  for (const std::string &value : flags.input) {
    size_t index;
    std::string file;
    if (Error error = splitName("input", value, info.inputs, index, file))
      return error;
    files[index] = file;
  }
  std::vector<io::Tensor> inputs;
  for (auto [want, file] : zip(info.inputs, files)) {
    if (file.empty()) {
      file = "random";
      random.push_back(want.name);
    }
    std::vector<int64_t> dims = want.dims;
    if (want.dynamic) {
      // "random:2x3", an array's own shape, or the largest extents.
      StringRef word = file;
      if (word.consume_front("random:") || word.consume_front("zeros:")) {
        SmallVector<StringRef> parts;
        word.split(parts, 'x');
        dims.assign(parts.size(), 0);
        for (auto [part, d] : zip(parts, dims))
          if (part.getAsInteger(10, d) || d < 1)
            return createStringError("input '" + want.name + "': '" + file +
                                     "': expected random:1x3x224x224");
        file = StringRef(file).split(':').first.str();
      } else {
        shapeOfFile(file, want.name, dims);
      }
      if (dims.size() != want.dims.size())
        return createStringError("input '" + want.name + "' has " +
                                 Twine(want.dims.size()) +
                                 " dimensions, not " + Twine(dims.size()));
    }
    Expected<io::Tensor> t =
        io::readInput(file, want.name, want.dtype, dims, inputOptions(flags));
    if (!t)
      return createStringError("input '" + want.name +
                               "': " + toString(t.takeError()));
    inputs.push_back(std::move(*t));
  }
  if (Error error = checkFreeDims(info, inputs))
    return std::move(error);
  return inputs;
}

static Error writeOutputs(const Flags &flags, const ModelInfo &info,
                          const RunResult &result) {
  for (const std::string &value : flags.output) {
    size_t index;
    std::string file;
    if (Error error = splitName("output", value, info.outputs, index, file))
      return error;
    const io::Tensor &t = result.outputs[index];
    Error error = StringRef(file).ends_with(".bin") || StringRef(file).ends_with(".raw")
                      ? io::writeBytes(file, t.data)
                      : io::writeNpy(file, t);
    if (error)
      return error;
  }
  return Error::success();
}

static Expected<std::vector<Comparison>>
compareOutputs(const Flags &flags, const ModelInfo &info,
               const RunResult &result) {
  std::vector<Comparison> comparisons;
  for (const std::string &value : flags.expect) {
    size_t index;
    std::string file;
    if (Error error = splitName("expect", value, info.outputs, index, file))
      return error;
    Expected<Comparison> c = compareWithFile(
        info.outputs[index].name, result.outputs[index], file, flags.rtol,
        flags.atol,
        flags.elementwise ? io::Tolerance::Elementwise : io::Tolerance::MaxNorm);
    if (!c)
      return c.takeError();
    comparisons.push_back(std::move(*c));
  }
  return comparisons;
}

static int runModel(const Flags &flags, CompileOptions options) {
  RunPlan plan;
  if (std::string message = checkFlags(flags, plan); !message.empty())
    return report(ExitUsage, message);
  plan.threads = unsigned(options.target.threads);
  std::vector<std::string> labels;
  if (!flags.labels.empty())
    if (Error error = readLabels(flags.labels, labels))
      return report(ExitModelError, std::move(error));

  shapesFromFiles(std::vector<std::string>(flags.input.begin(), flags.input.end()),
                  options);
  TempFolder folder;
  Loaded loaded = loadModel(options, folder);
  if (!loaded.model)
    return loaded.failure.message.empty()
               ? loaded.failure.exitCode
               : report(loaded.failure.exitCode, loaded.failure.message);
  const ModelInfo &info = loaded.model->info();
  std::vector<std::string> random;
  Expected<std::vector<io::Tensor>> inputs = gatherInputs(flags, info, random);
  if (!inputs)
    return report(ExitModelError, inputs.takeError());
  bool measures = flags.bench != "off" || !flags.profile.empty();
  if (!random.empty() && !measures && flags.input.empty() && !flags.json)
    WithColor::note(errs(), "xgen-run")
        << "no -input: random numbers for " << join(random, ", ") << "\n";
  // Names are checked before a long measurement, not after it.
  for (const cl::list<std::string> *list : 
       {std::addressof(flags.output), std::addressof(flags.expect)})
    for (const std::string &value : *list) {
      size_t index;
      std::string file;
      if (Error error = splitName(list->ArgStr, value, info.outputs, index, file))
        return report(ExitModelError, std::move(error));
    }

  Expected<RunResult> result = loaded.model->run(*inputs, plan);
  if (!result)
    return report(ExitModelError, result.takeError());
  if (Error error = writeOutputs(flags, info, *result))
    return report(ExitModelError, std::move(error));
  auto comparisons = compareOutputs(flags, info, *result);
  if (!comparisons)
    return report(ExitModelError, comparisons.takeError());
  if (!flags.profile.empty()) {
    // Runs of its own: the clock around every layer costs time.
    RunPlan profiled = plan;
    profiled.profile = true;
    Expected<RunResult> times = loaded.model->run(*inputs, profiled);
    if (!times)
      return report(ExitModelError, times.takeError());
    if (Error error = writeProfile(flags.profile, info, *times))
      return report(ExitModelError, std::move(error));
  }

  if (flags.json)
    outs() << formatv("{0:2}\n", resultJson(*loaded.model, loaded.compileMs, plan,
                                            *result, *comparisons));
  else if (flags.bench != "off")
    printTimes(*loaded.model, loaded.compileMs, plan, *result);
  else if (!flags.top && flags.expect.empty() && flags.output.empty() &&
           flags.profile.empty())
    printOutputs(info, *result);
  if (!flags.json) {
    if (flags.top)
      printTop(info, *result, flags.top, labels);
    printComparisons(*comparisons);
  }
  for (const Comparison &c : *comparisons)
    if (!c.difference.equal)
      return ExitMismatch;
  return ExitOk;
}

int main(int argc, char **argv) {
  if (auto status = runAsWorker(argc, argv))
    return *status;
  InitLLVM init(argc, argv);
  setBugReportMsg("xgen-run: this is a bug in xgen; please report it with the "
                  "model and the command line\n");
  CompileFlags compileFlags;
  Flags flags;
  hideUnrelatedFlags();
  std::string message;
  raw_string_ostream stream(message);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &stream)) {
    errs() << message;
    return ExitUsage;
  }
  CompileOptions options;
  if (Error error = compileFlags.apply(options))
    return report(ExitUsage, std::move(error));

  if (flags.conformance) {
    if (flags.positional.empty())
      return report(ExitUsage, "-conformance: no folder given");
    std::vector<std::string> folders(flags.positional.begin(),
                                     flags.positional.end());
    ConformanceOptions conformance;
    conformance.mode = flags.mode;
    conformance.mutants = flags.mutants;
    conformance.firstMutant = flags.firstMutant;
    conformance.keepMutants = flags.keepMutants;
    conformance.exceptions = flags.exceptions;
    conformance.expected = flags.expected;
    conformance.results = flags.results;
    conformance.rtol = flags.rtol;
    conformance.atol = flags.atol;
    // Here the limit is of a whole case, running it included.
    if (options.timeoutSeconds)
      conformance.seconds = std::exchange(options.timeoutSeconds, 0);
    conformance.jobs = options.jobs;
    return runConformance(folders, options, conformance);
  }
  if (flags.positional.size() != 1)
    return report(ExitUsage, flags.positional.empty()
                                 ? "no model given; xgen-run -help tells how to "
                                   "call it"
                                 : "more than one model given");
  options.input = flags.positional[0];
  return runModel(flags, options);
}
