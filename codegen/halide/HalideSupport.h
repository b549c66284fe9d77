//===- HalideSupport.h - MLIR and Halide in one translation unit -*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The only header of ours that includes Halide.h; precompiled. MLIR's headers
// come first, and Halide's unprefixed macros go.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_HALIDESUPPORT_H
#define XGEN_CODEGEN_HALIDE_HALIDESUPPORT_H

#include "codegen/target/Target.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xgen/XgenOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <halide14/Halide.h>
#pragma GCC diagnostic pop
#undef debug
#undef internal_assert
#undef internal_error
#undef user_assert
#undef user_error
#undef user_warning

#endif // XGEN_CODEGEN_HALIDE_HALIDESUPPORT_H
