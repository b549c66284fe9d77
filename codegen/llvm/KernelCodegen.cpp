//===- KernelCodegen.cpp - One kernel to one object -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Chooses between the reference kernel and Halide by the schedule attribute,
// and hands the module to LLVM.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/KernelCodegen.h"
#include "codegen/halide/KernelEmitter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace xgen;

Expected<KernelObject> xgen::generateKernel(kernel::FuncOp kernel,
                                            const xgen::Target &target,
                                            StringRef symbol, EmitKind kind) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  KernelObject result;
  if (kind == EmitKind::Halide) {
    Expected<std::string> text =
        isEval(kernel) ? std::string("reference kernel: no loops of Halide's\n")
                       : printHalide(kernel, target);
    if (!text)
      return text.takeError();
    result.bytes.assign(text->begin(), text->end());
    return std::move(result);
  }
  std::unique_ptr<Module> module;
  ModuleOrigin origin = ModuleOrigin::Ours;
  if (isEval(kernel)) {
    auto built =
        buildEvalWrapper(kernel, symbol, (*machine)->createDataLayout(),
                         context, result.scratchBytes);
    if (!built)
      return built.takeError();
    module = std::move(*built);
  } else {
    origin = ModuleOrigin::Halide;
    Expected<KernelCode> code = emitKernel(kernel, target);
    if (!code)
      return code.takeError();
    auto loaded =
        loadKernelModule(context, *code, symbol, target, result.scratchBytes);
    if (!loaded)
      return loaded.takeError();
    module = std::move(*loaded);
    // Its definition goes through the context's parallel_for.
    result.parallel = module->getFunction("halide_do_par_for") != nullptr;
  }
  auto bytes = emitModule(*module, symbol, **machine, origin, kind);
  if (!bytes)
    return bytes.takeError();
  result.bytes = std::move(*bytes);
  return std::move(result);
}
