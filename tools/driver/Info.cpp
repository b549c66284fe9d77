//===- Info.cpp - xgenc info ----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What a file is: a model, a module of some stage, or an artefact. Everything is
// collected as JSON first, and the text for people is made of that.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Inspect.h"
#include "tools/driver/Commands.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Limits.h"
#include "tools/driver/Lowering.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace xgen;
using llvm::json::Array;
using llvm::json::Object;

/// Names in models may be any bytes; JSON is UTF-8.
static std::string utf8(StringRef text) {
  return llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
}

namespace {
/// A row of the table of kernels: all launches of one.
struct KernelUse {
  std::string schedule;
  int64_t launches = 0, macs = 0;
  /// Nodes of the first launch.
  std::string nodes;
};
/// By the kernel's name, in the order of the network.
using KernelTable =
    llvm::MapVector<std::string, KernelUse, std::map<std::string, unsigned>>;
} // namespace

static void use(KernelTable &table, StringRef kernel, StringRef schedule,
                int64_t macs, StringRef nodes) {
  KernelUse &row = table[kernel.str()];
  if (!row.launches++)
    row.nodes = nodes.str();
  row.schedule = schedule.str();
  row.macs += macs;
}

static Array toJson(const KernelTable &table) {
  Array rows;
  for (auto &[kernel, row] : table)
    rows.push_back(Object{{"kernel", kernel},
                          {"schedule", row.schedule},
                          {"launches", row.launches},
                          {"macs", row.macs},
                          {"nodes", utf8(row.nodes)}});
  return rows;
}

//===----------------------------------------------------------------------===//
// Artefacts
//===----------------------------------------------------------------------===//

static Array toJson(ArrayRef<InspectedTensor> tensors) {
  Array list;
  for (const InspectedTensor &t : tensors) {
    std::string type = t.type;
    for (int64_t dim : t.dims)
      type += "[" + std::to_string(dim) + "]";
    Object o{{"name", utf8(t.name)},
             {"type", type},
             {"bytes", (int64_t)t.bytes}};
    if (t.quantized)
      o["quantization"] =
          llvm::formatv("scale {0:e6}, zero point {1}", t.scale, t.zeroPoint)
              .str();
    if (t.dynamic)
      o["dynamic"] = true;
    list.push_back(std::move(o));
  }
  return list;
}

