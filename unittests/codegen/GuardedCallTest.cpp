//===- GuardedCallTest.cpp - Kernels that leave their buffers -------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Wrong offsets are found at either end, the buffer is named, and the process
// goes on.
//
//===----------------------------------------------------------------------===//

#include "GuardedKernel.h"
#include "TestSupport.h"

using namespace llvm;
using namespace xgen;

namespace {
constexpr int count = 24;

/// y[i] = x[i + IN], written to y[i + OUT].
template <int IN, int OUT>
int32_t copyShifted(const xgen_ctx *, void *const *ptr, const int64_t *) {
  auto *x = static_cast<const volatile float *>(ptr[0]);
  auto *y = static_cast<volatile float *>(ptr[1]);
  for (int i = 0; i < count; ++i)
    y[i + OUT] = x[i + IN];
  return 0;
}

/// What callGuarded says of one call, "" when nothing.
std::string call(xgen_kernel kernel, Fence fence, int64_t scratch = 0) {
  std::vector<float> x(count, 1), y(count);
  ArrayRef<char> in(reinterpret_cast<char *>(x.data()), count * sizeof(float));
  MutableArrayRef<char> out(reinterpret_cast<char *>(y.data()),
                            count * sizeof(float));
  std::string said = toString(callGuarded(kernel, scratch, in, out, fence));
  if (said.empty())
    EXPECT_EQ(x, y);
  return said;
}
} // namespace

TEST(GuardedCallTest, NothingIsSaidOfARightKernel) {
  EXPECT_EQ(call(copyShifted<0, 0>, Fence::Before), "");
  EXPECT_EQ(call(copyShifted<0, 0>, Fence::Behind), "");
}

TEST(GuardedCallTest, ShiftedOffsetsAreFoundAtEitherEnd) {
  EXPECT_EQ(call(copyShifted<-1, 0>, Fence::Before),
            "the kernel accesses 4 bytes before operand 0");
  EXPECT_EQ(call(copyShifted<1, 0>, Fence::Behind),
            "the kernel accesses byte 96 of operand 0, which has 96");
  EXPECT_EQ(call(copyShifted<0, -3>, Fence::Before),
            "the kernel accesses 12 bytes before result 0");
  // By a plane instead of an element.
  EXPECT_EQ(call(copyShifted<0, 50000>, Fence::Behind),
            "the kernel accesses byte 200000 of result 0, which has 96");
}

TEST(GuardedCallTest, FarAwayIsFoundToo) {
  xgen_kernel kernel = [](const xgen_ctx *, void *const *, const int64_t *) {
    return (int32_t)*reinterpret_cast<volatile char *>(uintptr_t(8));
  };
  EXPECT_EQ(call(kernel, Fence::Behind), "the kernel accesses memory far from its "
                                         "buffers, or at an unaligned address");
}

TEST(GuardedCallTest, ScratchEndsWhereItWasSaidTo) {
  xgen_kernel kernel = [](const xgen_ctx *ctx, void *const *, const int64_t *) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(ctx->scratch) % 64, 0u);
    static_cast<volatile uint8_t *>(ctx->scratch)[ctx->scratch_bytes] = 1;
    return 0;
  };
  EXPECT_EQ(call(kernel, Fence::Before, 128),
            "the kernel accesses byte 128 of scratch, which has 128");
}

TEST(GuardedCallTest, OperandsStayWhatTheyAre) {
  xgen_kernel kernel = [](const xgen_ctx *, void *const *ptr, const int64_t *) {
    static_cast<float *>(ptr[0])[5] = 2;
    return 0;
  };
  EXPECT_EQ(call(kernel, Fence::Before), "the kernel writes to operand 0");
}

TEST(GuardedCallTest, AStatusIsReported) {
  xgen_kernel kernel = [](const xgen_ctx *, void *const *, const int64_t *) {
    return -3;
  };
  EXPECT_EQ(call(kernel, Fence::Before), "the kernel returned -3");
}

/// A compiled kernel, told of buffers that are an element too short.
TEST_F(CodegenTest, CompiledKernelsAreFencedToTheByte) {
  xgen::Target host = target("x86-64-v3");
  if (!host.runsOnHost())
    GTEST_SKIP();
  auto module = parse(smallNetwork);
  const float x[] = {-1, 2, -3, 4, -5, 6};
  ArrayRef<char> bytes(reinterpret_cast<const char *>(x), sizeof x);
  scheduleKernel(module->lookupSymbol<kernel::FuncOp>("relu"), bytes, {}, host);
  KernelOptions options;
  options.useCache = false;
  UNWRAP(kernels, compileKernels(*module, host, options));
  UNWRAP(relu, GuardedKernel::load(*kernels["relu"]));
  UNWRAP(y, relu.run(bytes, sizeof x, Fence::Behind));
  const float want[] = {0, 2, 0, 4, 0, 6};
  EXPECT_EQ(std::memcmp(y.data(), want, sizeof want), 0);
  auto shorter = relu.run(bytes.drop_back(4), sizeof x, Fence::Behind);
  EXPECT_EQ(toString(shorter.takeError()),
            "the kernel accesses byte 20 of operand 0, which has 20");
  auto shortResult = relu.run(bytes, sizeof x - 4, Fence::Behind);
  EXPECT_EQ(toString(shortResult.takeError()),
            "the kernel accesses byte 20 of result 0, which has 20");
}
