//===- VerifyPlanTest.cpp - The verifier notices every mistake ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A small plan without any free byte, and every way to break it by one step:
// each single offset, size and number changed, each launch left out, each pair
// of dependent neighbours exchanged. The verifier must reject all of them.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/VerifyPlan.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace xgen;
using plan::RefAttr;

namespace {

// Value 1 replaces value 0 in place; value 2 is written in two pieces. Scratch
// fills what is free.
constexpr const char *source = R"mlir(
plan.program @main attributes {
    inputs = [#plan.tensor<"x", tensor<16xf32>>],
    outputs = [#plan.tensor<"y", tensor<32xf32>>,
               #plan.tensor<"z", tensor<16xf32>>],
    arena_bytes = 192 : i64, weights_bytes = 128 : i64,
    peak_live_bytes = 192 : i64} {
  plan.weight <weights 0 at 0 size 64> = dense<1.0> : tensor<16xf32>
  plan.weight <weights 1 at 64 size 64> = dense<2.0> : tensor<16xf32>
  plan.launch @add reads [#plan.ref<input 0 at 0 size 64>, #plan.ref<weights 0 at 0 size 64>] writes [#plan.ref<arena 0 at 0 size 64>] scratch <arena 9 at 64 size 128>
  plan.launch @relu reads [#plan.ref<arena 0 at 0 size 64>] writes [#plan.ref<arena 1 at 0 size 64>]
  plan.launch @add reads [#plan.ref<arena 1 at 0 size 64>, #plan.ref<weights 1 at 64 size 64>] writes [#plan.ref<arena 2 at 64 size 64>]
  plan.copy <input 0 at 0 size 64> to <arena 2 at 128 size 64>
  plan.launch @join reads [#plan.ref<arena 2 at 64 size 128>] writes [#plan.ref<output 0 at 0 size 128>]
  plan.launch @relu reads [#plan.ref<arena 1 at 0 size 64>] writes [#plan.ref<arena 3 at 0 size 64>]
  plan.launch @relu reads [#plan.ref<arena 3 at 0 size 64>] writes [#plan.ref<output 1 at 0 size 64>]
}
kernel.func private @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
kernel.func private @relu(%x: tensor<16xf32>) -> tensor<16xf32> attributes {inplace = array<i64: 0, 0>} {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
kernel.func private @join(%x: tensor<32xf32>) -> tensor<32xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<exp>} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
)mlir";

class VerifyPlanTest : public ::testing::Test {
protected:
  VerifyPlanTest()
      : handler(&context, [this](Diagnostic &diag) { message = diag.str(); }) {
    context.loadDialect<ir::XgenDialect, kernel::KernelDialect,
                        plan::PlanDialect>();
  }
  OwningOpRef<ModuleOp> parse() {
    return parseSourceString<ModuleOp>(source, &context);
  }
  static plan::ProgramOp programOf(ModuleOp module) {
    return *module.getOps<plan::ProgramOp>().begin();
  }
  static Operation *opAt(ModuleOp module, size_t index) {
    return &*std::next(programOf(module).getBody().front().begin(), index);
  }
  bool holds(ModuleOp module) {
    return succeeded(verifyPlan(programOf(module)));
  }
  RefAttr changed(RefAttr ref, int64_t index, int64_t offset, int64_t bytes) {
    return RefAttr::get(&context, ref.getSpace(), ref.getIndex() + index,
                        ref.getOffset() + offset, ref.getBytes() + bytes);
  }

  /// Calls `fn` with every buffer of every op: (op number, buffer number).
  static unsigned numRefs(Operation *op) {
    unsigned count = 0;
    mutate(op, ~0u, count, [](RefAttr ref) { return ref; });
    return count;
  }
  /// Replaces buffer number `which` of `op`; counts buffers.
  static void mutate(Operation *op, unsigned which, unsigned &count,
                     llvm::function_ref<RefAttr(RefAttr)> fn) {
    for (NamedAttribute attr : llvm::to_vector(op->getAttrs())) {
      if (auto ref = dyn_cast<RefAttr>(attr.getValue())) {
        if (count++ == which)
          op->setAttr(attr.getName(), fn(ref));
        continue;
      }
      auto array = dyn_cast<ArrayAttr>(attr.getValue());
      if (!array)
        continue;
      SmallVector<Attribute> entries(array.begin(), array.end());
      for (Attribute &entry : entries)
        if (auto ref = dyn_cast<RefAttr>(entry); ref && count++ == which)
          entry = fn(ref);
      op->setAttr(attr.getName(), ArrayAttr::get(op->getContext(), entries));
    }
  }
  /// Expects that the plan is rejected with any one buffer changed by `fn`.
  void rejectAll(const char *what, llvm::function_ref<RefAttr(RefAttr)> fn) {
    OwningOpRef<ModuleOp> original = parse();
    size_t numOps = programOf(*original).getBody().front().getOperations().size();
    for (size_t at = 0; at < numOps; ++at)
      for (unsigned which = 0, e = numRefs(opAt(*original, at)); which < e;
           ++which) {
        OwningOpRef<ModuleOp> module = parse();
        unsigned count = 0;
        Operation *op = opAt(*module, at);
        mutate(op, which, count, fn);
        std::string text;
        llvm::raw_string_ostream(text) << *op;
        EXPECT_FALSE(holds(*module)) << what << ", accepted: " << text;
        ++mutants;
      }
  }

  MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler;
  unsigned mutants = 0;
};

TEST_F(VerifyPlanTest, AcceptsTheOriginal) {
  OwningOpRef<ModuleOp> module = parse();
  ASSERT_TRUE(module) << message;
  EXPECT_TRUE(holds(*module)) << message;
}

TEST_F(VerifyPlanTest, RejectsShiftedOffsets) {
  for (int64_t shift : {-128, -64, -4, -1, 1, 4, 64, 128})
    rejectAll("offset", [&](RefAttr ref) { return changed(ref, 0, shift, 0); });
  EXPECT_GT(mutants, 100u);
}

TEST_F(VerifyPlanTest, RejectsOtherSizes) {
  // What a kernel needs of scratch only its code knows: less cannot be noticed.
  for (int64_t grow : {-64, -4, 4, 64})
    rejectAll("size", [&](RefAttr ref) {
      return changed(ref, 0, 0, ref.getIndex() == 9 ? std::abs(grow) : grow);
    });
}

TEST_F(VerifyPlanTest, RejectsOtherNumbers) {
  // A scratch or an unread value may have any number that is not taken; here
  // every number but that of scratch matters.
  rejectAll("number", [&](RefAttr ref) {
    return ref.getIndex() == 9 ? changed(ref, 0, 64, 0) : changed(ref, 1, 0, 0);
  });
}

TEST_F(VerifyPlanTest, RejectsMissingSteps) {
  OwningOpRef<ModuleOp> original = parse();
  size_t numOps = programOf(*original).getBody().front().getOperations().size();
  for (size_t at = 0; at < numOps; ++at) {
    OwningOpRef<ModuleOp> module = parse();
    opAt(*module, at)->erase();
    EXPECT_FALSE(holds(*module)) << "accepted without op " << at;
  }
}

TEST_F(VerifyPlanTest, RejectsExchangedSteps) {
  // Of the neighbours, only the two weights and the copy with the launch before
  // it are independent of each other.
  OwningOpRef<ModuleOp> original = parse();
  size_t numOps = programOf(*original).getBody().front().getOperations().size();
  for (size_t at = 2; at + 1 < numOps; ++at) {
    Operation *second = opAt(*original, at + 1);
    bool independent = isa<plan::CopyOp>(second) || at == numOps - 3;
    OwningOpRef<ModuleOp> module = parse();
    opAt(*module, at + 1)->moveBefore(opAt(*module, at));
    EXPECT_EQ(holds(*module), independent) << "steps " << at << message;
  }
}

TEST_F(VerifyPlanTest, RejectsUndeclaredInplace) {
  OwningOpRef<ModuleOp> module = parse();
  cast<kernel::FuncOp>(module->lookupSymbol("relu")).removeInplaceAttr();
  EXPECT_FALSE(holds(*module));
  EXPECT_NE(message.find("overlaps read 0"), std::string::npos) << message;
}

TEST_F(VerifyPlanTest, RejectsWritesToInputsAndWeights) {
  for (plan::Space space : {plan::Space::Input, plan::Space::Weights}) {
    OwningOpRef<ModuleOp> module = parse();
    unsigned count = 0;
    // The last launch's write is its second buffer by name order: kernel, reads,
    // writes.
    Operation *op = opAt(*module, 8);
    mutate(op, 1, count, [&](RefAttr) {
      return RefAttr::get(&context, space, 0, 0, 64);
    });
    EXPECT_FALSE(holds(*module));
    EXPECT_NE(message.find("read only"), std::string::npos) << message;
  }
}

TEST_F(VerifyPlanTest, RejectsTooSmallSpaces) {
  OwningOpRef<ModuleOp> module = parse();
  programOf(*module).setArenaBytes(128);
  EXPECT_FALSE(holds(*module));
  module = parse();
  programOf(*module).setWeightsBytes(64);
  EXPECT_FALSE(holds(*module));
}

} // namespace
