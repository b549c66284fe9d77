//===- RunTest.cpp - xgen_run, its checks, and the pool -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Every check of xgen_run is provoked, and the result of a parallel run is
// compared bit for bit with that of one thread.
//
//===----------------------------------------------------------------------===//

#include "TestModel.h"
#include "xgen/pool.h"
#include "gtest/gtest.h"
#include <atomic>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

struct alignas(64) Block {
  uint8_t bytes[64];
};

class RunTest : public ::testing::Test {
protected:
  void SetUp() override {
    for (int i = 0; i < kInput; ++i)
      x[i] = std::sin(0.37f * float(i));
    options = xgen_default_options();
    arena.resize(xgen_arena_bytes(&model, 8) / 64);
  }
  int32_t run() {
    const void *inputs[] = {x.data()};
    void *outputs[] = {y.data()};
    return xgen_run(&model, arena.data(), inputs, outputs, &options);
  }
  xgen_model model = TEST_MODEL;
  std::vector<float> x = std::vector<float>(kInput);
  std::vector<float> y = std::vector<float>(kPositions, -1);
  std::vector<Block> arena;
  xgen_options options;
};

TEST_F(RunTest, Computes) {
  ASSERT_EQ(run(), XGEN_OK);
  for (int i = 0; i < kPositions; ++i) {
    float sum = 0;
    for (int k = 0; k < kTaps; ++k)
      sum += testWeights[k] * x[i + k];
    EXPECT_NEAR(y[i], sum, 1e-6f);
  }
}

TEST_F(RunTest, NullOptionsAreOneThread) {
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data()};
  EXPECT_EQ(xgen_run(&model, arena.data(), inputs, outputs, nullptr), XGEN_OK);
}

TEST_F(RunTest, RejectsForeignAbi) {
  model.abi_version = XGEN_ABI_VERSION + 0x10000u;
  EXPECT_EQ(run(), XGEN_E_ABI);
  EXPECT_EQ(xgen_check(&model), XGEN_E_ABI);
  model.abi_version = XGEN_ABI_VERSION + 1;
  EXPECT_EQ(run(), XGEN_E_ABI);
  model.abi_version = XGEN_ABI_VERSION;
  model.struct_size = sizeof(xgen_model) - 8;
  EXPECT_EQ(run(), XGEN_E_ABI);
}

TEST_F(RunTest, ModelsMayBeLarger) {
  model.struct_size = sizeof(xgen_model) + 64;
  EXPECT_EQ(run(), XGEN_OK);
}

TEST_F(RunTest, OptionsMayBeShorterOrLonger) {
  options.struct_size = offsetof(xgen_options, parallel_for);
  EXPECT_EQ(run(), XGEN_OK);
  options.struct_size = 4;
  EXPECT_EQ(run(), XGEN_E_ABI);
  struct {
    xgen_options base;
    uint64_t future[4];
  } newer = {options, {1, 2, 3, 4}};
  newer.base.struct_size = sizeof(newer);
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data()};
  EXPECT_EQ(xgen_run(&model, arena.data(), inputs, outputs, &newer.base),
            XGEN_OK);
}

TEST_F(RunTest, RejectsForeignProcessor) {
  model.cpu_features = 1ull << 62;
  EXPECT_EQ(xgen_check(&model), XGEN_E_ISA);
  EXPECT_EQ(run(), XGEN_E_ISA);
  options.cpu_features = 0; // asks again
  EXPECT_EQ(run(), XGEN_E_ISA);
  EXPECT_EQ(y[0], -1) << "nothing is written when a check fails";
}

TEST_F(RunTest, RejectsNull) {
  const void *inputs[] = {x.data()};
  void *outputs[] = {nullptr};
  EXPECT_EQ(xgen_run(nullptr, arena.data(), inputs, outputs, &options),
            XGEN_E_NULL);
  EXPECT_EQ(xgen_run(&model, arena.data(), inputs, outputs, &options),
            XGEN_E_NULL);
  EXPECT_EQ(xgen_run(&model, arena.data(), nullptr, outputs, &options),
            XGEN_E_NULL);
  outputs[0] = y.data();
  EXPECT_EQ(xgen_run(&model, nullptr, inputs, outputs, &options), XGEN_E_NULL);
}

TEST_F(RunTest, RejectsMisaligned) {
  const void *inputs[] = {reinterpret_cast<char *>(x.data()) + 2};
  void *outputs[] = {y.data()};
  EXPECT_EQ(xgen_run(&model, arena.data(), inputs, outputs, &options),
            XGEN_E_ALIGN);
  inputs[0] = x.data();
  EXPECT_EQ(
      xgen_run(&model, arena[0].bytes + 16, inputs, outputs, &options),
      XGEN_E_ALIGN);
}

TEST_F(RunTest, RejectsWrongSizes) {
  options.arena_bytes = model.arena_bytes;
  EXPECT_EQ(run(), XGEN_E_SIZE) << "scratch is part of the arena";
  options.arena_bytes = xgen_arena_bytes(&model, 1);
  EXPECT_EQ(run(), XGEN_OK);
  options.threads = 2;
  EXPECT_EQ(run(), XGEN_E_SIZE);
  options.arena_bytes = 0;
  uint64_t bytes = kInput * 4 - 4;
  options.input_bytes = &bytes;
  EXPECT_EQ(run(), XGEN_E_SIZE);
  bytes = kInput * 4;
  EXPECT_EQ(run(), XGEN_OK);
}

TEST_F(RunTest, WeightsFromSideFile) {
  model.weights = nullptr;
  EXPECT_EQ(run(), XGEN_E_WEIGHTS);
  options.weights = testWeights;
  options.weights_bytes = 1;
  EXPECT_EQ(run(), XGEN_E_WEIGHTS);
  options.weights_bytes = sizeof(testWeights);
  EXPECT_EQ(run(), XGEN_OK);
}

