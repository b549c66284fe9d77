//===- Commands.cpp - check, info, explain --------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Sub-commands of xgenc that write no artefact.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Commands.h"
#include "dialects/onnx/OnnxOps.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Lowering.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace xgen;

namespace {
/// What a look at a module tells.
struct Summary {
  std::map<std::string, int64_t> ops;
  int64_t nodes = 0, macs = 0, weightBytes = 0;
};
} // namespace

static Summary summarize(ModuleOp module) {
  Summary s;
  llvm::SmallPtrSet<const void *, 32> seen;
  auto count = [&](ElementsAttr value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      if (seen.insert(value.getAsOpaquePointer()).second)
        s.weightBytes += ir::tensorBytes(type);
  };
  module.walk([&](Operation *op) {
    if (auto node = dyn_cast<onnx::NodeOp>(op)) {
      ++s.ops[node.getOpType().str()];
      ++s.nodes;
    } else if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
      count(constant.getValue());
    } else if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
      count(constant.getValue());
    } else if (auto tensor = dyn_cast<ir::TensorOpInterface>(op)) {
      ++s.ops[op->getName().stripDialect().str()];
      ++s.nodes;
      s.macs += tensor.getMacs();
    }
  });
  return s;
}

/// Largest sum of values alive at any op in program order: a lower estimate of
/// the arena that fusion and in-place updates improve.
static int64_t estimatePeak(func::FuncOp func) {
  llvm::DenseMap<Value, Operation *> lastUse;
  Block &block = func.getBody().front();
  auto bytes = [](Value v) -> int64_t {
    auto type = dyn_cast<RankedTensorType>(v.getType());
    return type && type.hasStaticShape() && v.getDefiningOp() &&
                   !isa<ir::ConstantOp>(v.getDefiningOp())
               ? ir::tensorBytes(type)
               : 0;
  };
  for (Operation &op : block)
    for (Value v : op.getOperands())
      lastUse[v] = &op;
  int64_t live = 0, peak = 0;
  for (Operation &op : block) {
    for (Value v : op.getResults())
      live += bytes(v);
    peak = std::max(peak, live);
    llvm::SmallPtrSet<void *, 4> dead;
    for (Value v : op.getOperands())
      if (lastUse[v] == &op && dead.insert(v.getAsOpaquePointer()).second)
        live -= bytes(v);
  }
  return peak;
}

static func::FuncOp mainOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

static llvm::json::Object describe(StringRef name, Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return llvm::json::Object{{"name", name.str()}, {"type", text}};
}

