/*===- halide.c - The functions that Halide's code calls ------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Halide kernels are generated without Halide's runtime and with user_context
 * on; the user context is the xgen_ctx. What remains are parallel loops and,
 * in kernels that are compiled with assertions, error reports. There is no
 * halide_malloc on purpose: kernels do not allocate.
 *
 * Hidden, so that an application may have Halide's own runtime.
 *
 *===----------------------------------------------------------------------===*/

#include "internal.h"
#include "xgen/xgen.h"

typedef int (*halide_task_t)(void *user_context, int index, uint8_t *closure);

typedef struct {
  halide_task_t task;
  uint8_t *closure;
} Task;

static int32_t runTask(const xgen_ctx *ctx, int64_t index, void *closure) {
  const Task *task = (const Task *)closure;
  return task->task((void *)ctx, (int)index, task->closure) ? XGEN_E_KERNEL
                                                            : XGEN_OK;
}

XGEN_LOCAL int halide_do_par_for(void *user_context, halide_task_t task,
                                 int begin, int extent, uint8_t *closure) {
  const xgen_ctx *ctx = (const xgen_ctx *)user_context;
  Task t = {task, closure};
  return ctx->parallel_for(ctx, runTask, begin, extent, &t);
}

XGEN_LOCAL void halide_error(void *user_context, const char *message) {
  (void)user_context;
  (void)message;
}
