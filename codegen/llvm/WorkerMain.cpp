//===- WorkerMain.cpp - The worker's end of a worker ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Loads the dialects once, then answers each request from a forked child under
// the request's limits.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Worker.h"
#include "codegen/llvm/WorkerIO.h"
#include "lld/Common/Driver.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/ErrorHandling.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;
using namespace xgen;
using namespace xgen::worker;

namespace {
struct Answer {
  Outcome outcome = Outcome::Failed;
  std::string payload;
};
} // namespace

static Answer fail(Error error) { return {Outcome::Failed, toString(std::move(error))}; }

static Answer compile(WireReader &reader, mlir::MLIRContext &context) {
  Target target = readTarget(reader);
  StringRef symbol = reader.text();
  EmitKind kind = static_cast<EmitKind>(reader.number());
  StringRef text = reader.text();
  if (!reader.done())
    return {Outcome::Failed, "internal error: malformed request to a kernel worker"};
  std::string diagnostics;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    if (!diagnostics.empty())
      diagnostics += "; ";
    diagnostics += d.str();
    return mlir::success();
  });
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return {Outcome::Failed,
            "internal error: kernel text does not parse: " + diagnostics};
  auto kernels = module->getOps<kernel::FuncOp>();
  if (kernels.empty())
    return {Outcome::Failed, "internal error: request without a kernel"};
  Expected<KernelObject> object =
      generateKernel(*kernels.begin(), target, symbol, kind);
  if (!object)
    return fail(object.takeError());
  WireWriter writer;
  writer.number(object->scratchBytes);
  writer.number(object->parallel);
  writer.text(StringRef(object->bytes.data(), object->bytes.size()));
  return {Outcome::Done, std::move(writer.bytes)};
}

static Answer link(WireReader &reader) {
  std::vector<std::string> arguments{"ld.lld"};
  for (uint64_t n = reader.number(); n && !reader.failed; --n)
    arguments.push_back(reader.text().str());
  std::vector<const char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());
  std::string output, errors;
  raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(argv, outputStream, errorStream,
                                    {{lld::Gnu, &lld::elf::link}});
  if (result.retCode)
    return {Outcome::Failed, "linker: " + StringRef(errors).rtrim().str()};
  return {Outcome::Done, ""};
}

static Answer archive(WireReader &reader) {
  StringRef output = reader.text(), member = reader.text(),
            file = reader.text();
  auto entry = NewArchiveMember::getFile(file, /*Deterministic=*/true);
  if (!entry)
    return fail(entry.takeError());
  entry->MemberName = member;
  std::vector<NewArchiveMember> members;
  members.push_back(std::move(*entry));
  if (Error error =
          writeArchive(output, members, SymtabWritingMode::NormalSymtab,
                       object::Archive::K_GNU, /*Deterministic=*/true,
                       /*Thin=*/false))
    return fail(std::move(error));
  return {Outcome::Done, ""};
}

static Answer serve(WireReader &reader, mlir::MLIRContext &context) {
  switch (static_cast<Request>(reader.number())) {
  case Request::Compile:
    return compile(reader, context);
  case Request::Link:
    return link(reader);
  case Request::Archive:
    return archive(reader);
  }
  return {Outcome::Failed, "internal error: unknown request to a kernel worker"};
}

static std::string encode(const Answer &answer) {
  WireWriter writer;
  writer.number(static_cast<uint64_t>(answer.outcome));
  writer.text(answer.payload);
  return std::move(writer.bytes);
}

// The address sanitizer reserves terabytes of address space.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
static constexpr bool limitsMemory = false;
#else
static constexpr bool limitsMemory = true;
#endif
#else
static constexpr bool limitsMemory = true;
#endif

static constexpr StringLiteral outOfMemoryText =
    "the code generator needs more memory than it may have";

static void limit(int resource, uint64_t value) {
  rlimit current;
  if (::getrlimit(resource, &current))
    return;
  current.rlim_cur = std::min<uint64_t>(value, current.rlim_max);
  ::setrlimit(resource, &current);
}

/// What the child wrote to stderr, to go into the diagnostic of a crash.
static std::string tail(int file) {
  char buffer[2000];
  off_t size = ::lseek(file, 0, SEEK_END);
  off_t from = std::max<off_t>(0, size - off_t(sizeof(buffer)));
  ssize_t n = ::pread(file, buffer, sizeof(buffer), from);
  return n > 0 ? StringRef(buffer, n).trim().str() : "";
}

