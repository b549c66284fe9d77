//===- Prefetches.cpp - Prefetches of streams of weights ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Prefetches.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

void xgen::mendPrefetches(Module &module) {
  constexpr int64_t line = 64;
  const DataLayout &layout = module.getDataLayout();
  for (Function &f : module)
    for (BasicBlock &block : f) {
      // Those of a box differ by constants.
      MapVector<Value *, SmallVector<std::pair<int64_t, IntrinsicInst *>>> boxes;
      for (Instruction &i : block)
        if (auto *call = dyn_cast<IntrinsicInst>(&i);
            call && call->getIntrinsicID() == Intrinsic::prefetch) {
          Value *address = call->getArgOperand(0);
          APInt offset(layout.getIndexTypeSizeInBits(address->getType()), 0);
          address = address->stripAndAccumulateConstantOffsets(layout, offset,
                                                               /*AllowNonInbounds=*/true);
          boxes[address].push_back({offset.getSExtValue(), call});
        }
      for (auto &[base, box] : boxes) {
        llvm::sort(box, less_first());
        for (auto [number, entry] : enumerate(box)) {
          IntrinsicInst *call = entry.second;
          IRBuilder<> b(call);
          int64_t at = box.front().first + int64_t(number) * line;
          call->setArgOperand(0, b.CreatePtrAdd(base, b.getInt64(at)));
          call->setArgOperand(1, b.getInt32(0)); // to read
          call->setArgOperand(2, b.getInt32(3)); // into all levels
        }
      }
    }
}
