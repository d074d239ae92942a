//===- Context.c - Running a program ------------------------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#define QCRT_MAX_THREADS 1024

/// What stands for the data of an empty input.
static const char qcrt_nothing[QCRT_ALIGNMENT]
    __attribute__((aligned(QCRT_ALIGNMENT)));

/// Takes `bytes` from the block behind `*end`, aligned to what lives there.
static void *qcrt_take(uintptr_t *end, size_t bytes) {
  void *begin = (void *)*end;
  *end += (bytes + QCRT_ALIGNMENT - 1) / QCRT_ALIGNMENT * QCRT_ALIGNMENT;
  return begin;
}

/// Lays the context's arrays out behind it, and returns the bytes of all. With
/// base == NULL it only counts.
static size_t qcrt_lay_out(quantc_context *context, char *base,
                           const qcrt_program *program, int32_t threads) {
  uintptr_t end = (uintptr_t)base;
  size_t symbols = program->num_dims * sizeof(int64_t);
  quantc_context unused;
  if (!base)
    context = &unused;
  qcrt_take(&end, sizeof(quantc_context));
  context->symbols = qcrt_take(&end, symbols);
  context->new_symbols = qcrt_take(&end, symbols);
  context->plan = qcrt_take(&end, qcrt_plan_length(program) * sizeof(int64_t));
  context->inputs = qcrt_take(&end, program->num_inputs * sizeof(void *));
  context->outputs = qcrt_take(&end, program->num_outputs * sizeof(void *));
  context->owned = qcrt_take(&end, program->num_outputs * sizeof(qcrt_buffer));
  context->pool.workers =
      qcrt_take(&end, (size_t)(threads - 1) * sizeof(qcrt_worker));
  context->pool.chunks = qcrt_take(&end, (size_t)threads * sizeof(qcrt_part));
  return (size_t)(end - (uintptr_t)base);
}

QCRT_INTERNAL quantc_status qcrt_context_create(
    quantc_program *owner, const quantc_context_options *options,
    quantc_context **result, quantc_error *error) {
  static const quantc_context_options defaults = {NULL, 0, 0, NULL, NULL};
  const quantc_allocator *allocator;
  quantc_context *context;
  int32_t threads;
  size_t bytes;
  qcrt_succeed(error);
  if (!result)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT, "context is a null pointer");
  *result = NULL;
  if (!options)
    options = &defaults;
  allocator = options->allocator ? options->allocator : &owner->allocator;
  if (!allocator->allocate || !allocator->release)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the allocator has a null function");
  if (options->reserved)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the reserved field of the options is %d; it has to be 0",
                     (int64_t)options->reserved);
  threads = options->threads;
  if (threads < 0 || threads > QCRT_MAX_THREADS)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "a context can have 1 to %d threads (0: one per CPU), "
                     "not %d",
                     (int64_t)QCRT_MAX_THREADS, (int64_t)threads);
  if (threads == 0) {
    threads = qcrt_available_cpus();
    if (threads > QCRT_MAX_THREADS)
      threads = QCRT_MAX_THREADS;
  }
  bytes = qcrt_lay_out(NULL, NULL, owner->program, threads);
  context = qcrt_allocate(allocator, bytes);
  if (!context)
    return qcrt_fail(error, QUANTC_ERROR_MEMORY, "no memory for a context");
  context->api = owner->api;
  context->owner = owner;
  context->allocator = *allocator;
  context->bytes = bytes;
  qcrt_lay_out(context, (char *)context, owner->program, threads);
  qcrt_pool_init(&context->pool, threads, options);
  context->pool.run.weights = owner->weights;
  context->pool.run.offsets = context->plan + qcrt_plan_length(owner->program) -
                              owner->program->num_buffers;
  __atomic_add_fetch(&owner->references, 1, __ATOMIC_RELAXED);
  *result = context;
  return QUANTC_OK;
}

