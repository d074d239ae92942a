//===- Runtime.h - What the runtime's files share -----------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_RUNTIME_H
#define QUANTC_LIB_RUNTIME_RUNTIME_H

#include "Api.h"
#include "System.h"

//===----------------------------------------------------------------------===//
// Messages (Message.c)
//===----------------------------------------------------------------------===//

/// Sets `error` (which may be NULL) and returns `status`. In `format`:
///   %s text; %q a name in quotes; %d an int64_t; %t a dtype (int32_t);
///   %D dims as "[2, 3]": const int64_t *, int32_t rank; %I those that the
///      model has of an input, as "[batch, 3]": const qcrt_program *, uint32_t.
QCRT_INTERNAL quantc_status qcrt_fail(quantc_error *error, quantc_status status,
                                      const char *format, ...);

/// The same for an error word of compiled code. `sizes` are the two that a plan
/// leaves, or NULL; `failure` is what a kernel returned, or 0. Of sizes that do
/// not fit, inputs are told with the names and the values of their dims.
QCRT_INTERNAL quantc_status qcrt_fail_word(quantc_error *error,
                                           const qcrt_program *program,
                                           int32_t word, const int64_t *sizes,
                                           const int64_t *symbols,
                                           int32_t failure);

/// What the model calls dim `axis` of an input, which is a number where it has
/// no name: then NULL.
QCRT_INTERNAL const char *qcrt_dim_name(const qcrt_program *program,
                                        uint32_t input, int32_t axis);

QCRT_INTERNAL void qcrt_succeed(quantc_error *error);

//===----------------------------------------------------------------------===//
// The CPU (Cpu.c)
//===----------------------------------------------------------------------===//

/// Whether CPU and operating system have the feature of `length` letters.
QCRT_INTERNAL int qcrt_has_feature(const char *name, size_t length);

/// CPUs that this process may run on, at least 1.
QCRT_INTERNAL int32_t qcrt_available_cpus(void);

/// Puts the FP control word in the state that compiled code assumes (round to
/// nearest, nothing trapped, denormals kept) and returns the one before.
static inline uint64_t qcrt_fp_enter(void) {
#if defined(__x86_64__)
  uint32_t before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x1f80);
  return before;
#else
  uint64_t before, standard = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(standard) : "memory");
  return before;
#endif
}

static inline void qcrt_fp_leave(uint64_t before) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((uint32_t)before);
#else
  __asm__ volatile("msr fpcr, %0" : : "r"(before) : "memory");
#endif
}

//===----------------------------------------------------------------------===//
// Memory (Memory.c)
//===----------------------------------------------------------------------===//

/// Memory that grows; {NULL, 0} at first.
typedef struct qcrt_buffer {
  char *data;
  size_t bytes;
} qcrt_buffer;

QCRT_INTERNAL const quantc_allocator *qcrt_default_allocator(void);

/// `bytes` > 0 of zeroed memory, aligned to QCRT_ALIGNMENT, or NULL.
QCRT_INTERNAL void *qcrt_allocate(const quantc_allocator *allocator,
                                  size_t bytes);

/// Makes `buffer` hold at least `bytes` (and at least one), losing its
/// contents if it has to grow. Returns 0 when there is no memory; the buffer
/// is then empty.
QCRT_INTERNAL int qcrt_reserve(const quantc_allocator *allocator,
                               qcrt_buffer *buffer, size_t bytes);

QCRT_INTERNAL void qcrt_free_buffer(const quantc_allocator *allocator,
                                    qcrt_buffer *buffer);

/// bytes = the size of a dense tensor. Returns 0 if it overflows 63 bits.
QCRT_INTERNAL int qcrt_tensor_bytes(quantc_dtype dtype, int32_t rank,
                                    const int64_t *dims, int64_t *bytes);

//===----------------------------------------------------------------------===//
// Threads (Threads.c)
//===----------------------------------------------------------------------===//

typedef struct qcrt_pool qcrt_pool;

typedef struct qcrt_worker {
  qcrt_pool *pool;
  qcrt_thread thread;
  int32_t index;
} qcrt_worker;

/// Chunks of a job, begun by the thread of the part's number.
typedef struct qcrt_part {
  __attribute__((aligned(64))) int64_t next;
  int64_t end;
} qcrt_part;

/// A context's threads and the work they share. `run` comes first: compiled
/// code has a pointer to it.
struct qcrt_pool {
  qcrt_run run;
  int32_t threads; ///< with the caller's
  int32_t started; ///< workers that run: numbers 1..started
  int32_t is_started;
  int32_t process; ///< that they were started in
  int64_t spin_nanoseconds;
  quantc_parallel_for host;
  void *host_user;
  qcrt_worker *workers; ///< threads - 1 of them
  qcrt_part *chunks;    ///< threads of them
  int64_t *times;       ///< while profiled: runs and nanoseconds of each step
  char *scratch;        ///< of thread 0
  size_t scratch_stride;

