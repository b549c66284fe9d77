//===- Tiles.cpp - Register tiles -----------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A tile's cost is the cycles of one step of its reduction times the number of
// tiles: multiply-adds, loads of weights and inputs, loop overhead. The model is
// coarse, but it sees what matters: spilled registers, short chains, and
// extents that do not divide.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/schedules/Tiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <tuple>

using namespace xgen;
using namespace xgen::halide;
using llvm::divideCeil;

int64_t halide::largestDivisor(int64_t n, int64_t limit) {
  for (int64_t d = std::min(n, limit); d > 1; --d)
    if (n % d == 0)
      return d;
  return 1;
}

int64_t halide::stagedSteps(const Target &target, llvm::ArrayRef<int64_t> offsets) {
  if (target.arch != Arch::X86_64)
    return 4;
  constexpr int64_t line = 64;
  const int64_t way = target.l1Bytes / target.l1Ways;
  std::map<int64_t, int64_t> inSet;
  int64_t most = 0;
  for (int64_t offset : offsets)
    most = std::max(most, ++inSet[offset % way / line]);
  // Weights and results want their share.
  return most > target.l1Ways - 2 ? line / 4 : 0;
}

namespace {
struct Machine {
  int64_t lanes;
  int64_t registers;
  double fmas;      ///< multiply-adds a cycle
  double loads;     ///< vector loads a cycle
  double latency;   ///< of a multiply-add, and of loads that are late
  double overhead;  ///< loop instructions a step
  bool staged;      ///< inputs are staged as vectors of 4, multiplied by lane
};
} // namespace

static Machine floatMachine(const Target &t) {
  if (t.arch == Arch::X86_64)
    return {t.lanes(4), t.vectorRegisters, 2, 2, 6, 0.3, false};
  // Executed instructions are the measure: one a cycle.
  return {4, t.vectorRegisters, 1, 1, 4, t.arch == Arch::AArch64 ? 0.8 : 1.0, true};
}

static double stepCycles(const Machine &m, int64_t positions, int64_t vectors) {
  double fma = positions * vectors / m.fmas;
  if (m.staged)
    // One load of 4 input elements a position, pairs of weights.
    return std::max(fma + positions / 4.0 + vectors / 2.0 + m.overhead, m.latency);
  double load = (positions + vectors) / m.loads;
  return std::max({fma, load, m.latency}) + m.overhead;
}

/// Of one step's weights, when all tiles read the same panel of `panel` bytes, on x86:
/// from L1, from L2, or from beyond. About half of what L2 delivers and a third of what
/// L3 does (bench/peak.cpp), since inputs come the same way.
static double weightCycles(const Target &target, int64_t panel, int64_t bytes) {
  if (target.arch != Arch::X86_64 || panel <= target.l1Bytes / 2)
    return 0;
  return bytes / (panel <= target.l2Bytes / 2 ? 24.0 : 10.0);
}

static bool fits(const Machine &m, int64_t positions, int64_t vectors) {
  int64_t used = positions * vectors + vectors;
  used += m.staged ? positions : 1;
  return used <= m.registers - (m.staged ? 0 : m.registers >= 32 ? 1 : 0);
}

/// Visits each tile that fits the registers, with its cost.
static void forFloatTiles(const Target &target, int64_t width, int64_t height,
                          int64_t channels, int64_t depth, int64_t fixedNr,
                          TileReading reading, llvm::function_ref<void(Tile)> visit) {
  Machine m = floatMachine(target);
  int64_t maxVectors = 8;
  for (int64_t v = 1; v <= maxVectors; ++v) {
    int64_t nr = v * m.lanes;
    if (fixedNr && nr != fixedNr)
      continue;
    if (!fixedNr && v > 1 && nr - m.lanes >= channels)
      break;
    for (int64_t mr = 1; mr <= 28 && mr <= width; ++mr)
      for (int64_t my : {1, 2, 4, 7}) {
        if (my > height || (my > 1 && mr != width && mr < 4))
          continue;
        if (!fits(m, mr * my, v) && mr * my > 1)
          continue;
        int64_t positions = divideCeil(width, mr) * divideCeil(height, my);
        double tiles = (double)positions * divideCeil(channels, nr);
        // Storing and starting a tile costs about two steps of its size.
        double step = stepCycles(m, mr * my, v);
        if (positions > 1)
          step = std::max(step, weightCycles(target, depth * nr * 4, nr * 4));
        double perTile = (depth + 2) * step + 8;
        double cost = tiles * perTile;
        if (reading)
          cost *= reading(mr, my, v);
        visit({mr, my, nr, cost});
      }
  }
}

