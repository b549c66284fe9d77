/*===- pool.h - A thread pool for compiled models -------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Optional (libxgen_pool.a, needs pthread_create). Workers watch for work for a
 * few microseconds after a parallel loop, so that the next one starts at once,
 * and then sleep in the kernel.
 *
 *   xgen_pool *pool = NULL;
 *   int status = xgen_pool_create(&pool, 4);
 *   xgen_options options = xgen_default_options();
 *   options.threads = xgen_pool_threads(pool);
 *   options.parallel_for = xgen_pool_parallel_for;
 *   options.pool = pool;
 *
 * One run at a time uses a pool; a second one that comes meanwhile does its
 * loops on its own thread, with the same result.
 *
 *===----------------------------------------------------------------------===*/

#ifndef XGEN_POOL_H
#define XGEN_POOL_H

#include "xgen/xgen.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xgen_pool xgen_pool;

/* Starts `threads` - 1 workers (the caller is the other one). 0: as many
 * threads as the process may use processors. XGEN_E_THREADS when none can be
 * started or memory is short. */
int32_t xgen_pool_create(xgen_pool **pool, uint32_t threads);
/* No loop may be under way. Null is allowed. */
void xgen_pool_destroy(xgen_pool *pool);
/* Threads including the caller. */
uint32_t xgen_pool_threads(const xgen_pool *pool);
/* An xgen_parallel_for; `pool` is the xgen_pool. */
void xgen_pool_parallel_for(void *pool, uint32_t count,
                            void (*task)(void *arg, uint32_t index), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* XGEN_POOL_H */
