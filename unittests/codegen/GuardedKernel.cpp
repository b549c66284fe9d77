//===- GuardedKernel.cpp - Run a kernel in fenced memory ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Result and scratch begin as signalling patterns, so that what a kernel forgets
// to write shows. Scratch is fenced, too, to its last byte.
//
//===----------------------------------------------------------------------===//

#include "GuardedKernel.h"
#include "xgen/kernel.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/TargetSelect.h"
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;
using namespace xgen;

GuardedBuffer::GuardedBuffer(size_t bytes, bool atEnd) {
  size_t page = sysconf(_SC_PAGESIZE);
  size_t inside = alignTo(std::max<size_t>(bytes, 1), page);
  mapped = inside + 2 * page;
  base = static_cast<char *>(mmap(nullptr, mapped, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(base + page, inside, PROT_READ | PROT_WRITE);
  std::memset(base + page, 0xff, inside); // not a number
  data = base + page + (atEnd ? inside - bytes : 0);
}

GuardedBuffer::~GuardedBuffer() { munmap(base, mapped); }

std::vector<std::vector<char>> scheduleKernel(kernel::FuncOp kernel,
                                              ArrayRef<ArrayRef<char>> inputs,
                                              ArrayRef<unsigned> constants,
                                              const xgen::Target &target,
                                              ConvAlgorithm algorithm) {
  SmallVector<bool> constant(kernel.getNumArguments(), false);
  for (unsigned number : constants)
    constant[number] = true;
  ScheduleChoice choice = chooseSchedule(kernel, constant, target, algorithm);
  kernel.setScheduleAttr(choice.schedule);
  std::vector<std::vector<char>> stored;
  for (ArrayRef<char> input : inputs)
    stored.emplace_back(input.begin(), input.end());
  SmallVector<mlir::Type> types(kernel.getArgumentTypes());
  for (auto [number, encoding] : choice.encodings) {
    auto dense = cast<mlir::RankedTensorType>(types[number]);
    auto type = mlir::RankedTensorType::get(dense.getShape(), dense.getElementType(), encoding);
    types[number] = type;
    kernel.getBody().getArgument(number).setType(type);
    auto storage = cast<ir::EncodingInterface>(encoding);
    stored[number].assign(storage.getPackedBytes(type), 0);
    cantFail(storage.pack(type, inputs[number], stored[number]));
  }
  kernel.setFunctionType(
      mlir::FunctionType::get(kernel.getContext(), types, kernel.getResultTypes()));
  return stored;
}

Expected<GuardedKernel> GuardedKernel::load(const CompiledKernel &kernel) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  GuardedKernel loaded;
  auto jit = orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  loaded.jit = std::move(*jit);
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      loaded.jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  loaded.jit->getMainJITDylib().addGenerator(std::move(*process));
  auto &bytes = kernel.object.bytes;
  if (Error error = loaded.jit->addObjectFile(MemoryBuffer::getMemBufferCopy(
          StringRef(bytes.data(), bytes.size()), kernel.symbol)))
    return std::move(error);
  auto address = loaded.jit->lookup(kernel.symbol);
  if (!address)
    return address.takeError();
  loaded.entry = address->toPtr<void *>();
  loaded.scratchBytes = kernel.object.scratchBytes;
  return std::move(loaded);
}

static int32_t serialFor(const xgen_ctx *ctx, xgen_body body, int64_t begin,
                         int64_t extent, void *closure) {
  // Backwards: threads come in any order.
  for (int64_t i = begin + extent - 1; i >= begin; --i)
    if (int32_t status = body(ctx, i, closure))
      return status;
  return 0;
}

Expected<std::vector<char>> GuardedKernel::run(ArrayRef<ArrayRef<char>> inputs,
                                               size_t resultBytes, bool atEnd) {
  std::vector<std::unique_ptr<GuardedBuffer>> buffers;
  std::vector<void *> pointers;
  auto add = [&](size_t bytes) {
    buffers.push_back(std::make_unique<GuardedBuffer>(bytes, atEnd));
    pointers.push_back(buffers.back()->data);
  };
  for (ArrayRef<char> input : inputs) {
    add(input.size());
    std::memcpy(pointers.back(), input.data(), input.size());
  }
  add(resultBytes);
  GuardedBuffer scratch(alignTo(scratchBytes, 64), true);
  xgen_ctx ctx = {};
  ctx.struct_size = sizeof ctx;
  ctx.scratch = scratch.as<uint8_t>();
  ctx.scratch_bytes = scratchBytes;
  ctx.num_slots = 1;
  ctx.parallel_for = serialFor;
  if (int32_t status =
          reinterpret_cast<xgen_kernel>(entry)(&ctx, pointers.data(), nullptr))
    return createStringError("the kernel returned %d", status);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (std::memcmp(pointers[i], inputs[i].data(), inputs[i].size()))
      return createStringError("the kernel wrote to operand %zu", i);
  char *result = static_cast<char *>(pointers.back());
  return std::vector<char>(result, result + resultBytes);
}