QCRT_INTERNAL void qcrt_context_destroy(quantc_context *context) {
  quantc_allocator allocator = context->allocator;
  quantc_program *owner = context->owner;
  uint32_t i;
  qcrt_pool_finish(&context->pool);
  for (i = 0; i < owner->program->num_outputs; ++i)
    qcrt_free_buffer(&allocator, &context->owned[i]);
  qcrt_free_buffer(&allocator, &context->arena);
  qcrt_free_buffer(&allocator, &context->scratch);
  qcrt_free_buffer(&allocator, &context->profile);
  allocator.release(allocator.user, context, context->bytes);
  qcrt_release_program(owner);
}

/// Makes `plan` that of the sizes in `new_symbols`.
static quantc_status qcrt_update_plan(quantc_context *context) {
  uint32_t i, count = context->owner->program->num_dims;
  quantc_status status;
  int changed = !context->is_planned;
  for (i = 0; i < count; ++i)
    changed |= context->symbols[i] != context->new_symbols[i];
  if (!changed)
    return QUANTC_OK;
  context->is_planned = 0;
  for (i = 0; i < count; ++i)
    context->symbols[i] = context->new_symbols[i];
  status = qcrt_make_plan(context->owner, context->symbols, context->plan,
                          &context->error);
  context->is_planned = status == QUANTC_OK;
  return status;
}

/// An output without memory of the caller's goes to what the context owns, in
/// which an input must not lie: results of the run before may be passed as
/// inputs only if this run writes elsewhere.
static quantc_status qcrt_check_owned(quantc_context *context,
                                      const quantc_tensor *inputs,
                                      const quantc_tensor *outputs) {
  const qcrt_program *program = context->owner->program;
  uint32_t i, k;
  int64_t bytes;
  for (i = 0; i < program->num_outputs; ++i)
    for (k = 0; !outputs[i].data && k < program->num_inputs; ++k) {
      qcrt_tensor_bytes(inputs[k].dtype, inputs[k].rank, inputs[k].dims,
                        &bytes);
      if (qcrt_overlap(context->owned[i].data, (int64_t)context->owned[i].bytes,
                       inputs[k].data, bytes))
        return qcrt_fail(&context->error, QUANTC_ERROR_ARGUMENT,
                         "input %q lies in the context's memory for output %q, "
                         "which this run writes to: copy it, or give the "
                         "output memory of its own",
                         program->inputs[k].name, program->outputs[i].name);
    }
  return QUANTC_OK;
}

/// Takes the memory that the plan asks for.
static quantc_status qcrt_provide_memory(quantc_context *context) {
  const qcrt_program *program = context->owner->program;
  int64_t arena = context->plan[0], scratch = context->plan[1], total, bytes;
  const int64_t *dims = context->plan + 2;
  uint32_t i;
  // A line of its own to every thread, and one between two of them.
  if (scratch > INT64_MAX - 2 * QCRT_ALIGNMENT)
    return qcrt_fail(&context->error, QUANTC_ERROR_MEMORY,
                     "no memory for %d bytes of scratch", scratch);
  scratch = (scratch / QCRT_ALIGNMENT + 2) * QCRT_ALIGNMENT;
  if (__builtin_mul_overflow(scratch, (int64_t)context->pool.threads, &total) ||
      !qcrt_reserve(&context->allocator, &context->scratch, (size_t)total))
    return qcrt_fail(&context->error, QUANTC_ERROR_MEMORY,
                     "no memory for %d bytes of scratch on each of %d threads",
                     context->plan[1], (int64_t)context->pool.threads);
  context->pool.scratch = context->scratch.data;
  context->pool.scratch_stride = (size_t)scratch;
  if (!qcrt_reserve(&context->allocator, &context->arena, (size_t)arena))
    return qcrt_fail(&context->error, QUANTC_ERROR_MEMORY,
                     "no memory for an arena of %d bytes", arena);
  for (i = 0; i < program->num_outputs; ++i) {
    const quantc_value_info *info = &program->outputs[i];
    qcrt_tensor_bytes(info->dtype, info->rank, dims, &bytes);
    dims += info->rank;
    if (context->outputs[i])
      continue;
    if (!qcrt_reserve(&context->allocator, &context->owned[i], (size_t)bytes))
      return qcrt_fail(&context->error, QUANTC_ERROR_MEMORY,
                       "no memory for output %q of %d bytes", info->name,
                       bytes);
    context->outputs[i] = context->owned[i].data;
  }
  return QUANTC_OK;
}

