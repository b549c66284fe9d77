//===- Placement.cpp - Where buffers lie in the arena ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Dynamic storage allocation is NP-hard, too. Greedy placement in several
// sequences, each with first fit and best fit; then the sequence that did best
// is improved: the buffer that sticks out at the top goes first next time.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/Planner.h"

using namespace xgen;
using namespace xgen::planning;

static Placement place(const std::vector<Unit> &units,
                       const std::vector<int> &sequence, bool bestFit) {
  Placement result;
  result.offsets.assign(units.size(), 0);
  // What is placed, by offset.
  std::vector<int> placed;
  for (int index : sequence) {
    const Unit &unit = units[index];
    if (unit.bytes == 0)
      continue;
    int64_t end = 0, chosen = -1, smallest = INT64_MAX;
    for (int other : placed) {
      if (units[other].last < unit.first || unit.last < units[other].first)
        continue;
      int64_t gap = result.offsets[other] - end;
      if (gap >= unit.bytes && gap < smallest) {
        chosen = end;
        smallest = gap;
        if (!bestFit)
          break;
      }
      end = std::max(end, result.offsets[other] + units[other].bytes);
    }
    int64_t offset = chosen >= 0 ? chosen : end;
    result.offsets[index] = offset;
    result.bytes = std::max(result.bytes, offset + unit.bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), offset,
                                   [&](int64_t at, int other) {
                                     return at < result.offsets[other];
                                   }),
                  index);
  }
  return result;
}

Placement planning::placeUnits(const std::vector<Unit> &units,
                               int64_t lowerBound) {
  auto span = [&](int i) { return int64_t(units[i].last - units[i].first + 1); };
  using Key = std::pair<int64_t, int64_t>;
  std::vector<std::function<Key(int)>> keys = {
      [&](int i) { return Key(-units[i].bytes, units[i].first); },
      [&](int i) { return Key(-units[i].bytes * span(i), units[i].first); },
      [&](int i) { return Key(-span(i), -units[i].bytes); },
      [&](int i) { return Key(units[i].first, -units[i].bytes); },
      [&](int i) { return Key(-units[i].last, -units[i].bytes); },
  };
  Placement best;
  best.bytes = INT64_MAX;
  std::vector<int> sequence(units.size()), bestSequence;
  bool bestWasBestFit = false;
  for (auto &key : keys) {
    for (size_t i = 0; i < units.size(); ++i)
      sequence[i] = i;
    llvm::stable_sort(sequence, [&](int a, int b) { return key(a) < key(b); });
    for (bool bestFit : {true, false}) {
      Placement next = place(units, sequence, bestFit);
      if (next.bytes < best.bytes) {
        best = std::move(next);
        bestSequence = sequence;
        bestWasBestFit = bestFit;
      }
      if (best.bytes <= lowerBound)
        return best;
    }
  }
  // Bounded by work, not by time, so that plans are reproducible.
  int64_t square = int64_t(units.size()) * units.size() + 1;
  int64_t rounds = std::min<int64_t>(200, (int64_t(1) << 27) / square);
  sequence = bestSequence;
  Placement current = best;
  for (int64_t round = 0; round < rounds && best.bytes > lowerBound; ++round) {
    auto top = llvm::find_if(sequence, [&](int i) {
      return units[i].bytes > 0 &&
             current.offsets[i] + units[i].bytes == current.bytes;
    });
    if (top == sequence.begin() || top == sequence.end())
      break;
    std::rotate(sequence.begin(), top, top + 1);
    current = place(units, sequence, bestWasBestFit);
    if (current.bytes < best.bytes)
      best = current;
  }
  return best;
}
