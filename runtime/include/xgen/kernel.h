/*===- kernel.h - What a kernel sees of the runtime -----------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Every kernel, whoever wrote it, is
 *
 *   int32_t k(const xgen_ctx *ctx, void *const *ptr, const int64_t *dims);
 *
 * `ptr` holds the operand buffers, then the result buffers. `dims` holds the
 * values of the kernel's symbols, of which its dynamic extents are made; null
 * while all shapes are static. 0 is success, else an XGEN_E_ code of xgen.h.
 * A kernel allocates nothing: it has its stack and `ctx->scratch`.
 *
 * Freestanding C11 and C++17. Members are only ever appended; code generators
 * may rely on the order and on the natural layout of the target.
 *
 *===----------------------------------------------------------------------===*/

#ifndef XGEN_KERNEL_H
#define XGEN_KERNEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xgen_ctx xgen_ctx;

/* One iteration of a parallel loop. `ctx` is this thread's own: its `scratch`
 * is the thread's slot and its `parallel_for` is serial. */
typedef int32_t (*xgen_body)(const xgen_ctx *ctx, int64_t index, void *closure);

struct xgen_ctx {
  uint32_t abi_version; /* XGEN_ABI_VERSION of the runtime that made it */
  uint32_t struct_size; /* sizeof(xgen_ctx) of that runtime */

  /* Scratch of this thread, 64-byte aligned: `scratch_bytes` bytes that hold
   * nothing between kernels. */
  uint8_t *scratch;
  uint64_t scratch_bytes;
  /* Number of slots, that is of threads that may run bodies at one time, and
   * the slot of this thread. */
  uint32_t num_slots;
  uint32_t slot;

  /* Runs body(ctx', i, closure) for i in [begin, begin + extent), in any order
   * and on any thread. Returns when all are done: 0, or the failure of the
   * lowest failing index that ran. Never null. */
  int32_t (*parallel_for)(const xgen_ctx *ctx, xgen_body body, int64_t begin,
                          int64_t extent, void *closure);

  /* Owned by parallel_for; kernels leave it alone. */
  void *pool;
  /* xgen_options.user */
  void *user;

  /* Called by the model's run function around layer `layer` (index into
   * xgen_model.layers) with start = 1 before and 0 after it. May be null. */
  void (*profile)(void *user, int32_t layer, int32_t start);

  /* Memory that outlives a run (xgen_model.state_bytes), null without. */
  uint8_t *state;

  /* Extents of inputs and outputs of a model with dynamic ones, as in
   * xgen_options. */
  const int64_t *const *input_dims;
  int64_t *const *output_dims;
};

typedef int32_t (*xgen_kernel)(const xgen_ctx *ctx, void *const *ptr,
                               const int64_t *dims);

#ifdef __cplusplus
}
#endif

#endif /* XGEN_KERNEL_H */
