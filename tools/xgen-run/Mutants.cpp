//===- Mutants.cpp - Models that are nearly right -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Flipped bytes of a protobuf seldom get behind the parser, so most changes are
// made to fields: the model is taken apart along onnx.proto's message numbers and
// put together again.
//
//===----------------------------------------------------------------------===//

#include "Mutants.h"
#include "tools/io/Proto.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"
#include <csignal>
#include <cstring>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

namespace {

enum class Is : uint8_t {
  Leaf, Model, Graph, Node, Attribute, Tensor, ValueInfo, Type, TensorType,
  Shape, Dimension, Opset, Function
};

/// Which fields of onnx.proto's messages are messages.
struct Nesting {
  Is outer;
  unsigned id;
  Is inner;
};
constexpr Nesting nestings[] = {
    {Is::Model, 7, Is::Graph},       {Is::Model, 8, Is::Opset},      {Is::Model, 25, Is::Function},
    {Is::Graph, 1, Is::Node},        {Is::Graph, 5, Is::Tensor},     {Is::Graph, 11, Is::ValueInfo},
    {Is::Graph, 12, Is::ValueInfo},  {Is::Graph, 13, Is::ValueInfo}, {Is::Node, 5, Is::Attribute},
    {Is::Attribute, 5, Is::Tensor},  {Is::Attribute, 6, Is::Graph},  {Is::Attribute, 10, Is::Tensor},
    {Is::Attribute, 11, Is::Graph},  {Is::ValueInfo, 2, Is::Type},   {Is::Type, 1, Is::TensorType},
    {Is::TensorType, 2, Is::Shape},  {Is::Shape, 1, Is::Dimension},  {Is::Function, 7, Is::Node},
    {Is::Function, 9, Is::Opset},
};

Is innerOf(Is outer, unsigned id) {
  for (const Nesting &n : nestings)
    if (n.outer == outer && n.id == id)
      return n.inner;
  return Is::Leaf;
}

struct Part;
using Parts = std::vector<Part>;
struct Part {
  io::ProtoField field;
  Is kind = Is::Leaf;
  Parts parts;                ///< of messages
  std::vector<uint8_t> bytes; ///< of other fields that are not varints
};

bool takeApart(ArrayRef<uint8_t> bytes, Is kind, Parts &parts,
               unsigned depth = 0) {
  io::ProtoReader reader(bytes);
  while (!reader.done()) {
    Part part;
    if (depth > 32 || !reader.next(part.field))
      return false;
    part.kind = part.field.isBytes() ? innerOf(kind, part.field.id) : Is::Leaf;
    if (part.kind != Is::Leaf) {
      if (!takeApart(part.field.bytes, part.kind, part.parts, depth + 1))
        return false;
    } else if (!part.field.isVarint()) {
      part.bytes = part.field.bytes.vec();
    }
    parts.push_back(std::move(part));
  }
  return true;
}

void putTogether(const Parts &parts, std::vector<uint8_t> &bytes) {
  io::ProtoWriter writer(bytes);
  for (const Part &part : parts) {
    if (part.field.isVarint()) {
      writer.number(part.field.id, part.field.number);
    } else if (part.field.isBytes()) {
      std::vector<uint8_t> inner;
      if (part.kind != Is::Leaf)
        putTogether(part.parts, inner);
      writer.part(part.field.id, part.kind != Is::Leaf ? inner : part.bytes);
    } else {
      writer.fixed(part.field.id, part.field.type, part.bytes);
    }
  }
}

class Mutator {
public:
  Mutator(Parts &model, std::minstd_rand &random) : random(random) {
    collect(model);
  }
  void change();

private:
  struct Slot {
    Parts *parts;
    size_t index;
  };
  void collect(Parts &parts) {
    for (size_t i = 0; i < parts.size(); ++i) {
      Part &part = parts[i];
      slots.push_back({&parts, i});
      if (part.kind != Is::Leaf)
        collect(part.parts);
      else if (part.field.isBytes() && part.bytes.size() < 64 &&
               all_of(part.bytes, [](uint8_t c) { return isPrint(char(c)); }))
        texts.push_back(part.bytes);
    }
  }
  size_t below(size_t n) { return n ? random() % n : 0; }
  uint64_t number(uint64_t old);
  void changeBytes(std::vector<uint8_t> &bytes);
  void changeMessage(Slot slot);

  std::minstd_rand &random;
  std::vector<Slot> slots;
  std::vector<std::vector<uint8_t>> texts;
};

} // namespace

uint64_t Mutator::number(uint64_t old) {
  static const int64_t hard[] = {
      0, 1, 2, 3, 5, 8, 16, 64, 1000, -1, -2, -3, -100, 1 << 16, INT32_MAX,
      INT32_MIN, int64_t(1) << 32, int64_t(1) << 40, int64_t(1) << 62,
      INT64_MAX, INT64_MIN};
  switch (below(4)) {
  case 0:
    return old + 1;
  case 1:
    return old - 1;
  case 2:
    return below(12);
  default:
    return uint64_t(hard[below(std::size(hard))]);
  }
}

