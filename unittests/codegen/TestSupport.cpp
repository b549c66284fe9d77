//===- TestSupport.cpp - Modules and files for codegen tests --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The tests' main serves as kernel worker, as every tool does.
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"
#include "dialects/plan/PlanOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace xgen;

const char *const smallNetwork = R"mlir(
kernel.func @add(%x: tensor<2x3xf32>, %w: tensor<3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %y = xgen.binary %x, %w {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  kernel.return %y : tensor<2x3xf32>
}
kernel.func @add_again(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %c = xgen.binary %a, %b {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  kernel.return %c : tensor<2x3xf32>
}
kernel.func @relu(%x: tensor<2x3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %y = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  kernel.return %y : tensor<2x3xf32>
}
plan.program @main attributes {
    inputs = [#plan.tensor<"x.1", tensor<2x3xf32>>],
    outputs = [#plan.tensor<"y", tensor<2x3xf32>>, #plan.tensor<"copy of x", tensor<2x3xf32>>],
    arena_bytes = 128 : i64, weights_bytes = 76 : i64, peak_live_bytes = 48 : i64} {
  plan.weight #plan.ref<weights 0 at 64 size 12> = dense<[1.0, -2.0, 3.0]> : tensor<3xf32>
  plan.weight #plan.ref<weights 1 at 0 size 12> = dense<0.5> : tensor<3xf32>
  plan.launch @add reads [#plan.ref<input 0 at 0 size 24>, #plan.ref<weights 0 at 64 size 12>]
    writes [#plan.ref<arena 0 at 0 size 24>] {macs = 6 : i64, nodes = ["Add_0"]}
  plan.launch @add_again reads [#plan.ref<arena 0 at 0 size 24>, #plan.ref<weights 1 at 0 size 12>]
    writes [#plan.ref<arena 1 at 64 size 24>] {nodes = ["Add_1", "Id \"q\" */"]}
  plan.launch @relu reads [#plan.ref<arena 1 at 64 size 24>] writes [#plan.ref<output 0 at 0 size 24>]
  plan.copy #plan.ref<input 0 at 0 size 24> to #plan.ref<output 1 at 0 size 24>
}
)mlir";

CodegenTest::CodegenTest() {
  context.disableMultithreading();
  context.loadDialect<kernel::KernelDialect, plan::PlanDialect, ir::XgenDialect,
                      mlir::quant::QuantDialect>();
  SmallString<128> unique;
  sys::fs::createUniqueDirectory("xgen-codegen-test", unique);
  folder = std::string(unique);
}

CodegenTest::~CodegenTest() { sys::fs::remove_directories(folder); }

mlir::OwningOpRef<mlir::ModuleOp> CodegenTest::parse(StringRef text) {
  return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
}

std::vector<std::string> CodegenTest::files() const {
  std::vector<std::string> names;
  std::error_code code;
  for (sys::fs::directory_iterator i(folder, code), e; i != e && !code;
       i.increment(code))
    names.push_back(sys::path::filename(i->path()).str());
  llvm::sort(names);
  return names;
}

std::string CodegenTest::read(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, false, false);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

Target CodegenTest::target(StringRef name) {
  return cantFail(lookupTarget(name));
}

ArtefactOptions CodegenTest::options(ArtefactKind kind, StringRef file) {
  ArtefactOptions options;
  options.name = "small-net";
  options.libraryDir = XGEN_TEST_LIBRARY_DIR;
  options.kernels.useCache = false;
  options.kernels.jobs = 2;
  options.outputs.push_back({kind, path(file)});
  return options;
}

int CodegenTest::shell(const std::string &command) const {
  return std::system(("cd " + folder + " && " + command).c_str());
}

int main(int argc, char **argv) {
  if (argc > 1 && argv[1] == workerFlag)
    return kernelWorkerMain();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
