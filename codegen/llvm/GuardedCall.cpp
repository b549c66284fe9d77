//===- GuardedCall.cpp - Call a kernel in fenced memory -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The fences are wider than a page: a wrong offset is often that of a row or of
// a plane. They are address space only, and cost no memory.
//
// A touched fence comes as a signal. The handler jumps out of the kernel, which
// is safe because kernels own nothing: no memory, no locks, no destructors.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/GuardedCall.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <deque>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;

namespace {
/// Memory between two fences.
class FencedBuffer {
public:
  FencedBuffer(std::string name, size_t bytes, Fence fence);
  ~FencedBuffer() { munmap(base, mapped); }
  FencedBuffer(const FencedBuffer &) = delete;

  char *data() const { return begin; }
  /// Where `address` is, if it is in one of this buffer's fences.
  std::string describe(const char *address) const;

private:
  static constexpr size_t width = 1 << 20;
  std::string name;
  size_t bytes, mapped;
  char *base, *begin;
};

/// Takes the signals of a touched fence while it lives.
class FaultHandler {
public:
  FaultHandler();
  ~FaultHandler();

  static inline sigjmp_buf escape;
  static inline char *address;

private:
  struct sigaction segv, bus;
};
} // namespace

FencedBuffer::FencedBuffer(std::string name, size_t bytes, Fence fence)
    : name(std::move(name)), bytes(bytes) {
  size_t inside = alignTo(std::max<size_t>(bytes, 1), sysconf(_SC_PAGESIZE));
  mapped = inside + 2 * width;
  void *space = mmap(nullptr, mapped, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED)
    report_bad_alloc_error("fenced memory for a kernel");
  base = static_cast<char *>(space);
  if (mprotect(base + width, inside, PROT_READ | PROT_WRITE))
    report_bad_alloc_error("fenced memory for a kernel");
  std::memset(base + width, 0xff, inside); // not a number
  begin = base + width + (fence == Fence::Behind ? inside - bytes : 0);
}

std::string FencedBuffer::describe(const char *address) const {
  if (address < base || address >= base + mapped)
    return "";
  if (address < begin)
    return std::to_string(begin - address) + " bytes before " + name;
  return "byte " + std::to_string(address - begin) + " of " + name +
         ", which has " + std::to_string(bytes);
}

static void leaveKernel(int, siginfo_t *info, void *) {
  FaultHandler::address = static_cast<char *>(info->si_addr);
  siglongjmp(FaultHandler::escape, 1);
}

FaultHandler::FaultHandler() {
  struct sigaction action = {};
  action.sa_sigaction = leaveKernel;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &segv);
  sigaction(SIGBUS, &action, &bus);
}

FaultHandler::~FaultHandler() {
  sigaction(SIGSEGV, &segv, nullptr);
  sigaction(SIGBUS, &bus, nullptr);
}

/// Backwards: threads come in any order.
static int32_t serialFor(const xgen_ctx *ctx, xgen_body body, int64_t begin,
                         int64_t extent, void *closure) {
  for (int64_t i = begin + extent - 1; i >= begin; --i)
    if (int32_t status = body(ctx, i, closure))
      return status;
  return 0;
}

/// Its own function, so that nothing here lives in a register that the jump back
/// would change.
static bool runToEnd(xgen_kernel kernel, const xgen_ctx &ctx,
                     void *const *pointers, int32_t &status) {
  FaultHandler handler;
  if (sigsetjmp(FaultHandler::escape, /*savemask=*/1))
    return false;
  status = kernel(&ctx, pointers, nullptr);
  return true;
}

Error xgen::callGuarded(xgen_kernel kernel, int64_t scratchBytes,
                        ArrayRef<ArrayRef<char>> inputs,
                        ArrayRef<MutableArrayRef<char>> results, Fence fence) {
  std::deque<FencedBuffer> buffers;
  std::vector<void *> pointers;
  auto add = [&](const Twine &name, ArrayRef<char> bytes) {
    if (!bytes.data()) {
      pointers.push_back(nullptr);
      return;
    }
    char *data = buffers.emplace_back(name.str(), bytes.size(), fence).data();
    std::memcpy(data, bytes.data(), bytes.size());
    pointers.push_back(data);
  };
  for (size_t i = 0; i < inputs.size(); ++i)
    add("operand " + Twine(i), inputs[i]);
  for (size_t i = 0; i < results.size(); ++i)
    add("result " + Twine(i), results[i]);
  auto &scratch = buffers.emplace_back("scratch", alignTo(scratchBytes, 64),
                                       Fence::Behind);
  xgen_ctx ctx = {};
  ctx.struct_size = sizeof ctx;
  ctx.scratch = reinterpret_cast<uint8_t *>(scratch.data());
  ctx.scratch_bytes = scratchBytes;
  ctx.num_slots = 1;
  ctx.parallel_for = serialFor;

  int32_t status = 0;
  if (!runToEnd(kernel, ctx, pointers.data(), status)) {
    std::string where;
    for (const FencedBuffer &buffer : buffers)
      if (where.empty())
        where = buffer.describe(FaultHandler::address);
    // An address that is no address comes as 0; so do vectors that are not where
    // an instruction wants them.
    if (where.empty())
      where = "memory far from its buffers, or at an unaligned address";
    return createStringError("the kernel accesses " + where);
  }
  if (status)
    return createStringError("the kernel returned %d", status);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].empty() &&
        std::memcmp(pointers[i], inputs[i].data(), inputs[i].size()))
      return createStringError("the kernel writes to operand %zu", i);
  for (size_t i = 0; i < results.size(); ++i)
    if (!results[i].empty())
      std::memcpy(results[i].data(), pointers[inputs.size() + i],
                  results[i].size());
  return Error::success();
}
