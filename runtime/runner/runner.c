/*===- runner.c - A program around one model, without a libc --------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Linked statically with a model, so that an emulator needs no system root and a
 * board needs nothing but a kernel:
 *
 *   model WARMUP RUNS SLOTS PROFILE REPORT INPUT... OUTPUT...
 *
 * Inputs and outputs are raw bytes in the order of the model's table; an output
 * "-" is not written. The extents of a dynamic input stand in front of its path,
 * as in 1x3x64x64:PATH. REPORT receives one JSON object: "status", "run_ns" (one
 * number a run), "output_dims" (a list an output) and, when PROFILE is 1, "layer_ns" (the sum over the runs, which
 * are then slower by the clock's own cost). SLOTS is the number of scratch
 * slots; loops run on one thread, in the pieces that SLOTS threads would take.
 * The exit code is 0, 1 for wrong arguments, 2 for a file, or 10 + the status.
 *
 *   model describe
 *
 * writes the model's table to standard output, as a JSON object.
 *
 * The model's table is xgen_runner_model, defined by the linker's --defsym.
 *
 *===----------------------------------------------------------------------===*/

#include "start.h"
#include "xgen/xgen.h"

extern const xgen_model xgen_runner_model
    __attribute__((visibility("hidden")));

/*===-- Text and files ----------------------------------------------------===*/

static size_t length(const char *s) {
  size_t n = 0;
  while (s[n])
    ++n;
  return n;
}

__attribute__((noreturn)) static void quit(int code) {
  for (;;)
    xgen_syscall(XGEN_SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0);
}

static void writeAll(long fd, const void *data, size_t bytes) {
  const char *p = (const char *)data;
  while (bytes) {
    size_t part = bytes > (1u << 30) ? 1u << 30 : bytes;
    long n = xgen_syscall(XGEN_SYS_WRITE, fd, (long)p, (long)part, 0, 0, 0);
    if (n <= 0)
      quit(2);
    p += n;
    bytes -= (size_t)n;
  }
}

static void say(const char *text) { writeAll(2, text, length(text)); }

__attribute__((noreturn)) static void fail(int code, const char *what,
                                           const char *which) {
  say("runner: ");
  say(what);
  say(which);
  say("\n");
  quit(code);
}

static int isNumber(const char *s) {
  const char *p = s;
  while (*p >= '0' && *p <= '9')
    ++p;
  return p != s && !*p;
}

static uint32_t number(const char *s) {
  uint32_t value = 0;
  if (!isNumber(s))
    fail(1, "not a number: ", s);
  for (; *s; ++s)
    value = value * 10 + (uint32_t)(*s - '0');
  return value;
}

static void *allocate(uint64_t bytes) {
  void *p = bytes <= (size_t)-1 / 2 ? xgen_pages((size_t)bytes + 64) : NULL;
  if (!p)
    fail(2, "out of memory", "");
  return p;
}

static long openFile(const char *path, int write) {
  /* O_WRONLY | O_CREAT | O_TRUNC */
  long fd = xgen_syscall(XGEN_SYS_OPENAT, -100, (long)path, write ? 01101 : 0,
                         0644, 0, 0);
  if (fd < 0)
    fail(2, "cannot open ", path);
  return fd;
}

static void *readFile(const char *path, uint64_t bytes) {
  uint8_t *data = (uint8_t *)allocate(bytes + 1);
  long fd = openFile(path, 0);
  uint64_t got = 0;
  for (;;) {
    uint64_t part = bytes + 1 - got;
    if (part > (1u << 30))
      part = 1u << 30;
    long n = part ? xgen_syscall(XGEN_SYS_READ, fd, (long)(data + got),
                                 (long)part, 0, 0, 0)
                  : 0;
    if (n < 0)
      fail(2, "cannot read ", path);
    if (!n)
      break;
    got += (uint64_t)n;
  }
  xgen_syscall(XGEN_SYS_CLOSE, fd, 0, 0, 0, 0, 0);
  if (got != bytes)
    fail(2, "wrong size: ", path);
  return data;
}

/*===-- Report ------------------------------------------------------------===*/

static char buffer[4096];
static size_t buffered;
static long reportFile;

static void flush(void) {
  writeAll(reportFile, buffer, buffered);
  buffered = 0;
}

static void put(const char *text) {
  for (; *text; ++text) {
    if (buffered == sizeof(buffer))
      flush();
    buffer[buffered++] = *text;
  }
}

static void putNumber(uint64_t value) {
  char digits[24];
  size_t at = sizeof(digits);
  digits[--at] = 0;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  put(digits + at);
}

static void putList(const char *name, const uint64_t *values, uint32_t count) {
  put(", \"");
  put(name);
  put("\": [");
  for (uint32_t i = 0; i < count; ++i) {
    if (i)
      put(", ");
    putNumber(values[i]);
  }
  put("]");
}

