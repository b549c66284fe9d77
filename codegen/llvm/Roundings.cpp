//===- Roundings.cpp - Floats to the nearest integers ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Roundings.h"
#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;
using namespace llvm::PatternMatch;

void xgen::roundInOneInstruction(Module &module) {
  SmallVector<WeakTrackingVH> dead;
  for (Function &f : module)
    for (Instruction &i : instructions(f)) {
      Value *x;
      // Kernels run in the default rounding mode, which is that of nearbyint.
      if (!i.getType()->getScalarType()->isIntegerTy(32) ||
          !match(&i, m_FPToSI(m_Intrinsic<Intrinsic::nearbyint>(m_Value(x)))) ||
          !x->getType()->getScalarType()->isFloatTy())
        continue;
      IRBuilder<> b(&i);
      auto *type = dyn_cast<FixedVectorType>(i.getType());
      if (!type || type->getNumElements() == 2) {
        i.replaceAllUsesWith(b.CreateIntrinsic(Intrinsic::aarch64_neon_fcvtns,
                                               {i.getType(), x->getType()}, {x}));
        dead.push_back(&i);
        continue;
      }
      if (type->getNumElements() % 4)
        continue;
      auto *four = FixedVectorType::get(type->getElementType(), 4);
      SmallVector<Value *> parts;
      for (unsigned at = 0; at < type->getNumElements(); at += 4) {
        Value *part = b.CreateShuffleVector(x, createSequentialMask(at, 4, 0));
        parts.push_back(b.CreateIntrinsic(Intrinsic::aarch64_neon_fcvtns,
                                          {four, part->getType()}, {part}));
      }
      i.replaceAllUsesWith(concatenateVectors(b, parts));
      dead.push_back(&i);
    }
  RecursivelyDeleteTriviallyDeadInstructions(dead);
}
