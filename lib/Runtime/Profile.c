//===- Profile.c - Time of every step -----------------------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

QCRT_INTERNAL int32_t qcrt_num_steps(const quantc_program *program) {
  return (int32_t)program->program->num_steps;
}

QCRT_INTERNAL const quantc_step_info *qcrt_step(const quantc_program *program,
                                                int32_t i) {
  if (i < 0 || (uint32_t)i >= program->program->num_steps)
    return NULL;
  return &program->program->steps[i];
}

static quantc_status set_profile(quantc_context *context, int32_t on) {
  size_t steps = context->owner->program->num_steps;
  size_t bytes = 4 * steps * sizeof(int64_t);
  qcrt_succeed(&context->error);
  qcrt_pool_profile(&context->pool, NULL);
  if (!on)
    return QUANTC_OK;
  if (!qcrt_reserve(&context->allocator, &context->profile, bytes))
    return qcrt_fail(&context->error, QUANTC_ERROR_MEMORY,
                     "no memory for the times of %d steps", (int64_t)steps);
  memset(context->profile.data, 0, bytes);
  qcrt_pool_profile(&context->pool, (int64_t *)(void *)context->profile.data);
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_profile(quantc_context *context, int32_t on) {
  quantc_status status;
  if (!qcrt_acquire(context))
    return QUANTC_ERROR_BUSY;
  status = set_profile(context, on);
  qcrt_release(context);
  return status;
}

static quantc_status read_times(quantc_context *context,
                                quantc_step_time *times, int32_t count) {
  const quantc_program *owner = context->owner;
  int32_t steps = (int32_t)owner->program->num_steps, i;
  const int64_t *numbers = context->pool.times;
  int64_t *counts;
  qcrt_succeed(&context->error);
  if (!numbers)
    return qcrt_fail(&context->error, QUANTC_ERROR_ARGUMENT,
                     "the context is not profiled");
  if (count != steps || (count > 0 && !times))
    return qcrt_fail(&context->error, QUANTC_ERROR_ARGUMENT,
                     "the program has %d steps, but %d were given",
                     (int64_t)steps, (int64_t)count);
  counts = context->pool.times + 2 * (int64_t)steps;
  // Before the first run there are no sizes to count with.
  if (context->is_planned)
    owner->variant->count(context->symbols, counts);
  for (i = 0; i < count; ++i) {
    times[i].runs = numbers[2 * i];
    times[i].nanoseconds = numbers[2 * i + 1];
    times[i].operations = counts[2 * i];
    times[i].bytes = counts[2 * i + 1];
  }
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_step_times(quantc_context *context,
                                            quantc_step_time *times,
                                            int32_t count) {
  quantc_status status;
  if (!qcrt_acquire(context))
    return QUANTC_ERROR_BUSY;
  status = read_times(context, times, count);
  qcrt_release(context);
  return status;
}
