//===- Threads.c - Work shared by a context's threads -------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// One 32-bit word tells workers what there is to do, and is what they sleep on:
//
//   bits 0-10   workers inside the job at hand
//   bit 11      OPEN: workers may enter
//   bit 12      WAITING: the caller sleeps until the last worker has left
//   bit 13      STOP: workers end
//   bits 14-31  number of the job
//
// The caller writes the job, then opens it; a worker enters by compare and
// swap on an open word, so that it never sees half a job. Every thread has a
// part of the chunks, the same proportion of every job, so that one kernel
// finds in its core's cache what the one before wrote there; who is done takes
// chunks from the others' parts. When they have run out the caller closes the
// job and waits for those inside only: a worker that the system has suspended,
// or that wakes up late, holds nobody up. Between jobs workers spin for a
// bounded time, because the next kernel mostly follows within a microsecond,
// and then sleep.
//
// A worker that misses a job because its number has come round is harmless,
// too: the caller does all that nobody else does.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#define QCRT_ACTIVE 0x7ffu
#define QCRT_OPEN (1u << 11)
#define QCRT_WAITING (1u << 12)
#define QCRT_STOP (1u << 13)
#define QCRT_NUMBER_SHIFT 14

/// Who sleeps on the word.
#define QCRT_WORKERS 1u
#define QCRT_CALLER 2u

#define QCRT_SPIN_NANOSECONDS 50000

static inline void qcrt_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("isb" : : : "memory");
#endif
}

static int64_t qcrt_now(void) {
  struct qcrt_timespec time = {0, 0};
  clock_gettime(QCRT_CLOCK_MONOTONIC, &time);
  return (int64_t)time.seconds * 1000000000 + time.nanoseconds;
}

static void qcrt_sleep(uint32_t *word, uint32_t value, uint32_t who) {
  syscall(QCRT_SYS_FUTEX, word, QCRT_FUTEX_WAIT_BITSET_PRIVATE, value, NULL,
          NULL, who);
}

static void qcrt_wake(uint32_t *word, int32_t count, uint32_t who) {
  syscall(QCRT_SYS_FUTEX, word, QCRT_FUTEX_WAKE_BITSET_PRIVATE, count, NULL,
          NULL, who);
}

//===----------------------------------------------------------------------===//
// A job
//===----------------------------------------------------------------------===//

/// All chunks run whatever happens, so that the first failure is the same for
/// every number of threads.
static void qcrt_record_failure(qcrt_pool *pool, int64_t chunk, int32_t word) {
  while (__atomic_exchange_n(&pool->failure_lock, 1, __ATOMIC_ACQUIRE))
    qcrt_relax();
  if (chunk < pool->failed_chunk) {
    pool->failed_chunk = chunk;
    pool->failure = word;
  }
  __atomic_store_n(&pool->failure_lock, 0, __ATOMIC_RELEASE);
}

static void qcrt_work(qcrt_pool *pool, int32_t index) {
  qcrt_kernel kernel = pool->kernel;
  void *args = pool->args;
  void *scratch = pool->scratch + (size_t)index * pool->scratch_stride;
  int64_t total = pool->total, grain = pool->grain;
  int32_t parts = pool->parts, part = index % parts, i;
  for (i = 0; i < parts; ++i, part = part + 1 < parts ? part + 1 : 0) {
    qcrt_part *mine = &pool->chunks[part];
    while (__atomic_load_n(&mine->next, __ATOMIC_RELAXED) < mine->end) {
      int64_t chunk = __atomic_fetch_add(&mine->next, 1, __ATOMIC_RELAXED);
      int64_t begin = chunk * grain;
      int32_t word;
      if (chunk >= mine->end)
        break;
      word = kernel(begin, total - begin <= grain ? total : begin + grain, args,
                    scratch);
      if (word)
        qcrt_record_failure(pool, chunk, word);
    }
  }
}

/// Cuts the chunks into contiguous parts.
static void qcrt_divide(qcrt_pool *pool, int64_t chunks, int32_t threads) {
  int32_t parts = chunks < threads ? (int32_t)chunks : threads, i;
  int64_t begin = 0, each = chunks / parts, more = chunks % parts;
  for (i = 0; i < parts; ++i) {
    __atomic_store_n(&pool->chunks[i].next, begin, __ATOMIC_RELAXED);
    begin += each + (i < more);
    pool->chunks[i].end = begin;
  }
  pool->parts = parts;
}