Tile halide::chooseFloatTile(const Target &target, int64_t width, int64_t height,
                             int64_t channels, int64_t depth, int64_t fixedNr,
                             TileReading reading) {
  Tile best;
  best.nr = fixedNr ? fixedNr : floatMachine(target).lanes;
  double bestCost = 1e30;
  forFloatTiles(target, width, height, channels, depth, fixedNr, reading, [&](Tile tile) {
    if (tile.cycles < bestCost * 0.999) {
      bestCost = tile.cycles;
      best = tile;
    }
  });
  return best;
}

std::vector<Tile> halide::floatTiles(const Target &target, int64_t width, int64_t height,
                                     int64_t channels, int64_t depth, size_t count,
                                     TileReading reading) {
  Tile first = chooseFloatTile(target, width, height, channels, depth, 0, reading);
  std::vector<Tile> tiles;
  forFloatTiles(target, width, height, channels, depth, 0, reading, [&](Tile tile) {
    if (std::tie(tile.mr, tile.my, tile.nr) != std::tie(first.mr, first.my, first.nr))
      tiles.push_back(tile);
  });
  llvm::sort(tiles, [](const Tile &a, const Tile &b) {
    return std::tie(a.cycles, a.nr, a.mr, a.my) < std::tie(b.cycles, b.nr, b.mr, b.my);
  });
  tiles.insert(tiles.begin(), first);
  tiles.resize(std::min(tiles.size(), count));
  return tiles;
}

/// Instructions a result of one group of `8 n` steps, where `mr` positions are computed
/// at a time: n multiplications, an addition of pairs, and loads of 16 bytes in pairs (of
/// 8 bytes where n is odd). What a tile needs must fit the registers: a sum of 4 lanes for
/// each position and channel, the inputs of a group and the weights of a channel.
static double narrowCost(const Target &target, int64_t mr, int64_t n) {
  static constexpr double neon64[4][4] = {{3.0, 2.5, 2.6, 2.6},
                                          {3.8, 3.45, 3.46, 3.56},
                                          {5.6, 5.5, 5.5, 7},
                                          {6.3, 6.0, 5.67, 8}};
  if (target.vectorRegisters >= 32)
    return neon64[n - 1][mr - 1];
  return n + 1 + (mr + 4) * n / (8.0 * mr) + 3 / (4.0 * mr);
}

static int64_t narrowPositions(const Target &target, int64_t n) {
  return target.vectorRegisters >= 32 ? n > 2 ? 3 : 4 : n > 2 ? 1 : 2;
}

int64_t halide::narrowGroup(const Target &target, int64_t ci, llvm::ArrayRef<int64_t> safe) {
  // By lane: 8 positions by 8 channels take 88 instructions for 4 steps.
  double least = ci * 88.0 / 256;
  int64_t best = 1;
  for (int64_t n : safe) {
    double cost = divideCeil(ci, 8 * n) * narrowCost(target, narrowPositions(target, n), n);
    // Four sums a result have to be added at the end.
    cost += 1;
    if (cost < least)
      least = cost, best = 8 * n;
  }
  return best;
}

Tile halide::chooseInt8Tile(const Target &target, int64_t width, int64_t height,
                            int64_t channels, int64_t depth, int64_t fixedNr, int64_t kr) {
  RegisterTile t = target.int8Tile(channels);
  if (kr > 4) {
    double least = 1e30;
    for (int64_t mr = 1; mr <= narrowPositions(target, kr / 8); ++mr) {
      // Pointers and loops cost about 14 instructions for a tile of 8 channels.
      double cost = divideCeil(depth, kr) * narrowCost(target, mr, kr / 8) * 8 * mr + 14;
      cost *= divideCeil(width, mr);
      if (cost < least)
        least = cost, t.mr = mr;
    }
  }
  Tile tile{std::min(t.mr, width), 1, fixedNr ? fixedNr : t.nr};
  return tile;
}
