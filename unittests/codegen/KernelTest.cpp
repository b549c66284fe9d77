//===- KernelTest.cpp - Compiling, caching and losing kernels -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Cache hits, damaged entries, limits, and what a user is told.
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"
#include "codegen/llvm/KernelCache.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;
using namespace xgen;

TEST_F(CodegenTest, SecondCompilationComesFromTheCache) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  o.cacheDir = path("cache");
  std::vector<size_t> totals;
  o.progress = [&](StringRef phase, size_t done, size_t total) {
    EXPECT_EQ(phase, "kernels");
    EXPECT_LE(done, total);
    totals.push_back(total);
  };
  UNWRAP(first, compileKernels(*module, target("arm64"), o));
  EXPECT_EQ(totals, (std::vector<size_t>{2, 2, 2}));
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(first["add"], first["add_again"]);
  EXPECT_TRUE(StringRef(first["add"]->symbol).starts_with("xgk_binary_"));
  EXPECT_FALSE(first["relu"]->fromCache);
  UNWRAP(second, compileKernels(*module, target("arm64"), o));
  EXPECT_TRUE(second["relu"]->fromCache);
  EXPECT_EQ(second["relu"]->object.bytes, first["relu"]->object.bytes);
  // Another target is another kernel.
  UNWRAP(other, compileKernels(*module, target("x86-64-v3"), o));
  EXPECT_FALSE(other["relu"]->fromCache);
}

TEST_F(CodegenTest, DamagedCacheEntriesAreIgnored) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  o.cacheDir = path("cache");
  UNWRAP(first, compileKernels(*module, target("x86-64-v3"), o));
  std::error_code code;
  unsigned damaged = 0;
  for (sys::fs::directory_iterator i(path("cache"), code), e; i != e;
       i.increment(code)) {
    if (StringRef(i->path()).contains("timestamp"))
      continue;
    std::string bytes = read(i->path());
    // One entry is cut off, one has a flipped bit.
    if (damaged++)
      bytes[bytes.size() / 2] ^= 1;
    else
      bytes.resize(bytes.size() / 2);
    raw_fd_ostream(i->path(), code) << bytes;
  }
  EXPECT_EQ(damaged, 2u);
  UNWRAP(second, compileKernels(*module, target("x86-64-v3"), o));
  EXPECT_FALSE(second["relu"]->fromCache);
  EXPECT_FALSE(second["add"]->fromCache);
  EXPECT_EQ(second["relu"]->object.bytes, first["relu"]->object.bytes);
}

TEST_F(CodegenTest, InProcessIsTheSame) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  o.useCache = false;
  UNWRAP(worker, compileKernels(*module, target("x86-64-v4"), o));
  o.inProcess = true;
  UNWRAP(here, compileKernels(*module, target("x86-64-v4"), o));
  EXPECT_EQ(worker["add"]->object.bytes, here["add"]->object.bytes);
}

/// The bytes do not depend on what a worker compiled before.
TEST_F(CodegenTest, HalideKernelsAreReproducible) {
  std::string text, names[] = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; ++i) {
    std::string type = "tensor<" + std::to_string(i + 2) + "x64xf32>";
    text += "kernel.func @" + names[i] + "(%x: " + type +
            ", %w: tensor<64xf32>) -> " + type +
            " attributes {schedule = #kernel.schedule<\"pointwise\">} {\n"
            "  %y = xgen.binary %x, %w {kind = #xgen.binary_kind<add>} : (" +
            type + ", tensor<64xf32>) -> " + type +
            "\n"
            "  %z = xgen.unary %y {kind = #xgen.unary_kind<relu>} : (" +
            type + ") -> " + type +
            "\n"
            "  kernel.return %z : " +
            type + "\n}\n";
  }
  auto forward = parse(text);
  ASSERT_TRUE(forward);
  KernelOptions o;
  o.useCache = false;
  o.jobs = 1;
  for (const char *name : {"x86-64-v4", "arm64", "armv7"}) {
    UNWRAP(first, compileKernels(*forward, target(name), o));
    UNWRAP(second, compileKernels(*forward, target(name), o));
    auto last = *std::next(forward->getOps<kernel::FuncOp>().begin(), 3);
    auto only = mlir::OwningOpRef<mlir::ModuleOp>(
        mlir::ModuleOp::create(forward->getLoc()));
    only->push_back(last->clone());
    UNWRAP(alone, compileKernels(*only, target(name), o));
    for (const std::string &kernel : names)
      EXPECT_EQ(first[kernel]->object.bytes, second[kernel]->object.bytes)
          << kernel;
    EXPECT_EQ(first["d"]->object.bytes, alone["d"]->object.bytes) << name;
    EXPECT_FALSE(first["d"]->eval());
    EXPECT_FALSE(first["d"]->object.parallel);
  }
}

/// Every failure names its kernel, and the process survives.
TEST_F(CodegenTest, LimitsEndInDiagnostics) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  o.useCache = false;
  o.limits.seconds = 0;
  auto late = compileKernels(*module, target("x86-64-v3"), o);
  ASSERT_FALSE(bool(late));
  std::string message = toString(late.takeError());
  EXPECT_NE(message.find("kernel 'add' (schedule eval): gave up after 0 s"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("kernel 'relu' (schedule eval): gave up after 0 s"),
            std::string::npos)
      << message;

#if !__has_feature(address_sanitizer) // which needs terabytes of addresses
  o.limits = WorkerLimits();
  o.limits.memory = 1 << 20;
  auto small = compileKernels(*module, target("x86-64-v3"), o);
  ASSERT_FALSE(bool(small));
  message = toString(small.takeError());
  EXPECT_NE(message.find("kernel 'add' (schedule eval): the code generator"),
            std::string::npos)
      << message;
#endif
}

TEST_F(CodegenTest, UnknownCpuAndFeatureAreErrors) {
  auto module = parse(smallNetwork);
  auto bad = compileKernels(*module,
                            cantFail(lookupTarget("arm64", "cortex-a999")), {});
  ASSERT_FALSE(bool(bad));
  EXPECT_EQ(toString(bad.takeError()),
            "unknown -mcpu=cortex-a999 for target 'arm64'");
  bad =
      compileKernels(*module, cantFail(lookupTarget("arm64", "", "+avx")), {});
  ASSERT_FALSE(bool(bad));
  EXPECT_EQ(toString(bad.takeError()),
            "unknown feature '+avx' in -mattr for target 'arm64'");
}

TEST_F(CodegenTest, AToolWithoutWorkerIsNoticed) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  o.useCache = false;
  o.workerExecutable = "/bin/true";
  auto bad = compileKernels(*module, target("x86-64-v3"), o);
  ASSERT_FALSE(bool(bad));
  EXPECT_NE(toString(bad.takeError()).find("does not serve as kernel worker"),
            std::string::npos);
}

TEST_F(CodegenTest, KernelsAsText) {
  auto module = parse(smallNetwork);
  KernelOptions o;
  std::string text;
  raw_string_ostream stream(text);
  ASSERT_FALSE(bool(
      emitKernelsAsText(*module, target("armv7"), EmitKind::IR, o, stream)));
  EXPECT_NE(text.find("; kernel relu, schedule eval"), std::string::npos);
  EXPECT_NE(text.find("@xgen_eval_unary"), std::string::npos);
  EXPECT_NE(text.find("target triple = \"armv7"), std::string::npos);
}
