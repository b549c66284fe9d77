//===- Conformance.cpp - ONNX backend test cases --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// UNSUPPORTED is a model that the compiler has refused with a diagnostic. What
// has been accepted must be right: everything else is FAIL, a crash and an
// internal error of the compiler too.
//
//===----------------------------------------------------------------------===//

#include "Conformance.h"
#include "Model.h"
#include "tools/io/Media.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

namespace {

enum class Verdict : char { Pass = 'P', Fail = 'F', Unsupported = 'U' };

struct Outcome {
  Verdict verdict;
  std::string reason;
};

std::string inFolder(StringRef folder, const Twine &name) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

/// test_data_set_0, test_data_set_1, ...
std::vector<std::string> dataSets(StringRef folder) {
  std::vector<std::string> sets;
  for (unsigned i = 0;; ++i) {
    std::string path = inFolder(folder, "test_data_set_" + Twine(i));
    if (!sys::fs::is_directory(path))
      return sets;
    sets.push_back(path);
  }
}

/// input_0.pb, input_1.pb, ... with the names inside.
Expected<std::vector<std::pair<std::string, io::Tensor>>>
readTensors(StringRef folder, StringRef what) {
  std::vector<std::pair<std::string, io::Tensor>> tensors;
  for (unsigned i = 0;; ++i) {
    std::string path = inFolder(folder, what + "_" + Twine(i) + ".pb");
    if (!sys::fs::exists(path))
      return tensors;
    std::string name;
    Expected<io::Tensor> t = io::readTensorProto(path, &name);
    if (!t)
      return t.takeError();
    tensors.emplace_back(std::move(name), std::move(*t));
  }
}

/// The first error among what the compiler has printed, without the path. A table
/// of unsupported nodes is represented by its first line.
std::string firstError(StringRef log, StringRef model) {
  SmallVector<StringRef> lines;
  log.trim().split(lines, '\n');
  const auto *found = find_if(
      lines, [](StringRef line) { return line.contains("error"); });
  if (found == lines.end())
    found = lines.begin();
  if (found->ends_with("unsupported:") && found + 2 < lines.end()) {
    SmallVector<StringRef> words;
    SplitString(found[2], words);
    return join(words, " ");
  }
  StringRef line = *found;
  line.consume_front(model);
  return line.ltrim(": ").str();
}

Outcome checkSet(Model &model, StringRef folder,
                 const ConformanceOptions &conformance) {
  auto inputs = readTensors(folder, "input");
  if (!inputs)
    return {Verdict::Unsupported, toString(inputs.takeError())};
  auto outputs = readTensors(folder, "output");
  if (!outputs)
    return {Verdict::Unsupported, toString(outputs.takeError())};
  const ModelInfo &info = model.info();
  // A file belongs to the input of its name, else to the one of its place.
  std::vector<io::Tensor> given;
  for (auto [i, want] : enumerate(info.inputs)) {
    const io::Tensor *found = nullptr;
    for (auto &[name, tensor] : *inputs)
      if (name == want.name)
        found = &tensor;
    if (!found && i < inputs->size() && info.inputs.size() == inputs->size())
      found = &(*inputs)[i].second;
    if (!found)
      return {Verdict::Fail, "no data for input '" + want.name + "'"};
    io::Tensor t = *found;
    if (t.dtype != want.dtype || t.dims != want.dims)
      return {Verdict::Fail,
              formatv("input '{0}' was compiled as {1} {2}, the data is {3} {4}",
                      want.name, io::dtypeName(want.dtype),
                      io::shapeText(want.dims), io::dtypeName(t.dtype),
                      io::shapeText(t.dims))};
    given.push_back(std::move(t));
  }
  Expected<RunResult> result = model.run(given, RunPlan());
  if (!result)
    return {Verdict::Fail, toString(result.takeError())};
  for (auto [i, want] : enumerate(*outputs)) {
    size_t at = i;
    for (auto [k, t] : enumerate(info.outputs))
      if (t.name == want.first)
        at = k;
    if (at >= result->outputs.size())
      return {Verdict::Fail, "no output '" + want.first + "'"};
    io::Difference d =
        io::compare(result->outputs[at], want.second, conformance.rtol,
                    conformance.atol, io::Tolerance::Elementwise);
    if (!d.shapes.empty())
      return {Verdict::Fail,
              formatv("output '{0}' is {1}", info.outputs[at].name, d.shapes)};
    if (!d.equal)
      return {Verdict::Fail,
              formatv("output '{0}': {1} of {2} elements differ, at {3}: {4:e6}, "
                      "expected {5:e6}",
                      info.outputs[at].name, d.count, want.second.elements(),
                      d.worst, io::element(result->outputs[at], d.worst),
                      io::element(want.second, d.worst))};
  }
  return {Verdict::Pass, ""};
}

using NamedTensors = std::vector<std::pair<std::string, io::Tensor>>;

/// Compiles with the compiler's messages in `reason`.
Loaded compileCase(const CompileOptions &options, const TempFolder &temp,
                   std::string &reason) {
  std::string log = temp.file("log");
  int saved = dup(2);
  int file = ::open(log.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  dup2(file, 2);
  Loaded loaded = loadModel(options, temp);
  llvm::errs().flush();
  dup2(saved, 2);
  ::close(file);
  ::close(saved);
  reason = loaded.failure.message;
  if (!loaded.model && reason.empty())
    if (auto bytes = io::readBytes(log))
      reason = firstError(
          StringRef(reinterpret_cast<const char *>(bytes->data()), bytes->size()),
          options.input);
  return loaded;
}

void appendVarint(std::vector<uint8_t> &bytes, uint64_t value) {
  for (; value >= 128; value >>= 7)
    bytes.push_back(uint8_t(value) | 128);
  bytes.push_back(uint8_t(value));
}

void appendField(std::vector<uint8_t> &bytes, unsigned field,
                 ArrayRef<uint8_t> content) {
  appendVarint(bytes, field << 3 | 2);
  appendVarint(bytes, content.size());
  bytes.insert(bytes.end(), content.begin(), content.end());
}

/// Writes `model` with some of `inputs` as initializers, that is constants:
/// small ones, as axes, shapes and sizes are, the first input too if `first`.
/// Their names, empty if there are none. A protobuf message that is appended to
/// another one is merged into it, so that the model need not be parsed.
std::string fixInputs(StringRef model, StringRef folder,
                      const NamedTensors &inputs, bool first, StringRef output) {
  Expected<std::vector<uint8_t>> bytes = io::readBytes(model);
  if (!bytes) {
    consumeError(bytes.takeError());
    return "";
  }
  std::string names;
  std::vector<uint8_t> graph;
  for (size_t i = first ? 0 : 1; i < inputs.size(); ++i) {
    auto &[name, tensor] = inputs[i];
    if (name.empty() || tensor.dims.size() > 1 || tensor.elements() > 64)
      continue;
    Expected<std::vector<uint8_t>> data =
        io::readBytes(inFolder(folder, "input_" + Twine(i) + ".pb"));
    if (!data) {
      consumeError(data.takeError());
      continue;
    }
    appendField(graph, 5 /* GraphProto.initializer */, *data);
    names += (names.empty() ? "'" : ", '") + name + "'";
  }
  appendField(*bytes, 7 /* ModelProto.graph */, graph);
  if (Error error = io::writeBytes(output, *bytes)) {
    consumeError(std::move(error));
    return "";
  }
  return names;
}

Outcome runCase(StringRef folder, CompileOptions options,
                const ConformanceOptions &conformance) {
  options.input = inFolder(folder, "model.onnx");
  options.progress = ProgressMode::None;
  if (!sys::fs::exists(options.input))
    return {Verdict::Fail, "no model.onnx in it"};
  std::vector<std::string> sets = dataSets(folder);
  if (sets.empty())
    return {Verdict::Fail, "no test_data_set_0 in it"};
  // The data says what the free dimensions of the model are.
  auto inputs = readTensors(sets[0], "input");
  if (!inputs)
    return {Verdict::Unsupported, toString(inputs.takeError())};
  auto setShapes = [&](StringRef without) {
    options.inputShapes.clear();
    for (auto &[name, tensor] : *inputs)
      if (!name.empty() && !tensor.dims.empty() &&
          !is_contained(tensor.dims, 0) && !without.contains("'" + name + "'"))
        options.inputShapes[name] = {tensor.dims.begin(), tensor.dims.end()};
  };
  setShapes("");

  TempFolder temp;
  std::string reason, fixed;
  Loaded loaded = compileCase(options, temp, reason);
  // Shapes, axes and the like decide about code. Where a case has them as
  // inputs, they are given to the compiler, and the result says so.
  for (bool first : {false, true}) {
    if (loaded.model || sets.size() != 1 ||
        !StringRef(reason).contains("must be known at compile time"))
      break;
    std::string model = temp.file("fixed.onnx");
    fixed = fixInputs(inFolder(folder, "model.onnx"), sets[0], *inputs, first, model);
    if (fixed.empty())
      continue;
    options.input = model;
    setShapes(fixed);
    loaded = compileCase(options, temp, reason);
  }
  if (!loaded.model) {
    bool refused = loaded.failure.exitCode == ExitModelError &&
                   loaded.failure.message.empty();
    return {refused ? Verdict::Unsupported : Verdict::Fail, reason};
  }
  for (const std::string &set : sets) {
    Outcome outcome = checkSet(*loaded.model, set, conformance);
    if (outcome.verdict != Verdict::Pass)
      return outcome;
  }
  return {Verdict::Pass, fixed.empty() ? "" : "with " + fixed + " as constants"};
}

/// A case under way in a child process.
struct Child {
  pid_t pid = -1;
  int pipe = -1;
};

Child start(StringRef folder, const CompileOptions &options,
            const ConformanceOptions &conformance) {
  int ends[2];
  if (pipe(ends))
    return {};
  fflush(stdout);
  Child child;
  child.pid = fork();
  if (child.pid == 0) {
    ::close(ends[0]);
    // Not for the compiler's own workers, which outlive nothing otherwise.
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    // The default action of the alarm ends the case.
    std::signal(SIGALRM, SIG_DFL);
    alarm(conformance.seconds);
    for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
      std::signal(signal, SIG_DFL);
    Outcome outcome = runCase(folder, options, conformance);
    std::string text(1, char(outcome.verdict));
    text += outcome.reason;
    for (size_t at = 0; at < text.size();) {
      ssize_t n = ::write(ends[1], text.data() + at, text.size() - at);
      if (n <= 0)
        break;
      at += size_t(n);
    }
    _exit(0);
  }
  ::close(ends[1]);
  child.pipe = ends[0];
  return child;
}

Outcome finish(Child child, unsigned seconds) {
  if (child.pid < 0)
    return {Verdict::Fail, "cannot start a process"};
  std::string text;
  char part[4096];
  ssize_t n;
  while ((n = ::read(child.pipe, part, sizeof(part))) > 0)
    text.append(part, size_t(n));
  ::close(child.pipe);
  int status = 0;
  waitpid(child.pid, &status, 0);
  if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == SIGALRM)
      return {Verdict::Fail, formatv("not done after {0} s", seconds)};
    return {Verdict::Fail,
            formatv("crash: {0}", strsignal(WTERMSIG(status)))};
  }
  if (text.empty())
    return {Verdict::Fail, "ended without a result"};
  return {Verdict(text[0]), text.substr(1)};
}

} // namespace

