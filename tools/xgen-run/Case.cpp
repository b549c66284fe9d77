//===- Case.cpp - One ONNX backend test case ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reading, compiling and comparing; inputs at run time and inputs as constants.
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "tools/io/Proto.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <fcntl.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

StringRef xgen::run::verdictWord(Verdict verdict) {
  switch (verdict) {
  case Verdict::Pass:
    return "PASS";
  case Verdict::Unsupported:
    return "UNSUPPORTED";
  case Verdict::Constants:
    return "CONSTANTS";
  case Verdict::NotFree:
    return "NOT-FREE";
  case Verdict::Fail:
    break;
  }
  return "FAIL";
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

namespace {
/// Collects from onnx.ModelProto and what is in it; field numbers are those of
/// onnx.proto. Damaged parts are left out.
class Scanner {
public:
  explicit Scanner(ModelNames &names) : names(names) {}

  void model(ArrayRef<uint8_t> bytes) {
    ArrayRef<uint8_t> main;
    each(bytes, [&](const io::ProtoField &f) {
      if (f.id == 7)
        main = f.bytes;
      else if (f.id == 8)
        opset(f.bytes);
    });
    graph(main, 0);
  }

private:
  template <class Visit>
  void each(ArrayRef<uint8_t> bytes, Visit visit) {
    io::ProtoReader reader(bytes);
    io::ProtoField field;
    while (!reader.done() && reader.next(field))
      visit(field);
  }
  void opset(ArrayRef<uint8_t> bytes) {
    std::string domain;
    int64_t version = 0;
    each(bytes, [&](const io::ProtoField &f) {
      if (f.id == 1)
        domain = f.text().str();
      else if (f.id == 2)
        version = int64_t(f.number);
    });
    opsets[domain == "ai.onnx" ? "" : domain] = version;
  }
  std::string nameIn(ArrayRef<uint8_t> bytes, unsigned id) {
    std::string name;
    each(bytes, [&](const io::ProtoField &f) {
      if (f.id == id && f.isBytes())
        name = f.text().str();
    });
    return name;
  }
  void graph(ArrayRef<uint8_t> bytes, unsigned depth) {
    StringSet<> initializers;
    if (depth == 0)
      each(bytes, [&](const io::ProtoField &f) {
        if (f.id == 5)
          initializers.insert(nameIn(f.bytes, 8));
      });
    each(bytes, [&](const io::ProtoField &f) {
      if (f.id == 1)
        node(f.bytes, depth);
      else if (depth == 0 && f.id == 11) {
        std::string name = nameIn(f.bytes, 1);
        if (!initializers.contains(name))
          names.inputs.push_back(name);
      } else if (depth == 0 && f.id == 12) {
        names.outputs.push_back(nameIn(f.bytes, 1));
      }
    });
  }
  void node(ArrayRef<uint8_t> bytes, unsigned depth) {
    std::string type = nameIn(bytes, 4), domain = nameIn(bytes, 7);
    if (domain == "ai.onnx")
      domain.clear();
    if (seen.insert(domain + ":" + type).second)
      names.operators.push_back({domain, type, opsets[domain]});
    if (depth > 16)
      return;
    each(bytes, [&](const io::ProtoField &attribute) {
      if (attribute.id == 5)
        each(attribute.bytes, [&](const io::ProtoField &f) {
          if ((f.id == 6 || f.id == 11) && f.isBytes())
            graph(f.bytes, depth + 1);
        });
    });
  }

  ModelNames &names;
  std::map<std::string, int64_t> opsets;
  StringSet<> seen;
};
} // namespace

ModelNames xgen::run::scanModel(ArrayRef<uint8_t> bytes) {
  ModelNames names;
  Scanner(names).model(bytes);
  return names;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static std::string inFolder(StringRef folder, const Twine &name) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

/// input_0.pb, input_1.pb, ... A file belongs to what has the name in it, else
/// to what has its place.
static Error readTensors(StringRef folder, StringRef what,
                         ArrayRef<std::string> names, NamedTensors &tensors) {
  for (unsigned i = 0;; ++i) {
    std::string file = (what + "_" + Twine(i) + ".pb").str();
    std::string path = inFolder(folder, file), name;
    if (!sys::fs::exists(path))
      return Error::success();
    auto bytes = io::readBytes(path);
    if (!bytes)
      return bytes.takeError();
    Expected<io::Tensor> t = io::parseTensorProto(*bytes, file, &name);
    if (!t)
      return t.takeError();
    if (!is_contained(names, name) && i < names.size())
      name = names[i];
    tensors.emplace_back(std::move(name), std::move(*t));
  }
}

std::unique_ptr<Case> xgen::run::readCase(StringRef folder, Outcome &outcome) {
  auto test = std::make_unique<Case>();
  test->folder = folder.rtrim('/').str();
  test->name = sys::path::filename(test->folder).str();
  test->model = inFolder(test->folder, "model.onnx");
  outcome = {Verdict::Fail, "no model.onnx in it"};
  if (!sys::fs::exists(test->model))
    return nullptr;
  auto bytes = io::readBytes(test->model);
  if (!bytes) {
    outcome.reason = toString(bytes.takeError());
    return nullptr;
  }
  test->modelBytes = std::move(*bytes);
  test->names = scanModel(test->modelBytes);
  for (unsigned i = 0;; ++i) {
    std::string set = inFolder(test->folder, "test_data_set_" + Twine(i));
    if (!sys::fs::is_directory(set))
      break;
    test->sets.emplace_back();
    for (auto [what, names, to] :
         {std::tuple("input", &test->names.inputs, &test->sets.back().inputs),
          std::tuple("output", &test->names.outputs, &test->sets.back().outputs)})
      if (Error error = readTensors(set, what, *names, *to)) {
        outcome = {Verdict::Unsupported, toString(std::move(error))};
        return nullptr;
      }
  }
  outcome.reason = "no test_data_set_0 in it";
  return test->sets.empty() ? nullptr : std::move(test);
}

Error Case::writeWithConstants(const NamedTensors &values,
                               StringRef path) const {
  // A message that is appended to another one is merged into it, so that the
  // model need not be parsed.
  std::vector<uint8_t> graph, bytes = modelBytes;
  for (auto &[tensorName, tensor] : values)
    io::ProtoWriter(graph).part(5 /* GraphProto.initializer */,
                                io::formatTensorProto(tensor, tensorName));
  io::ProtoWriter(bytes).part(7 /* ModelProto.graph */, graph);
  return io::writeBytes(path, bytes);
}

//===----------------------------------------------------------------------===//
// Compiling and running
//===----------------------------------------------------------------------===//

std::string xgen::run::firstError(StringRef log, StringRef model) {
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
  line = line.ltrim(": ");
  line.consume_front("error: ");
  return line.str();
}

Loaded xgen::run::compileCase(const CompileOptions &options,
                              const TempFolder &temp, Outcome &outcome) {
  std::string log = temp.file("log");
  int saved = dup(2);
  int file = ::open(log.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  dup2(file, 2);
  Loaded loaded = loadModel(options, temp);
  llvm::errs().flush();
  dup2(saved, 2);
  ::close(file);
  ::close(saved);
  if (loaded.model)
    return loaded;
  outcome.reason = loaded.failure.message;
  bool refused =
      loaded.failure.exitCode == ExitModelError && outcome.reason.empty();
  outcome.verdict = refused ? Verdict::Unsupported : Verdict::Fail;
  if (outcome.reason.empty())
    if (auto bytes = io::readBytes(log))
      outcome.reason = firstError(
          StringRef(reinterpret_cast<const char *>(bytes->data()), bytes->size()),
          options.input);
  return loaded;
}

Expected<RunResult> xgen::run::runOn(Model &model, const NamedTensors &inputs) {
  std::vector<io::Tensor> given;
  for (const TensorInfo &want : model.info().inputs) {
    auto found =
        find_if(inputs, [&](auto &input) { return input.first == want.name; });
    if (found == inputs.end())
      return createStringError("no data for input '" + want.name + "'");
    const io::Tensor &t = found->second;
    if (t.dtype != want.dtype || (!want.dynamic && t.dims != want.dims))
      return createStringError(formatv(
          "input '{0}' was compiled as {1} {2}, the data is {3} {4}", want.name,
          io::dtypeName(want.dtype), io::shapeText(want.dims),
          io::dtypeName(t.dtype), io::shapeText(t.dims)));
    given.push_back(t);
  }
  return model.run(given, RunPlan());
}

Outcome Case::check(Model &compiled, const NamedTensors &inputs,
                    const NamedTensors &outputs) const {
  Expected<RunResult> result = runOn(compiled, inputs);
  if (!result) {
    // The model is called by its file, which says nothing.
    std::string text = toString(result.takeError());
    StringRef reason = text;
    reason.consume_front(compiled.info().name + ": ");
    return {Verdict::Fail, reason.str()};
  }
  const std::vector<TensorInfo> &infos = compiled.info().outputs;
  for (auto &[outputName, want] : outputs) {
    auto info =
        find_if(infos, [&n = outputName](auto &t) { return t.name == n; });
    if (info == infos.end())
      return {Verdict::Fail, "no output '" + outputName + "'"};
    const io::Tensor &got = result->outputs[size_t(info - infos.begin())];
    io::Difference d =
        io::compare(got, want, rtol, atol, io::Tolerance::Elementwise);
    if (!d.shapes.empty())
      return {Verdict::Fail, formatv("output '{0}' is {1}", outputName, d.shapes)};
    if (!d.equal)
      return {Verdict::Fail,
              formatv("output '{0}' differs: {1} of {2} elements, at {3}: {4:e6}, "
                      "expected {5:e6}",
                      outputName, d.count, want.elements(), d.worst,
                      io::element(got, d.worst), io::element(want, d.worst))};
  }
  return {Verdict::Pass, ""};
}

//===----------------------------------------------------------------------===//
// Inputs at run time, inputs as constants
//===----------------------------------------------------------------------===//

/// The data says what the free dimensions of the model are.
static void shapesFrom(const NamedTensors &inputs, CompileOptions &options) {
  options.inputShapes.clear();
  for (auto &[name, tensor] : inputs)
    if (!name.empty() && !tensor.dims.empty() && !is_contained(tensor.dims, 0))
      options.inputShapes[name] = {tensor.dims.begin(), tensor.dims.end()};
}

/// Runs with some of `inputs` as constants, and the others at run time.
static Outcome runFixed(const Case &test, const DataSet &set,
                        const NamedTensors &constants, CompileOptions options) {
  TempFolder temp;
  options.input = temp.file("model.onnx");
  if (Error error = test.writeWithConstants(constants, options.input))
    return {Verdict::Fail, toString(std::move(error))};
  NamedTensors others;
  for (auto &input : set.inputs)
    if (none_of(constants, [&](auto &c) { return c.first == input.first; }))
      others.push_back(input);
  shapesFrom(others, options);
  Outcome outcome;
  Loaded loaded = compileCase(options, temp, outcome);
  return loaded.model ? test.check(*loaded.model, others, set.outputs) : outcome;
}

Outcome xgen::run::runConstants(const Case &test, CompileOptions options) {
  Outcome outcome;
  for (const DataSet &set : test.sets)
    if (outcome = runFixed(test, set, set.inputs, options);
        outcome.verdict != Verdict::Pass)
      break;
  return outcome;
}

/// Whether a refused case is right with the inputs as constants that decide
/// about code: small ones, as shapes and axes are, the first one last of all.
static Outcome withConstants(const Case &test, const CompileOptions &options,
                             const Outcome &refusal) {
  if (test.sets.size() != 1)
    return refusal;
  const DataSet &set = test.sets[0];
  for (bool first : {false, true}) {
    NamedTensors constants;
    std::string names;
    for (size_t i = first ? 0 : 1; i < set.inputs.size(); ++i) {
      auto &[name, tensor] = set.inputs[i];
      if (name.empty() || tensor.dims.size() > 1 || tensor.elements() > 64)
        continue;
      constants.push_back(set.inputs[i]);
      names += (names.empty() ? "'" : ", '") + name + "'";
    }
    if (!constants.empty() &&
        runFixed(test, set, constants, options).verdict == Verdict::Pass)
      return {Verdict::Constants,
              "right with " + names + " as constants; " + refusal.reason};
  }
  return refusal;
}

Outcome xgen::run::runGiven(const Case &test, CompileOptions options) {
  TempFolder temp;
  options.input = test.model;
  shapesFrom(test.sets[0].inputs, options);
  Outcome outcome;
  Loaded loaded = compileCase(options, temp, outcome);
  if (!loaded.model)
    return outcome.verdict == Verdict::Unsupported
               ? withConstants(test, options, outcome)
               : outcome;
  for (const DataSet &set : test.sets)
    if (outcome = test.check(*loaded.model, set.inputs, set.outputs);
        outcome.verdict != Verdict::Pass)
      break;
  return outcome;
}
