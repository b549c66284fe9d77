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

/// The outermost loops of links, a link inside another one included.
static void collect(ArrayRef<Loop *> loops, SmallVectorImpl<Loop *> &links) {
  for (Loop *loop : loops)
    if (isLink(*loop))
      links.push_back(loop);
    else
      collect(loop->getSubLoops(), links);
}

/// Stack variables that only the call of `f` uses belong to it.
static void moveAllocas(Function &f) {
  auto *call = cast<CallInst>(f.user_back());
  Instruction *begin = &*f.getEntryBlock().getFirstInsertionPt();
  for (Argument &arg : f.args()) {
    auto *slot = dyn_cast<AllocaInst>(call->getArgOperand(arg.getArgNo()));
    if (!slot || !slot->hasOneUse())
      continue;
    auto *own = cast<AllocaInst>(slot->clone());
    own->insertBefore(begin->getIterator());
    arg.replaceAllUsesWith(own);
  }
}

void xgen::outlineLinks(Module &module) {
  SmallVector<Function *> functions;
  for (Function &f : module)
    if (!f.isDeclaration())
      functions.push_back(&f);
  for (Function *f : functions) {
    DominatorTree tree(*f);
    LoopInfo info(tree);
    SmallVector<Loop *> links;
    collect(info.getTopLevelLoops(), links);
    if (links.empty())
      continue;
    CodeExtractorAnalysisCache cache(*f);
    for (Loop *loop : links) {
      simplifyLoop(loop, &tree, &info, nullptr, nullptr, nullptr, /*PreserveLCSSA=*/false);
      CodeExtractor extractor(loop->getBlocks(), &tree, /*AggregateArgs=*/false,
                              /*BFI=*/nullptr, /*BPI=*/nullptr, /*AC=*/nullptr,
                              /*AllowVarArgs=*/false, /*AllowAlloca=*/false,
                              /*AllocationBlock=*/nullptr, linkName.str());
      if (Function *made = extractor.extractCodeRegion(cache)) {
        made->addFnAttr(Attribute::NoInline);
        moveAllocas(*made);
      }
    }
  }
}