/*===-- Description -------------------------------------------------------===*/

static void putString(const char *text) {
  static const char hex[] = "0123456789abcdef";
  put("\"");
  for (; text && *text; ++text) {
    char c[7] = {*text, 0, 0, 0, 0, 0, 0};
    if ((uint8_t)*text < 32 || *text == '"' || *text == '\\') {
      const char escape[7] = {'\\', 'u', '0', '0', hex[(uint8_t)*text >> 4],
                              hex[*text & 15], 0};
      memcpy(c, escape, sizeof(c));
    }
    put(c);
  }
  put("\"");
}

static void putField(const char *name, uint64_t value) {
  put(", \"");
  put(name);
  put("\": ");
  putNumber(value);
}

static void putTensors(const char *name, const xgen_tensor *tensors,
                       uint32_t count) {
  put(", \"");
  put(name);
  put("\": [");
  for (uint32_t i = 0; i < count; ++i) {
    put(i ? ", {\"name\": " : "{\"name\": ");
    putString(tensors[i].name);
    putField("dtype", (uint64_t)tensors[i].dtype);
    putField("bytes", tensors[i].bytes);
    putField("align", tensors[i].align);
    putField("dynamic", (tensors[i].flags & XGEN_TENSOR_DYNAMIC) != 0);
    put(", \"dims\": [");
    for (int32_t d = 0; d < tensors[i].rank; ++d) {
      if (d)
        put(", ");
      putNumber((uint64_t)tensors[i].dims[d]);
    }
    put("]}");
  }
  put("]");
}

static void describe(const xgen_model *model) {
  reportFile = 1;
  put("{\"name\": ");
  putString(model->name);
  put(", \"target\": ");
  putString(model->target);
  put(", \"compiler\": ");
  putString(model->compiler);
  putField("abi_version", model->abi_version);
  putField("cpu_features", model->cpu_features);
  putField("arena_bytes", model->arena_bytes);
  putField("scratch_bytes", model->scratch_bytes);
  putField("state_bytes", model->state_bytes);
  putField("weights_bytes", model->weights_bytes);
  putField("code_bytes", model->code_bytes);
  putTensors("inputs", model->inputs, model->num_inputs);
  putTensors("outputs", model->outputs, model->num_outputs);
  if (model->abi_version >= 0x00010001u) {
    put(", \"free_dimensions\": [");
    for (uint64_t i = 0; i < model->num_dims; ++i) {
      const xgen_dim *dim = &model->dims[i];
      put(i ? ", {\"name\": " : "{\"name\": ");
      putString(dim->name);
      putField("input", dim->input);
      putField("dimension", dim->dimension);
      putField("min", (uint64_t)dim->min);
      putField("max", (uint64_t)dim->max);
      putField("step", (uint64_t)dim->step);
      put("}");
    }
    put("]");
  }
  put(", \"layers\": [");
  for (uint32_t i = 0; i < model->num_layers; ++i) {
    const xgen_layer *layer = &model->layers[i];
    put(i ? ", {\"name\": " : "{\"name\": ");
    putString(layer->name);
    put(", \"kernel\": ");
    putString(layer->kernel);
    put(", \"schedule\": ");
    putString(layer->schedule);
    putField("macs", layer->macs);
    putField("bytes", layer->bytes);
    put("}");
  }
  put("]}\n");
  flush();
}

/* Reads "1x3x64x64:" in front of a path, and moves the path on. */
static int64_t *readDims(const xgen_tensor *tensor, char **path) {
  int64_t *dims =
      (int64_t *)allocate((uint64_t)tensor->rank * sizeof(int64_t) + 8);
  const char *s = *path;
  for (int32_t d = 0; d < tensor->rank; ++d) {
    int64_t value = 0;
    if (*s < '0' || *s > '9')
      fail(1, "the extents of a dynamic input are missing: ", *path);
    for (; *s >= '0' && *s <= '9' && value < (1 << 30); ++s)
      value = value * 10 + (*s - '0');
    if (*s++ != (d + 1 < tensor->rank ? 'x' : ':'))
      fail(1, "the extents of a dynamic input are missing: ", *path);
    dims[d] = value;
  }
  *path = (char *)s;
  return dims;
}

/* Bytes of a tensor that has `dims`; those of the table when null. */
static uint64_t sizeOf(const xgen_tensor *tensor, const int64_t *dims) {
  uint64_t bytes = tensor->align;
  if (!dims)
    return tensor->bytes;
  for (int32_t d = 0; d < tensor->rank; ++d)
    bytes *= (uint64_t)dims[d];
  return bytes;
}

/*===-- Run ---------------------------------------------------------------===*/

typedef struct {
  uint64_t *sums;
  uint64_t started;
} Profile;