static quantc_status qcrt_run_checked(quantc_context *context,
                                      const quantc_tensor *inputs,
                                      int32_t num_inputs,
                                      quantc_tensor *outputs,
                                      int32_t num_outputs) {
  const quantc_program *owner = context->owner;
  const qcrt_program *program = owner->program;
  quantc_error *error = &context->error;
  quantc_status status;
  uint64_t fp;
  int32_t word;
  uint32_t i;
  qcrt_succeed(error);
  status = qcrt_check_inputs(program, inputs, num_inputs, context->new_symbols,
                             error);
  if (status)
    return status;
  if (num_outputs < 0 || (uint32_t)num_outputs != program->num_outputs)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the model has %d outputs, but %d were given",
                     (int64_t)program->num_outputs, (int64_t)num_outputs);
  if (num_outputs > 0 && !outputs)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT, "outputs is a null pointer");
  // The memory of an earlier run: by now it may be gone.
  for (i = 0; i < program->num_outputs; ++i)
    if (outputs[i].capacity == QUANTC_CONTEXT_OWNED)
      outputs[i].data = NULL;
  for (i = 0; i < program->num_dims; ++i)
    if (context->new_symbols[i] < 0)
      return qcrt_fail(error, QUANTC_ERROR_INTERNAL,
                       "no input says what dimension %q is",
                       program->dims[i].name);
  status = qcrt_update_plan(context);
  if (!status)
    status = qcrt_check_outputs(program, context->plan, inputs, outputs, error);
  if (!status)
    status = qcrt_check_owned(context, inputs, outputs);
  if (status)
    return status;
  for (i = 0; i < program->num_inputs; ++i)
    context->inputs[i] =
        inputs[i].data ? inputs[i].data : (void *)(uintptr_t)qcrt_nothing;
  for (i = 0; i < program->num_outputs; ++i)
    context->outputs[i] = outputs[i].data;
  status = qcrt_provide_memory(context);
  if (status)
    return status;
  qcrt_pool_check_process(&context->pool);
  context->pool.run.failure = 0;
  fp = qcrt_fp_enter();
  word = owner->variant->entry(&context->pool.run, context->symbols,
                               context->inputs, context->outputs,
                               context->arena.data);
  qcrt_fp_leave(fp);
  if (word)
    return qcrt_fail_word(error, program, word, NULL, context->symbols,
                          context->pool.run.failure);
  for (i = 0; i < program->num_outputs; ++i) {
    if (!outputs[i].data)
      outputs[i].capacity = QUANTC_CONTEXT_OWNED;
    outputs[i].data = context->outputs[i];
  }
  return QUANTC_OK;
}

QCRT_INTERNAL int qcrt_acquire(quantc_context *context) {
  return !__atomic_exchange_n(&context->busy, 1, __ATOMIC_ACQUIRE);
}

QCRT_INTERNAL void qcrt_release(quantc_context *context) {
  __atomic_store_n(&context->busy, 0, __ATOMIC_RELEASE);
}

QCRT_INTERNAL quantc_status qcrt_run_once(quantc_context *context,
                                          const quantc_tensor *inputs,
                                          int32_t num_inputs,
                                          quantc_tensor *outputs,
                                          int32_t num_outputs) {
  quantc_status status;
  if (!qcrt_acquire(context))
    return QUANTC_ERROR_BUSY;
  status = qcrt_run_checked(context, inputs, num_inputs, outputs, num_outputs);
  qcrt_release(context);
  return status;
}

QCRT_INTERNAL quantc_status qcrt_reset(quantc_context *context) {
  if (!qcrt_acquire(context))
    return QUANTC_ERROR_BUSY;
  qcrt_succeed(&context->error);
  qcrt_release(context);
  return QUANTC_OK;
}

QCRT_INTERNAL const quantc_error *
qcrt_last_error(const quantc_context *context) {
  return &context->error;
}

QCRT_INTERNAL int32_t qcrt_num_threads(const quantc_context *context) {
  return context->pool.threads;
}
