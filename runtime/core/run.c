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

enum {
  kLine = 64 / sizeof(uint64_t),
  kRangeWords = 64 * kLine /* a cache line a thread for 64 threads */
};

/* Iterations are shared out in equal runs, thread by thread, so that a thread meets in
 * each loop the part of the data that it has made in the one before. Who is ready takes
 * from the end of the others' runs. */
typedef struct {
  const xgen_ctx *ctx;
  xgen_body body;
  void *closure;
  int64_t begin;
  uint32_t chunk, slots, stride;
  uint32_t lock; /* of the two below; taken after failures only */
  int32_t failure;
  int64_t failedIndex;
  /* Of each slot, `stride` words apart, what nobody has taken: first | end << 32. */
  uint64_t *ranges;
} Loop;

/* Takes up to a chunk of a slot's iterations, from the front or from the end. */
static int take(Loop *loop, uint32_t slot, int front, uint32_t *first,
                uint32_t *end) {
  uint64_t *range = &loop->ranges[slot * loop->stride];
  uint64_t old = __atomic_load_n(range, __ATOMIC_RELAXED);
  for (;;) {
    uint32_t a = (uint32_t)old, b = (uint32_t)(old >> 32);
    if (a >= b)
      return 0;
    uint32_t count = b - a < loop->chunk ? b - a : loop->chunk;
    *first = front ? a : b - count;
    *end = *first + count;
    uint64_t left = front ? (uint64_t)b << 32 | (a + count)
                          : (uint64_t)(b - count) << 32 | a;
    if (__atomic_compare_exchange_n(range, &old, left, 1, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
      return 1;
  }
}

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
  for (uint32_t k = 0; k < loop->slots; ++k) {
    uint32_t whose = slot + k < loop->slots ? slot + k : slot + k - loop->slots;
    uint32_t i, end;
    while (take(loop, whose, k == 0, &i, &end))
      for (; i < end; ++i) {
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
  uint32_t slots = ctx->num_slots < kRangeWords ? ctx->num_slots : kRangeWords;
  if (extent < (int64_t)slots)
    slots = (uint32_t)extent;
  if (extent >= (int64_t)1 << 31) /* no kernel has that many */
    return serialFor(ctx, body, begin, extent, closure);
  uint64_t ranges[kRangeWords];
  Loop loop = {ctx, body, closure, begin, 1, slots, kRangeWords / slots, 0,
               XGEN_OK, 0, ranges};
  if (loop.stride > kLine)
    loop.stride = kLine;
  /* Four chunks a thread even out cores of different speed. Which thread takes
   * which chunk has no influence on a result. */
  uint32_t count = (uint32_t)extent;
  loop.chunk = count / (4 * slots) + (count % (4 * slots) != 0);
  uint32_t first = 0;
  for (uint32_t s = 0; s < slots; ++s) {
    uint32_t end = first + count / slots + (s < count % slots);
    ranges[s * loop.stride] = (uint64_t)end << 32 | first;
    first = end;
  }
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
