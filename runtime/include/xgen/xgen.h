/*===- xgen.h - Running a compiled model ----------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * The public C interface. A compiled model is one constant table, xgen_model,
 * and code; running it needs an arena from the caller and nothing else: no
 * allocation, no written globals, re-entrant (one arena for each run that is
 * under way).
 *
 *   #include "mobilenet.h"                      // written by xgenc
 *   static _Alignas(XGEN_ARENA_ALIGN) uint8_t arena[XGEN_MOBILENET_ARENA_BYTES];
 *   int status = xgen_mobilenet_run(arena, image, scores);
 *   if (status) fprintf(stderr, "%s\n", xgen_strerror(status));
 *
 * C11 and C++17; <stdint.h> and <stddef.h> only. Structures only ever grow at
 * their end: `struct_size` says how much of one its writer knew.
 *
 *===----------------------------------------------------------------------===*/

#ifndef XGEN_XGEN_H
#define XGEN_XGEN_H

#include "xgen/kernel.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Major in the high half (must be equal), minor in the low half (a runtime runs
 * models of its own minor version and older). */
#define XGEN_ABI_VERSION 0x00010001u
/* Alignment of arenas and of weights. */
#define XGEN_ARENA_ALIGN 64

/*===-- Status ------------------------------------------------------------===*/

enum {
  XGEN_OK = 0,
  XGEN_E_ABI = 1,      /* model and runtime do not belong together */
  XGEN_E_ISA = 2,      /* this processor lacks a feature that the code uses */
  XGEN_E_NULL = 3,     /* a required pointer is null */
  XGEN_E_ALIGN = 4,    /* arena, weights, input or output not aligned */
  XGEN_E_SIZE = 5,     /* arena, input or output of the wrong size */
  XGEN_E_SHAPE = 6,    /* a dynamic dimension outside its range */
  XGEN_E_INDEX = 7,    /* data-dependent index out of range */
  XGEN_E_DOMAIN = 8,   /* data outside the domain of an operator */
  XGEN_E_THREADS = 9,  /* threads could not be started */
  XGEN_E_SCRATCH = 10, /* a kernel was given too little scratch */
  XGEN_E_WEIGHTS = 11, /* weights missing, or not those of this model */
  XGEN_E_KERNEL = 12,  /* a kernel failed for another reason */
  XGEN_E_ARGUMENT = 13 /* an option has no such value */
};

/* English text of a status, never null. */
const char *xgen_strerror(int32_t status);

/*===-- Tensors -----------------------------------------------------------===*/

/* Element types, numbered as in ONNX. 4- and 2-bit types take one byte an
 * element in inputs and outputs. */
enum {
  XGEN_F32 = 1, XGEN_U8 = 2, XGEN_I8 = 3, XGEN_U16 = 4, XGEN_I16 = 5,
  XGEN_I32 = 6, XGEN_I64 = 7, XGEN_BOOL = 9, XGEN_F16 = 10, XGEN_F64 = 11,
  XGEN_U32 = 12, XGEN_U64 = 13, XGEN_BF16 = 16, XGEN_F8E4M3FN = 17,
  XGEN_F8E4M3FNUZ = 18, XGEN_F8E5M2 = 19, XGEN_F8E5M2FNUZ = 20, XGEN_U4 = 21,
  XGEN_I4 = 22, XGEN_F4E2M1 = 23, XGEN_F8E8M0 = 24, XGEN_U2 = 25, XGEN_I2 = 26
};

/* xgen_tensor.flags */
enum {
  XGEN_TENSOR_QUANTIZED = 1, /* real = scale * (stored - zero_point) */
  XGEN_TENSOR_DYNAMIC = 2    /* `dims` are maxima */
};

/* An input, output or state: dense, row-major. */
typedef struct xgen_tensor {
  const char *name;
  const int64_t *dims; /* `rank` of them; null for a scalar */
  int32_t rank;
  int32_t dtype;
  uint64_t bytes;
  uint32_t align; /* required alignment of the data, in bytes */
  uint32_t flags;
  double scale;
  int64_t zero_point;
} xgen_tensor;

/*===-- Model -------------------------------------------------------------===*/

/* A step of the model, for profiles and reports. */
typedef struct xgen_layer {
  const char *name;     /* the ONNX nodes in it, joined by ", " */
  const char *kernel;   /* symbol of its kernel */
  const char *schedule; /* how it was generated, "eval" for the reference */
  uint64_t macs;        /* multiply-accumulates */
  uint64_t bytes;       /* read and written, weights included */
} xgen_layer;

/* A dimension of an input that is free within bounds (xgenc -dim). Dimensions
 * of one name are equal. Since 1.1. */
typedef struct xgen_dim {
  const char *name;
  uint32_t input;
  uint32_t dimension;
  int64_t min, max;
  int64_t step; /* it is a multiple of this */
} xgen_dim;

/* xgen_model.cpu_features and xgen_cpu_features(); bits by architecture. */
#define XGEN_CPU_X86_V2 (1ull << 0)  /* x86-64-v2: SSE4.2, POPCNT */
#define XGEN_CPU_X86_V3 (1ull << 1)  /* x86-64-v3: AVX2, FMA, F16C, BMI */
#define XGEN_CPU_X86_V4 (1ull << 2)  /* x86-64-v4: AVX-512 F BW CD DQ VL */
#define XGEN_CPU_X86_AVX512VNNI (1ull << 3)
#define XGEN_CPU_X86_AVXVNNI (1ull << 4)
#define XGEN_CPU_X86_AVX512BF16 (1ull << 5)
#define XGEN_CPU_X86_AVX512FP16 (1ull << 6)
#define XGEN_CPU_X86_AVX512VBMI (1ull << 7)
#define XGEN_CPU_ARM_NEON (1ull << 0) /* 32-bit: NEON; 64-bit: always there */
#define XGEN_CPU_ARM_VFPV4 (1ull << 1) /* 32-bit: fused multiply-add */
#define XGEN_CPU_ARM_FP16 (1ull << 2)  /* half-precision arithmetic, vectors too */
#define XGEN_CPU_ARM_DOTPROD (1ull << 3)
#define XGEN_CPU_ARM_I8MM (1ull << 4)
#define XGEN_CPU_ARM_BF16 (1ull << 5)
#define XGEN_CPU_ARM_SVE (1ull << 6)
#define XGEN_CPU_ARM_SVE2 (1ull << 7)