  /// The work at hand; written while no worker is inside.
  qcrt_kernel kernel;
  void *args;
  int64_t total;
  int64_t grain;
  int32_t parts;        ///< of `chunks` that are used
  int64_t failed_chunk; ///< the first that failed, under failure_lock
  int32_t failure;
  uint32_t failure_lock;

  /// See Threads.c.
  __attribute__((aligned(64))) uint32_t word;
  uint32_t sleepers;
};

/// `workers` and `chunks` point to memory already.
QCRT_INTERNAL void qcrt_pool_init(qcrt_pool *pool, int32_t threads,
                                  const quantc_context_options *options);

/// Begins to take the time of every step, runs and nanoseconds, or ends it
/// (times == NULL).
QCRT_INTERNAL void qcrt_pool_profile(qcrt_pool *pool, int64_t *times);

/// To be called at the begin of a run: in a forked child the parent's threads
/// are not there.
QCRT_INTERNAL void qcrt_pool_check_process(qcrt_pool *pool);

/// Joins the threads.
QCRT_INTERNAL void qcrt_pool_finish(qcrt_pool *pool);

//===----------------------------------------------------------------------===//
// Programs and contexts (Program.c, Context.c, Check.c, Weights.c)
//===----------------------------------------------------------------------===//

struct quantc_program {
  const quantc_api *api;
  const qcrt_program *program;
  const qcrt_variant *variant;
  quantc_allocator allocator;
  uint32_t references; ///< the caller's and one for every context
  const char *weights; ///< the file of weights, mapped, or NULL
};

struct quantc_context {
  const quantc_api *api;
  quantc_program *owner;
  quantc_allocator allocator;
  size_t bytes;       ///< of this block, with the arrays behind it
  uint32_t busy;      ///< qcrt_acquire, qcrt_release
  int32_t is_planned; ///< `plan` belongs to `symbols`
  quantc_error error;
  int64_t *symbols;     ///< sizes of the dims
  int64_t *new_symbols; ///< those of the inputs at hand
  int64_t *plan;        ///< that of `symbols`
  void **inputs;
  void **outputs;
  qcrt_buffer *owned; ///< outputs that the context allocated
  qcrt_buffer arena;
  qcrt_buffer scratch;
  qcrt_buffer profile; ///< four numbers a step; the last two are counts
  qcrt_pool pool;
};

/// Maps the file with the program's weights; NULL where it has none.
QCRT_INTERNAL quantc_status qcrt_map_weights(const qcrt_program *program,
                                             const char **weights,
                                             quantc_error *error);
QCRT_INTERNAL void qcrt_unmap_weights(const qcrt_program *program,
                                      const char *weights);

/// Counts a program's references down.
QCRT_INTERNAL void qcrt_release_program(quantc_program *program);

/// Whether the context was free; it then is the caller's until it is released.
/// Its error, its profile and its threads belong to who has taken it.
QCRT_INTERNAL int qcrt_acquire(quantc_context *context);
QCRT_INTERNAL void qcrt_release(quantc_context *context);

/// Numbers of a plan: what `plan` writes, and where buffers begin.
QCRT_INTERNAL size_t qcrt_plan_length(const qcrt_program *program);

/// Calls `plan` and checks what it says.
QCRT_INTERNAL quantc_status qcrt_make_plan(const quantc_program *program,
                                           const int64_t *symbols,
                                           int64_t *plan, quantc_error *error);

/// Checks a size against a dim's range.
QCRT_INTERNAL quantc_status qcrt_check_dim(const qcrt_program *program,
                                           uint32_t symbol, int64_t size,
                                           quantc_error *error);

/// Checks the inputs against the program and finds the sizes of the dims.
QCRT_INTERNAL quantc_status qcrt_check_inputs(const qcrt_program *program,
                                              const quantc_tensor *inputs,
                                              int32_t num_inputs,
                                              int64_t *symbols,
                                              quantc_error *error);

/// Whether two spans of memory share a byte.
QCRT_INTERNAL int qcrt_overlap(const void *a, int64_t a_bytes, const void *b,
                               int64_t b_bytes);

/// Checks the outputs that the caller allocated, and sets dtype, rank and
/// dims of all as planned.
QCRT_INTERNAL quantc_status qcrt_check_outputs(const qcrt_program *program,
                                               const int64_t *plan,
                                               const quantc_tensor *inputs,
                                               quantc_tensor *outputs,
                                               quantc_error *error);

#endif // QUANTC_LIB_RUNTIME_RUNTIME_H
