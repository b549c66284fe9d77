//===- Progress.cpp - What the compiler is doing --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Progress.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Progress.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Process.h"
#include <mutex>

using namespace xgen;
using Clock = std::chrono::steady_clock;

Progress::Progress(ProgressMode mode) : mode(mode) {
  if (mode == ProgressMode::Auto && !llvm::sys::Process::StandardErrIsDisplayed())
    this->mode = ProgressMode::None;
  start = last = Clock::now();
}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (shown)
    llvm::errs() << "\r\x1b[K";
  shown = false;
}

namespace {
struct CurrentPhase {
  std::mutex mutex;
  std::string text;
};
} // namespace

static CurrentPhase &currentPhaseState() {
  static CurrentPhase state;
  return state;
}

std::string Progress::currentPhase() {
  CurrentPhase &state = currentPhaseState();
  std::lock_guard<std::mutex> lock(state.mutex);
  return state.text;
}

void Progress::update(llvm::StringRef phase, size_t done, size_t total) {
  {
    CurrentPhase &state = currentPhaseState();
    std::lock_guard<std::mutex> lock(state.mutex);
    state.text = phase.str();
    if (total)
      state.text += llvm::formatv(" {0}/{1}", done, total).str();
  }
  if (mode == ProgressMode::None)
    return;
  auto now = Clock::now();
  bool changed = phase != current;
  if (changed) {
    current = phase.str();
    start = now;
  }
  if (mode == ProgressMode::Json) {
    llvm::json::OStream json(llvm::errs());
    json.object([&] {
      json.attribute("phase", phase);
      json.attribute("done", (int64_t)done);
      json.attribute("total", (int64_t)total);
    });
    llvm::errs() << "\n";
    return;
  }
  if (mode == ProgressMode::Plain) {
    if (changed)
      llvm::errs() << "[" << phase << "]\n";
    return;
  }
  // Ten times a second is enough for a person.
  if (!changed && done != total &&
      now - last < std::chrono::milliseconds(100))
    return;
  last = now;
  clear();
  llvm::errs() << phase;
  if (total) {
    llvm::errs() << " " << done << "/" << total;
    double seconds = std::chrono::duration<double>(now - start).count();
    if (done && done < total && seconds > 1)
      llvm::errs() << llvm::formatv(", {0:f0} s left",
                                    seconds / done * (total - done));
  }
  shown = true;
}
