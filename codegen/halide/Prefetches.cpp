//===- Prefetches.cpp - Prefetches of streams of weights ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "codegen/halide/Prefetches.h"
#include "codegen/halide/KernelEmitter.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace xgen;

namespace {
constexpr int64_t line = 64;

/// Prefetches of one array in one iteration of a loop, in the order of addresses.
using Box = SmallVector<IntrinsicInst *>;

class Mender {
public:
  Mender(Function &f, const WeightStream &stream) : function(f), stream(stream) {}
  void run();

private:
  void request(IRBuilder<> &b, Value *address, int64_t lines, unsigned locality);
  void requestNextPanel(IRBuilder<> &b, Value *address, int64_t lines);

  Function &function;
  const WeightStream &stream;
  /// The address, as a number, that has been asked for last.
  AllocaInst *asked = nullptr;
};
} // namespace

void Mender::request(IRBuilder<> &b, Value *address, int64_t lines, unsigned locality) {
  for (int64_t i = 0; i < lines; ++i)
    b.CreateIntrinsic(Intrinsic::prefetch, {b.getPtrTy()},
                      {b.CreatePtrAdd(address, b.getInt64(i * line)), b.getInt32(0),
                       b.getInt32(locality), b.getInt32(1)});
}

void Mender::requestNextPanel(IRBuilder<> &b, Value *address, int64_t lines) {
  Type *i64 = b.getInt64Ty();
  if (!asked) {
    IRBuilder<> entry(&function.getEntryBlock(), function.getEntryBlock().begin());
    asked = entry.CreateAlloca(i64);
    entry.CreateStore(entry.getInt64(0), asked);
  }
  // One panel ahead at its first tile, nearly two at its last one. Anything else is the
  // start or a jump: of a thread to other panels, of a block to the first one.
  Value *here = b.CreatePtrToInt(address, i64), *there = b.CreateLoad(i64, asked);
  Value *lost = b.CreateICmpUGT(b.CreateSub(there, here), b.getInt64(2 * stream.panelBytes));
  there = b.CreateSelect(lost, b.CreateAdd(here, b.getInt64(stream.panelBytes)), there);
  int64_t share = divideCeil(lines * line, stream.tiles);
  request(b, b.CreatePtrAdd(address, b.CreateSub(there, here)), divideCeil(share, line),
          /*locality=*/2);
  b.CreateStore(b.CreateAdd(there, b.getInt64(share)), asked);
}

void Mender::run() {
  for (BasicBlock &block : function) {
    MapVector<const Value *, Box> boxes;
    for (Instruction &i : block)
      if (auto *call = dyn_cast<IntrinsicInst>(&i);
          call && call->getIntrinsicID() == Intrinsic::prefetch)
        boxes[getUnderlyingObject(call->getArgOperand(0))].push_back(call);
    for (auto &[object, box] : boxes) {
      IRBuilder<> b(box.front());
      Value *address = box.front()->getArgOperand(0);
      if (stream.tiles)
        requestNextPanel(b, address, box.size());
      else
        request(b, address, box.size(), /*locality=*/3);
      for (IntrinsicInst *call : box)
        call->eraseFromParent();
    }
  }
}

void xgen::mendPrefetches(Module &module, const WeightStream &stream) {
  for (Function &f : module)
    if (!f.isDeclaration())
      Mender(f, stream).run();
}