//===----------------------------------------------------------------------===//
// Workers
//===----------------------------------------------------------------------===//

/// Returns the word once it is of another job than `seen`.
static uint32_t qcrt_next_job(qcrt_pool *pool, uint32_t seen) {
  int64_t until = 0, now;
  uint32_t spins = 0;
  for (;;) {
    uint32_t word = __atomic_load_n(&pool->word, __ATOMIC_ACQUIRE);
    if ((word & QCRT_STOP) || word >> QCRT_NUMBER_SHIFT != seen)
      return word;
    if (++spins % 64 != 0) {
      qcrt_relax();
      continue;
    }
    now = qcrt_now();
    if (until == 0)
      until = now + pool->spin_nanoseconds;
    if (now < until)
      continue;
    // The caller changes the word and then looks for sleepers; this counts
    // itself and then looks at the word. One of the two sees the other.
    __atomic_fetch_add(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    word = __atomic_load_n(&pool->word, __ATOMIC_SEQ_CST);
    if (!(word & QCRT_STOP) && word >> QCRT_NUMBER_SHIFT == seen)
      qcrt_sleep(&pool->word, word, QCRT_WORKERS);
    __atomic_fetch_sub(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

static void *qcrt_worker_main(void *argument) {
  qcrt_worker *worker = argument;
  qcrt_pool *pool = worker->pool;
  uint32_t seen = 0, word, before;
  qcrt_fp_enter();
  for (;;) {
    word = qcrt_next_job(pool, seen);
    if (word & QCRT_STOP)
      return NULL;
    seen = word >> QCRT_NUMBER_SHIFT;
    while (word >> QCRT_NUMBER_SHIFT == seen && (word & QCRT_OPEN)) {
      if (!__atomic_compare_exchange_n(&pool->word, &word, word + 1, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        continue;
      qcrt_work(pool, worker->index);
      before = __atomic_fetch_sub(&pool->word, 1, __ATOMIC_ACQ_REL);
      if ((before & QCRT_WAITING) && (before & QCRT_ACTIVE) == 1)
        qcrt_wake(&pool->word, 1, QCRT_CALLER);
      break;
    }
  }
}

static void qcrt_start(qcrt_pool *pool) {
  unsigned char all[QCRT_SIGSET_BYTES], before[QCRT_SIGSET_BYTES];
  int32_t i;
  pool->is_started = 1;
  pool->process = getpid();
  // Signals belong to the host's threads.
  memset(all, 0xff, sizeof(all));
  pthread_sigmask(QCRT_SIG_SETMASK, all, before);
  for (i = 1; i < pool->threads; ++i) {
    qcrt_worker *worker = &pool->workers[i - 1];
    worker->pool = pool;
    worker->index = i;
    // With fewer threads than asked for the results are the same.
    if (pthread_create(&worker->thread, NULL, qcrt_worker_main, worker) != 0)
      break;
    pool->started = i;
  }
  pthread_sigmask(QCRT_SIG_SETMASK, before, NULL);
}

//===----------------------------------------------------------------------===//
// The caller
//===----------------------------------------------------------------------===//

/// Opens the job that was written, and wakes those who sleep.
static void qcrt_publish(qcrt_pool *pool) {
  uint32_t number =
      (__atomic_load_n(&pool->word, __ATOMIC_RELAXED) >> QCRT_NUMBER_SHIFT) + 1;
  __atomic_store_n(&pool->word, number << QCRT_NUMBER_SHIFT | QCRT_OPEN,
                   __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST) > 0)
    qcrt_wake(&pool->word, pool->parts - 1, QCRT_WORKERS);
}

/// Closes the job, and returns when nobody is inside.
static void qcrt_close_job(qcrt_pool *pool) {
  int64_t until = 0;
  uint32_t spins = 0;
  uint32_t word = __atomic_and_fetch(&pool->word, ~QCRT_OPEN, __ATOMIC_ACQ_REL);
  while (word & QCRT_ACTIVE) {
    if (++spins % 64 != 0) {
      qcrt_relax();
    } else if (until == 0) {
      until = qcrt_now() + pool->spin_nanoseconds;
    } else if (qcrt_now() >= until) {
      word = __atomic_or_fetch(&pool->word, QCRT_WAITING, __ATOMIC_ACQ_REL);
      if (!(word & QCRT_ACTIVE))
        return;
      qcrt_sleep(&pool->word, word, QCRT_CALLER);
    }
    word = __atomic_load_n(&pool->word, __ATOMIC_ACQUIRE);
  }
}

static void qcrt_host_body(void *argument, int32_t index) {
  qcrt_pool *pool = argument;
  uint64_t before;
  if (index < 0 || index >= pool->threads)
    return;
  before = qcrt_fp_enter();
  qcrt_work(pool, index);
  qcrt_fp_leave(before);
}

static int32_t qcrt_run_parallel(qcrt_run *run, qcrt_kernel kernel,
                                 int64_t total, int64_t grain, void *args,
                                 int64_t step) {
  qcrt_pool *pool = (qcrt_pool *)run;
  int64_t chunks;
  (void)step;
  if (total <= 0)
    return 0;
  if (grain < 1)
    grain = 1;
  if (total <= grain)
    return kernel(0, total, args, pool->scratch);
  chunks = total / grain + (total % grain != 0);
  pool->kernel = kernel;
  pool->args = args;
  pool->total = total;
  pool->grain = grain;
  pool->failed_chunk = INT64_MAX;
  pool->failure = 0;
  if (pool->host && pool->threads > 1) {
    qcrt_divide(pool, chunks, pool->threads);
    pool->host(pool->host_user, pool->parts, qcrt_host_body, pool);
    return pool->failure;
  }
  if (!pool->is_started && pool->threads > 1)
    qcrt_start(pool);
  qcrt_divide(pool, chunks, pool->started + 1);
  if (pool->started == 0) {
    qcrt_work(pool, 0);
    return pool->failure;
  }
  qcrt_publish(pool);
  qcrt_work(pool, 0);
  qcrt_close_job(pool);
  return pool->failure;
}

static int32_t qcrt_run_timed(qcrt_run *run, qcrt_kernel kernel, int64_t total,
                              int64_t grain, void *args, int64_t step) {
  int64_t *times = ((qcrt_pool *)run)->times + 2 * step;
  int64_t begin = qcrt_now();
  int32_t word = qcrt_run_parallel(run, kernel, total, grain, args, step);
  times[0] += 1;
  times[1] += qcrt_now() - begin;
  return word;
}

QCRT_INTERNAL void qcrt_pool_profile(qcrt_pool *pool, int64_t *times) {
  pool->times = times;
  pool->run.parallel = times ? qcrt_run_timed : qcrt_run_parallel;
}

QCRT_INTERNAL void qcrt_pool_init(qcrt_pool *pool, int32_t threads,
                                  const quantc_context_options *options) {
  pool->run.parallel = qcrt_run_parallel;
  pool->threads = threads;
  pool->host = options->parallel_for;
  pool->host_user = options->parallel_for_user;
  // More threads than CPUs: spinning would keep the one that is waited for
  // from running.
  pool->spin_nanoseconds =
      threads <= qcrt_available_cpus() ? QCRT_SPIN_NANOSECONDS : 0;
}

QCRT_INTERNAL void qcrt_pool_check_process(qcrt_pool *pool) {
  if (!pool->is_started || pool->process == getpid())
    return;
  pool->is_started = 0;
  pool->started = 0;
  pool->word = 0;
  pool->sleepers = 0;
  // One of them may have held it when the process forked.
  pool->failure_lock = 0;
}

QCRT_INTERNAL void qcrt_pool_finish(qcrt_pool *pool) {
  int32_t i;
  qcrt_pool_check_process(pool);
  if (!pool->is_started)
    return;
  __atomic_fetch_or(&pool->word, QCRT_STOP, __ATOMIC_SEQ_CST);
  if (pool->started > 0)
    qcrt_wake(&pool->word, pool->started, QCRT_WORKERS);
  for (i = 0; i < pool->started; ++i)
    pthread_join(pool->workers[i].thread, NULL);
}
