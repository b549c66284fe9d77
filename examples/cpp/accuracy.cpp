//===- accuracy.cpp - A network in a C++ program --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// accuracy IMAGES.idx LABELS.idx: counts how many pictures the network names
// rightly, three ways: on one thread, on a pool of two threads, and with two
// threads of the application that each run the network with an arena of their
// own. All three must agree.
//
//===----------------------------------------------------------------------===//

#include "garments_net.h"
#include "xgen/pool.h"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

namespace {

/// The network with memory of its own: one for each thread that uses it.
class Garments {
public:
  explicit Garments(xgen_pool *pool = nullptr)
      : options(xgen_default_options()) {
    if (pool) {
      options.threads = xgen_pool_threads(pool);
      options.parallel_for = xgen_pool_parallel_for;
      options.pool = pool;
    }
    memory.resize(XGEN_GARMENTS_NET_ARENA_BYTES_FOR(options.threads) +
                  XGEN_ARENA_ALIGN);
    arena = memory.data();
    std::size_t space = memory.size();
    std::align(XGEN_ARENA_ALIGN, 1, arena, space);
  }
  Garments(const Garments &) = delete;

  /// Index of the most likely garment, -1 after an error.
  int classify(const float *pixels) {
    float scores[XGEN_GARMENTS_NET_OUTPUT0_ELEMENTS];
    int32_t status =
        xgen_garments_net_run_with(&options, arena, pixels, scores);
    if (status != XGEN_OK) {
      std::fprintf(stderr, "%s\n", xgen_strerror(status));
      return -1;
    }
    return int(std::max_element(std::begin(scores), std::end(scores)) - scores);
  }

private:
  xgen_options options;
  std::vector<unsigned char> memory;
  void *arena = nullptr;
};

constexpr std::size_t kPixels = XGEN_GARMENTS_NET_INPUT0_ELEMENTS;

std::vector<unsigned char> readIdx(const char *path, std::size_t header) {
  std::ifstream file(path, std::ios::binary);
  std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(file), {}};
  bytes.erase(bytes.begin(),
              bytes.begin() + std::ptrdiff_t(std::min(header, bytes.size())));
  return bytes;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: accuracy IMAGES.idx LABELS.idx\n");
    return 1;
  }
  std::vector<unsigned char> images = readIdx(argv[1], 16);
  std::vector<unsigned char> labels = readIdx(argv[2], 8);
  std::size_t count = std::min(images.size() / kPixels, labels.size());
  if (!count) {
    std::fprintf(stderr, "no pictures\n");
    return 2;
  }
  std::vector<float> pixels(images.size());
  std::transform(images.begin(), images.end(), pixels.begin(),
                 [](unsigned char p) { return float(p) / 255.0f; });
  auto right = [&](Garments &net, std::size_t i) {
    return net.classify(&pixels[i * kPixels]) == labels[i];
  };

  unsigned alone = 0, pooled = 0;
  std::atomic<unsigned> shared{0};
  Garments net;
  for (std::size_t i = 0; i < count; ++i)
    alone += right(net, i);

  xgen_pool *pool = nullptr;
  if (int32_t status = xgen_pool_create(&pool, 2)) {
    std::fprintf(stderr, "%s\n", xgen_strerror(status));
    return 2;
  }
  {
    Garments threaded(pool);
    for (std::size_t i = 0; i < count; ++i)
      pooled += right(threaded, i);
  }
  xgen_pool_destroy(pool);

  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      Garments own;
      for (std::size_t i = t; i < count; i += 2)
        shared += right(own, i);
    });
  for (std::thread &thread : threads)
    thread.join();

  std::printf("%u of %zu right\n", alone, count);
  return alone == pooled && alone == shared ? 0 : 3;
}
