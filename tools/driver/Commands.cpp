//===- Commands.cpp - check, explain --------------------------------------===//
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
#include "tools/driver/Limits.h"
#include "tools/driver/Lowering.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace xgen;

ModuleSummary xgen::summarize(ModuleOp module) {
  ModuleSummary s;
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

/// Largest sum of values alive at any op in program order, those of branches and
/// loops in their place: a lower estimate of the arena that fusion and in-place
/// updates improve.
static int64_t estimatePeak(func::FuncOp func, unsigned depth = 0) {
  SymbolTable symbols(func->getParentOp());
  auto called = [&](Operation &op) {
    int64_t most = 0;
    for (NamedAttribute attr : op.getAttrs())
      if (auto name = dyn_cast<FlatSymbolRefAttr>(attr.getValue()))
        if (auto callee = symbols.lookup<func::FuncOp>(name.getValue());
            callee && depth < 64 && !callee.isExternal())
          most = std::max(most, estimatePeak(callee, depth + 1));
    return most;
  };
  llvm::DenseMap<Value, Operation *> lastUse;
  Block &block = func.getBody().front();
  auto bytes = [](Value v) -> int64_t {
    auto type = dyn_cast<RankedTensorType>(v.getType());
    return type && (type.hasStaticShape() || type.getEncoding()) &&
                   v.getDefiningOp() && !isa<ir::ConstantOp>(v.getDefiningOp())
               ? ir::tensorBytes(ir::largestOf(type))
               : 0;
  };
  for (Operation &op : block)
    for (Value v : op.getOperands())
      lastUse[v] = &op;
  int64_t live = 0, peak = 0;
  for (Operation &op : block) {
    for (Value v : op.getResults())
      live += bytes(v);
    peak = std::max(peak, live + called(op));
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

/// One entry for all nodes that have the same problem.
static std::vector<onnx::Unsupported>
groupByProblem(ArrayRef<onnx::Unsupported> unsupported) {
  std::vector<onnx::Unsupported> groups;
  std::map<std::tuple<std::string, std::string, int64_t, std::string>,
           std::pair<size_t, unsigned>>
      seen;
  for (const onnx::Unsupported &u : unsupported) {
    auto [it, isNew] =
        seen.try_emplace({u.domain, u.op, u.opset, u.reason}, groups.size(), 0);
    if (isNew)
      groups.push_back(u);
    else
      ++it->second.second;
  }
  for (auto &[key, place] : seen)
    if (place.second)
      groups[place.first].node +=
          llvm::formatv(" and {0} more", place.second).str();
  return groups;
}

int xgen::checkModel(const CompileOptions &options, bool json) {
  ResourceGuard guard(options);
  auto context = makeContext();
  DiagnosticPrinter printer(*context, options.input);
  OwningOpRef<ModuleOp> module = readInput(options, *context);
  if (!module)
    return ExitModelError;
  ModuleSummary before = summarize(*module);
  std::vector<onnx::Unsupported> unsupported;
  onnx::LegalizeOptions legalize = makeLegalizeOptions(&unsupported);
  legalize.dataBound = options.dataBound;
  legalize.emitDiagnostics = false;
  bool ok = stageOf(*module) != Stage::Onnx ||
            succeeded(onnx::legalizeOnnx(*module, legalize));
  if (!ok && unsupported.empty() && !printer.sawError())
    printError(options.input, "cannot be legalized");
  // Of a model that is refused, what could be legalized is counted.
  ModuleSummary after = summarize(*module);
  int64_t peak = 0;
  if (auto func = mainOf(*module))
    peak = estimatePeak(func);
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
      llvm::outs() << onnx::formatUnsupported(groupByProblem(unsupported))
                   << "\n";
    llvm::outs() << before.nodes << " nodes, " << before.ops.size()
                 << " operators, " << before.weightBytes
                 << " bytes of weights\n"
                 << llvm::formatv(
                        "{0}{1} multiply-adds, about {2} bytes of RAM before "
                        "fusion\n",
                        ok ? "" : "without what is unsupported: ", after.macs, peak);
    if (ok)
      llvm::outs() << "everything is supported on " << options.target.name << "\n";
    else if (!unsupported.empty())
      llvm::outs() << unsupported.size() << " of " << before.nodes
                   << " nodes are unsupported\n";
  }
  return ok ? ExitOk : ExitModelError;
}

int xgen::printOperators(bool json) {
  llvm::json::Array rows;
  for (auto &[domain, name] : onnx::legalizableOps()) {
    int64_t since = onnx::oldestOpset(domain, name);
    if (json)
      rows.push_back(llvm::json::Object{
          {"domain", domain}, {"name", name}, {"since", since}});
    else
      llvm::outs() << (domain.empty() ? "" : domain + ".") << name << " " << since
                   << "\n";
  }
  if (json)
    llvm::outs() << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(rows)));
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
     "Fix or bound them by the dimension's name\n"
     "  -dim=batch:1        -dim=batch:1..8        -dim=height:32..640/32\n"
     "or give an input's whole shape\n"
     "  -input-shape=data:1x3x224x224\n"
     "A name in a shape makes a dimension free that the model fixes\n"
     "  -input-shape=data:Nx3x224x224 -dim=N:1..8\n"},
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
     "(verify, -expect); 4 a limit was reached (-max-ram, -timeout,\n"
     "-max-memory); 70 a bug in xgen.\n"},
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