/// Names and types of arguments or results of @main or the plan.
static void signature(ModuleOp module, llvm::json::Array &inputs,
                      llvm::json::Array &outputs) {
  if (auto func = mainOf(module)) {
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

static void printSignature(StringRef title, const llvm::json::Array &list) {
  for (const llvm::json::Value &entry : list)
    llvm::outs() << title << " "
                 << entry.getAsObject()->getString("name").value_or("") << ": "
                 << entry.getAsObject()->getString("type").value_or("") << "\n";
}

int xgen::checkModel(const CompileOptions &options, bool json) {
  auto context = makeContext();
  DiagnosticPrinter printer(*context, options.input);
  OwningOpRef<ModuleOp> module = readInput(options, *context);
  if (!module)
    return ExitModelError;
  Summary before = summarize(*module);
  std::vector<onnx::Unsupported> unsupported;
  onnx::LegalizeOptions legalize = makeLegalizeOptions(&unsupported);
  legalize.dataBound = options.dataBound;
  legalize.emitDiagnostics = false;
  bool ok = stageOf(*module) != Stage::Onnx ||
            succeeded(onnx::legalizeOnnx(*module, legalize));
  Summary after;
  int64_t peak = 0;
  if (ok) {
    after = summarize(*module);
    if (auto func = mainOf(*module))
      peak = estimatePeak(func);
  } else if (unsupported.empty() && !printer.sawError()) {
    printError(options.input, "cannot be legalized");
  }
  if (json) {
    llvm::json::Array rows;
    for (auto &u : unsupported)
      rows.push_back(llvm::json::Object{{"node", u.node},
                                        {"op", u.op},
                                        {"domain", u.domain},
                                        {"opset", u.opset},
                                        {"reason", u.reason},
                                        {"hint", u.hint}});
    llvm::json::Object ops;
    for (auto &[name, n] : before.ops)
      ops[name] = n;
    llvm::outs() << llvm::formatv(
        "{0:2}\n", llvm::json::Value(llvm::json::Object{
                       {"supported", ok},
                       {"unsupported", std::move(rows)},
                       {"operators", std::move(ops)},
                       {"macs", after.macs},
                       {"weights_bytes", before.weightBytes},
                       {"peak_ram_estimate_bytes", peak}}));
  } else {
    if (!unsupported.empty())
      llvm::outs() << onnx::formatUnsupported(unsupported);
    llvm::outs() << before.nodes << " nodes, " << before.ops.size()
                 << " operators, " << before.weightBytes
                 << " bytes of weights\n";
    if (ok)
      llvm::outs() << llvm::formatv(
          "{0} multiply-adds, about {1} bytes of RAM before fusion\n"
          "everything is supported on {2}\n",
          after.macs, peak, options.target.name);
  }
  return ok ? ExitOk : ExitModelError;
}

int xgen::printInfo(const CompileOptions &options, bool json) {
  auto context = makeContext();
  DiagnosticPrinter printer(*context, options.input);
  OwningOpRef<ModuleOp> module = readInput(options, *context);
  if (!module)
    return ExitModelError;
  static const char *stages[] = {"onnx", "xgen", "kernel", "plan"};
  StringRef stage = stages[(int)stageOf(*module)];
  Summary s = summarize(*module);
  llvm::json::Array inputs, outputs;
  signature(*module, inputs, outputs);
  if (!json) {
    llvm::outs() << "stage " << stage << "\n";
    printSignature("input", inputs);
    printSignature("output", outputs);
    llvm::outs() << s.nodes << " nodes, " << s.weightBytes
                 << " bytes of weights\n";
    for (auto &[name, n] : s.ops)
      llvm::outs() << llvm::formatv("  {0,6} {1}\n", n, name);
    for (auto program : module->getOps<plan::ProgramOp>())
      llvm::outs() << llvm::formatv(
          "arena {0} bytes, peak of live bytes {1}, weights {2} bytes\n",
          program.getArenaBytes(), program.getPeakLiveBytes(),
          program.getWeightsBytes());
    return ExitOk;
  }
  llvm::json::Object ops;
  for (auto &[name, n] : s.ops)
    ops[name] = n;
  llvm::json::Object all{{"stage", stage},
                         {"inputs", std::move(inputs)},
                         {"outputs", std::move(outputs)},
                         {"nodes", s.nodes},
                         {"operators", std::move(ops)},
                         {"weights_bytes", s.weightBytes}};
  for (auto program : module->getOps<plan::ProgramOp>()) {
    all["arena_bytes"] = (int64_t)program.getArenaBytes();
    all["peak_live_bytes"] = (int64_t)program.getPeakLiveBytes();
  }
  llvm::outs() << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(all)));
  return ExitOk;
}

//===----------------------------------------------------------------------===//
// explain
//===----------------------------------------------------------------------===//

namespace {
struct Topic {
  StringRef code, text;
};
} // namespace

static const Topic topics[] = {
    {"free-dimension",
     "A model may leave dimensions of its inputs open (\"batch\", \"N\", -1).\n"
     "This version compiles for fixed sizes. Give them by the dimension's name\n"
     "  -dim=batch:1\n"
     "or give an input's whole shape\n"
     "  -input-shape=data:1x3x224x224\n"},
    {"unsupported-operator",
     "The model uses an operator, a version of it or a combination of\n"
     "attributes that cannot be compiled. `xgenc check MODEL.onnx` lists all of\n"
     "them at once. Often an exporter's option, a simplifier, or computing\n"
     "pre- and post-processing outside the model removes them.\n"},
    {"external-data",
     "Large models keep weights in files beside the .onnx file. Such a file\n"
     "must be inside the model's folder: absolute paths, '..' and links that\n"
     "lead outside are refused, so that a model cannot read other files.\n"},
    {"exit-codes",
     "0 ok; 1 wrong use; 2 the model or a file is at fault; 3 results differ\n"
     "(verify, -expect); 4 a limit was reached (-max-ram); 70 a bug in xgen.\n"},
};

int xgen::explain(StringRef code) {
  for (const Topic &topic : topics)
    if (topic.code == code) {
      llvm::outs() << topic.text;
      return ExitOk;
    }
  llvm::raw_ostream &os = code.empty() ? llvm::outs() : llvm::errs();
  if (!code.empty())
    os << "xgenc: no explanation for '" << code << "'\n";
  os << "known:";
  for (const Topic &topic : topics)
    os << " " << topic.code;
  os << "\n";
  return code.empty() ? ExitOk : ExitUsage;
}
