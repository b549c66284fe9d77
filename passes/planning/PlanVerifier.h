//===- PlanVerifier.h - Inside of the plan verifier -------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Replays the program on a map from byte ranges to the value that was last
// written there. Deliberately naive and independent of the planner: it knows
// nothing of views, orders or placements, only of bytes. Of two branches, both
// are replayed on what was there before; a loop's body is replayed twice, so
// that what an iteration finds is what the one before it left.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PLANNING_PLANVERIFIER_H
#define XGEN_PASSES_PLANNING_PLANVERIFIER_H

#include "passes/planning/ByteMap.h"
#include "passes/planning/VerifyPlan.h"

namespace xgen::planning {

/// Where and when a value of the arena lives.
struct Lifetime {
  int64_t begin = INT64_MAX, end = 0;
  int64_t firstWrite = -1, lastRead = -1;
  mlir::Operation *writer = nullptr;
  /// The value that this one replaced in place.
  llvm::SmallDenseSet<int64_t, 2> replaces;
};

/// One replay of a program.
class Verifier {
public:
  explicit Verifier(plan::ProgramOp program)
      : program(program), symbols(program->getParentOp()) {
    if (auto module = program->getParentOfType<mlir::ModuleOp>())
      llvm::append_range(table, ir::Symbols(module).all());
  }
  mlir::LogicalResult run();

private:
  mlir::LogicalResult weights();
  mlir::LogicalResult launch(plan::LaunchOp op);
  mlir::LogicalResult move(mlir::Operation *op, plan::RefAttr from,
                           plan::RefAttr to);
  mlir::LogicalResult copy(plan::CopyOp op);
  mlir::LogicalResult append(plan::AppendOp op);
  mlir::LogicalResult bind(plan::BindOp op);
  mlir::LogicalResult branch(plan::IfOp op);
  mlir::LogicalResult loop(plan::LoopOp op);
  /// One of a branch's two pieces, with its end.
  mlir::LogicalResult piece(plan::IfOp op, mlir::Block &block);
  /// Replays the ops of a block.
  mlir::LogicalResult replay(mlir::Block &block);
  /// Numbers all ops, those inside an op between its begin and its end.
  void number(mlir::Block &block);
  /// Reads or writes each buffer of a list.
  mlir::LogicalResult readAll(mlir::Operation *op, const llvm::Twine &what,
                              mlir::ArrayAttr refs);
  mlir::LogicalResult writeAll(mlir::Operation *op, const llvm::Twine &what,
                               mlir::ArrayAttr refs);
  /// Whether all data symbols of an expression have their values by now.
  bool isKnown(mlir::AffineExpr expr);
  /// Space, bounds, alignment.
  mlir::LogicalResult place(mlir::Operation *op, const llvm::Twine &what,
                            plan::RefAttr ref, int64_t align);
  mlir::LogicalResult read(mlir::Operation *op, const llvm::Twine &what,
                           plan::RefAttr ref);
  mlir::LogicalResult write(mlir::Operation *op, const llvm::Twine &what,
                            plan::RefAttr ref);
  mlir::LogicalResult lifetimes();
  mlir::LogicalResult outputs();
  int64_t spaceBytes(plan::RefAttr ref);

  plan::ProgramOp program;
  mlir::SymbolTable symbols;
  ByteMap arena;
  std::map<int64_t, ByteMap> written;
  std::map<int64_t, plan::RefAttr> weightRefs;
  std::map<int64_t, Lifetime> values;
  struct Steps {
    int64_t begin = 0, end = 0;
  };
  llvm::DenseMap<mlir::Operation *, Steps> steps;
  int64_t step = 0;
  /// Where we are: loops from the outermost, and outputs that may be written.
  llvm::SmallVector<Steps> loops;
  llvm::SmallVector<mlir::ArrayAttr> allowed;
  llvm::SmallVector<mlir::Attribute> table;
  llvm::DenseSet<unsigned> bound;
};

} // namespace xgen::planning

#endif // XGEN_PASSES_PLANNING_PLANVERIFIER_H
