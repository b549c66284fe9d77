//===- PassContext.cpp - Target and hooks of passes -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The context that passes created by name use; see Passes.h.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

xgen::PassContext &xgen::defaultPassContext() {
  static PassContext context = [] {
    PassContext c;
    if (auto host = lookupTarget("host"))
      c.target = *host;
    else
      llvm::consumeError(host.takeError());
    return c;
  }();
  return context;
}
