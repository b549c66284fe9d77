//===- PlannerTest.cpp - Plans of random networks are right ---------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Random graphs of launches, views and concatenations: the verifier, which knows
// nothing of the planner, must accept each plan, and the arena must stay close
// to the bound that no placement can beat.
//
//===----------------------------------------------------------------------===//

#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/planning/VerifyPlan.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace xgen;

namespace {

/// Builds a module with a random @main. Tensors are [rows, 16] of f32.
class RandomNetwork {
public:
  RandomNetwork(MLIRContext &context, unsigned seed)
      : builder(&context), loc(builder.getUnknownLoc()), random(seed),
        module(ModuleOp::create(loc)) {}

  OwningOpRef<ModuleOp> build(unsigned numOps) {
    builder.setInsertionPointToEnd(module->getBody());
    auto main = func::FuncOp::create(
        builder, loc, "main",
        builder.getFunctionType({type(4), type(32)}, {}));
    Block *body = main.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    for (Value argument : body->getArguments())
      values.push_back(argument);
    for (unsigned i = 0; i < numOps; ++i)
      values.push_back(next());
    SmallVector<Value> outputs{values.back()};
    for (unsigned i = 0; i < 3; ++i)
      outputs.push_back(pick());
    func::ReturnOp::create(builder, loc, outputs);
    SmallVector<Type> results;
    for (Value output : outputs)
      results.push_back(output.getType());
    main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(), results));
    return std::move(module);
  }

private:
  RankedTensorType type(int64_t rows) {
    return RankedTensorType::get({rows, 16}, builder.getF32Type());
  }
  static int64_t rows(Value value) {
    return cast<RankedTensorType>(value.getType()).getDimSize(0);
  }
  unsigned draw(unsigned limit) { return random() % limit; }
  /// Recent values more often, so that graphs are deep.
  Value pick() {
    size_t window = draw(4) ? std::min<size_t>(values.size(), 5) : values.size();
    return values[values.size() - 1 - draw(window)];
  }

  Value next() {
    Value input = pick();
    switch (draw(6)) {
    case 0: {
      Value other = pick();
      if (rows(input) + rows(other) <= 256)
        return ir::ConcatOp::create(builder, loc,
                                    type(rows(input) + rows(other)),
                                    ValueRange{input, other}, 0);
      break;
    }
    case 1:
      if (rows(input) > 2) {
        int64_t size = 1 + draw(rows(input) - 1);
        int64_t start = draw(rows(input) - size + 1);
        return ir::SliceOp::create(
            builder, loc, type(size), input, ArrayRef<int64_t>{start, 0},
            ArrayRef<int64_t>{size, 16}, ArrayRef<int64_t>{1, 1});
      }
      break;
    case 2: {
      Value other = pick();
      return launch({input, other}, 1 + draw(100), false);
    }
    case 3:
      return launch({input}, 1 + draw(100), false);
    default:
      break;
    }
    return launch({input}, rows(input), true);
  }

  /// Kernels are never run: a pad or a slice gives the wanted shape.
  Value launch(ArrayRef<Value> inputs, int64_t resultRows, bool inplace) {
    std::string name = "k" + std::to_string(numKernels++);
    SmallVector<Type> types;
    for (Value input : inputs)
      types.push_back(input.getType());
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToEnd(module->getBody());
      auto kernel = kernel::FuncOp::create(
          builder, loc, name,
          builder.getFunctionType(types, {type(resultRows)}));
      if (inplace)
        kernel.setInplace(ArrayRef<int64_t>{0, 0});
      Block *body = &kernel.getBody().front();
      builder.setInsertionPointToEnd(body);
      Value value = body->getArgument(0);
      int64_t more = resultRows - rows(value);
      if (inplace)
        value = ir::UnaryOp::create(builder, loc, value.getType(), value,
                                    ir::UnaryKind::Relu, llvm::APFloat(0.0),
                                    llvm::APFloat(0.0));
      else if (more > 0)
        value = ir::PadOp::create(builder, loc, type(resultRows), value,
                                  ArrayRef<int64_t>{0, 0},
                                  ArrayRef<int64_t>{more, 0},
                                  ir::PadMode::Constant, llvm::APFloat(0.0));
      else
        value = ir::SliceOp::create(
            builder, loc, type(resultRows), value, ArrayRef<int64_t>{0, 0},
            ArrayRef<int64_t>{resultRows, 16}, ArrayRef<int64_t>{1, 1});
      kernel::ReturnOp::create(builder, loc, value);
    }
    return kernel::LaunchOp::create(builder, loc, TypeRange{type(resultRows)},
                                    name, inputs, ArrayAttr(),
                                    AffineMapAttr())
        .getResult(0);
  }

  OpBuilder builder;
  Location loc;
  std::mt19937 random;
  OwningOpRef<ModuleOp> module;
  SmallVector<Value> values;
  unsigned numKernels = 0;
};

TEST(PlannerTest, RandomNetworks) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, ir::XgenDialect,
                      kernel::KernelDialect, plan::PlanDialect>();
  PassContext passContext;
  unsigned state = 1;
  passContext.hooks.scratchBytes =
      [&](kernel::FuncOp) -> llvm::Expected<int64_t> {
    state = state * 1664525 + 1013904223;
    return state % 4 ? 0 : (state >> 8) % 5000;
  };
  double worst = 1;
  for (unsigned seed = 0; seed < 300; ++seed) {
    OwningOpRef<ModuleOp> module =
        RandomNetwork(context, seed).build(5 + seed % 60);
    PassManager pm(&context);
    pm.addPass(createPlanMemoryPass(passContext));
    pm.addPass(createVerifyPlan());
    ASSERT_TRUE(succeeded(pm.run(*module))) << "seed " << seed;
    auto program = *module->getOps<plan::ProgramOp>().begin();
    ASSERT_GE(program.getArenaBytes(), program.getPeakLiveBytes());
    if (program.getPeakLiveBytes() > 0)
      worst = std::max(worst, double(program.getArenaBytes()) /
                                  program.getPeakLiveBytes());
  }
  EXPECT_LE(worst, 1.3);
  RecordProperty("worst_arena_over_peak", std::to_string(worst));
  llvm::outs() << "worst arena / peak: " << worst << "\n";
}

} // namespace
