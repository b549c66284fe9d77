//===- EvalHarness.h - Running textual xgen functions ---------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Parses a func.func @main and evaluates it.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_UNITTESTS_REFERENCE_EVALHARNESS_H
#define XGEN_UNITTESTS_REFERENCE_EVALHARNESS_H

#include "codegen/reference/EvalAttrs.h"
#include "codegen/reference/Reference.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xgen/XgenOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <cstring>
#include <gtest/gtest.h>

namespace xgen::test {

/// A module in a context of its own.
class Program {
public:
  explicit Program(llvm::StringRef text) {
    context.loadDialect<mlir::func::FuncDialect, mlir::quant::QuantDialect,
                        ir::XgenDialect, kernel::KernelDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }

  mlir::func::FuncOp main() {
    return module->lookupSymbol<mlir::func::FuncOp>("main");
  }
  /// The first op of @main.
  mlir::Operation *front() { return &main().getBody().front().front(); }

  /// Inputs are arrays of storage elements.
  template <class Out, class... Ins>
  std::vector<Out> run(std::vector<Ins>... inputs) {
    if (!module) {
      ADD_FAILURE() << "the program does not parse";
      return {};
    }
    std::vector<TensorView> views;
    unsigned i = 0;
    auto type = [&](unsigned n) {
      return llvm::cast<mlir::RankedTensorType>(
          main().getFunctionType().getInput(n));
    };
    auto add = [&](void *data, size_t bytes) {
      views.push_back({data, type(i)});
      EXPECT_EQ(ir::tensorBytes(type(i)), static_cast<int64_t>(bytes));
      ++i;
    };
    (add(inputs.data(), inputs.size() * sizeof(Ins)), ...);
    auto results = evalFunction(main(), views);
    if (!results) {
      ADD_FAILURE() << llvm::toString(results.takeError());
      return {};
    }
    const HostTensor &first = results->front();
    EXPECT_EQ(first.getNumBytes() % sizeof(Out), 0u);
    return std::vector<Out>(first.as<Out>(),
                            first.as<Out>() + first.getNumBytes() / sizeof(Out));
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// A function of one op: `types` is "tensor<..>, tensor<..>", `attrs` is
/// "{...}".
inline std::string oneOp(llvm::StringRef op, llvm::ArrayRef<const char *> types,
                         llvm::StringRef result, llvm::StringRef attrs = "") {
  std::string arguments, operands, list;
  for (size_t i = 0; i < types.size(); ++i) {
    const char *comma = i ? ", " : "";
    std::string name = "%a" + std::to_string(i);
    arguments += comma + name + ": " + types[i];
    operands += comma + name;
    list += std::string(comma) + types[i];
  }
  return "func.func @main(" + arguments + ") -> " + result.str() + " {\n  %r = " +
         op.str() + " " + operands + " " + attrs.str() + " : (" + list +
         ") -> " + result.str() + "\n  return %r : " + result.str() + "\n}\n";
}

} // namespace xgen::test

#endif // XGEN_UNITTESTS_REFERENCE_EVALHARNESS_H
