//===- LaunchOrder.cpp - In which order launches run ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The least peak over all topological orders is NP-hard; list scheduling with a
// few priorities gets close, and program order (which exporters often chose
// well) is always a candidate and wins ties.
//
//===----------------------------------------------------------------------===//

#include "passes/planning/Planner.h"
#include <set>

using namespace xgen;
using namespace xgen::planning;
using plan::Space;

namespace {
/// Who waits for whom, and who reads and writes which arena buffer.
struct Graph {
  std::vector<std::vector<int>> users;
  std::vector<int> numProducers;
  std::vector<std::vector<int>> readers, writers;

  explicit Graph(const Model &model)
      : users(model.steps.size()), numProducers(model.steps.size()),
        readers(model.buffers.size()), writers(model.buffers.size()) {
    std::vector<std::vector<std::pair<int, Slot>>> writes(model.buffers.size());
    auto append = [](std::vector<int> &list, int step) {
      if (list.empty() || list.back() != step)
        list.push_back(step);
    };
    for (auto [index, step] : llvm::enumerate(model.steps))
      for (const Slot &slot : step.writes) {
        writes[slot.buffer].push_back({(int)index, slot});
        append(writers[slot.buffer], index);
      }
    // Who gives a symbol its value.
    llvm::DenseMap<unsigned, int> binders;
    for (auto [index, step] : llvm::enumerate(model.steps))
      for (unsigned symbol : step.defines)
        binders.try_emplace(symbol, index);
    for (auto [index, step] : llvm::enumerate(model.steps)) {
      std::set<int> producers;
      for (unsigned symbol : step.needs)
        if (auto it = binders.find(symbol);
            it != binders.end() && it->second != (int)index)
          producers.insert(it->second);
      for (const Slot &slot : step.reads) {
        append(readers[slot.buffer], index);
        for (auto &[writer, to] : writes[slot.buffer])
          if (to.offset < slot.offset + slot.bytes &&
              slot.offset < to.offset + to.bytes)
            producers.insert(writer);
      }
      numProducers[index] = producers.size();
      for (int producer : producers)
        users[producer].push_back(index);
    }
  }
};

enum class Priority { Program, Freed, Peak, Recent };
} // namespace

/// Greedy list scheduling.
static std::vector<int> schedule(const Model &model, const Graph &graph,
                                 Priority priority) {
  size_t count = model.steps.size();
  std::vector<int> missing = graph.numProducers;
  std::vector<int> pendingReads(model.buffers.size());
  std::vector<bool> live(model.buffers.size());
  for (size_t b = 0; b < model.buffers.size(); ++b)
    pendingReads[b] = graph.readers[b].size();
  std::vector<int> order;
  // Ready steps and the time at which they became ready.
  std::vector<std::pair<int, int>> ready;
  for (size_t s = 0; s < count; ++s)
    if (missing[s] == 0)
      ready.push_back({(int)s, 0});
  std::vector<int> touched;
  while (!ready.empty()) {
    std::tuple<int64_t, int64_t, int64_t> best;
    size_t choice = ~size_t(0);
    for (auto [at, candidate] : llvm::enumerate(ready)) {
      const Step &step = model.steps[candidate.first];
      int64_t allocated = step.scratch, kept = 0, freed = 0;
      touched.clear();
      for (const Slot &slot : step.writes) {
        const Buffer &buffer = model.buffers[slot.buffer];
        if (buffer.space != Space::Arena || live[slot.buffer] ||
            llvm::is_contained(touched, slot.buffer))
          continue;
        touched.push_back(slot.buffer);
        allocated += alignUp(buffer.bytes);
        if (pendingReads[slot.buffer] > 0)
          kept += alignUp(buffer.bytes);
      }
      touched.clear();
      for (const Slot &slot : step.reads) {
        const Buffer &buffer = model.buffers[slot.buffer];
        if (buffer.space != Space::Arena || pendingReads[slot.buffer] != 1 ||
            llvm::is_contained(touched, slot.buffer))
          continue;
        touched.push_back(slot.buffer);
        freed += alignUp(buffer.bytes);
      }
      std::tuple<int64_t, int64_t, int64_t> key;
      switch (priority) {
      case Priority::Program:
        key = {candidate.first, 0, 0};
        break;
      case Priority::Freed:
        key = {kept - freed, allocated, candidate.first};
        break;
      case Priority::Peak:
        // Steps that shrink memory first; among the others the one that needs
        // least while it runs.
        key = {kept <= freed ? -1 : allocated, kept - freed, candidate.first};
        break;
      case Priority::Recent:
        key = {-candidate.second, kept - freed, candidate.first};
        break;
      }
      if (choice == ~size_t(0) || key < best) {
        best = key;
        choice = at;
      }
    }
    int step = ready[choice].first;
    ready.erase(ready.begin() + choice);
    order.push_back(step);
    for (const Slot &slot : model.steps[step].writes)
      live[slot.buffer] = true;
    touched.clear();
    for (const Slot &slot : model.steps[step].reads)
      if (!llvm::is_contained(touched, slot.buffer)) {
        touched.push_back(slot.buffer);
        --pendingReads[slot.buffer];
      }
    for (int user : graph.users[step])
      if (--missing[user] == 0)
        ready.push_back({user, (int)order.size()});
  }
  return order;
}

