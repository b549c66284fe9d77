//===- TestModel.h - A model written by hand --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What xgenc emits, written by hand: y[i] = sum_k w[k] * x[i + k] over 1000
// positions in a parallel loop, through the arena and through scratch. Plain C:
// the runner's test compiles it for foreign targets too.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_UNITTESTS_RUNTIME_TESTMODEL_H
#define XGEN_UNITTESTS_RUNTIME_TESTMODEL_H

#include "xgen/xgen.h"

enum { kPositions = 1000, kTaps = 4, kInput = kPositions + kTaps - 1 };

typedef struct {
  const float *x;
  const float *w;
  float *y;
} TestClosure;

static int32_t testBody(const xgen_ctx *ctx, int64_t i, void *opaque) {
  TestClosure *c = (TestClosure *)opaque;
  float *terms = (float *)ctx->scratch;
  if (ctx->scratch_bytes < kTaps * sizeof(float))
    return XGEN_E_SCRATCH;
  for (int k = 0; k < kTaps; ++k)
    terms[k] = c->w[k] * c->x[i + k];
  float sum = 0;
  for (int k = 0; k < kTaps; ++k)
    sum += terms[k];
  c->y[i] = sum;
  /* Negative infinity in the input stands for data that an operator rejects. */
  return c->x[i] < -3e38f ? XGEN_E_DOMAIN : XGEN_OK;
}

static int32_t testRun(const xgen_ctx *ctx, void *arena,
                       const void *const *inputs, void *const *outputs,
                       const void *weights) {
  float *copy = (float *)arena;
  if (ctx->profile)
    ctx->profile(ctx->user, 0, 1);
  for (int i = 0; i < kInput; ++i)
    copy[i] = ((const float *)inputs[0])[i];
  if (ctx->profile) {
    ctx->profile(ctx->user, 0, 0);
    ctx->profile(ctx->user, 1, 1);
  }
  TestClosure closure = {copy, (const float *)weights, (float *)outputs[0]};
  int32_t status =
      ctx->parallel_for(ctx, testBody, 0, kPositions, &closure);
  if (ctx->profile)
    ctx->profile(ctx->user, 1, 0);
  return status;
}

#ifdef __cplusplus
alignas(64)
#else
_Alignas(64)
#endif
static const float testWeights[16] = {0.5f, -1.25f, 2.0f, 0.125f};
static const int64_t testInputDims[1] = {kInput};
static const int64_t testOutputDims[1] = {kPositions};
static const xgen_tensor testInputs[1] = {
    {"x", testInputDims, 1, XGEN_F32, kInput * 4, 4, 0, 0, 0}};
static const xgen_tensor testOutputs[1] = {
    {"y", testOutputDims, 1, XGEN_F32, kPositions * 4, 4, 0, 0, 0}};
static const xgen_layer testLayers[2] = {
    {"copy_0", "test_copy", "eval", 0, 8 * kInput},
    {"conv_1, relu_2", "test_conv", "eval", kPositions * kTaps,
     4 * (kInput + kPositions)}};

#define TEST_MODEL                                                             \
  {                                                                            \
    XGEN_ABI_VERSION, sizeof(xgen_model), "test", "host", "xgen", 0, 0,        \
        testInputs, testOutputs, NULL, testLayers, 1, 1, 0, 2, 4032, 64, 0,    \
        sizeof(testWeights), 0, testWeights, testRun, NULL, 0                           \
  }

#endif // XGEN_UNITTESTS_RUNTIME_TESTMODEL_H