int xgen::run::runConformance(ArrayRef<std::string> folders,
                              const CompileOptions &options,
                              const ConformanceOptions &conformance) {
  unsigned jobs = std::max(conformance.jobs, 1u);
  CompileOptions compile = options;
  if (jobs > 1 || !compile.jobs)
    compile.jobs = 1;
  // A case that crashes leaves its files behind: they go with this folder.
  TempFolder all;
  setenv("TMPDIR", all.file("").c_str(), /*overwrite=*/1);
  std::vector<Child> children(folders.size());
  size_t started = 0;
  unsigned passed = 0, failed = 0, skipped = 0;
  for (size_t i = 0; i < folders.size(); ++i) {
    for (; started < folders.size() && started < i + jobs; ++started)
      children[started] = start(folders[started], compile, conformance);
    Outcome outcome = finish(children[i], conformance.seconds);
    StringRef name = StringRef(folders[i]).rtrim('/');
    name = sys::path::filename(name);
    const char *word = "PASS";
    switch (outcome.verdict) {
    case Verdict::Pass:
      ++passed;
      break;
    case Verdict::Unsupported:
      word = "UNSUPPORTED";
      ++skipped;
      break;
    default:
      word = "FAIL";
      ++failed;
      break;
    }
    outs() << word << " " << name;
    if (!outcome.reason.empty()) {
      std::replace(outcome.reason.begin(), outcome.reason.end(), '\n', ' ');
      outs() << ": " << outcome.reason;
    }
    outs() << "\n";
    outs().flush();
  }
  outs() << passed << " passed, " << failed << " failed, " << skipped
         << " skipped\n";
  return failed ? ExitMismatch : ExitOk;
}
