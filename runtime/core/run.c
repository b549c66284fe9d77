/*===- run.c - Checks, context and parallel loops of a run ----------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * xgen_run: everything that can be wrong is found before the model runs, then
 * the context is built on the stack. Nothing here is written but the caller's
 * memory, so any number of runs may be under way.
 *
 *===----------------------------------------------------------------------===*/

#include "internal.h"
#include "xgen/xgen.h"

/*===-- Parallel loops ----------------------------------------------------===*/

static int32_t serialFor(const xgen_ctx *ctx, xgen_body body, int64_t begin,
                         int64_t extent, void *closure) {
  /* All iterations run, as they do on several threads: what has been written
   * after a failure must not depend on the number of threads either. */
  int32_t failure = XGEN_OK;
  for (int64_t i = 0; i < extent; ++i) {
    int32_t status = body(ctx, begin + i, closure);
    if (status && !failure)
      failure = status;
  }
  return failure;
}

typedef struct {
  const xgen_ctx *ctx;
  xgen_body body;
  void *closure;
  int64_t begin, extent, chunk;
  int64_t next; /* atomic: first iteration that nobody has taken */
  uint32_t lock; /* of the two below; taken after failures only */
  int32_t failure;
  int64_t failedIndex;
} Loop;

static void noteFailure(Loop *loop, int64_t index, int32_t status) {
  while (__atomic_exchange_n(&loop->lock, 1u, __ATOMIC_ACQUIRE))
    xgen_pause();
  if (!loop->failure || index < loop->failedIndex) {
    loop->failure = status;
    loop->failedIndex = index;
  }
  __atomic_store_n(&loop->lock, 0u, __ATOMIC_RELEASE);
}

static void runSlot(void *arg, uint32_t slot) {
  Loop *loop = (Loop *)arg;
  xgen_ctx own = *loop->ctx;
  own.slot = slot;
  own.num_slots = 1; /* no nested parallelism */
  if (own.scratch)
    own.scratch += (size_t)slot * (size_t)own.scratch_bytes;
  own.parallel_for = serialFor;
  for (;;) {
    int64_t first =
        __atomic_fetch_add(&loop->next, loop->chunk, __ATOMIC_RELAXED);
    if (first >= loop->extent)
      return;
    int64_t last = first + loop->chunk;
    if (last > loop->extent)
      last = loop->extent;
    for (int64_t i = first; i < last; ++i) {
      int32_t status = loop->body(&own, loop->begin + i, loop->closure);
      if (status)
        noteFailure(loop, i, status);
    }
  }
}

/* The caller's pool travels in the context as an Injected. */
typedef struct {
  xgen_parallel_for parallelFor;
  void *pool;
} Injected;

static int32_t poolFor(const xgen_ctx *ctx, xgen_body body, int64_t begin,
                       int64_t extent, void *closure) {
  if (extent <= 1)
    return serialFor(ctx, body, begin, extent, closure);
  const Injected *injected = (const Injected *)ctx->pool;
  Loop loop = {ctx, body, closure, begin, extent, 1, 0, 0, XGEN_OK, 0};
  uint32_t slots = ctx->num_slots;
  /* Four chunks a thread even out cores of different speed. Which thread takes
   * which chunk has no influence on a result. */
  if (extent > 4 * (int64_t)slots)
    loop.chunk = (extent + 4 * (int64_t)slots - 1) / (4 * (int64_t)slots);
  if (extent < (int64_t)slots)
    slots = (uint32_t)extent;
  injected->parallelFor(injected->pool, slots, runSlot, &loop);
  return loop.failure;
}

/*===-- Checks ------------------------------------------------------------===*/

static int32_t checkModel(const xgen_model *model, uint64_t features) {
  if (!model)
    return XGEN_E_NULL;
  if (model->abi_version >> 16 != XGEN_ABI_VERSION >> 16 ||
      (model->abi_version & 0xffffu) > (XGEN_ABI_VERSION & 0xffffu) ||
      model->struct_size < ((model->abi_version & 0xffffu) >= 1
                                ? sizeof(xgen_model)
                                : offsetof(xgen_model, dims)))
    return XGEN_E_ABI;
  if (model->cpu_features) {
    if (!features)
      features = xgen_cpu_features();
    if (model->cpu_features & ~features)
      return XGEN_E_ISA;
  }
  return XGEN_OK;
}

static int32_t misaligned(const void *p, uint64_t align) {
  return align > 1 && ((uintptr_t)p & (uintptr_t)(align - 1)) != 0;
}

