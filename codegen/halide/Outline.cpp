//===- Outline.cpp - Loop nests as functions of their own -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Finds the nests by the names of Halide's loops, "for link.s0.x2", and hands them to
// LLVM's CodeExtractor.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Outline.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/CodeExtractor.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"

using namespace llvm;
using namespace xgen;

static bool isLink(const Loop &loop) {
  StringRef name = loop.getHeader()->getName();
  return name.consume_front("for ") && name.starts_with(linkName);
}

/// The first outermost loop of a link below `loops`, or null.
static Loop *findLink(ArrayRef<Loop *> loops) {
  for (Loop *loop : loops) {
    if (isLink(*loop))
      return loop;
    if (Loop *inner = findLink(loop->getSubLoops()))
      return inner;
  }
  return nullptr;
}

/// Stack variables that only the call of `f` uses belong to it.
static void moveAllocas(Function &f) {
  auto *call = cast<CallInst>(f.user_back());
  Instruction *begin = &*f.getEntryBlock().getFirstInsertionPt();
  for (Argument &arg : f.args()) {
    auto *slot = dyn_cast<AllocaInst>(call->getArgOperand(arg.getArgNo()));
    if (!slot || !slot->isStaticAlloca() || !slot->hasOneUse())
      continue;
    auto *own = cast<AllocaInst>(slot->clone());
    own->insertBefore(begin->getIterator());
    arg.replaceAllUsesWith(own);
  }
}

/// Makes a function of one nest of `f`; false when there is none.
static bool outlineLink(Function &f) {
  DominatorTree tree(f);
  LoopInfo info(tree);
  Loop *loop = findLink(info.getTopLevelLoops());
  if (!loop)
    return false;
  simplifyLoop(loop, &tree, &info, nullptr, nullptr, nullptr, /*PreserveLCSSA=*/false);
  CodeExtractorAnalysisCache cache(f);
  CodeExtractor extractor(loop->getBlocks(), &tree, /*AggregateArgs=*/false,
                          /*BFI=*/nullptr, /*BPI=*/nullptr, /*AC=*/nullptr,
                          /*AllowVarArgs=*/false, /*AllowAlloca=*/false,
                          /*AllocationBlock=*/nullptr, linkName.str());
  Function *made = extractor.extractCodeRegion(cache);
  if (!made)
    return false;
  made->addFnAttr(Attribute::NoInline);
  moveAllocas(*made);
  return true;
}

void xgen::outlineLinks(Module &module) {
  SmallVector<Function *> functions;
  for (Function &f : module)
    if (!f.isDeclaration())
      functions.push_back(&f);
  for (Function *f : functions)
    while (outlineLink(*f)) {
    }
}
