//===- peak.cpp - What one core of this machine can do at most ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Prints, as JSON, the multiply-adds a second of one core in single precision, and
// the bytes a second that it reads and writes in working sets from 16 KB to 64 MB:
// the roof of bench/roofline. The best of many short runs, since others use the
// machine meanwhile. Compiled for the machine that it is built on.
//
//===----------------------------------------------------------------------===//

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));

static double seconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// Sums that do not wait for each other: more than latency times units.
static double macsPerSecond() {
  constexpr int sums = 12, rounds = 200000;
  double best = 0;
  for (int run = 0; run < 60; ++run) {
    Vector sum[sums] = {}, a = sum[0] + 0.999f, b = sum[0] + 0.001f;
    double began = seconds();
    for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
      for (int s = 0; s < sums; ++s)
        sum[s] = sum[s] * a + b;
      // Each round needs all sums.
      for (int s = 0; s < sums; ++s)
        asm volatile("" : "+x"(sum[s]));
    }
    double took = seconds() - began;
    best = std::max(best, double(rounds) * sums * lanes / took);
  }
  return best;
}

/// y += x: two thirds reads and a third writes, much as a kernel has it.
static double bytesPerSecond(size_t bytes) {
  size_t half = bytes / 2 / sizeof(float);
  std::vector<float> x(half, 1.0f), y(half, 2.0f);
  int repeat = std::max<int>(1, int((8 << 20) / bytes));
  double best = 0;
  for (int run = 0; run < 40; ++run) {
    double began = seconds();
    for (int r = 0; r < repeat; ++r) {
      for (size_t i = 0; i + lanes <= half; i += lanes) {
        Vector a, b;
        std::memcpy(&a, &x[i], sizeof a);
        std::memcpy(&b, &y[i], sizeof b);
        b += a;
        std::memcpy(&y[i], &b, sizeof b);
      }
      asm volatile("" : : "r"(y.data()) : "memory");
    }
    double took = seconds() - began;
    best = std::max(best, 3.0 * half * sizeof(float) * repeat / took);
  }
  return best;
}

int main() {
  std::printf("{\"gmacs_per_s\": %.2f, \"bandwidth\": [", macsPerSecond() / 1e9);
  for (size_t bytes = 16 << 10; bytes <= (64 << 20); bytes *= 2)
    std::printf("%s[%zu, %.2f]", bytes > (16 << 10) ? ", " : "", bytes,
                bytesPerSecond(bytes) / 1e9);
  std::printf("]}\n");
}