typedef int32_t (*xgen_run_fn)(const xgen_ctx *ctx, void *arena,
                               const void *const *inputs, void *const *outputs,
                               const void *weights);

/* The table of a model. xgenc emits it as constant data: the order of members
 * is the format. */
typedef struct xgen_model {
  uint32_t abi_version; /* XGEN_ABI_VERSION of the compiler */
  uint32_t struct_size; /* sizeof(xgen_model) of the compiler */
  const char *name;
  const char *target;   /* as given to xgenc: "arm64" */
  const char *compiler; /* "xgen 0.1.0" */
  uint64_t weights_hash;
  uint64_t cpu_features; /* XGEN_CPU_ bits that the code needs */

  const xgen_tensor *inputs;
  const xgen_tensor *outputs;
  const xgen_tensor *states;
  const xgen_layer *layers;
  uint32_t num_inputs;
  uint32_t num_outputs;
  uint32_t num_states;
  uint32_t num_layers;

  uint64_t arena_bytes;   /* activations, a multiple of 64 */
  uint64_t scratch_bytes; /* for each thread, a multiple of 64 */
  uint64_t state_bytes;   /* memory that outlives a run */
  uint64_t weights_bytes;
  uint64_t code_bytes; /* 0: not known */
  const void *weights; /* embedded weights; null: in a side file */

  /* Called by xgen_run, which has checked everything. */
  xgen_run_fn run;

  /* Only in models of version 1.1 and later: */
  const xgen_dim *dims;
  uint64_t num_dims;
} xgen_model;

/*===-- Running -----------------------------------------------------------===*/

/* Calls task(arg, i) once for each i in [0, count), on any thread and at one
 * time if it likes; returns when all calls have returned. */
typedef void (*xgen_parallel_for)(void *pool, uint32_t count,
                                  void (*task)(void *arg, uint32_t index),
                                  void *arg);

/* All zero but for `struct_size` is one thread and every check. */
typedef struct xgen_options {
  uint32_t struct_size; /* sizeof(xgen_options) */
  /* Threads used, which is the number of scratch slots in the arena. 0: 1.
   * The result does not depend on it. */
  uint32_t threads;
  /* What runs them: xgen_pool_parallel_for of pool.h, or the application's own.
   * Null: one thread. */
  xgen_parallel_for parallel_for;
  void *pool;
  /* Handed to `profile`; kernels may see it too. */
  void *user;
  void (*profile)(void *user, int32_t layer, int32_t start);
  /* Size of the caller's arena; 0: not checked. */
  uint64_t arena_bytes;
  /* Sizes of the caller's buffers, one for each; null: not checked. */
  const uint64_t *input_bytes;
  const uint64_t *output_bytes;
  /* Weights that are not embedded (mapped side file), else null. */
  const void *weights;
  uint64_t weights_bytes;
  /* xgen_model.state_bytes bytes, zeroed before the first run. */
  void *state;
  /* What xgen_cpu_features() returned. 0: asked at every run, which takes
   * microseconds (tens of them in some virtual machines). */
  uint64_t cpu_features;
  /* Extents of inputs whose dims are dynamic (XGEN_TENSOR_DYNAMIC): one pointer
   * an input, to `rank` numbers. A null one stands for the largest extents, as
   * does null for the whole. An extent outside its range, or one that does not
   * go with others, is XGEN_E_SHAPE. Since 1.1. */
  const int64_t *const *input_dims;
  /* Where the run writes the extents of outputs: one pointer an output, null
   * where they are of no interest. Data is dense at these extents; buffers are
   * as large as the largest ones need. Since 1.1. */
  int64_t *const *output_dims;
} xgen_options;

/* Features of this processor, never 0. */
uint64_t xgen_cpu_features(void);

/* XGEN_OK if `model` can run here: ABI, processor, embedded weights. */
int32_t xgen_check(const xgen_model *model);

/* Runs the model once. `arena` has xgen_arena_bytes(model, threads) bytes,
 * XGEN_ARENA_ALIGN-aligned, contents of no interest. `inputs` are only read;
 * no output may overlap an input, another output or the arena. `options` may be
 * null. Nothing has been written when a check fails. */
int32_t xgen_run(const xgen_model *model, void *arena,
                 const void *const *inputs, void *const *outputs,
                 const xgen_options *options);

/* Bytes of arena for `threads` threads. */
static inline uint64_t xgen_arena_bytes(const xgen_model *model,
                                        uint32_t threads) {
  return model->arena_bytes + (threads ? threads : 1u) * model->scratch_bytes;
}

/* One thread, with the processor's features filled in. */
static inline xgen_options xgen_default_options(void) {
#ifdef __cplusplus
  xgen_options options = xgen_options();
#else
  xgen_options options = {0};
#endif
  options.struct_size = (uint32_t)sizeof(xgen_options);
  options.threads = 1;
  options.cpu_features = xgen_cpu_features();
  return options;
}

#ifdef __cplusplus
}
#endif

#endif /* XGEN_XGEN_H */
