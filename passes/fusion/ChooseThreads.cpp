//===- ChooseThreads.cpp - Which kernels run on one thread ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Starting and joining threads takes a microsecond where cores share a cache, and with
// the data that changes cores several where they do not: a kernel has to be long
// enough. A shorter one between long ones is an exception: its operands are in the
// caches of several cores already, and to fetch them costs more than to go on there.
// And a network has to win enough with all its long kernels to wake a thread at all.
//
// Measured on two cores with caches of their own (a cache line goes there and back in
// 580 ns): kernels of 3 to 12 us got 3 to 7 us slower on two threads; short kernels
// between long ones twice as slow on one thread; three kernels of 18 us each in a
// network of 180 us, for each of which the thread had to be woken, cost 55 us.
//
//===----------------------------------------------------------------------===//

#include "passes/FusionPipelines.h"
#include "passes/Passes.h"

namespace xgen {
#define GEN_PASS_DEF_CHOOSETHREADS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

/// Cycles on one thread above which threads win, and above which they do among others.
static constexpr double longCycles = 60000, shortCycles = 12000;
/// What a loop on several threads costs, and waking them.
static constexpr double forkCycles = 20000, wakeCycles = 60000;
/// How much of the ideal speed-up is left where memory is shared.
static constexpr double efficiency = 0.7;
/// The least share of its time that a network wins.
static constexpr double leastGain = 0.15;

/// Calls `visit` for the launches whose results `op` reads, through views.
static void forProducers(Operation *op, llvm::function_ref<void(kernel::LaunchOp)> visit) {
  SmallVector<Operation *> work{op};
  llvm::DenseSet<Operation *> seen;
  while (!work.empty())
    for (Value operand : work.pop_back_val()->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!producer || !seen.insert(producer).second)
        continue;
      if (auto launch = dyn_cast<kernel::LaunchOp>(producer))
        visit(launch);
      else
        work.push_back(producer);
    }
}

namespace {
struct ChooseThreads : xgen::impl::ChooseThreadsBase<ChooseThreads> {
  void runOnOperation() override {
    if (context->target.threads <= 1 || !context->hooks.serialCycles)
      return;
    ModuleOp module = getOperation();
    llvm::DenseMap<StringAttr, double> cycles;
    for (auto kernel : module.getOps<kernel::FuncOp>())
      cycles[kernel.getSymNameAttr()] = context->hooks.serialCycles(kernel);
    auto cyclesOf = [&](kernel::LaunchOp launch) {
      return cycles.lookup(launch.getCalleeAttr().getAttr());
    };
    // Launches that read what a long kernel has made, or make what one reads.
    llvm::DenseSet<Operation *> behind, before;
    module.walk([&](kernel::LaunchOp launch) {
      forProducers(launch, [&](kernel::LaunchOp producer) {
        if (cyclesOf(producer) >= longCycles)
          behind.insert(launch);
        if (cyclesOf(launch) >= longCycles)
          before.insert(producer);
      });
    });
    llvm::DenseSet<StringAttr> apart;
    module.walk([&](kernel::LaunchOp launch) {
      if (!behind.contains(launch) || !before.contains(launch))
        apart.insert(launch.getCalleeAttr().getAttr());
    });
    auto isSpread = [&](StringAttr kernel) {
      double own = cycles.lookup(kernel);
      return own >= longCycles || (own >= shortCycles && !apart.contains(kernel));
    };
    double all = 0, gain = -wakeCycles;
    module.walk([&](kernel::LaunchOp launch) {
      double own = cyclesOf(launch);
      all += own;
      if (isSpread(launch.getCalleeAttr().getAttr()))
        gain += own * efficiency * (1 - 1.0 / context->target.threads) - forkCycles;
    });
    for (auto kernel : module.getOps<kernel::FuncOp>()) {
      if (gain > leastGain * all && isSpread(kernel.getSymNameAttr()))
        continue;
      kernel->setAttr("kernel.serial", UnitAttr::get(&getContext()));
      ++numSerial;
    }
  }

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass> xgen::createChooseThreadsPass(const PassContext &context) {
  auto pass = std::make_unique<ChooseThreads>();
  pass->context = &context;
  return pass;
}
