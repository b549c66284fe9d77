//===- Legalizer.cpp - Pass xgen-legalize-onnx ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One walk in topological order: when a node is reached the types of its
// operands are known and static. A node that fails poisons its results; nodes
// that read poison are only checked for being known, so that one run lists
// everything that is unsupported and nothing that merely follows from it.
//
//===----------------------------------------------------------------------===//

#include "Legalize.h"

#include "Subgraph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace xgen::onnx {

#include "OnnxOpsRegistry.inc" // generated: registerAllOps

namespace {

/// Built at the first use; nothing is registered by static constructors.
const Registry &allOps() {
  static const Registry *ops = [] {
    auto *registry = new Registry;
    registerAllOps(*registry);
    return registry;
  }();
  return *ops;
}

/// Operators whose first versions mean something else than their handlers
/// take; all others are legal from version 1 on.
int64_t oldestVersion(StringRef op) {
  return llvm::StringSwitch<int64_t>(op)
      .Cases({"LpPool", "Pad"}, 2)
      .Cases({"Cast", "Selu", "Tile"}, 6)
      .Case("Upsample", 7)
      .Default(1);
}

constexpr unsigned maxInlineDepth = 64;

class Legalizer : Subgraphs {
public:
  Legalizer(func::FuncOp main, const LegalizeOptions &options)
      : Subgraphs(main->getParentOfType<ModuleOp>()), main(main),
        builder(main.getContext()),
        folder(options.fold, main->getParentOfType<ModuleOp>()) {
    folder.dataBound = options.dataBound;
  }

  LogicalResult run();
  std::vector<Unsupported> problems;
  /// Diagnostics about inputs; not nodes, so not in the table.
  std::vector<std::string> inputProblems;

private:
  void checkInputs();
  bool boundInput(BlockArgument argument, RankedTensorType type);
  void convertBlock(Block &block);
  void standIn(NodeOp node);
  void convertNode(NodeOp node);
  LogicalResult convert(Region &region, ValueRange arguments,
                        SmallVectorImpl<Value> &results, Block *block,
                        Block::iterator at, std::string &reason) override;
  void report(NodeOp node, StringRef reason, StringRef hint);

  func::FuncOp main;
  OpBuilder builder;
  Folder folder;
  /// onnx value to xgen value. Null: left out. Missing: poisoned.
  DenseMap<Value, Value> values;
  /// onnx values that are sequences; they are no xgen values.
  DenseMap<Value, std::unique_ptr<SmallVector<Value>>> sequences;
  unsigned depth = 0;
  /// A subgraph returns what follows from another node's error.
  bool poisoned = false;
};

std::string nodeNameOf(NodeOp node) {
  if (!node.getNodeName().empty())
    return node.getNodeName().str();
  if (auto name = dyn_cast<NameLoc>(node->getLoc()))
    return name.getName().str();
  return "?";
}

void Legalizer::report(NodeOp node, StringRef reason, StringRef hint) {
  Unsupported problem;
  problem.node = nodeNameOf(node);
  problem.op = node.getOpType().str();
  problem.domain = node.getDomain().str();
  problem.opset = node.getOpset();
  problem.reason = reason.str();
  problem.hint = hint.str();
  problems.push_back(std::move(problem));
}

/// Gives free dimensions with bounds their symbols; false without bounds.
bool Legalizer::boundInput(BlockArgument argument, RankedTensorType type) {
  unsigned i = argument.getArgNumber();
  auto names = main.getArgAttrOfType<ArrayAttr>(i, "onnx.dims");
  auto inputName = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
  if (!names || names.size() != size_t(type.getRank()))
    return false;
  Dims dims;
  for (auto [d, extent] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(extent)) {
      dims.push_back(extent);
      continue;
    }
    auto pair = dyn_cast<ArrayAttr>(names[d]);
    if (!pair || pair.size() != 2)
      return false;
    auto name = dyn_cast<StringAttr>(pair[0]);
    auto range = dyn_cast<DenseI64ArrayAttr>(pair[1]);
    if (!name || !range || range.size() != 3 || range[2] < 1)
      return false;
    // Unnamed ones are named by where they are.
    std::string text = name.getValue().str();
    if (text.empty())
      text = (inputName ? inputName.getValue().str() : std::to_string(i)) + ":" +
             std::to_string(d);
    dims.push_back(folder.symbols.input(text, range[0], range[1], range[2]));
  }
  argument.setType(ir::tensorOf(dims, type.getElementType()));
  return true;
}

