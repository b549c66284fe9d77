//===- GuardedKernel.cpp - Run a kernel in fenced memory ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Kernels of Halide's need nothing but this process.
//
//===----------------------------------------------------------------------===//

#include "GuardedKernel.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;
using namespace xgen;

std::vector<std::vector<char>> scheduleKernel(kernel::FuncOp kernel,
                                              ArrayRef<ArrayRef<char>> inputs,
                                              ArrayRef<unsigned> constants,
                                              const xgen::Target &target,
                                              ConvAlgorithm algorithm) {
  SmallVector<bool> constant(kernel.getNumArguments(), false);
  for (unsigned number : constants)
    constant[number] = true;
  return applySchedule(kernel, inputs, chooseSchedule(kernel, constant, target, algorithm));
}

std::vector<std::vector<char>> applySchedule(kernel::FuncOp kernel,
                                             ArrayRef<ArrayRef<char>> inputs,
                                             const ScheduleChoice &choice) {
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
  loaded.entry = address->toPtr<xgen_kernel>();
  loaded.scratchBytes = kernel.object.scratchBytes;
  return std::move(loaded);
}

Expected<std::vector<char>> GuardedKernel::run(ArrayRef<ArrayRef<char>> inputs,
                                               size_t resultBytes, Fence fence) {
  // Signalling patterns, so that what a kernel forgets to write shows.
  std::vector<char> result(resultBytes, (char)0xff);
  if (Error error = callGuarded(entry, scratchBytes, inputs,
                                MutableArrayRef<char>(result), fence))
    return std::move(error);
  return std::move(result);
}
