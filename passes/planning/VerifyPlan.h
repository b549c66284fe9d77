//===- VerifyPlan.h - Proves that a plan is right ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Depends on the dialects only, so that it can judge any plan, whoever made it.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PLANNING_VERIFYPLAN_H
#define XGEN_PASSES_PLANNING_VERIFYPLAN_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/plan/PlanOps.h"

namespace xgen {

/// Checks `program`; kernels are looked up beside it. Emits an error at the
/// first op that is wrong. Rules, for each launch in order:
///
/// - every buffer lies inside its space and starts at a multiple of its
///   elements' size; a value in the arena starts at a multiple of 64 (pieces and
///   slices of one may start anywhere inside it);
/// - as many reads and writes as the kernel has operands and results, of their
///   sizes;
/// - every byte read from the arena was last written as part of the value that
///   the read names; every byte read from an output was written;
/// - writes and scratch are disjoint from each other and from what is read,
///   but for operands that the kernel declares `inplace`;
/// - lifetimes (first write to last read) of values that share bytes are
///   disjoint;
/// - inputs and weights are never written; weights do not overlap;
/// - at the end, every byte of every output was written;
/// - what a branch reads was written before it or in it, and its results are
///   written in both; symbols have their values inside only;
/// - what an iteration of a loop reads is there in the first and in all others,
///   and parts of scan outputs have room for `most` of them.
mlir::LogicalResult verifyPlan(plan::ProgramOp program);

} // namespace xgen

#endif // XGEN_PASSES_PLANNING_VERIFYPLAN_H