void Legalizer::checkInputs() {
  for (BlockArgument argument : main.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (type && type.hasStaticShape()) {
      values[argument] = argument;
      continue;
    }
    if (type && boundInput(argument, type)) {
      values[argument] = argument;
      continue;
    }
    unsigned i = argument.getArgNumber();
    auto name = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
    std::string text =
        "input '" + (name ? name.getValue().str() : std::to_string(i)) + "' ";
    if (!type) {
      text += "has no shape; give it: -input-shape=" +
              (name ? name.getValue().str() : "NAME") + ":1x...";
      inputProblems.push_back(text);
      continue;
    }
    auto names = main.getArgAttrOfType<ArrayAttr>(i, "onnx.dims");
    std::string list, example, flags;
    for (auto [d, extent] : llvm::enumerate(type.getShape())) {
      if (d)
        example += "x";
      if (!ShapedType::isDynamic(extent)) {
        example += std::to_string(extent);
        continue;
      }
      StringRef dim;
      if (names && d < names.size()) {
        auto name = dyn_cast<StringAttr>(names[d]);
        if (!name)
          continue; // It has bounds.
        dim = name.getValue();
      }
      list += (list.empty() ? "" : ", ") + std::to_string(d);
      if (!dim.empty()) {
        list += " ('" + dim.str() + "')";
        flags += " -dim=" + dim.str() + ":1..N";
      }
      example += d ? "N" : "1";
    }
    text += "has free dimensions: " + list +
            "; fix or bound them with -input-shape=" +
            (name ? name.getValue().str() : "NAME") + ":" + example;
    if (!flags.empty())
      text += " or" + flags;
    inputProblems.push_back(text);
  }
}

void Legalizer::convertNode(NodeOp node) {
  StringRef domain = node.getDomain(), type = node.getOpType();
  const Registry::Entry *entry = allOps().find(domain, type);
  if (!entry)
    return report(node,
                  domain.empty() ? std::string("unknown operator")
                                 : "unknown operator of domain '" +
                                       domain.str() + "'",
                  "decompose it into standard operators before export");
  int64_t oldest = domain.empty() ? oldestVersion(type) : 1;
  if (int64_t(node.getOpset()) < oldest)
    return report(node,
                  "supported from operator set " + std::to_string(oldest) + " on",
                  "convert the model with onnx.version_converter");
  SmallVector<Value> inputs;
  SmallVector<const SmallVector<Value> *> lists;
  for (Value input : node.getInputs()) {
    auto it = values.find(input);
    if (it == values.end())
      return; // Follows from another node's error.
    inputs.push_back(it->second);
    auto list = sequences.find(input);
    lists.push_back(list == sequences.end() ? nullptr : list->second.get());
    if (lists.back() && !entry->sequences)
      return report(node, "input " + std::to_string(lists.size() - 1) +
                              " is a sequence, which this operator cannot read",
                    "");
    if (it->second &&
        isa<ComplexType>(Emitter::elementType(it->second)))
      return report(node, "complex numbers are unsupported", "");
  }
  for (unsigned i = 0; i < entry->minInputs; ++i)
    if (i >= inputs.size() || !inputs[i])
      return report(node, "input " + std::to_string(i) + " is missing", "");

  builder.setInsertionPoint(node);
  Node n(node, std::move(inputs), builder, folder, *this);
  n.sequences = std::move(lists);
  size_t before = problems.size();
  poisoned = false;
  if (failed(entry->handler(n)) || n.hasError()) {
    // A subgraph's nodes have reported themselves, or follow from others.
    if (problems.size() == before && !poisoned)
      report(node, n.hasError() ? n.reason : "cannot be legalized", n.hint);
    return;
  }
  if (n.outputSequence || n.outputNothing) {
    if (node.getOutputs().empty())
      return;
    Value first = node.getOutputs()[0];
    values[first] = Value();
    if (n.outputSequence)
      sequences[first] =
          std::make_unique<SmallVector<Value>>(std::move(*n.outputSequence));
    return;
  }
  for (auto [from, to] : llvm::zip(node.getOutputs(), n.outputs)) {
    if (to)
      values[from] = to;
    else if (!from.use_empty())
      report(node, "output " + std::to_string(cast<OpResult>(from)
                                                  .getResultNumber()) +
                       " is unsupported",
             "");
  }
}

