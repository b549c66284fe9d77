//===- Node.h - One ONNX node, seen by its legalization --------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A legalization is `LogicalResult f(Node &n)`: it reads inputs and attributes
// from `n`, makes ops with the Emitter that `n` is, and ends in `n.result(v)`.
// Files of ops/ register theirs in `registerFILE(Registry &)`.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_NODE_H
#define XGEN_FRONTENDS_ONNX_NODE_H

#include "Emitter.h"
#include "dialects/onnx/OnnxOps.h"
#include "llvm/ADT/StringMap.h"

namespace xgen::onnx {

class Node;
using Handler = std::function<LogicalResult(Node &)>;

class Registry {
public:
  /// `minInputs` inputs must be there; `handler` need not check them.
  void add(StringRef op, unsigned minInputs, Handler handler,
           StringRef domain = "");
  /// An operator that takes sequences.
  void addSequence(StringRef op, Handler handler) {
    add(op, 0, std::move(handler));
    entries[("\n" + op).str()].sequences = true;
  }
  struct Entry {
    unsigned minInputs = 0;
    Handler handler;
    bool sequences = false;
  };
  const Entry *find(StringRef domain, StringRef op) const;
  const llvm::StringMap<Entry> &all() const { return entries; }

private:
  llvm::StringMap<Entry> entries; // "domain\nop"
};

class Subgraphs;

class Node : public Emitter {
public:
  Node(NodeOp op, SmallVector<Value> inputs, mlir::OpBuilder &builder,
       Folder &folder, Subgraphs &subgraphs);

  NodeOp op;
  int64_t opset;
  /// At least this version of its operator set.
  bool since(int64_t version) const { return opset >= version; }

  //===--- Inputs ---------------------------------------------------------===//
  unsigned numInputs() const { return inputs.size(); }
  /// Null when left out.
  Value input(unsigned i) const {
    return i < inputs.size() ? inputs[i] : Value();
  }
  bool has(unsigned i) const { return bool(input(i)); }
  /// The tensors of an input that is a sequence: what is in a sequence is known
  /// at compile time. Null when it is none.
  const SmallVector<Value> *sequence(unsigned i) const {
    return i < sequences.size() ? sequences[i] : nullptr;
  }
  ArrayRef<Value> allInputs() const { return inputs; }
  /// An input that must be known at compile time; an error names it `what`.
  std::optional<Shape> ints(unsigned i, StringRef what);
  std::optional<SmallVector<double>> doubles(unsigned i, StringRef what);
  /// The same for what may depend on free dimensions; nullopt without an error
  /// when it is only known at run time.
  std::optional<Dims> extents(unsigned i, StringRef what);
  /// The same for a list that may be computed in the program: what is not known
  /// becomes symbols in [min, max]; see Emitter::bind.
  std::optional<Dims> boundExtents(unsigned i, StringRef what,
                                   ArrayRef<std::optional<Dim>> given,
                                   int64_t min, std::optional<int64_t> max = {});
  /// The same for one number.
  std::optional<Dim> boundExtent(unsigned i, StringRef what, int64_t min,
                                 std::optional<int64_t> max = {});
  /// Extents of result `i` as far as the model declares them: what a run-time
  /// shape must come to. One entry a dimension; `rank` of them, none known, when
  /// the model tells nothing.
  SmallVector<std::optional<Dim>> declared(unsigned i, int64_t rank);
  /// Elements of input `i`, a tensor of integers of known length, as int64.
  std::optional<int64_t> length(unsigned i, StringRef what);
  /// ONNX moved many attributes to inputs: input `i` when it is there, else the
  /// attribute; nullopt with hasError() set, or without when both are missing.
  std::optional<Shape> intsFrom(unsigned i, StringRef attribute);

  //===--- Attributes: defaults where they are missing --------------------===//
  Attribute attribute(StringRef name) { return op.getOnnxAttributes().get(name); }
  bool hasAttribute(StringRef name) { return bool(attribute(name)); }
  int64_t integer(StringRef name, int64_t otherwise);
  double number(StringRef name, double otherwise);
  std::string string(StringRef name, StringRef otherwise);
  std::optional<Shape> integers(StringRef name);
  SmallVector<double> numbers(StringRef name);
  SmallVector<std::string> strings(StringRef name);
  ElementsAttr tensor(StringRef name);

  /// A dimension number with negative ones counted from the end; an error and
  /// nullopt when outside.
  std::optional<int64_t> axis(int64_t value, int64_t rank);
  std::optional<Shape> axes(ShapeRef values, int64_t rank);

  //===--- Results --------------------------------------------------------===//
  unsigned numResults() { return op->getNumResults(); }
  bool used(unsigned i) {
    return i < op->getNumResults() && !op->getResult(i).use_empty();
  }
  LogicalResult result(Value v) { return result(0, v); }
  LogicalResult result(unsigned i, Value v);
  LogicalResult resultSequence(SmallVector<Value> values);
  /// The result is an optional without a value.
  LogicalResult resultNothing();

  //===--- Subgraphs; see Subgraph.h --------------------------------------===//
  /// Null, with an error, when there is none of this name.
  mlir::Region *subgraph(StringRef name);
  /// Its ops in place of the node.
  LogicalResult inlineSubgraph(StringRef name, ValueRange arguments,
                               llvm::SmallVectorImpl<Value> &values);
  Subgraphs &subgraphs;

  SmallVector<Value> outputs;
  /// Of result 0, when it is one.
  std::optional<SmallVector<Value>> outputSequence;
  bool outputNothing = false;
  /// Parallel to the inputs; not owned.
  SmallVector<const SmallVector<Value> *> sequences;

private:
  SmallVector<Value> inputs;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_NODE_H
