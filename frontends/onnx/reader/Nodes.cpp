//===- Nodes.cpp - ONNX nodes, subgraphs, functions -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Nodes are sorted (most files are in order already), functions of the model
// are inlined, subgraphs become regions that use outer values directly.
//
//===----------------------------------------------------------------------===//

#include "Reader.h"

#include "dialects/onnx/OnnxOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include <queue>

using namespace mlir;

namespace xgen::onnx {

static std::string nodeName(const pb::NodeProto &node, int index,
                            const Scope &scope) {
  if (!node.name().empty())
    return scope.prefix + node.name();
  return scope.prefix + node.op_type() + "_" + std::to_string(index);
}

void collectFreeNames(const pb::GraphProto &graph, llvm::StringSet<> &names,
                      unsigned depth) {
  if (depth > maxNesting)
    return; // readSubgraph reports it
  llvm::StringSet<> own, used;
  for (const auto &input : graph.input())
    own.insert(input.name());
  for (const auto &tensor : graph.initializer())
    own.insert(tensor.name());
  for (const auto &node : graph.node()) {
    for (const auto &input : node.input())
      used.insert(input);
    for (const auto &output : node.output())
      own.insert(output);
    for (const auto &attribute : node.attribute()) {
      if (attribute.has_g())
        collectFreeNames(attribute.g(), used, depth + 1);
      for (const auto &g : attribute.graphs())
        collectFreeNames(g, used, depth + 1);
    }
  }
  for (const auto &output : graph.output())
    used.insert(output.name());
  for (const auto &name : used)
    if (!own.contains(name.getKey()) && !name.getKey().empty())
      names.insert(name.getKey());
}

/// Kahn's algorithm, always taking the earliest ready node, so that a sorted
/// graph keeps its order.
LogicalResult GraphReader::sortNodes(Nodes &nodes, Scope &scope,
                                     std::vector<int> &order) {
  int count = nodes.size();
  llvm::StringMap<int> producer;
  for (int i = 0; i < count; ++i)
    for (const auto &output : nodes[i].output())
      if (!output.empty() && !producer.try_emplace(output, i).second)
        return error() << "'" << output << "' is produced twice, by "
                       << nodes[producer[output]].op_type() << " node '"
                       << nodeName(nodes[producer[output]], producer[output],
                                   scope)
                       << "' and '" << nodeName(nodes[i], i, scope) << "'";
  std::vector<int> waiting(count, 0);
  std::vector<std::vector<int>> users(count);
  for (int i = 0; i < count; ++i) {
    llvm::StringSet<> reads;
    for (const auto &input : nodes[i].input())
      if (!input.empty())
        reads.insert(input);
    for (const auto &attribute : nodes[i].attribute()) {
      if (attribute.has_g())
        collectFreeNames(attribute.g(), reads);
      for (const auto &g : attribute.graphs())
        collectFreeNames(g, reads);
    }
    for (const auto &name : reads) {
      auto it = producer.find(name.getKey());
      if (it == producer.end())
        continue;
      users[it->second].push_back(i);
      ++waiting[i];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int i = 0; i < count; ++i)
    if (!waiting[i])
      ready.push(i);
  while (!ready.empty()) {
    int i = ready.top();
    ready.pop();
    order.push_back(i);
    for (int user : users[i])
      if (!--waiting[user])
        ready.push(user);
  }
  if (int(order.size()) == count)
    return success();

  // Every waiting node has a waiting producer: walk back until one repeats.
  std::vector<int> before(count, -1);
  int start = -1;
  for (int i = 0; i < count; ++i)
    for (int user : users[i])
      if (waiting[i] && waiting[user]) {
        before[user] = i;
        start = user;
      }
  std::vector<int> path;
  std::vector<bool> visited(count, false);
  int at = start;
  for (; at >= 0 && !visited[at]; at = before[at]) {
    visited[at] = true;
    path.push_back(at);
  }
  auto first = std::find(path.begin(), path.end(), at);
  auto diag = error() << "the graph has a cycle:";
  int listed = 0;
  for (auto it = path.end(); it != first && listed < 16; ++listed) {
    --it;
    diag << (listed ? " -> '" : " '") << nodeName(nodes[*it], *it, scope)
         << "'";
  }
  return diag;
}

LogicalResult GraphReader::readNodes(Nodes &nodes, Scope &scope, bool steal) {
  nodeCount += nodes.size();
  if (nodeCount > maxNodes)
    return error() << "the model has more than " << maxNodes << " nodes";
  std::vector<int> order;
  if (failed(sortNodes(nodes, scope, order)))
    return failure();
  for (int i : order)
    if (failed(readNode(nodes[i], i, scope, steal)))
      return failure();
  return success();
}

Value GraphReader::none() {
  return NoneOp::create(builder, loc, NoneType::get(&context))->getResult(0);
}

Attribute GraphReader::readAttribute(pb::AttributeProto &a, StringRef where,
                                     bool steal) {
  using pb::AttributeProto;
  auto bad = [&](StringRef why) -> Attribute {
    error() << where << ": attribute '" << a.name() << "' " << why;
    return {};
  };
  auto kind = a.type();
  // Models of IR version 1 do not say the type.
  if (kind == AttributeProto::UNDEFINED)
    kind = a.has_f()            ? AttributeProto::FLOAT
           : a.has_i()          ? AttributeProto::INT
           : a.has_s()          ? AttributeProto::STRING
           : a.has_t()          ? AttributeProto::TENSOR
           : a.has_g()          ? AttributeProto::GRAPH
           : a.floats_size()    ? AttributeProto::FLOATS
           : a.ints_size()      ? AttributeProto::INTS
           : a.strings_size()   ? AttributeProto::STRINGS
                                : AttributeProto::UNDEFINED;
  switch (kind) {
  case AttributeProto::FLOAT:
    return builder.getF32FloatAttr(a.f());
  case AttributeProto::INT:
    return builder.getI64IntegerAttr(a.i());
  case AttributeProto::STRING:
    return builder.getStringAttr(a.s());
  case AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(
        SmallVector<float>(a.floats().begin(), a.floats().end()));
  case AttributeProto::INTS:
    return builder.getDenseI64ArrayAttr(
        SmallVector<int64_t>(a.ints().begin(), a.ints().end()));
  case AttributeProto::STRINGS: {
    SmallVector<Attribute> strings;
    for (const auto &s : a.strings())
      strings.push_back(builder.getStringAttr(s));
    return builder.getArrayAttr(strings);
  }
  case AttributeProto::TENSOR:
    return tensors.read(*a.mutable_t(),
                        (where + ": attribute '" + a.name() + "'").str(),
                        steal);
  case AttributeProto::SPARSE_TENSOR:
  case AttributeProto::SPARSE_TENSORS:
    return bad("is a sparse tensor, which is unsupported");
  case AttributeProto::TENSORS:
    return bad("is a list of tensors, which is unsupported");
  case AttributeProto::TYPE_PROTO:
  case AttributeProto::TYPE_PROTOS:
    return builder.getUnitAttr();
  default:
    return bad("has no value");
  }
}

LogicalResult GraphReader::readNode(pb::NodeProto &node, int index,
                                    Scope &scope, bool steal) {
  std::string name = nodeName(node, index, scope);
  std::string where = node.op_type() + " node '" + name + "'";
  StringRef domain =
      node.domain() == "ai.onnx" ? StringRef() : StringRef(node.domain());

  auto function = functions.find((domain + "\n" + node.op_type()).str());
  if (function != functions.end())
    return inlineFunction(*function->second, node, name, scope);

  SmallVector<Value> inputs;
  for (const auto &input : node.input()) {
    if (input.empty()) {
      inputs.push_back(none());
      continue;
    }
    Value value = scope.lookup(input);
    if (!value)
      return error() << where << " reads '" << input
                     << "', which is neither an input nor an initializer nor "
                        "produced by a node";
    inputs.push_back(value);
  }
  SmallVector<Type> types;
  for (const auto &output : node.output()) {
    auto it = scope.types.find(output);
    types.push_back(it != scope.types.end() ? it->second
                                            : Type(NoneType::get(&context)));
  }

  SmallVector<NamedAttribute> attributes;
  SmallVector<std::pair<std::string, pb::GraphProto *>> graphs;
  llvm::StringSet<> seen;
  for (auto &attribute : *node.mutable_attribute()) {
    if (attribute.name().empty() || !seen.insert(attribute.name()).second)
      return error() << where << ": attribute '" << attribute.name() << "' "
                     << (attribute.name().empty() ? "has no name"
                                                  : "is given twice");
    if (!attribute.ref_attr_name().empty()) {
      if (!scope.functionAttributes)
        return error() << where << ": attribute '" << attribute.name()
                       << "' refers to a function's attribute outside of one";
      auto it = scope.functionAttributes->find(attribute.ref_attr_name());
      if (it != scope.functionAttributes->end())
        attributes.push_back(
            builder.getNamedAttr(attribute.name(), it->second));
      continue;
    }
    if (attribute.has_g()) {
      graphs.emplace_back(attribute.name(), attribute.mutable_g());
      continue;
    }
    for (auto [i, g] : llvm::enumerate(*attribute.mutable_graphs()))
      graphs.emplace_back(attribute.name() + "." + std::to_string(i), &g);
    if (attribute.graphs_size())
      continue;
    Attribute value = readAttribute(attribute, where, steal);
    if (!value)
      return failure();
    attributes.push_back(builder.getNamedAttr(attribute.name(), value));
  }

  int64_t opset = 1;
  auto version = scope.opsets->find(domain);
  if (version != scope.opsets->end())
    opset = version->second;
  // Most operators of ai.onnx.* are found without an import in old files;
  // legalization says what it does not know.
  OperationState state(NameLoc::get(builder.getStringAttr(name)),
                       NodeOp::getOperationName());
  state.addOperands(inputs);
  state.addTypes(types);
  state.addAttribute("op_type", builder.getStringAttr(node.op_type()));
  state.addAttribute("domain", builder.getStringAttr(domain));
  state.addAttribute("opset", builder.getI64IntegerAttr(opset));
  state.addAttribute("node_name", builder.getStringAttr(name));
  state.addAttribute("onnx_attributes", builder.getDictionaryAttr(attributes));
  SmallVector<Attribute> graphNames;
  for (auto &[graphName, graph] : graphs) {
    graphNames.push_back(builder.getStringAttr(graphName));
    state.addRegion();
  }
  if (!graphNames.empty())
    state.addAttribute("subgraphs", builder.getArrayAttr(graphNames));
  auto op = cast<NodeOp>(builder.create(state));
  for (auto [i, graph] : llvm::enumerate(graphs))
    if (failed(readSubgraph(*graph.second, op->getRegion(i), scope, where,
                            steal)))
      return failure();
  for (auto [i, output] : llvm::enumerate(node.output()))
    if (!output.empty() &&
        failed(define(scope, output, op->getResult(i))))
      return failure();
  return success();
}

LogicalResult GraphReader::readSubgraph(pb::GraphProto &graph, Region &region,
                                        Scope &outer, StringRef where,
                                        bool steal) {
  Scope scope;
  scope.parent = &outer;
  scope.opsets = outer.opsets;
  scope.functionAttributes = outer.functionAttributes;
  scope.prefix = outer.prefix;
  scope.depth = outer.depth + 1;
  if (scope.depth > maxNesting)
    return error() << where << ": subgraphs are nested more than " << maxNesting
                   << " deep";
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  SmallVector<Attribute> names, dimAttrs;
  if (failed(readInitializers(graph, scope)))
    return failure();
  // Types of a body's inputs may be left out; they follow from the node.
  for (const auto &input : graph.input()) {
    if (scope.values.count(input.name()))
      continue;
    Value argument = block->addArgument(convertType(input.type(), nullptr),
                                        builder.getUnknownLoc());
    if (failed(define(scope, input.name(), argument)))
      return failure();
  }
  for (const auto &info : graph.value_info())
    scope.types[info.name()] = convertType(info.type(), nullptr);
  for (const auto &output : graph.output())
    scope.types[output.name()] = convertType(output.type(), nullptr);
  if (failed(readNodes(*graph.mutable_node(), scope, steal)))
    return failure();
  SmallVector<Value> results;
  for (const auto &output : graph.output()) {
    Value value = scope.lookup(output.name());
    if (!value)
      return error() << where << ": output '" << output.name()
                     << "' of its subgraph is produced by no node";
    results.push_back(value);
  }
  YieldOp::create(builder, loc, results);
  return success();
}

LogicalResult GraphReader::inlineFunction(pb::FunctionProto &function,
                                          const pb::NodeProto &node,
                                          StringRef name, Scope &outer) {
  struct Depth {
    unsigned &depth;
    Depth(unsigned &d) : depth(d) { ++depth; }
    ~Depth() { --depth; }
  } guard(functionDepth);
  if (functionDepth > maxNesting)
    return error() << "function '" << function.name()
                   << "' calls itself, or functions nest more than "
                   << maxNesting << " deep";
  if (node.input_size() > function.input_size() ||
      node.output_size() > function.output_size())
    return error() << "node '" << name << "' gives function '"
                   << function.name() << "' " << node.input_size()
                   << " inputs and " << node.output_size()
                   << " outputs; it has " << function.input_size() << " and "
                   << function.output_size();
  Scope scope;
  scope.prefix = name.str() + "/";
  scope.depth = outer.depth;
  llvm::StringMap<int64_t> functionOpsets = opsets;
  for (const auto &opset : function.opset_import())
    functionOpsets[opset.domain() == "ai.onnx" ? std::string()
                                               : opset.domain()] =
        opset.version();
  scope.opsets = &functionOpsets;
  llvm::StringMap<Attribute> attributes;
  for (const auto &attribute : node.attribute()) {
    if (attribute.has_g() || attribute.graphs_size())
      return error() << "node '" << name << "': function '" << function.name()
                     << "' takes a graph as attribute '" << attribute.name()
                     << "', which is unsupported";
    if (!attribute.ref_attr_name().empty()) {
      if (!outer.functionAttributes)
        return error() << "node '" << name << "': attribute '"
                       << attribute.name()
                       << "' refers to a function's attribute outside of one";
      auto it = outer.functionAttributes->find(attribute.ref_attr_name());
      if (it != outer.functionAttributes->end())
        attributes[attribute.name()] = it->second;
      continue;
    }
    pb::AttributeProto copy = attribute;
    Attribute value = readAttribute(copy, name, /*steal=*/true);
    if (!value)
      return failure();
    attributes[attribute.name()] = value;
  }
  scope.functionAttributes = &attributes;
  for (int i = 0; i < function.input_size(); ++i) {
    Value value;
    if (i < node.input_size() && !node.input(i).empty()) {
      value = outer.lookup(node.input(i));
      if (!value)
        return error() << "node '" << name << "' reads '" << node.input(i)
                       << "', which nothing produces";
    } else {
      value = none();
    }
    if (failed(define(scope, function.input(i), value)))
      return failure();
  }
  if (failed(readNodes(*function.mutable_node(), scope, /*steal=*/false)))
    return failure();
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty())
      continue;
    Value value = scope.lookup(function.output(i));
    if (!value)
      return error() << "function '" << function.name() << "' does not produce "
                     << "its output '" << function.output(i) << "'";
    if (failed(define(outer, node.output(i), value)))
      return failure();
  }
  return success();
}

} // namespace xgen::onnx
