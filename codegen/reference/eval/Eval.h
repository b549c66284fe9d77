//===- Eval.h - Interface of the reference kernels --------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One freestanding function an op of the xgen dialect, without allocation. The
// same sources are the compiler's constant folder and oracle, and the product's
// kernel wherever there is no faster one. Tensors are dense and row-major.
//
// Every function returns 0, or non-zero for a combination of types that it does
// not compute. It never reads or writes outside its tensors, whatever indices
// the data holds, as long as shapes and attributes passed the op's verifier.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_REFERENCE_EVAL_H
#define XGEN_CODEGEN_REFERENCE_EVAL_H

#include <stddef.h>
#include <stdint.h>

namespace xgen {

/// Element types. Values are part of the contract with codegen/llvm.
enum DType : int32_t {
  F64 = 0, F32 = 1, F16 = 2, BF16 = 3,
  F8E4M3FN = 4, F8E4M3FNUZ = 5, F8E5M2 = 6, F8E5M2FNUZ = 7,
  I64 = 8, I32 = 9, I16 = 10, I8 = 11,
  U64 = 12, U32 = 13, U16 = 14, U8 = 15,
  // One byte an element: bool is 0 or 1, the others are extended.
  I1 = 16, I4 = 17, U4 = 18, I2 = 19, U2 = 20,
  F4E2M1 = 21, F8E8M0 = 22,
  DTypeMask = 0xff,
  // Of quantized storage: the range lacks its smallest value (signed) or its
  // largest (unsigned), as in i8<-127:127> and i2<-1:1>.
  DTypeNarrow = 0x100,
  // Out of range becomes NaN or infinity: xgen.cast to float 8, saturate false.
  DTypeNoSaturate = 0x200,
  // Of float 8 e8m0: xgen.cast rounds up or down, else to the nearest.
  DTypeRoundUp = 0x400,
  DTypeRoundDown = 0x800,
  // Bits 16 to 23: the range is that of an integer of so many bits; 0: all.
  DTypeBitsShift = 16
};

/// What quantized numbers mean: (q - zeroPoint) * scale. `count` is 1, or the
/// extent of dimension `axis`.
struct EvalQuant {
  const float *scales;
  const int64_t *zeroPoints;
  int64_t count;
  int32_t axis;
};

/// An operand or result. An absent optional operand has null data and rank -1.
struct EvalTensor {
  void *data;
  const int64_t *dims;
  int32_t rank;
  int32_t dtype;
  const EvalQuant *quant;
};

/// `attrs`: the op's attributes in alphabetical order (see EvalAttrs.h).
/// `scratch`: as many bytes as `evalScratchBytes` says, 64-byte aligned.
struct EvalCall {
  const EvalTensor *in;
  int32_t numIn;
  EvalTensor *out;
  int32_t numOut;
  const int64_t *attrs;
  void *scratch;
};

enum { EvalOk = 0, EvalUnsupported = 1, EvalMaxRank = 16 };

} // namespace xgen

extern "C" {
#define XGEN_EVAL_OP(name)                                                     \
  int32_t xgen_eval_##name(const xgen::EvalCall *call);
#include "codegen/reference/eval/EvalOps.def"

/// Bytes of scratch of the ops that want some. Takes shapes, types and
/// attributes; data may be null.
#define XGEN_EVAL_SCRATCH_OP(name)                                             \
  int64_t xgen_eval_scratch_##name(const xgen::EvalCall *call);
#include "codegen/reference/eval/EvalOps.def"
}

#endif // XGEN_CODEGEN_REFERENCE_EVAL_H
