//===- Conformance.cpp - ONNX backend test cases --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// UNSUPPORTED is a model that the compiler has refused with a diagnostic. What
// has been accepted must be right: everything else is FAIL, a crash and an
// internal error of the compiler too.
//
// Cases run one after another in a few long-lived processes ("lanes"), so that
// libraries are loaded and kernel workers started once and not for every case. A
// crash or a case that takes too long ends its lane, and a new one goes on.
//
//===----------------------------------------------------------------------===//

#include "Conformance.h"
#include "Case.h"
#include "CaseLists.h"
#include "Mutants.h"
#include "codegen/llvm/Worker.h"
#include "codegen/llvm/WorkerIO.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include <chrono>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;
using worker::readAll;
using worker::writeAll;

namespace {

/// Everything the run of a case needs to know.
struct Setup {
  ArrayRef<std::string> folders;
  CompileOptions compile;
  ConformanceOptions conformance;
  StringMap<Tolerances> exceptions;
};

struct Result {
  Outcome outcome;
  double seconds = 0;
  bool done = false;
};

/// Number of things to run: cases, or mutants of cases.
size_t jobCount(const Setup &setup) {
  return setup.folders.size() * std::max(setup.conformance.mutants, 1u);
}
StringRef folderOf(const Setup &setup, size_t index) {
  return setup.folders[index / std::max(setup.conformance.mutants, 1u)];
}
std::string nameOf(const Setup &setup, size_t index) {
  std::string name =
      sys::path::filename(folderOf(setup, index).rtrim('/')).str();
  if (unsigned mutants = setup.conformance.mutants)
    name += "." + std::to_string(setup.conformance.firstMutant + index % mutants);
  return name;
}

Outcome runCase(size_t index, const Setup &setup) {
  Outcome outcome;
  std::unique_ptr<Case> test = readCase(folderOf(setup, index), outcome);
  if (!test)
    return outcome;
  if (unsigned mutants = setup.conformance.mutants)
    return runMutant(*test, setup.compile,
                     setup.conformance.firstMutant + index % mutants,
                     setup.conformance.keepMutants);
  Tolerances t = {setup.conformance.rtol, setup.conformance.atol};
  if (auto it = setup.exceptions.find(test->name); it != setup.exceptions.end())
    t = it->second;
  test->rtol = t.rtol;
  test->atol = t.atol;
  switch (setup.conformance.mode) {
  case ConformanceMode::Given:
    return runGiven(*test, setup.compile);
  case ConformanceMode::Constants:
    return runConstants(*test, setup.compile);
  case ConformanceMode::Free:
    break;
  }
  return runFree(*test, setup.compile);
}

/// A number, or an array of them, as it travels to another process.
template <typename T> StringRef bytesOf(const T &value) {
  return {reinterpret_cast<const char *>(&value), sizeof value};
}

constexpr uint32_t noCase = ~0u;

/// A process that runs cases: it reads their numbers, and answers with verdict,
/// length and text of the reason.
class Lane {
public:
  explicit Lane(const Setup &setup) : setup(setup) {}
  ~Lane() { end(); }

  /// Gives it something to do; false when there is no process to be had.
  bool assign(uint32_t index);
  /// Reads the answer, or finds out why there is none.
  Result collect();
  void end();

  int channel = -1;
  uint32_t current = noCase;

private:
  bool start();
  [[noreturn]] void serve(int fd);

  const Setup &setup;
  pid_t pid = -1;
  unsigned served = 0;
  std::chrono::steady_clock::time_point began;
};

} // namespace

bool Lane::start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return false;
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    ::close(ends[0]);
    serve(ends[1]);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return false;
  }
  channel = ends[0];
  served = 0;
  return true;
}