static Lifetimes analyze(const Model &model, const Graph &graph,
                         std::vector<int> order) {
  Lifetimes result;
  std::vector<int> position(model.steps.size());
  for (auto [at, step] : llvm::enumerate(order))
    position[step] = at;
  size_t numBuffers = model.buffers.size();
  result.unitOf.assign(numBuffers, -1);
  std::vector<int> lastUse(numBuffers, -1);
  for (size_t b = 0; b < numBuffers; ++b) {
    if (model.buffers[b].space != Space::Arena || graph.writers[b].empty() ||
        model.buffers[b].parent >= 0)
      continue;
    Unit unit;
    unit.bytes = alignUp(model.buffers[b].bytes);
    unit.first = INT_MAX;
    unit.last = -1;
    for (int step : graph.writers[b]) {
      unit.first = std::min(unit.first, position[step]);
      unit.last = std::max(unit.last, position[step]);
    }
    for (int step : graph.readers[b])
      unit.last = std::max(unit.last, position[step]);
    lastUse[b] = unit.last;
    result.unitOf[b] = result.units.size();
    result.units.push_back(unit);
  }
  // In place: the result takes over the unit of an operand that nobody reads
  // afterwards.
  auto isWhole = [&](const Slot &slot) {
    return result.unitOf[slot.buffer] >= 0 && slot.offset == 0 &&
           slot.bytes == model.buffers[slot.buffer].bytes && slot.bytes > 0;
  };
  std::vector<bool> gone(result.units.size());
  for (auto [at, index] : llvm::enumerate(order)) {
    const Step &step = model.steps[index];
    llvm::SmallVector<unsigned> takenReads, takenWrites;
    for (auto [from, to] : step.inplace) {
      const Slot &operand = step.reads[from], &written = step.writes[to];
      if (!isWhole(operand) || !isWhole(written) ||
          operand.bytes != written.bytes || lastUse[operand.buffer] != (int)at ||
          llvm::is_contained(takenReads, from) ||
          llvm::is_contained(takenWrites, to))
        continue;
      if (llvm::count_if(step.reads, [&](const Slot &slot) {
            return slot.buffer == operand.buffer;
          }) != 1)
        continue;
      takenReads.push_back(from);
      takenWrites.push_back(to);
      int kept = result.unitOf[operand.buffer];
      int merged = result.unitOf[written.buffer];
      result.units[kept].last = result.units[merged].last;
      gone[merged] = true;
      result.unitOf[written.buffer] = kept;
      ++result.numInplace;
    }
  }
  std::vector<int> number(result.units.size(), -1);
  std::vector<Unit> units;
  for (size_t u = 0; u < result.units.size(); ++u)
    if (!gone[u]) {
      number[u] = units.size();
      units.push_back(result.units[u]);
    }
  for (int &unit : result.unitOf)
    if (unit >= 0)
      unit = number[unit];
  result.units = std::move(units);
  result.scratchUnit.assign(order.size(), -1);
  for (auto [at, index] : llvm::enumerate(order))
    if (model.steps[index].scratch > 0) {
      result.scratchUnit[at] = result.units.size();
      result.units.push_back(
          {alignUp(model.steps[index].scratch), (int)at, (int)at});
    }
  std::vector<int64_t> change(order.size() + 1);
  for (const Unit &unit : result.units) {
    change[unit.first] += unit.bytes;
    change[unit.last + 1] -= unit.bytes;
  }
  int64_t live = 0;
  for (int64_t delta : change) {
    live += delta;
    result.peak = std::max(result.peak, live);
  }
  result.order = std::move(order);
  return result;
}

Lifetimes planning::chooseOrder(const Model &model) {
  Graph graph(model);
  Lifetimes best;
  for (Priority priority : {Priority::Program, Priority::Freed, Priority::Peak,
                            Priority::Recent}) {
    Lifetimes next =
        analyze(model, graph, schedule(model, graph, priority));
    if (priority == Priority::Program || next.peak < best.peak)
      best = std::move(next);
  }
  return best;
}
