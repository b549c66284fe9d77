//===- Mutants.h - Models that are nearly right -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Test cases whose models have been damaged. A compiler may accept or refuse
// such a model; it may not crash, hang, or call its own work wrong.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_XGENRUN_MUTANTS_H
#define XGEN_TOOLS_XGENRUN_MUTANTS_H

#include "Case.h"

namespace xgen::run {

/// The model with one to three changes that `seed` decides: bytes flipped, nodes
/// and attributes dropped, repeated or exchanged, numbers and names changed,
/// shapes contradicted. The same seed gives the same bytes on every machine.
std::vector<uint8_t> mutateModel(llvm::ArrayRef<uint8_t> model, uint64_t seed);

/// Compiles mutant number `seed` of the case and runs it when it takes the
/// case's data. `keep`: where to write a model that fails; may be empty.
Outcome runMutant(const Case &test, CompileOptions options, uint64_t seed,
                  llvm::StringRef keep);

} // namespace xgen::run

#endif // XGEN_TOOLS_XGENRUN_MUTANTS_H