static Answer describe(int status, bool late, unsigned seconds, int log) {
  Answer answer;
  std::string said = tail(log);
  if (late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) {
    answer.outcome = Outcome::Limit;
    answer.payload = "gave up after " + std::to_string(seconds) + " s";
  } else if (WIFSIGNALED(status)) {
    // Halide's LLVM dies of it by itself.
    if (StringRef(said).contains("out of memory") ||
        StringRef(said).contains("Allocation failed"))
      return {Outcome::Limit, outOfMemoryText.str()};
    answer.payload = std::string("the code generator crashed (") +
                     strsignal(WTERMSIG(status)) + ")";
  } else {
    answer.payload = "the code generator ended with exit status " +
                     std::to_string(WEXITSTATUS(status));
  }
  if (!said.empty())
    answer.payload += ": " + said;
  return answer;
}

/// Where a child writes its answer, and what it says when memory ends: made
/// before, for then nothing can be.
static int answerPipe = -1;
static std::string outOfMemoryAnswer;

static void outOfMemory() {
  writeAll(answerPipe, outOfMemoryAnswer);
  ::_exit(0);
}

/// Whether hardly any memory is left: libraries then fail in ways of their own
/// (Halide maps a stack for its recursions and does not look at the result).
static bool memoryIsShort() {
  constexpr size_t size = 32 << 20;
  void *probe = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED)
    return true;
  ::munmap(probe, size);
  return false;
}

/// Runs one request in a child and returns the encoded answer. Ends the process
/// when nobody is left at the other end of `channel` to hear it.
static std::string answerInChild(StringRef request, int channel,
                                 mlir::MLIRContext &context) {
  WireReader reader(request);
  unsigned seconds = reader.number();
  uint64_t memory = reader.number();
  int pipes[2];
  int log = ::memfd_create("stderr", MFD_CLOEXEC);
  if (log < 0 || ::pipe2(pipes, O_CLOEXEC))
    return encode({Outcome::Failed, std::string("kernel worker: ") + strerror(errno)});
  pid_t parent = ::getpid();
  pid_t child = ::fork();
  if (child < 0)
    return encode({Outcome::Failed, std::string("kernel worker: ") + strerror(errno)});
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
      ::_exit(1);
    ::close(pipes[0]);
    ::dup2(log, 2);
    ::dup2(log, 1);
    limit(RLIMIT_CORE, 0);
    answerPipe = pipes[1];
    outOfMemoryAnswer = encode({Outcome::Limit, outOfMemoryText.str()});
    std::set_new_handler(outOfMemory);
    install_bad_alloc_error_handler(
        [](void *, const char *, bool) { outOfMemory(); });
    if (memory && limitsMemory)
      limit(RLIMIT_AS, memory);
    Answer answer = serve(reader, context);
    if (answer.outcome == Outcome::Failed && memoryIsShort())
      answer = {Outcome::Limit, outOfMemoryText.str()};
    writeAll(pipes[1], encode(answer));
    ::_exit(0);
  }
  ::close(pipes[1]);
  auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::string answer;
  bool late = false;
  char buffer[1 << 16];
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                    deadline - std::chrono::steady_clock::now())
                    .count();
    pollfd polls[] = {{pipes[0], POLLIN, 0}, {channel, POLLRDHUP, 0}};
    int ready = left > 0 ? ::poll(polls, 2, int(left)) : 0;
    if (ready > 0 && polls[1].revents) {
      ::kill(child, SIGKILL);
      ::_exit(1);
    }
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0) {
      late = true;
      ::kill(child, SIGKILL);
      break;
    }
    ssize_t n = ::read(pipes[0], buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    answer.append(buffer, n);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  ::close(pipes[0]);
  if (late || !WIFEXITED(status) || WEXITSTATUS(status))
    answer = encode(describe(status, late, seconds, log));
  ::close(log);
  return answer;
}

int xgen::kernelWorkerMain() {
  // The protocol moves away from 0 and 1, where a stray print would break it.
  int channel = ::fcntl(0, F_DUPFD_CLOEXEC, 10);
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(2, 1);
  // The answers are diagnostics; nobody wants a stack trace.
  ::signal(SIGPIPE, SIG_IGN);
  for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE})
    ::signal(signal, SIG_DFL);
  // Forking needs a process without threads.
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<kernel::KernelDialect, ir::XgenDialect,
                      mlir::quant::QuantDialect>();
  initializeBackends();
  if (!writeFrame(channel, hello))
    return 1;
  std::string request;
  while (readFrame(channel, request))
    if (!writeFrame(channel, answerInChild(request, channel, context)))
      return 1;
  return 0;
}
