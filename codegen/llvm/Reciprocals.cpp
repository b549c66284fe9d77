//===- Reciprocals.cpp - Wide estimates of reciprocals --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Reciprocals.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;
using namespace llvm::PatternMatch;

/// Lanes first, first + 1, ... of a vector, as many as the mask has.
static bool isRange(ArrayRef<int> mask, int first) {
  for (auto [i, lane] : enumerate(mask))
    if (lane != first + int(i))
      return false;
  return true;
}

/// What the estimates of 16 lanes, put together from two of 8, are taken of.
static Value *estimatedByHalves(Instruction &i) {
  Value *whole, *low, *high;
  ArrayRef<int> mask, lowMask, highMask;
  auto half = [](Value *&of, ArrayRef<int> &lanes) {
    return m_Intrinsic<Intrinsic::x86_avx_rcp_ps_256>(
        m_Shuffle(m_Value(of), m_Value(), m_Mask(lanes)));
  };
  if (!match(&i, m_Shuffle(half(low, lowMask), half(high, highMask), m_Mask(mask))))
    return nullptr;
  whole = low;
  auto *type = dyn_cast<FixedVectorType>(whole->getType());
  bool matches = type && type->getNumElements() == 16 && low == high &&
                 mask.size() == 16 && isRange(mask, 0) && isRange(lowMask, 0) &&
                 isRange(highMask, 8);
  return matches ? whole : nullptr;
}

void xgen::widenReciprocalEstimates(Module &module) {
  SmallVector<WeakTrackingVH> dead;
  for (Function &f : module)
    for (Instruction &i : instructions(f)) {
      Value *whole = estimatedByHalves(i);
      if (!whole)
        continue;
      IRBuilder<> b(&i);
      i.replaceAllUsesWith(b.CreateIntrinsic(
          i.getType(), Intrinsic::x86_avx512_rcp14_ps_512,
          {whole, Constant::getNullValue(i.getType()), b.getInt16(0xffff)}));
      dead.push_back(&i);
    }
  RecursivelyDeleteTriviallyDeadInstructions(dead);
}