static void profile(void *user, int32_t layer, int32_t start) {
  Profile *p = (Profile *)user;
  if (start)
    p->started = xgen_now();
  else if ((uint32_t)layer < xgen_runner_model.num_layers)
    p->sums[layer] += xgen_now() - p->started;
}

static void inTurn(void *pool, uint32_t count,
                   void (*task)(void *arg, uint32_t index), void *arg) {
  (void)pool;
  for (uint32_t i = 0; i < count; ++i)
    task(arg, i);
}

void xgen_runner_start(long *stack) {
  const xgen_model *model = &xgen_runner_model;
  long argc = stack[0];
  char **argv = (char **)(stack + 1);
  if (argc == 2 && length(argv[1]) == 8 && !memcmp(argv[1], "describe", 8)) {
    describe(model);
    quit(0);
  }
  if (argc != 6 + (long)model->num_inputs + (long)model->num_outputs)
    fail(1, "usage: WARMUP RUNS SLOTS PROFILE REPORT INPUT... OUTPUT...", "");
  uint32_t warmup = number(argv[1]);
  uint32_t runs = number(argv[2]);
  uint32_t slots = number(argv[3]);
  uint32_t profiled = number(argv[4]);
  char **files = argv + 6;

  int32_t status = xgen_check(model);
  if (status)
    fail(10 + status, xgen_strerror(status), "");

  const void **inputs = (const void **)allocate(
      (uint64_t)model->num_inputs * sizeof(void *));
  void **outputs =
      (void **)allocate((uint64_t)model->num_outputs * sizeof(void *));
  const int64_t **inputDims = (const int64_t **)allocate(
      (uint64_t)model->num_inputs * sizeof(void *));
  int64_t **outputDims =
      (int64_t **)allocate((uint64_t)model->num_outputs * sizeof(void *));
  for (uint32_t i = 0; i < model->num_inputs; ++i) {
    const xgen_tensor *tensor = &model->inputs[i];
    if (tensor->flags & XGEN_TENSOR_DYNAMIC)
      inputDims[i] = readDims(tensor, &files[i]);
    inputs[i] = readFile(files[i], sizeOf(tensor, inputDims[i]));
  }
  for (uint32_t i = 0; i < model->num_outputs; ++i) {
    const xgen_tensor *tensor = &model->outputs[i];
    if (tensor->flags & XGEN_TENSOR_DYNAMIC)
      outputDims[i] =
          (int64_t *)allocate((uint64_t)tensor->rank * sizeof(int64_t));
    outputs[i] = allocate(tensor->bytes);
  }
  if (!slots)
    slots = 1;
  void *arena = allocate(xgen_arena_bytes(model, slots));
  uint64_t *times = (uint64_t *)allocate((uint64_t)runs * sizeof(uint64_t));
  Profile p = {(uint64_t *)allocate((uint64_t)model->num_layers *
                                    sizeof(uint64_t)),
               0};

  xgen_options options = xgen_default_options();
  options.threads = slots;
  options.parallel_for = inTurn;
  options.user = &p;
  options.input_dims = inputDims;
  options.output_dims = outputDims;
  if (model->state_bytes)
    options.state = allocate(model->state_bytes);

  for (uint32_t i = 0; i < warmup && !status; ++i)
    status = xgen_run(model, arena, inputs, outputs, &options);
  if (profiled)
    options.profile = profile;
  for (uint32_t i = 0; i < runs && !status; ++i) {
    uint64_t start = xgen_now();
    status = xgen_run(model, arena, inputs, outputs, &options);
    times[i] = xgen_now() - start;
  }
  if (status)
    fail(10 + status, xgen_strerror(status), "");

  for (uint32_t i = 0; i < model->num_outputs; ++i) {
    const char *path = files[model->num_inputs + i];
    if (path[0] == '-' && !path[1])
      continue;
    long fd = openFile(path, 1);
    writeAll(fd, outputs[i], (size_t)sizeOf(&model->outputs[i], outputDims[i]));
    xgen_syscall(XGEN_SYS_CLOSE, fd, 0, 0, 0, 0, 0);
  }
  reportFile = openFile(argv[5], 1);
  put("{\"status\": 0");
  putList("run_ns", times, runs);
  if (profiled)
    putList("layer_ns", p.sums, model->num_layers);
  put(", \"output_dims\": [");
  for (uint32_t i = 0; i < model->num_outputs; ++i) {
    put(i ? ", [" : "[");
    for (int32_t d = 0; d < model->outputs[i].rank; ++d) {
      if (d)
        put(", ");
      putNumber((uint64_t)(outputDims[i] ? outputDims[i]
                                         : model->outputs[i].dims)[d]);
    }
    put("]");
  }
  put("]");
  put("}\n");
  flush();
  quit(0);
}
