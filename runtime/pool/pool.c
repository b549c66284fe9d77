/*===- pool.c - Threads for parallel loops --------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * One loop at a time. Its state is one 64-bit word, (generation, count, next):
 * a thread takes index `next` by compare-and-swap, so that a worker that wakes
 * late finds nothing to take and nobody has to wait for it. What the loop runs
 * is read after an index has been taken, when the loop cannot end any more.
 *
 * Waiting is a short spin, then a futex: between the kernels of one network
 * workers stay awake, between two inferences they sleep. Only pthread_create
 * and pthread_join are used, whose arguments are plain words in every libc.
 *
 *===----------------------------------------------------------------------===*/

#include "../core/internal.h"
#include "xgen/pool.h"

#ifdef XGEN_HAVE_SYSCALLS

/* Declared here, because this file is compiled without a libc's headers. A
 * pthread_t is one word in glibc, musl and bionic. */
int pthread_create(unsigned long *thread, const void *attributes,
                   void *(*start)(void *), void *arg);
int pthread_join(unsigned long thread, void **result);

enum {
  kMaxThreads = 1024, /* 16 bits of the state word hold a count */
  kFutexWait = 128,   /* FUTEX_WAIT | FUTEX_PRIVATE_FLAG */
  kFutexWake = 129,
  /* Kernels on one thread between two loops take that long, and waking a thread
   * that sleeps takes 20 microseconds of its waker where processors are virtual. */
  kSpinNanoseconds = 100000
};

typedef void (*Task)(void *arg, uint32_t index);

typedef struct {
  unsigned long thread;
} Worker;

/* Words that different threads write are on different cache lines. */
struct xgen_pool {
  uint32_t threads;
  uint32_t spins;
  size_t bytes; /* of this mapping */
  Task task;
  void *arg;
  _Alignas(64) uint64_t state; /* generation << 32 | count << 16 | next */
  _Alignas(64) uint32_t epoch; /* futex: one more for each loop */
  uint32_t stop;
  _Alignas(64) uint32_t sleepers;
  _Alignas(64) uint32_t done;  /* futex: indices of this loop that have run */
  uint32_t callerSleeps;
  _Alignas(64) uint32_t busy; /* a loop is under way */
  Worker workers[];
};

static void futexWait(uint32_t *word, uint32_t expected) {
  xgen_syscall(XGEN_SYS_FUTEX, (long)word, kFutexWait, (long)expected, 0, 0, 0);
}

static void futexWake(uint32_t *word, uint32_t threads) {
  xgen_syscall(XGEN_SYS_FUTEX, (long)word, kFutexWake, (long)threads, 0, 0, 0);
}