LogicalResult Legalizer::convert(Region &region, ValueRange arguments,
                                 SmallVectorImpl<Value> &results, Block *block,
                                 Block::iterator at, std::string &reason) {
  auto wrong = [&](const Twine &why) {
    reason = why.str();
    return failure();
  };
  if (region.empty() || depth >= maxInlineDepth)
    return wrong("a subgraph is empty or nested too deeply");
  if (budget == 0)
    return wrong("there are too many subgraphs in each other");
  --budget;
  Block &from = region.front();
  if (from.getNumArguments() != arguments.size())
    return wrong("a subgraph has " + Twine(from.getNumArguments()) +
                 " inputs, not " + Twine(arguments.size()));
  if (from.empty() || !isa<YieldOp>(from.back()))
    return wrong("a subgraph has no outputs");
  for (auto [formal, actual] : llvm::zip(from.getArguments(), arguments))
    values[formal] = actual;
  // Of an earlier conversion.
  for (Operation &op : from)
    for (Value result : op.getResults()) {
      values.erase(result);
      sequences.erase(result);
    }
  ++depth;
  size_t before = problems.size();
  // Ops are made where they belong in the block, then moved out.
  convertBlock(from);
  --depth;
  for (Operation &op : llvm::make_early_inc_range(from))
    if (!isa<OnnxDialect>(op.getDialect()))
      op.moveBefore(block, at);
  if (problems.size() != before)
    return failure();
  for (auto [i, v] : llvm::enumerate(from.back().getOperands())) {
    auto it = values.find(v);
    if (it == values.end()) {
      poisoned = true;
      return failure();
    }
    if (!it->second)
      return wrong("output " + Twine(i) + " of a subgraph is " +
                   (sequences.count(v) ? "a sequence" : "not a tensor"));
    results.push_back(it->second);
  }
  return success();
}

/// Gives the results of a node that cannot be legalized values that nobody has
/// computed, so that the nodes after it are looked at, too. Integers are left out:
/// they may be shapes, and what follows would be blamed for not knowing them.
void Legalizer::standIn(NodeOp node) {
  builder.setInsertionPoint(node);
  for (Value output : node.getOutputs()) {
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (type && type.hasStaticShape() && isa<FloatType>(type.getElementType()) &&
        !values.count(output))
      values[output] = UnrealizedConversionCastOp::create(
                           builder, node.getLoc(), type, ValueRange())
                           .getResult(0);
  }
}

void Legalizer::convertBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      builder.setInsertionPoint(&op);
      if (!isa<DenseElementsAttr, DenseResourceElementsAttr>(
              constant.getValue()) ||
          !isa<RankedTensorType>(constant.getValue().getType())) {
        inputProblems.push_back("constant '" + constant.getName().str() +
                                "' is not a dense tensor");
        continue;
      }
      auto made = ir::ConstantOp::create(
          builder, op.getLoc(), constant.getValue().getType(),
          constant.getValue());
      values[constant.getResult()] = made.getResult();
    } else if (isa<NoneOp>(op)) {
      values[op.getResult(0)] = Value();
    } else if (auto node = dyn_cast<NodeOp>(op)) {
      size_t before = problems.size();
      convertNode(node);
      if (problems.size() != before)
        standIn(node);
    }
  }
}