/* `pointers` of `count` tensors; an empty tensor needs no memory. */
static int32_t checkTensors(const xgen_tensor *tensors, uint32_t count,
                            const void *const *pointers, const uint64_t *bytes,
                            const int64_t *const *dims) {
  if (count && !pointers)
    return XGEN_E_NULL;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t need = tensors[i].bytes;
    if (dims && dims[i] && (tensors[i].flags & XGEN_TENSOR_DYNAMIC)) {
      /* Elements have `align` bytes. */
      need = tensors[i].align;
      for (int32_t d = 0; d < tensors[i].rank; ++d) {
        if (dims[i][d] < 0 || dims[i][d] > tensors[i].dims[d])
          return XGEN_E_SHAPE;
        need *= (uint64_t)dims[i][d];
      }
    }
    if (bytes && bytes[i] != need)
      return XGEN_E_SIZE;
    if (!need)
      continue;
    if (!pointers[i])
      return XGEN_E_NULL;
    if (misaligned(pointers[i], tensors[i].align))
      return XGEN_E_ALIGN;
  }
  return XGEN_OK;
}

XGEN_API int32_t xgen_check(const xgen_model *model) {
  int32_t status = checkModel(model, 0);
  if (status)
    return status;
  if (model->weights_bytes && misaligned(model->weights, XGEN_ARENA_ALIGN))
    return XGEN_E_ALIGN;
  return XGEN_OK;
}

XGEN_API int32_t xgen_run(const xgen_model *model, void *arena,
                          const void *const *inputs, void *const *outputs,
                          const xgen_options *options) {
  /* Options of an older header are shorter; what they lack is zero. */
  xgen_options o = {0};
  if (options) {
    size_t known = options->struct_size;
    if (known < offsetof(xgen_options, parallel_for))
      return XGEN_E_ABI;
    if (known > sizeof(o))
      known = sizeof(o);
    for (size_t i = 0; i < known; ++i)
      ((uint8_t *)&o)[i] = ((const uint8_t *)options)[i];
  }
  int32_t status = checkModel(model, o.cpu_features);
  if (status)
    return status;

  uint32_t threads = o.threads ? o.threads : 1;
  uint64_t arenaBytes = xgen_arena_bytes(model, threads);
  if (arenaBytes && !arena)
    return XGEN_E_NULL;
  if (misaligned(arena, XGEN_ARENA_ALIGN))
    return XGEN_E_ALIGN;
  if (o.arena_bytes && o.arena_bytes < arenaBytes)
    return XGEN_E_SIZE;

  const void *weights = model->weights ? model->weights : o.weights;
  if (model->weights_bytes) {
    if (!weights)
      return XGEN_E_WEIGHTS;
    if (!model->weights && o.weights_bytes &&
        o.weights_bytes != model->weights_bytes)
      return XGEN_E_WEIGHTS;
    if (misaligned(weights, XGEN_ARENA_ALIGN))
      return XGEN_E_ALIGN;
  }
  if (model->state_bytes) {
    if (!o.state)
      return XGEN_E_NULL;
    if (misaligned(o.state, XGEN_ARENA_ALIGN))
      return XGEN_E_ALIGN;
  }
  status =
      checkTensors(model->inputs, model->num_inputs, inputs, o.input_bytes,
                   o.input_dims);
  if (status)
    return status;
  status = checkTensors(model->outputs, model->num_outputs,
                        (const void *const *)outputs, o.output_bytes, 0);
  if (status)
    return status;

  Injected injected = {o.parallel_for, o.pool};
  xgen_ctx ctx = {0};
  ctx.abi_version = XGEN_ABI_VERSION;
  ctx.struct_size = sizeof(ctx);
  if (model->scratch_bytes)
    ctx.scratch = (uint8_t *)arena + (size_t)model->arena_bytes;
  ctx.scratch_bytes = model->scratch_bytes;
  ctx.num_slots = threads;
  ctx.parallel_for = serialFor;
  if (threads > 1 && o.parallel_for)
    ctx.parallel_for = poolFor;
  else
    ctx.num_slots = 1;
  ctx.pool = &injected;
  ctx.user = o.user;
  ctx.profile = o.profile;
  ctx.state = (uint8_t *)o.state;
  ctx.input_dims = o.input_dims;
  ctx.output_dims = o.output_dims;
  return model->run(&ctx, arena, inputs, outputs, weights);
}
