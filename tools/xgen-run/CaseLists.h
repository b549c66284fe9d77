//===- CaseLists.h - What is known of test cases ----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Two text files, a line a case, '#' for comments:
//
//   exceptions   test_name rtol=1e-2 atol=1e-6: who grants it, in whose words
//   expected     STATUS test_name: reason
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_CASELISTS_H
#define XGEN_TOOLS_XGENRUN_CASELISTS_H

#include "Case.h"
#include "llvm/ADT/StringMap.h"

namespace xgen::run {

struct Tolerances {
  double rtol, atol;
};

/// A line without the sentence that grants it is an error.
llvm::Expected<llvm::StringMap<Tolerances>>
readExceptions(llvm::StringRef path, Tolerances usual);

/// Cases that do not pass.
llvm::Expected<llvm::StringMap<Outcome>> readExpected(llvm::StringRef path);

/// "STATUS name: reason". Without numbers that differ between machines: what
/// follows the first ": " of a difference.
std::string expectedLine(llvm::StringRef name, const Outcome &outcome);

/// What to say when `outcome` is not what `list` has; empty when it is.
std::string surprise(const llvm::StringMap<Outcome> &list, llvm::StringRef name,
                     const Outcome &outcome);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_CASELISTS_H
