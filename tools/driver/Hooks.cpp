//===- Hooks.cpp - What passes ask of code generation ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Passes know no code generator (DESIGN section 4), so the driver hands them
// these callbacks.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/KernelEmitter.h"
#include "codegen/llvm/Worker.h"
#include "codegen/reference/Reference.h"
#include "dialects/xgen/XgenConstants.h"
#include "passes/Passes.h"
#include "tools/driver/Dialects.h"
#include "tools/driver/Worker.h"

using namespace mlir;
using namespace xgen;

llvm::Expected<SmallVector<ElementsAttr>>
xgen::evaluateConstants(Operation *op, ArrayRef<ElementsAttr> operands) {
  std::vector<std::vector<char>> storage(operands.size());
  SmallVector<TensorView> ins;
  for (auto [i, value] : llvm::enumerate(operands)) {
    auto bytes = ir::constantBytes(value, storage[i]);
    if (!bytes)
      return llvm::createStringError("a constant has no bytes");
    // The operand's own type: it may carry quantization or an encoding.
    ins.push_back({const_cast<char *>(bytes->data()),
                   cast<RankedTensorType>(op->getOperand(i).getType())});
  }
  std::vector<std::vector<char>> results;
  SmallVector<TensorView> outs;
  for (Type type : op->getResultTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    results.emplace_back(ir::tensorBytes(tensor));
    outs.push_back({nullptr, tensor});
  }
  for (auto [out, bytes] : llvm::zip(outs, results))
    out.data = bytes.data();
  if (llvm::Error error = evalOp(op, ins, outs))
    return std::move(error);
  SmallVector<ElementsAttr> values;
  for (auto [out, bytes] : llvm::zip(outs, results)) {
    RankedTensorType type = ir::storageTensor(out.type);
    if (out.type.getEncoding())
      type = RankedTensorType::get({(int64_t)bytes.size()},
                                   IntegerType::get(type.getContext(), 8));
    values.push_back(ir::makeConstant(type, std::move(bytes)));
  }
  return values;
}

PassHooks xgen::makePassHooks(const Target &target, ConvAlgorithm algorithm) {
  PassHooks hooks;
  hooks.evaluate = evaluateConstants;
  hooks.canEmit = [target](Operation *op) { return canEmit(op, target); };
  hooks.fusesByRows = [target](ArrayRef<Operation *> producers, Operation *consumer) {
    return fusesByRows(producers, consumer, target);
  };
  hooks.chooseSchedule = [target, algorithm](kernel::FuncOp kernel,
                                             ArrayRef<bool> constantArgs) {
    auto choice = xgen::chooseSchedule(kernel, constantArgs, target, algorithm);
    return PassHooks::ScheduleChoice{choice.schedule,
                                     std::move(choice.encodings)};
  };
  hooks.serialCycles = [target](kernel::FuncOp kernel) {
    return xgen::serialCycles(kernel, target);
  };
  // Without compiled kernels nothing is known of their scratch; compileModel
  // replaces this.
  hooks.scratchBytes = [](kernel::FuncOp) -> llvm::Expected<int64_t> {
    return 0;
  };
  return hooks;
}

std::optional<int> xgen::runAsWorker(int argc, char **argv) {
  if (argc > 1 && argv[1] == workerFlag)
    return kernelWorkerMain();
  return std::nullopt;
}