/* Runs indices of the loop under way until none is left; whether any was. */
static int work(xgen_pool *pool) {
  int any = 0;
  uint64_t state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
  for (;;) {
    uint32_t next = (uint32_t)state & 0xffffu;
    uint32_t count = (uint32_t)state >> 16;
    if (next >= count)
      return any;
    if (!__atomic_compare_exchange_n(&pool->state, &state, state + 1, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      continue;
    pool->task(pool->arg, next);
    any = 1;
    uint32_t done = __atomic_add_fetch(&pool->done, 1, __ATOMIC_SEQ_CST);
    if (done == count &&
        __atomic_load_n(&pool->callerSleeps, __ATOMIC_SEQ_CST))
      futexWake(&pool->done, 1);
    state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
  }
}

static void *workerMain(void *arg) {
  xgen_pool *pool = (xgen_pool *)arg;
  for (;;) {
    uint32_t epoch = __atomic_load_n(&pool->epoch, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&pool->stop, __ATOMIC_SEQ_CST))
      return NULL;
    work(pool);
    uint32_t spins = pool->spins;
    while (spins-- &&
           __atomic_load_n(&pool->epoch, __ATOMIC_ACQUIRE) == epoch)
      xgen_pause();
    if (__atomic_load_n(&pool->epoch, __ATOMIC_SEQ_CST) != epoch)
      continue;
    __atomic_add_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    futexWait(&pool->epoch, epoch);
    __atomic_sub_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

static uint32_t processors(void) {
  unsigned long mask[128 / sizeof(long)] = {0};
  long bytes = xgen_syscall(XGEN_SYS_GETAFFINITY, 0, sizeof(mask), (long)mask,
                            0, 0, 0);
  uint32_t count = 0;
  for (long i = 0; i < bytes; ++i)
    count += (uint32_t)__builtin_popcount(((const uint8_t *)mask)[i]);
  return count ? count : 1;
}

/* How many pauses take about kSpinNanoseconds. */
static uint32_t measureSpins(void) {
  uint64_t start = xgen_now();
  for (int i = 0; i < 1000; ++i)
    xgen_pause();
  uint64_t took = xgen_now() - start;
  if (!took)
    took = 1;
  uint64_t spins = 1000ull * kSpinNanoseconds / took;
  return spins > 100000 ? 100000 : (uint32_t)spins;
}

XGEN_API int32_t xgen_pool_create(xgen_pool **out, uint32_t threads) {
  if (!out)
    return XGEN_E_NULL;
  *out = NULL;
  if (!threads)
    threads = processors();
  if (threads > kMaxThreads)
    return XGEN_E_ARGUMENT;
  size_t bytes = sizeof(xgen_pool) + threads * sizeof(Worker);
  xgen_pool *pool = (xgen_pool *)xgen_pages(bytes);
  if (!pool)
    return XGEN_E_THREADS;
  pool->bytes = bytes;
  /* More threads than processors: the one that is waited for needs ours. */
  pool->spins = threads > processors() ? 0 : measureSpins();
  pool->threads = 1;
  for (uint32_t i = 1; i < threads; ++i) {
    if (pthread_create(&pool->workers[i].thread, NULL, workerMain, pool)) {
      xgen_pool_destroy(pool);
      return XGEN_E_THREADS;
    }
    pool->threads = i + 1;
  }
  *out = pool;
  return XGEN_OK;
}

XGEN_API void xgen_pool_destroy(xgen_pool *pool) {
  if (!pool)
    return;
  __atomic_store_n(&pool->stop, 1u, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&pool->epoch, 1, __ATOMIC_SEQ_CST);
  futexWake(&pool->epoch, kMaxThreads);
  for (uint32_t i = 1; i < pool->threads; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  xgen_syscall(XGEN_SYS_MUNMAP, (long)pool, (long)pool->bytes, 0, 0, 0, 0);
}

XGEN_API uint32_t xgen_pool_threads(const xgen_pool *pool) {
  return pool ? pool->threads : 1;
}

XGEN_API void xgen_pool_parallel_for(void *opaque, uint32_t count,
                                     void (*task)(void *arg, uint32_t index),
                                     void *arg) {
  xgen_pool *pool = (xgen_pool *)opaque;
  if (!pool || pool->threads == 1 || count <= 1 || count > 0xffffu ||
      __atomic_exchange_n(&pool->busy, 1u, __ATOMIC_ACQUIRE)) {
    for (uint32_t i = 0; i < count; ++i)
      task(arg, i);
    return;
  }
  pool->task = task;
  pool->arg = arg;
  __atomic_store_n(&pool->done, 0u, __ATOMIC_RELAXED);
  uint32_t epoch = __atomic_load_n(&pool->epoch, __ATOMIC_RELAXED) + 1;
  __atomic_store_n(&pool->state, (uint64_t)epoch << 32 | (uint64_t)count << 16,
                   __ATOMIC_RELEASE);
  __atomic_store_n(&pool->epoch, epoch, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST))
    futexWake(&pool->epoch, count - 1);
  work(pool);

  uint32_t spins = pool->spins;
  uint32_t done;
  while ((done = __atomic_load_n(&pool->done, __ATOMIC_ACQUIRE)) != count) {
    if (spins) {
      --spins;
      xgen_pause();
      continue;
    }
    __atomic_store_n(&pool->callerSleeps, 1u, __ATOMIC_SEQ_CST);
    done = __atomic_load_n(&pool->done, __ATOMIC_SEQ_CST);
    if (done != count)
      futexWait(&pool->done, done);
    __atomic_store_n(&pool->callerSleeps, 0u, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&pool->busy, 0u, __ATOMIC_RELEASE);
}

#endif /* XGEN_HAVE_SYSCALLS */
typedef int xgen_pool_not_empty;