void Lane::serve(int fd) {
  // The default action ends the case: of the alarm, and of what follows a bug.
  for (int signal : {SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    std::signal(signal, SIG_DFL);
  // Started here, it has this process' standard error and not a case's.
  if (auto worker = Worker::take())
    Worker::giveBack(std::move(*worker));
  else
    consumeError(worker.takeError());
  uint32_t index;
  while (readAll(fd, reinterpret_cast<char *>(&index), sizeof index) && index != noCase) {
    alarm(setup.conformance.seconds);
    Outcome outcome = runCase(index, setup);
    alarm(0);
    uint32_t head[2] = {uint32_t(outcome.verdict), uint32_t(outcome.reason.size())};
    if (!writeAll(fd, bytesOf(head)) ||
        !writeAll(fd, outcome.reason))
      break;
  }
  // Worker processes end with their channels.
  _exit(0);
}

bool Lane::assign(uint32_t index) {
  // Whatever a case leaves in memory is gone after some.
  if (served >= 200)
    end();
  if (channel < 0 && !start())
    return false;
  ++served;
  current = index;
  began = std::chrono::steady_clock::now();
  return writeAll(channel, bytesOf(index));
}

void Lane::end() {
  if (channel < 0)
    return;
  uint32_t index = noCase;
  writeAll(channel, bytesOf(index));
  ::close(channel);
  channel = -1;
  waitpid(pid, nullptr, 0);
}

Result Lane::collect() {
  Result result;
  result.done = true;
  uint32_t head[2];
  bool answered = readAll(channel, reinterpret_cast<char *>(head), sizeof head);
  if (answered) {
    result.outcome.verdict = Verdict(head[0]);
    result.outcome.reason.resize(head[1]);
    answered = readAll(channel, result.outcome.reason.data(), head[1]);
  }
  result.seconds = std::chrono::duration<double>(
                       std::chrono::steady_clock::now() - began)
                       .count();
  current = noCase;
  if (answered)
    return result;
  ::close(channel);
  channel = -1;
  int status = 0;
  waitpid(pid, &status, 0);
  result.outcome = {Verdict::Fail, "ended without a result"};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    result.outcome.reason =
        formatv("not done after {0} s", setup.conformance.seconds);
  else if (WIFEXITED(status) && WEXITSTATUS(status) == ExitLimit)
    result.outcome = {Verdict::Unsupported, "a limit was reached"};
  else if (WIFSIGNALED(status))
    result.outcome.reason = formatv("crash: {0}", strsignal(WTERMSIG(status)));
  return result;
}

/// One JSON object a line: what utils/conformance makes tables of.
static void writeResult(raw_ostream &os, StringRef folder, StringRef name,
                        const Result &result) {
  SmallString<128> model(folder);
  sys::path::append(model, "model.onnx");
  json::Array operators;
  if (auto bytes = io::readBytes(model)) {
    for (auto &op : scanModel(*bytes).operators)
      operators.push_back(json::Array{op.domain, op.type, op.opset});
  } else {
    consumeError(bytes.takeError());
  }
  json::Object object{{"case", name},
                      {"status", verdictWord(result.outcome.verdict)},
                      {"reason", result.outcome.reason},
                      {"line", expectedLine(name, result.outcome)},
                      {"seconds", result.seconds},
                      {"operators", std::move(operators)}};
  os << json::Value(std::move(object)) << "\n";
}

/// Runs everything; `report` gets the results in the order of the folders.
static bool runAll(const Setup &setup,
                   function_ref<void(size_t, Result &)> report) {
  std::vector<std::unique_ptr<Lane>> lanes;
  unsigned count = std::max(setup.conformance.jobs, 1u);
  for (unsigned i = 0; i < count; ++i)
    lanes.push_back(std::make_unique<Lane>(setup));
  std::vector<Result> results(jobCount(setup));
  size_t next = 0, reported = 0;
  while (reported < results.size()) {
    std::vector<pollfd> waiting;
    std::vector<Lane *> busy;
    for (auto &lane : lanes) {
      if (lane->current == noCase && next < results.size())
        if (!lane->assign(uint32_t(next++)))
          return false;
      if (lane->current == noCase)
        continue;
      busy.push_back(lane.get());
      waiting.push_back({lane->channel, POLLIN, 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
      return false;
    for (auto [lane, at] : zip(busy, waiting))
      if (at.revents) {
        size_t index = lane->current;
        results[index] = lane->collect();
      }
    for (; reported < results.size() && results[reported].done; ++reported)
      report(reported, results[reported]);
  }
  return true;
}

int xgen::run::runConformance(ArrayRef<std::string> folders,
                              const CompileOptions &options,
                              const ConformanceOptions &conformance) {
  auto fail = [](Error error) {
    WithColor::error(errs(), "xgen-run") << toString(std::move(error)) << "\n";
    return ExitModelError;
  };
  Setup setup{folders, options, conformance, {}};
  setup.compile.progress = ProgressMode::None;
  if (conformance.jobs > 1 || !setup.compile.jobs)
    setup.compile.jobs = 1;
  if (!conformance.exceptions.empty()) {
    auto list = readExceptions(conformance.exceptions,
                               {conformance.rtol, conformance.atol});
    if (!list)
      return fail(list.takeError());
    setup.exceptions = std::move(*list);
  }
  StringMap<Outcome> expected;
  if (!conformance.expected.empty()) {
    auto list = readExpected(conformance.expected);
    if (!list)
      return fail(list.takeError());
    expected = std::move(*list);
  }
  std::unique_ptr<raw_fd_ostream> results;
  if (!conformance.results.empty()) {
    std::error_code ec;
    results = std::make_unique<raw_fd_ostream>(conformance.results, ec);
    if (ec)
      return fail(createStringError(conformance.results + ": " + ec.message()));
  }
  // A case that crashes leaves its files behind: they go with this folder.
  TempFolder all;
  setenv("TMPDIR", all.file("").c_str(), /*overwrite=*/1);
  std::map<Verdict, unsigned> counts;
  unsigned surprises = 0;
  bool ok = runAll(setup, [&](size_t i, Result &result) {
    Outcome &outcome = result.outcome;
    ++counts[outcome.verdict];
    std::replace(outcome.reason.begin(), outcome.reason.end(), '\n', ' ');
    std::string name = nameOf(setup, i);
    if (conformance.mutants && outcome.verdict != Verdict::Fail)
      return;
    outs() << verdictWord(outcome.verdict) << " " << name;
    if (!outcome.reason.empty())
      outs() << ": " << outcome.reason;
    outs() << "\n";
    if (!conformance.expected.empty())
      if (std::string what = surprise(expected, name, outcome); !what.empty()) {
        ++surprises;
        outs() << "  UNEXPECTED: " << what << "\n";
      }
    outs().flush();
    if (results)
      writeResult(*results, folderOf(setup, i), name, result);
  });
  if (!ok)
    return fail(createStringError("cannot start a process: %s", strerror(errno)));
  unsigned skipped = jobCount(setup) - counts[Verdict::Pass] - counts[Verdict::Fail];
  outs() << counts[Verdict::Pass] << " passed, " << counts[Verdict::Fail]
         << " failed, " << skipped << " skipped";
  if (!conformance.expected.empty())
    outs() << ", " << surprises << " not as expected";
  outs() << "\n";
  bool bad = conformance.expected.empty() ? counts[Verdict::Fail] : surprises;
  return bad ? ExitMismatch : ExitOk;
}
