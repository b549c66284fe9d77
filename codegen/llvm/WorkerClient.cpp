//===- WorkerClient.cpp - The compiler's end of a worker ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Starting workers and asking them.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Worker.h"
#include "codegen/llvm/WorkerIO.h"
#include "llvm/Support/FileSystem.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::worker;

extern char **environ;

char LimitError::ID = 0;

bool xgen::reachedLimit(const Error &error) {
  bool found = false;
  visitErrors(error, [&](const ErrorInfoBase &info) {
    found |= info.isA<LimitError>();
  });
  return found;
}

bool worker::writeAll(int fd, StringRef bytes) {
  while (!bytes.empty()) {
    // A worker that died must not kill us with SIGPIPE: sockets can say so.
    ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK)
      n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes = bytes.drop_front(n);
  }
  return true;
}

bool worker::readAll(int fd, char *data, size_t size) {
  while (size) {
    ssize_t n = ::read(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data += n;
    size -= n;
  }
  return true;
}

bool worker::writeFrame(int fd, StringRef payload) {
  uint64_t size = payload.size();
  return writeAll(fd, StringRef(reinterpret_cast<char *>(&size), 8)) &&
         writeAll(fd, payload);
}

bool worker::readFrame(int fd, std::string &payload) {
  uint64_t size = 0;
  if (!readAll(fd, reinterpret_cast<char *>(&size), 8) || size > (1ull << 32))
    return false;
  payload.resize(size);
  return readAll(fd, payload.data(), size);
}

void worker::writeTarget(WireWriter &w, const Target &t) {
  w.text(t.name);
  w.text(t.support);
  w.number(static_cast<uint64_t>(t.arch));
  w.text(t.triple);
  w.text(t.cpu);
  w.text(t.features);
  for (int64_t value : {t.vectorBytes, t.vectorRegisters, t.l1Bytes, t.l1Ways, t.l2Bytes,
                        int64_t(t.avx512), int64_t(t.vnni), int64_t(t.dotprod),
                        int64_t(t.fp16), int64_t(t.threads)})
    w.number(value);
  w.text(t.key());
}

Target worker::readTarget(WireReader &r) {
  Target t;
  t.name = r.text().str();
  t.support = r.text().str();
  t.arch = static_cast<Arch>(r.number());
  t.triple = r.text().str();
  t.cpu = r.text().str();
  t.features = r.text().str();
  t.vectorBytes = r.number();
  t.vectorRegisters = r.number();
  t.l1Bytes = r.number();
  t.l1Ways = r.number();
  t.l2Bytes = r.number();
  t.avx512 = r.number();
  t.vnni = r.number();
  t.dotprod = r.number();
  t.fp16 = r.number();
  t.threads = r.number();
  // A member that somebody adds to Target and not here would go unnoticed.
  if (r.text() != t.key())
    r.failed = true;
  return t;
}

Expected<std::unique_ptr<Worker>> Worker::start(StringRef executable) {
  static char anchor;
  std::string path = executable.empty()
                         ? sys::fs::getMainExecutable(nullptr, &anchor)
                         : executable.str();
  // Close-on-exec, or workers would hold each other's pipes open.
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
    return createStringError("cannot start a kernel worker: %s",
                             strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
  std::string flag = workerFlag.str();
  char *argv[] = {path.data(), flag.data(), nullptr};
  std::unique_ptr<Worker> worker(new Worker);
  int status = ::posix_spawn(&worker->pid, path.c_str(), &actions, nullptr,
                             argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pair[1]);
  worker->channel = pair[0];
  worker->owner = ::getpid();
  worker->executable = executable.str();
  if (status) {
    worker->pid = -1;
    if (status == ENOMEM)
      return make_error<LimitError>("no memory is left for a kernel worker");
    return createStringError("cannot start '%s' as kernel worker: %s",
                             path.c_str(), strerror(status));
  }
  std::string greeting;
  if (!readFrame(worker->channel, greeting) || greeting != hello)
    return createStringError("internal error: '%s' does not serve as kernel "
                             "worker (its main must call kernelWorkerMain)",
                             path.c_str());
  return std::move(worker);
}

Worker::~Worker() {
  if (channel >= 0)
    ::close(channel);
  if (pid > 0 && owner == ::getpid()) {
    // An idle worker ends at the end of its input; one that is busy has lost
    // whoever waited for the answer.
    int status;
    ::kill(pid, SIGTERM);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
      ;
  }
}

namespace {
/// Workers that wait for work. They end with the process, at the latest.
struct IdleWorkers {
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker>> workers;
};
} // namespace

static IdleWorkers &idleWorkers() {
  static IdleWorkers idle;
  return idle;
}

Expected<std::unique_ptr<Worker>> Worker::take(StringRef executable) {
  IdleWorkers &idle = idleWorkers();
  {
    std::lock_guard<std::mutex> lock(idle.mutex);
    for (auto &worker : idle.workers) {
      if (worker->executable != executable || worker->owner != ::getpid())
        continue;
      std::swap(worker, idle.workers.back());
      std::unique_ptr<Worker> found = std::move(idle.workers.back());
      idle.workers.pop_back();
      return std::move(found);
    }
  }
  return start(executable);
}

void Worker::giveBack(std::unique_ptr<Worker> worker) {
  if (!worker || !worker->healthy)
    return;
  IdleWorkers &idle = idleWorkers();
  std::lock_guard<std::mutex> lock(idle.mutex);
  idle.workers.push_back(std::move(worker));
}

Expected<std::string> Worker::ask(StringRef request) {
  std::string answer;
  if (!writeFrame(channel, request) || !readFrame(channel, answer)) {
    healthy = false;
    return createStringError("internal error: a kernel worker ended");
  }
  WireReader reader(answer);
  auto outcome = static_cast<Outcome>(reader.number());
  StringRef payload = reader.text();
  if (!reader.done())
    return createStringError(
        "internal error: malformed answer of a kernel worker");
  if (outcome == Outcome::Limit)
    return make_error<LimitError>(payload.str());
  if (outcome == Outcome::Failed)
    return createStringError(payload);
  return payload.str();
}

static void writeLimits(WireWriter &writer, const WorkerLimits &limits) {
  writer.number(limits.seconds);
  writer.number(limits.memory);
}

Expected<KernelObject> Worker::compile(StringRef text, const Target &target,
                                       StringRef symbol, EmitKind kind,
                                       const WorkerLimits &limits) {
  WireWriter writer;
  writeLimits(writer, limits);
  writer.number(static_cast<uint64_t>(Request::Compile));
  writeTarget(writer, target);
  writer.text(symbol);
  writer.number(static_cast<uint64_t>(kind));
  writer.text(text);
  Expected<std::string> payload = ask(writer.bytes);
  if (!payload)
    return payload.takeError();
  WireReader reader(*payload);
  KernelObject object;
  object.scratchBytes = reader.number();
  object.parallel = reader.number();
  StringRef bytes = reader.text();
  object.bytes.assign(bytes.begin(), bytes.end());
  if (!reader.done())
    return createStringError(
        "internal error: malformed answer of a kernel worker");
  return object;
}

Error Worker::link(ArrayRef<std::string> arguments,
                   const WorkerLimits &limits) {
  WireWriter writer;
  writeLimits(writer, limits);
  writer.number(static_cast<uint64_t>(Request::Link));
  writer.number(arguments.size());
  for (const std::string &argument : arguments)
    writer.text(argument);
  return ask(writer.bytes).takeError();
}

Error Worker::archive(StringRef output, StringRef member, StringRef file,
                      const WorkerLimits &limits) {
  WireWriter writer;
  writeLimits(writer, limits);
  writer.number(static_cast<uint64_t>(Request::Archive));
  writer.text(output);
  writer.text(member);
  writer.text(file);
  return ask(writer.bytes).takeError();
}