static Object describe(const InspectedModel &m) {
  KernelTable kernels;
  int64_t macs = 0;
  for (const InspectedLayer &layer : m.layers) {
    use(kernels, layer.kernel, layer.schedule, layer.macs, layer.nodes);
    macs += layer.macs;
  }
  Object o{{"kind", m.kind},
           {"name", m.name},
           {"target", m.target},
           {"compiler", m.compiler},
           {"abi_version", llvm::formatv("{0}.{1}", m.abiVersion >> 16,
                                         m.abiVersion & 0xffff)
                               .str()},
           {"cpu_features", Array(m.features)},
           {"inputs", toJson(m.inputs)},
           {"outputs", toJson(m.outputs)},
           {"macs", macs},
           {"arena_bytes", (int64_t)m.arenaBytes},
           {"scratch_bytes", (int64_t)m.scratchBytes},
           {"state_bytes", (int64_t)m.stateBytes},
           {"weights_bytes", (int64_t)m.weightsBytes},
           {"weights_hash", llvm::utohexstr(m.weightsHash, true)},
           {"weights_embedded", m.embedsWeights || !m.weightsBytes},
           {"code_bytes", (int64_t)m.codeBytes},
           {"layers", (int64_t)m.layers.size()},
           {"kernels", toJson(kernels)}};
  if (!m.states.empty())
    o["states"] = toJson(m.states);
  Array dims;
  for (const InspectedDim &d : m.dims)
    if (d.input < m.inputs.size())
      dims.push_back(Object{{"name", utf8(d.name)},
                            {"input", utf8(m.inputs[d.input].name)},
                            {"dimension", (int64_t)d.dimension},
                            {"min", d.min},
                            {"max", d.max},
                            {"step", d.step}});
  if (!dims.empty())
    o["free_dimensions"] = std::move(dims);
  return o;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static Object describe(StringRef name, Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return Object{{"name", utf8(name)}, {"type", text}};
}

/// Names and types of arguments or results of @main or the plan.
static void signature(ModuleOp module, Array &inputs, Array &outputs) {
  if (auto func = module.lookupSymbol<func::FuncOp>("main")) {
    for (unsigned i = 0; i < func.getNumArguments(); ++i) {
      auto name = func.getArgAttrOfType<StringAttr>(i, "onnx.name");
      inputs.push_back(
          describe(name ? name.getValue() : "", func.getArgumentTypes()[i]));
    }
    for (unsigned i = 0; i < func.getNumResults(); ++i) {
      auto name = func.getResultAttrOfType<StringAttr>(i, "onnx.name");
      outputs.push_back(
          describe(name ? name.getValue() : "", func.getResultTypes()[i]));
    }
  }
  for (auto program : module.getOps<plan::ProgramOp>()) {
    for (auto t : program.getInputs().getAsRange<plan::TensorAttr>())
      inputs.push_back(describe(t.getName(), t.getType()));
    for (auto t : program.getOutputs().getAsRange<plan::TensorAttr>())
      outputs.push_back(describe(t.getName(), t.getType()));
  }
}

static std::string joined(std::optional<ArrayAttr> names) {
  std::string text;
  if (names)
    for (auto name : names->getAsRange<StringAttr>()) {
      text += text.empty() ? "" : ", ";
      text += name.getValue();
    }
  return text;
}

/// Launches by kernel, of the kernel and the plan stage.
static KernelTable kernelsOf(ModuleOp module) {
  KernelTable table;
  SymbolTable symbols(module);
  auto launch = [&](StringRef callee, std::optional<ArrayAttr> nodes) {
    auto func = symbols.lookup<kernel::FuncOp>(callee);
    if (!func)
      return;
    int64_t macs = 0;
    for (Operation &op : func.getBody().front())
      if (auto tensor = dyn_cast<ir::TensorOpInterface>(op))
        macs += tensor.getMacs();
    use(table, callee, scheduleName(func), macs, joined(nodes));
  };
  module.walk([&](Operation *op) {
    if (auto l = dyn_cast<kernel::LaunchOp>(op))
      launch(l.getCallee(), l.getNodes());
    else if (auto l = dyn_cast<plan::LaunchOp>(op))
      launch(l.getKernel(), l.getNodes());
  });
  return table;
}

static Object describe(ModuleOp module) {
  static const char *stages[] = {"onnx", "xgen", "kernel", "plan"};
  Stage stage = stageOf(module);
  ModuleSummary s = summarize(module);
  Array inputs, outputs;
  signature(module, inputs, outputs);
  Object ops;
  for (auto &[name, n] : s.ops)
    ops[name] = n;
  Object all{{"stage", stages[(int)stage]},
             {"inputs", std::move(inputs)},
             {"outputs", std::move(outputs)},
             {"nodes", s.nodes},
             {"operators", std::move(ops)},
             {"weights_bytes", s.weightBytes}};
  if (stage == Stage::Onnx)
    return all;
  all["macs"] = s.macs;
  if (stage == Stage::Xgen)
    return all;
  if (std::string target = targetOf(module); !target.empty())
    all["target"] = target;
  KernelTable kernels = kernelsOf(module);
  int64_t macs = 0, launches = 0;
  for (auto &[name, row] : kernels) {
    macs += row.macs;
    launches += row.launches;
  }
  all["macs"] = macs;
  all["layers"] = launches;
  all["kernels"] = toJson(kernels);
  for (auto program : module.getOps<plan::ProgramOp>()) {
    all["arena_bytes"] = (int64_t)program.getArenaBytes();
    all["peak_live_bytes"] = (int64_t)program.getPeakLiveBytes();
    all["weights_bytes"] = (int64_t)program.getWeightsBytes();
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static StringRef text(const Object &o, StringRef key) {
  return o.getString(key).value_or("");
}

static void printTensors(const Object &all, StringRef list, StringRef title) {
  const Array *tensors = all.getArray(list);
  for (size_t i = 0; tensors && i < tensors->size(); ++i) {
    const Object &t = *(*tensors)[i].getAsObject();
    llvm::outs() << title << " " << text(t, "name") << ": " << text(t, "type");
    if (auto bytes = t.getInteger("bytes"))
      llvm::outs() << ", " << *bytes << " bytes";
    if (t.getBoolean("dynamic"))
      llvm::outs() << ", dimensions at most";
    if (auto quantization = t.getString("quantization"))
      llvm::outs() << ", " << *quantization;
    llvm::outs() << "\n";
  }
}

static void printFreeDims(const Object &all) {
  const Array *dims = all.getArray("free_dimensions");
  for (size_t i = 0; dims && i < dims->size(); ++i) {
    const Object &d = *(*dims)[i].getAsObject();
    llvm::outs() << "free " << text(d, "name") << ": dimension "
                 << d.getInteger("dimension").value_or(0) << " of "
                 << text(d, "input") << ", " << d.getInteger("min").value_or(0)
                 << " to " << d.getInteger("max").value_or(0);
    if (int64_t step = d.getInteger("step").value_or(1); step > 1)
      llvm::outs() << ", a multiple of " << step;
    llvm::outs() << "\n";
  }
}

static void printKernels(const Object &all) {
  const Array *kernels = all.getArray("kernels");
  if (!kernels)
    return;
  int64_t macs = all.getInteger("macs").value_or(0);
  llvm::outs() << all.getInteger("layers").value_or(0) << " launches of "
               << kernels->size() << " kernels, " << macs
               << " multiply-adds\n"
               << "  launches  share of them  schedule        kernel: nodes\n";
  for (const llvm::json::Value &value : *kernels) {
    const Object &row = *value.getAsObject();
    double share =
        macs ? 100.0 * row.getInteger("macs").value_or(0) / macs : 0.0;
    llvm::outs() << llvm::formatv("  {0,8}  {1,11:f1} %  {2,-14}  {3}: {4}\n",
                                  row.getInteger("launches").value_or(0), share,
                                  text(row, "schedule"), text(row, "kernel"),
                                  text(row, "nodes"));
  }
}

static void print(const Object &all) {
  llvm::raw_ostream &os = llvm::outs();
  auto number = [&](StringRef key) { return all.getInteger(key).value_or(0); };
  bool artefact = all.get("kind") != nullptr;
  if (artefact) {
    os << text(all, "kind") << ", model '" << text(all, "name") << "' for "
       << text(all, "target") << ", by " << text(all, "compiler")
       << ", ABI version " << text(all, "abi_version") << "\nneeds";
    for (const llvm::json::Value &feature : *all.getArray("cpu_features"))
      os << " " << feature.getAsString().value_or("");
    os << (all.getArray("cpu_features")->empty() ? " no processor features\n"
                                                 : "\n");
  } else {
    os << "stage " << text(all, "stage");
    if (auto target = all.getString("target"))
      os << ", kernels for " << *target;
    os << "\n";
  }
  printTensors(all, "inputs", "input");
  printTensors(all, "outputs", "output");
  printTensors(all, "states", "state");
  printFreeDims(all);
  if (artefact)
    os << "arena " << number("arena_bytes") << " bytes and "
       << number("scratch_bytes") << " for each thread, state "
       << number("state_bytes") << "\nweights " << number("weights_bytes")
       << " bytes"
       << (all.getBoolean("weights_embedded").value_or(true)
               ? ""
               : " in a side file")
       << ", code of kernels " << number("code_bytes") << " bytes\n";
  else
    os << number("nodes") << " nodes, " << number("weights_bytes")
       << " bytes of weights\n";
  if (const Object *ops = all.getObject("operators")) {
    std::map<StringRef, int64_t> sorted;
    for (auto &[name, count] : *ops)
      sorted[name] = count.getAsInteger().value_or(0);
    for (auto &[name, count] : sorted)
      os << llvm::formatv("  {0,6} {1}\n", count, name);
  }
  if (!artefact && all.get("arena_bytes"))
    os << "arena " << number("arena_bytes") << " bytes, peak of live bytes "
       << number("peak_live_bytes") << "\n";
  printKernels(all);
}

int xgen::printInfo(const CompileOptions &options, bool json) {
  std::vector<Object> found;
  ResourceGuard guard(options);
  if (isArtefact(options.input)) {
    auto models = inspectArtefact(options.input);
    if (!models) {
      printError(options.input, llvm::toString(models.takeError()));
      return ExitModelError;
    }
    for (const InspectedModel &model : *models)
      found.push_back(describe(model));
  } else {
    auto context = makeContext();
    DiagnosticPrinter printer(*context, options.input);
    OwningOpRef<ModuleOp> module = readInput(options, *context);
    if (!module)
      return ExitModelError;
    found.push_back(describe(*module));
  }
  for (Object &all : found) {
    if (json)
      llvm::outs() << llvm::formatv("{0:2}\n",
                                    llvm::json::Value(std::move(all)));
    else
      print(all);
  }
  return ExitOk;
}