TEST_F(RunTest, StateIsRequired) {
  model.state_bytes = 64;
  EXPECT_EQ(run(), XGEN_E_NULL);
  Block state = {};
  options.state = &state;
  EXPECT_EQ(run(), XGEN_OK);
}

TEST_F(RunTest, ThreadsDoNotChangeTheResult) {
  ASSERT_EQ(run(), XGEN_OK);
  std::vector<float> one = y;
  for (uint32_t threads : {2u, 3u, 8u}) {
    xgen_pool *pool = nullptr;
    ASSERT_EQ(xgen_pool_create(&pool, threads), XGEN_OK);
    EXPECT_EQ(xgen_pool_threads(pool), threads);
    options.threads = threads;
    options.parallel_for = xgen_pool_parallel_for;
    options.pool = pool;
    for (int i = 0; i < 200; ++i) {
      std::fill(y.begin(), y.end(), -1.f);
      ASSERT_EQ(run(), XGEN_OK);
      ASSERT_EQ(std::memcmp(one.data(), y.data(), one.size() * 4), 0);
    }
    xgen_pool_destroy(pool);
  }
}

TEST_F(RunTest, FailureOfTheLowestIndex) {
  x[700] = -INFINITY;
  EXPECT_EQ(run(), XGEN_E_DOMAIN);
  xgen_pool *pool = nullptr;
  ASSERT_EQ(xgen_pool_create(&pool, 3), XGEN_OK);
  options.threads = 3;
  options.parallel_for = xgen_pool_parallel_for;
  options.pool = pool;
  EXPECT_EQ(run(), XGEN_E_DOMAIN);
  xgen_pool_destroy(pool);
}

TEST_F(RunTest, ProfileSeesEveryLayer) {
  std::vector<std::pair<int32_t, int32_t>> events;
  options.user = &events;
  options.profile = [](void *user, int32_t layer, int32_t start) {
    static_cast<decltype(events) *>(user)->push_back({layer, start});
  };
  ASSERT_EQ(run(), XGEN_OK);
  std::vector<std::pair<int32_t, int32_t>> expected = {
      {0, 1}, {0, 0}, {1, 1}, {1, 0}};
  EXPECT_EQ(events, expected);
}

TEST(Pool, RunsEachIndexOnce) {
  xgen_pool *pool = nullptr;
  ASSERT_EQ(xgen_pool_create(&pool, 4), XGEN_OK);
  for (uint32_t count : {0u, 1u, 2u, 4u, 100u, 70000u}) {
    std::vector<std::atomic<int>> runs(count);
    xgen_pool_parallel_for(
        pool, count,
        [](void *arg, uint32_t i) {
          ++(*static_cast<std::vector<std::atomic<int>> *>(arg))[i];
        },
        &runs);
    for (auto &n : runs)
      ASSERT_EQ(n, 1);
  }
  xgen_pool_destroy(pool);
}

TEST(Pool, SharedByCallers) {
  xgen_pool *pool = nullptr;
  ASSERT_EQ(xgen_pool_create(&pool, 3), XGEN_OK);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 2000; ++i)
        xgen_pool_parallel_for(
            pool, 3,
            [](void *arg, uint32_t i) {
              *static_cast<std::atomic<int64_t> *>(arg) += i;
            },
            &sum);
    });
  for (auto &caller : callers)
    caller.join();
  EXPECT_EQ(sum, 4 * 2000 * 3);
  xgen_pool_destroy(pool);
}

TEST(Pool, SleepsAndWakes) {
  xgen_pool *pool = nullptr;
  ASSERT_EQ(xgen_pool_create(&pool, 2), XGEN_OK);
  std::atomic<int> runs{0};
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    xgen_pool_parallel_for(
        pool, 2,
        [](void *arg, uint32_t) { ++*static_cast<std::atomic<int> *>(arg); },
        &runs);
  }
  EXPECT_EQ(runs, 40);
  xgen_pool_destroy(pool);
}

TEST(Pool, Arguments) {
  xgen_pool *pool = nullptr;
  EXPECT_EQ(xgen_pool_create(nullptr, 2), XGEN_E_NULL);
  EXPECT_EQ(xgen_pool_create(&pool, 100000), XGEN_E_ARGUMENT);
  EXPECT_EQ(pool, nullptr);
  xgen_pool_destroy(nullptr);
  ASSERT_EQ(xgen_pool_create(&pool, 0), XGEN_OK);
  EXPECT_GE(xgen_pool_threads(pool), 1u);
  xgen_pool_destroy(pool);
}

TEST(Status, EveryCodeHasItsText) {
  std::set<std::string> texts;
  for (int32_t code = XGEN_OK; code <= XGEN_E_ARGUMENT; ++code)
    texts.insert(xgen_strerror(code));
  EXPECT_EQ(texts.size(), size_t(XGEN_E_ARGUMENT) + 1);
  EXPECT_STREQ(xgen_strerror(-5), "unknown status");
  EXPECT_EQ(texts.count("unknown status"), 0u);
}

TEST(Cpu, Levels) {
  uint64_t features = xgen_cpu_features();
  EXPECT_NE(features, 0u);
#if defined(__x86_64__)
  EXPECT_EQ(bool(features & XGEN_CPU_X86_V3),
            bool(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(bool(features & XGEN_CPU_X86_V4),
            bool(__builtin_cpu_supports("avx512vl")));
  EXPECT_EQ(bool(features & XGEN_CPU_X86_AVX512VNNI),
            bool(__builtin_cpu_supports("avx512vnni")));
#endif
}

} // namespace
