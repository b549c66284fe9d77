//===- VerifyControlTest.cpp - Mistakes in branches and loops -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A plan with a branch and a loop, and ways to break it: each replaces one piece
// of its text. The verifier must reject all of them, for the right reason.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/VerifyPlan.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace xgen;

namespace {

// Value 0 comes out of the branch, and every iteration adds it to value 1; value
// 4 collects the sums. Values 2 and 3 are numbers of iterations.
constexpr const char *source = R"mlir(
module attributes {xgen.symbols = [#xgen.symbol<data, "", 0 to 4 in "then">]} {
plan.program @main attributes {
    inputs = [#plan.tensor<"c", tensor<i1>>, #plan.tensor<"x", tensor<16xf32>>,
              #plan.tensor<"n", tensor<i64>>],
    outputs = [#plan.tensor<"y", tensor<16xf32>>,
               #plan.tensor<"z", tensor<4x16xf32>>],
    arena_bytes = 576 : i64, weights_bytes = 0 : i64,
    peak_live_bytes = 576 : i64} {
  plan.if <input 0 at 0 size 1> writes [#plan.ref<arena 0 at 0 size 64>] named ["then", "else"] {
    plan.bind <input 2 at 0 size 8> as affine_map<()[s0] -> (s0)> {width = 64 : i64}
    plan.launch @relu reads [#plan.ref<input 1 at 0 size 64>] writes [#plan.ref<arena 0 at 0 size 64>]
    plan.yield [#plan.ref<arena 0 at 0 size 64>]
  } else {
    plan.launch @relu reads [#plan.ref<input 1 at 0 size 64>] writes [#plan.ref<arena 6 at 64 size 64>]
    plan.launch @add reads [#plan.ref<input 1 at 0 size 64>, #plan.ref<arena 6 at 64 size 64>] writes [#plan.ref<arena 0 at 0 size 64>]
    plan.yield [#plan.ref<arena 0 at 0 size 64>]
  }
  plan.copy <input 1 at 0 size 64> to <arena 1 at 64 size 64>
  plan.loop trips <input 2 at 0 size 8> most 4 index <arena 2 at 128 size 8> count <arena 3 at 192 size 8> carries [#plan.ref<arena 1 at 64 size 64>] writes [#plan.ref<arena 1 at 64 size 64>, #plan.ref<arena 4 at 256 size 256>] named "body" {
    plan.launch @add reads [#plan.ref<arena 1 at 64 size 64>, #plan.ref<arena 0 at 0 size 64>] writes [#plan.ref<arena 5 at 512 size 64>]
    plan.append <arena 5 at 512 size 64> to <arena 4 at 256 size 256>
    plan.copy <arena 5 at 512 size 64> to <arena 1 at 64 size 64>
  }
  plan.copy <arena 1 at 64 size 64> to <output 0 at 0 size 64>
  plan.copy <arena 4 at 256 size 256> to <output 1 at 0 size 256>
}
kernel.func private @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
kernel.func private @relu(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
}
)mlir";

struct Mutant {
  const char *what, *from, *to, *message;
};

const Mutant mutants[] = {
    {"a condition of four bytes", "plan.if <input 0 at 0 size 1>",
     "plan.if <input 1 at 0 size 4>", "must be one byte"},
    {"a branch that leaves its result unwritten",
     "plan.launch @relu reads [#plan.ref<input 1 at 0 size 64>] writes "
     "[#plan.ref<arena 0 at 0 size 64>]",
     "", "never written"},
    {"a branch that yields another buffer",
     "plan.yield [#plan.ref<arena 0 at 0 size 64>]",
     "plan.yield [#plan.ref<input 1 at 0 size 64>]", "no beginning of a result"},
    {"a branch that yields too few results",
     "plan.yield [#plan.ref<arena 0 at 0 size 64>]", "plan.yield []",
     "a yield of its 1 results"},
    {"a branch that writes an output on the side", "writes [#plan.ref<arena 6 at 64 size 64>]",
     "writes [#plan.ref<output 0 at 0 size 64>]", "no result of the branch"},
    {"a value of one branch that is read after it",
     "plan.copy <input 1 at 0 size 64> to <arena 1 at 64 size 64>",
     "plan.copy <arena 6 at 64 size 64> to <arena 1 at 128 size 64>",
     "belongs to value 1|never written"},
    {"a symbol of a branch that is used after it",
     "to <output 0 at 0 size 64>",
     "to <output 0 at 0 size 64>\n  plan.bind <input 2 at 0 size 8> as "
     "affine_map<()[s0] -> (s0 + 1)> {width = 64 : i64}",
     "no value yet"},
    {"nothing to begin with",
     "plan.copy <input 1 at 0 size 64> to <arena 1 at 64 size 64>", "",
     "never written"},
    {"a body that destroys what the next iteration reads",
     "writes [#plan.ref<arena 5 at 512 size 64>]\n    plan.append <arena 5 at "
     "512 size 64> to <arena 4 at 256 size 256>\n    plan.copy <arena 5 at 512",
     "writes [#plan.ref<arena 5 at 0 size 64>]\n    plan.append <arena 5 at 0 "
     "size 64> to <arena 4 at 256 size 256>\n    plan.copy <arena 5 at 0",
     "overlaps read 1"},
    {"a body that reads what an earlier iteration has left",
     "plan.append <arena 5 at 512 size 64>",
     "plan.copy <input 1 at 0 size 64> to <arena 0 at 0 size 64>\n    "
     "plan.append <arena 7 at 512 size 64>",
     "belongs to value 5"},
    {"scratch on what the next iteration reads",
     "    plan.append <arena 5",
     "    plan.launch @relu reads [#plan.ref<input 1 at 0 size 64>] writes "
     "[#plan.ref<arena 8 at 0 size 64>]\n    plan.append <arena 5",
     "belongs to value 8|while both are live"},
    {"more parts than there is room for", "most 4", "most 5",
     "no room for 5 parts"},
    {"an index of four bytes", "index <arena 2 at 128 size 8>",
     "index <arena 2 at 128 size 4>", "index must have 8 bytes"},
    {"an index among the results", "index <arena 2 at 128 size 8>",
     "index <arena 2 at 64 size 8>", "belongs to value 2"},
    {"a count on a result", "count <arena 3 at 192 size 8>",
     "count <arena 3 at 256 size 8>", "belongs to value 3"},
    {"a loop without end", "trips <input 2 at 0 size 8>", "", "has no end"},
    {"a loop that may write an output twice", "to <arena 1 at 64 size 64>\n  }",
     "to <output 0 at 0 size 64>\n  }", "a second time"},
    {"a part outside a loop", "plan.copy <arena 4 at 256 size 256> to <output 1 at 0 size 256>",
     "plan.append <arena 4 at 256 size 256> to <output 1 at 0 size 256>",
     "outside a loop"},
};

class VerifyControlTest : public ::testing::Test {
protected:
  VerifyControlTest()
      : handler(&context, [this](Diagnostic &diag) { message = diag.str(); }) {
    context.loadDialect<ir::XgenDialect, kernel::KernelDialect,
                        plan::PlanDialect>();
  }
  /// Whether the plan can be read and holds.
  bool holds(const std::string &text) {
    message.clear();
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << message;
    return module &&
           succeeded(verifyPlan(*module->getOps<plan::ProgramOp>().begin()));
  }
  MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler;
};

TEST_F(VerifyControlTest, AcceptsTheOriginal) {
  EXPECT_TRUE(holds(source)) << message;
}

TEST_F(VerifyControlTest, RejectsEachMutant) {
  for (const Mutant &mutant : mutants) {
    std::string text = source;
    size_t at = text.find(mutant.from);
    ASSERT_NE(at, std::string::npos) << mutant.what;
    text.replace(at, std::strlen(mutant.from), mutant.to);
    EXPECT_FALSE(holds(text)) << mutant.what;
    bool found = false;
    for (StringRef one : llvm::split(StringRef(mutant.message), '|'))
      found |= StringRef(message).contains(one);
    EXPECT_TRUE(found) << mutant.what << ": " << message;
  }
}

} // namespace
