/*===- ArmBuiltins.c - Arithmetic that 32-bit Arm does in functions -*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * A model without inputs whose output is quotients, remainders, shifts and
 * conversions of awkward numbers. run-foreign.sh compares the bytes with those
 * of a machine that does it all in instructions.
 *
 *===----------------------------------------------------------------------===*/

#include "xgen/xgen.h"

enum { kValues = 26, kWords = 12 };

static const int64_t values[kValues] = {
    0, 1, -1, 2, 3, 5, 7, 10, -10, 255, 65536, 1000000007, -1000000007,
    INT32_MAX, INT32_MIN, 0xffffffffll, 0x100000000ll, 0x100000001ll,
    -0x100000001ll, 0x123456789abcdefll, -0x123456789abcdefll,
    0x20000000000001ll, 0x3fffff8000000001ll, 0x7fffffbfffffffffll, INT64_MAX,
    INT64_MIN};

static int32_t run(const xgen_ctx *ctx, void *arena, const void *const *inputs,
                   void *const *outputs, const void *weights) {
  (void)ctx;
  (void)arena;
  (void)inputs;
  (void)weights;
  uint64_t *out = (uint64_t *)outputs[0];
  for (int i = 0; i < kValues; ++i) {
    for (int j = 0; j < kValues; ++j, out += kWords) {
      /* Volatile: to be computed here and not by the compiler. */
      volatile int64_t va = values[i], vb = values[j];
      int64_t a = va, b = vb;
      uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
      int32_t a32 = (int32_t)a, b32 = (int32_t)b;
      uint32_t ua32 = (uint32_t)ua, ub32 = (uint32_t)ub;
      int overflow = a == INT64_MIN && b == -1;
      int overflow32 = a32 == INT32_MIN && b32 == -1;
      out[0] = b && !overflow ? (uint64_t)(a / b) : 0;
      out[1] = b && !overflow ? (uint64_t)(a % b) : 0;
      out[2] = ub ? ua / ub : 0;
      out[3] = ub ? ua % ub : 0;
      out[4] = b32 && !overflow32
                   ? (uint64_t)(uint32_t)(a32 / b32) << 32 | (uint32_t)(a32 % b32)
                   : 0;
      out[5] = ub32 ? (uint64_t)(ua32 / ub32) << 32 | ua32 % ub32 : 0;
      int by = (int)(ub & 63);
      out[6] = ua << by;
      out[7] = ua >> by;
      out[8] = (uint64_t)(a >> by);
      union {
        float f[2];
        double d;
        uint64_t u;
      } bits;
      bits.f[0] = (float)a;
      bits.f[1] = (float)ua;
      out[9] = bits.u;
      bits.d = (double)a - (double)ua;
      out[10] = bits.u;
      volatile double d = (double)(a >> 2) * 0.75;
      volatile float f = (float)(a >> 2) * 0.75f;
      out[11] = (uint64_t)(int64_t)d ^ (uint64_t)(int64_t)f;
      if (d > 0)
        out[11] ^= (uint64_t)d * 3 ^ (uint64_t)f * 5;
    }
  }
  return XGEN_OK;
}

static const int64_t dims[2] = {kValues * kValues, kWords};
static const xgen_tensor outputs[1] = {{"words", dims, 2, XGEN_U64,
                                        kValues * kValues * kWords * 8, 8, 0, 0,
                                        0}};

extern const xgen_model xgen_builtins_model;
const xgen_model xgen_builtins_model = {
    XGEN_ABI_VERSION, sizeof(xgen_model), "builtins", "any", "xgen", 0, 0, NULL,
    outputs, NULL, NULL, 0, 1, 0, 0, 0, 0, 0, 0, 0, NULL, run};