LogicalResult Legalizer::run() {
  checkInputs();
  if (!inputProblems.empty())
    return failure();
  Block &body = main.getBody().front();
  convertBlock(body);
  if (!problems.empty() || !inputProblems.empty())
    return failure();

  Operation *terminator = body.getTerminator();
  SmallVector<Value> results;
  for (Value v : terminator->getOperands())
    results.push_back(values.lookup(v));
  for (auto [i, v] : llvm::enumerate(results))
    if (!v) {
      bool list = sequences.count(terminator->getOperand(i));
      inputProblems.push_back("output " + std::to_string(i) +
                              (list ? " is a sequence; only tensors can be "
                                      "outputs"
                                    : " has no value"));
      return failure();
    }
  terminator->setOperands(results);
  main.setFunctionType(
      builder.getFunctionType(body.getArgumentTypes(),
                              ValueRange(results).getTypes()));
  // Uses come after definitions: erase backwards.
  for (Operation *op = terminator->getPrevNode(); op;) {
    Operation *before = op->getPrevNode();
    if (isa<OnnxDialect>(op->getDialect()) ||
        (isa<ir::XgenDialect>(op->getDialect()) && op->use_empty() &&
         !isa<ir::BindOp>(op)))
      op->erase();
    op = before;
  }
  return success();
}

} // namespace

std::string formatUnsupported(ArrayRef<Unsupported> entries) {
  size_t nodeWidth = 4, opWidth = 2;
  auto opName = [](const Unsupported &u) {
    return u.domain.empty() ? u.op : u.domain + "." + u.op;
  };
  for (const Unsupported &u : entries) {
    nodeWidth = std::max(nodeWidth, u.node.size());
    opWidth = std::max(opWidth, opName(u).size());
  }
  nodeWidth = std::min<size_t>(nodeWidth, 48);
  opWidth = std::min<size_t>(opWidth, 32);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "  " << llvm::left_justify("node", nodeWidth) << "  "
     << llvm::left_justify("op", opWidth) << "  opset  reason";
  for (const Unsupported &u : entries) {
    os << "\n  " << llvm::left_justify(u.node, nodeWidth) << "  "
       << llvm::left_justify(opName(u), opWidth) << "  "
       << llvm::right_justify(std::to_string(u.opset), 5) << "  " << u.reason;
    if (!u.hint.empty())
      os << "\n  " << std::string(nodeWidth + opWidth + 11, ' ')
         << "hint: " << u.hint;
  }
  return text;
}

LogicalResult legalizeOnnx(ModuleOp module, const LegalizeOptions &options) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.getBody().empty())
    return emitError(module.getLoc(), "there is no func.func @main with a body");
  Legalizer legalizer(main, options);
  LogicalResult result = legalizer.run();
  // The vector has nodes only, so inputs are always reported here.
  for (const std::string &text : legalizer.inputProblems)
    emitError(module.getLoc(), text);
  if (options.emitDiagnostics) {
    if (size_t count = legalizer.problems.size())
      emitError(module.getLoc()) << count << (count == 1 ? " node is" : " nodes are")
                         << " unsupported:\n"
                         << formatUnsupported(legalizer.problems);
  }
  if (options.unsupported)
    *options.unsupported = std::move(legalizer.problems);
  return result;
}

int64_t oldestOpset(StringRef domain, StringRef op) {
  return domain.empty() ? oldestVersion(op) : 1;
}

std::vector<std::pair<std::string, std::string>> legalizableOps() {
  std::vector<std::pair<std::string, std::string>> ops;
  for (const auto &entry : allOps().all()) {
    auto [domain, name] = entry.getKey().split('\n');
    ops.emplace_back(domain.str(), name.str());
  }
  llvm::sort(ops);
  return ops;
}

namespace {

struct LegalizeOnnxPass
    : public PassWrapper<LegalizeOnnxPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LegalizeOnnxPass)
  explicit LegalizeOnnxPass(LegalizeOptions options)
      : options(std::move(options)) {}

  StringRef getArgument() const final { return "xgen-legalize-onnx"; }
  StringRef getDescription() const final {
    return "onnx.node to xgen ops; everything unsupported is reported at once";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<OnnxDialect, ir::XgenDialect, func::FuncDialect>();
  }
  void runOnOperation() final {
    if (failed(legalizeOnnx(getOperation(), options)))
      signalPassFailure();
  }
  LegalizeOptions options;
};

} // namespace

std::unique_ptr<Pass> createLegalizeOnnxPass(LegalizeOptions options) {
  return std::make_unique<LegalizeOnnxPass>(std::move(options));
}

void registerLegalizeOnnxPass(LegalizeOptions options) {
  registerPass([options] { return createLegalizeOnnxPass(options); });
}

} // namespace xgen::onnx
