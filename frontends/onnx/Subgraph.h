//===- Subgraph.h - A branch or body that becomes a function ----*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Subgraphs of ONNX read values from around them; functions of the module read
// nothing but their arguments. A Body collects the ops of a subgraph outside of
// the module, finds out what they read, and becomes a function. What it read
// that is known at compile time is a constant inside.
//
// A body may be converted more than once, for other types of its arguments. What
// is dropped is kept until the end: what is known of values (Folder) must not
// come to mean new values at the same address.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_SUBGRAPH_H
#define XGEN_FRONTENDS_ONNX_SUBGRAPH_H

#include "Node.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace xgen::onnx {

/// What the legalizer does for nodes with subgraphs.
class Subgraphs {
public:
  explicit Subgraphs(mlir::ModuleOp module) : module(module) {}
  virtual ~Subgraphs();

  /// Legalizes a subgraph on `arguments`; its ops go to `at` in `block`. Fails
  /// with the reason when the subgraph itself is wrong, and without when its
  /// nodes have reported errors.
  virtual LogicalResult convert(mlir::Region &region, ValueRange arguments,
                                SmallVectorImpl<Value> &results,
                                mlir::Block *block, mlir::Block::iterator at,
                                std::string &reason) = 0;

  mlir::ModuleOp module;
  /// Subgraphs that may still be legalized: bodies are legalized more than once,
  /// and those inside them each time.
  unsigned budget = 1 << 14;
  unsigned numNames = 0;
  SmallVector<mlir::func::FuncOp> functions;
  /// Ops that are no longer of use.
  SmallVector<std::unique_ptr<mlir::Block>> dropped;
};

class Body {
public:
  /// `n` builds ops in the body until it is a function. `kind` says what it is:
  /// "then", "else", "body".
  Body(Node &n, StringRef attribute, StringRef kind);
  ~Body();

  /// False, with an error, when the node has no such subgraph.
  bool isValid() const { return region; }
  StringRef name() const { return functionName; }
  /// Whether an extent has its value outside of the body, too.
  bool isVisible(const Dim &d) const;

  /// In between, ops and symbols are made in the body, behind all others.
  void enter();
  void leave();
  /// A new argument of the function.
  Value argument(RankedTensorType type);
  /// Legalizes the subgraph on these values behind what is there so far.
  LogicalResult convert(ValueRange actuals, SmallVectorImpl<Value> &results);
  /// Takes everything back.
  void restart();
  /// Adds what the ops that `results` need read from outside.
  void capture(ValueRange results, llvm::SetVector<Value> &captured);
  /// Makes the function: arguments, then `captured`.
  void finish(ValueRange results, ArrayRef<Value> captured);

private:
  void drop();

  Node &n;
  mlir::Region *region;
  std::string functionName, scopeBefore;
  std::unique_ptr<mlir::Block> block;
  size_t numSymbols, numFunctions;
  unsigned numNames;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_SUBGRAPH_H