void Mutator::changeBytes(std::vector<uint8_t> &bytes) {
  // Names, operators and strings become others of the model, most often.
  if (bytes.size() < 64 && below(3) && !texts.empty()) {
    bytes = texts[below(texts.size())];
    return;
  }
  switch (below(4)) {
  case 0:
    bytes.resize(below(bytes.size() + 1));
    return;
  case 1:
    bytes.insert(bytes.end(), below(9), uint8_t(below(256)));
    return;
  default:
    for (size_t n = 1 + below(4); n && !bytes.empty(); --n)
      bytes[below(bytes.size())] = uint8_t(below(256));
  }
}

void Mutator::changeMessage(Slot slot) {
  Parts &parts = *slot.parts;
  size_t other = below(parts.size());
  switch (below(4)) {
  case 0:
  case 1:
    parts.erase(parts.begin() + long(slot.index));
    return;
  case 2: {
    Part copy = parts[slot.index];
    parts.insert(parts.begin() + long(other), std::move(copy));
    return;
  }
  default:
    // Another field's contents, where the two are alike.
    for (size_t i = 0; i < parts.size(); ++i, other = (other + 1) % parts.size())
      if (other != slot.index && parts[other].kind == parts[slot.index].kind) {
        std::swap(parts[other].parts, parts[slot.index].parts);
        return;
      }
  }
}

void Mutator::change() {
  if (slots.empty())
    return;
  Slot slot = slots[below(slots.size())];
  Part &part = (*slot.parts)[slot.index];
  if (part.kind != Is::Leaf || !below(5)) {
    changeMessage(slot);
  } else if (part.field.isVarint()) {
    part.field.number = number(part.field.number);
  } else if (part.field.isBytes()) {
    changeBytes(part.bytes);
  } else {
    static const float hard[] = {0.f, -0.f, 1.f, -1.f, 0.5f, 1e-40f, 1e30f,
                                 -1e30f, INFINITY, NAN};
    if (part.bytes.size() == sizeof(float))
      std::memcpy(part.bytes.data(), &hard[below(std::size(hard))], sizeof(float));
  }
}

std::vector<uint8_t> xgen::run::mutateModel(ArrayRef<uint8_t> model,
                                            uint64_t seed) {
  std::minstd_rand random(unsigned(seed % 2147483646) + 1);
  random.discard(8);
  Parts parts;
  std::vector<uint8_t> bytes = model.vec();
  if (random() % 8 && takeApart(model, Is::Model, parts)) {
    // Each change may move what slots point to.
    for (unsigned n = 1 + random() % 3; n; --n)
      Mutator(parts, random).change();
    bytes.clear();
    putTogether(parts, bytes);
    return bytes;
  }
  for (unsigned n = 1 + random() % 8; n && !bytes.empty(); --n)
    bytes[random() % bytes.size()] ^= uint8_t(1u << random() % 8);
  if (random() % 4 == 0)
    bytes.resize(random() % (bytes.size() + 1));
  return bytes;
}

/// Runs the model in a process of its own. What comes out is anybody's guess, and
/// so is how long it takes: a loop may have any number of rounds.
static Outcome survive(xgen::run::Model &model, const NamedTensors &inputs) {
  const ModelInfo &info = model.info();
  if (info.arenaBytes + info.scratchBytes + info.stateBytes > 1 << 28)
    return {Verdict::Pass, ""};
  pid_t pid = fork();
  if (pid == 0) {
    alarm(5);
    consumeError(runOn(model, inputs).takeError());
    _exit(0);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid)
    return {Verdict::Fail, "cannot start a process"};
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM)
    return {Verdict::Fail,
            formatv("crash when it runs: {0}", strsignal(WTERMSIG(status)))};
  return {Verdict::Pass, ""};
}

Outcome xgen::run::runMutant(const Case &test, CompileOptions options,
                             uint64_t seed, StringRef keep) {
  std::vector<uint8_t> bytes =
      mutateModel(test.modelBytes, xxh3_64bits(test.name) + seed);
  // What no machine has is refused and not tried.
  options.maxMemory = uint64_t(4) << 30;
  TempFolder temp;
  options.input = temp.file("model.onnx");
  // Written before anything happens: a crash leaves it there.
  std::string kept = keep.empty() ? "" : formatv("{0}/{1}.{2}.onnx", keep,
                                                 test.name, seed).str();
  for (const std::string &path : {options.input, kept})
    if (!path.empty())
      if (Error error = io::writeBytes(path, bytes))
        return {Verdict::Fail, toString(std::move(error))};
  ModelNames names = scanModel(bytes);
  const NamedTensors &inputs = test.sets[0].inputs;
  for (auto &[name, tensor] : inputs)
    if (is_contained(names.inputs, name) && !tensor.dims.empty() &&
        !is_contained(tensor.dims, 0))
      options.inputShapes[name] = {tensor.dims.begin(), tensor.dims.end()};
  Outcome outcome;
  Loaded loaded = compileCase(options, temp, outcome);
  // A shape that contradicts the data is refused too early to be of use.
  if (!loaded.model && StringRef(outcome.reason).starts_with("-input-shape")) {
    options.inputShapes.clear();
    loaded = compileCase(options, temp, outcome);
  }
  if (loaded.model)
    outcome = survive(*loaded.model, inputs);
  if (outcome.verdict != Verdict::Fail && !kept.empty())
    ::remove(kept.c_str());
  return outcome;
}
