//===- Program.c - Opening an artefact and asking about it --------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

/// The first feature of the list that is missing, its length in `length`, or
/// NULL.
static const char *qcrt_missing_feature(const char *features, size_t *length) {
  while (*features) {
    size_t n = 0;
    while (features[n] && features[n] != ',')
      ++n;
    if (n > 0 && !qcrt_has_feature(features, n)) {
      *length = n;
      return features;
    }
    features += n + (features[n] == ',');
  }
  return NULL;
}

static int qcrt_is_sound(const qcrt_program *program) {
  uint32_t i;
  int32_t k;
  if (program->version != QCRT_PROGRAM_VERSION || program->num_variants == 0)
    return 0;
  for (i = 0; i < program->num_inputs; ++i)
    if (program->inputs[i].rank < 0 ||
        program->inputs[i].rank > QUANTC_MAX_RANK ||
        quantc_dtype_bytes(program->inputs[i].dtype) == 0)
      return 0;
  for (i = 0; i < program->num_outputs; ++i)
    if (program->outputs[i].rank < 0 ||
        program->outputs[i].rank > QUANTC_MAX_RANK ||
        quantc_dtype_bytes(program->outputs[i].dtype) == 0)
      return 0;
  // Dims of inputs are sizes or symbols: they have to be told from tensors.
  for (i = 0; i < program->num_inputs; ++i)
    for (k = 0; k < program->inputs[i].rank; ++k)
      if (program->inputs[i].dims[k] < -(int64_t)program->num_dims)
        return 0;
  return 1;
}

QCRT_INTERNAL quantc_status qcrt_open(const quantc_api *api,
                                      const quantc_allocator *allocator,
                                      quantc_program **result,
                                      quantc_error *error) {
  const qcrt_program *program = api->descriptor;
  const qcrt_variant *variant = NULL;
  const char *missing = NULL;
  const char *weights = NULL;
  quantc_program *opened;
  quantc_status status;
  size_t length = 0;
  uint32_t i;
  qcrt_succeed(error);
  if (!result)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT, "program is a null pointer");
  *result = NULL;
  if (!allocator)
    allocator = qcrt_default_allocator();
  if (!allocator->allocate || !allocator->release)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the allocator has a null function");
  if (!qcrt_is_sound(program))
    return qcrt_fail(error, QUANTC_ERROR_INTERNAL,
                     "the artefact's descriptor is damaged");
  for (i = 0; i < program->num_variants && !variant; ++i) {
    missing = qcrt_missing_feature(program->variants[i].features, &length);
    if (!missing)
      variant = &program->variants[i];
  }
  if (!variant) {
    char name[32];
    if (length > sizeof(name) - 1)
      length = sizeof(name) - 1;
    memcpy(name, missing, length);
    name[length] = 0;
    return qcrt_fail(error, QUANTC_ERROR_CPU,
                     "%q was compiled for %s, but this machine has no %s",
                     program->name, program->variants[i - 1].cpu, name);
  }
  status = qcrt_map_weights(program, &weights, error);
  if (status)
    return status;
  opened = qcrt_allocate(allocator, sizeof(*opened));
  if (!opened)
    qcrt_unmap_weights(program, weights);
  if (!opened)
    return qcrt_fail(error, QUANTC_ERROR_MEMORY, "no memory to open %q",
                     program->name);
  opened->api = api;
  opened->program = program;
  opened->variant = variant;
  opened->allocator = *allocator;
  opened->references = 1;
  opened->weights = weights;
  *result = opened;
  return QUANTC_OK;
}

QCRT_INTERNAL void qcrt_release_program(quantc_program *program) {
  quantc_allocator allocator = program->allocator;
  if (__atomic_sub_fetch(&program->references, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  qcrt_unmap_weights(program->program, program->weights);
  allocator.release(allocator.user, program, sizeof(*program));
}

QCRT_INTERNAL void qcrt_close(quantc_program *program) {
  qcrt_release_program(program);
}

QCRT_INTERNAL const char *qcrt_name(const quantc_program *program) {
  return program->program->name;
}

QCRT_INTERNAL const char *qcrt_version(const quantc_program *program) {
  return program->program->producer;
}

QCRT_INTERNAL const char *qcrt_cpu(const quantc_program *program) {
  return program->variant->cpu;
}

QCRT_INTERNAL const char *qcrt_metadata(const quantc_program *program) {
  return program->program->metadata;
}

QCRT_INTERNAL int32_t qcrt_num_inputs(const quantc_program *program) {
  return (int32_t)program->program->num_inputs;
}

QCRT_INTERNAL int32_t qcrt_num_outputs(const quantc_program *program) {
  return (int32_t)program->program->num_outputs;
}

QCRT_INTERNAL int32_t qcrt_num_dims(const quantc_program *program) {
  return (int32_t)program->program->num_dims;
}

QCRT_INTERNAL const quantc_value_info *qcrt_input(const quantc_program *program,
                                                  int32_t i) {
  if (i < 0 || (uint32_t)i >= program->program->num_inputs)
    return NULL;
  return &program->program->inputs[i];
}

QCRT_INTERNAL const quantc_value_info *
qcrt_output(const quantc_program *program, int32_t i) {
  if (i < 0 || (uint32_t)i >= program->program->num_outputs)
    return NULL;
  return &program->program->outputs[i];
}

QCRT_INTERNAL const quantc_dim_info *qcrt_dim(const quantc_program *program,
                                              int32_t i) {
  if (i < 0 || (uint32_t)i >= program->program->num_dims)
    return NULL;
  return &program->program->dims[i];
}

QCRT_INTERNAL size_t qcrt_plan_length(const qcrt_program *program) {
  size_t length = 2 + (size_t)program->num_rooms + program->num_buffers;
  uint32_t i;
  for (i = 0; i < program->num_outputs; ++i)
    length += (size_t)program->outputs[i].rank;
  return length;
}

/// Finds where the buffers of the arena begin, and where the last of them ends.
static quantc_status qcrt_place_buffers(const qcrt_program *program,
                                        int64_t *plan, quantc_error *error) {
  int64_t *offsets = plan + qcrt_plan_length(program) - program->num_buffers;
  const int64_t *rooms = offsets - program->num_rooms;
  const uint32_t *below = program->below;
  uint32_t i, k;
  plan[0] = 0;
  for (i = 0; i < program->num_buffers; ++i) {
    const qcrt_place *place = &program->buffers[i];
    int64_t begin = 0, end;
    for (k = 0; k < place->num_below; ++k, ++below) {
      end = offsets[*below] + rooms[program->buffers[*below].room];
      begin = begin < end ? end : begin;
    }
    if (rooms[place->room] < 0)
      return qcrt_fail(error, QUANTC_ERROR_INTERNAL,
                       "the artefact computed a negative arena");
    if (__builtin_add_overflow(begin, rooms[place->room], &end))
      return qcrt_fail_word(error, program, QCRT_SIZE_OVERFLOW, plan, NULL, 0);
    offsets[i] = begin;
    plan[0] = plan[0] < end ? end : plan[0];
  }
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_make_plan(const quantc_program *opened,
                                           const int64_t *symbols,
                                           int64_t *plan, quantc_error *error) {
  const qcrt_program *program = opened->program;
  const int64_t *dims = plan + 2;
  int32_t word = opened->variant->plan(symbols, plan);
  quantc_status status;
  uint32_t i;
  if (word)
    return qcrt_fail_word(error, program, word, plan, symbols, 0);
  if (plan[1] < 0)
    return qcrt_fail(error, QUANTC_ERROR_INTERNAL,
                     "the artefact computed negative scratch");
  status = qcrt_place_buffers(program, plan, error);
  if (status)
    return status;
  for (i = 0; i < program->num_outputs; ++i) {
    const quantc_value_info *info = &program->outputs[i];
    int64_t bytes;
    int32_t k;
    for (k = 0; k < info->rank; ++k)
      if (dims[k] < 0)
        return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                         "output %q would have shape %D", info->name, dims,
                         info->rank);
    if (!qcrt_tensor_bytes(info->dtype, info->rank, dims, &bytes))
      return qcrt_fail(
          error, QUANTC_ERROR_MEMORY,
          "output %q would have shape %D, more than can be addressed",
          info->name, dims, info->rank);
    dims += info->rank;
  }
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_query_sizes(
    const quantc_program *opened, const int64_t *symbols, int32_t num_symbols,
    quantc_sizes *sizes, quantc_tensor *outputs, int32_t num_outputs,
    quantc_error *error) {
  const qcrt_program *program = opened->program;
  size_t bytes = qcrt_plan_length(program) * sizeof(int64_t);
  quantc_status status = QUANTC_OK;
  const int64_t *dims;
  int64_t *plan;
  uint32_t i;
  qcrt_succeed(error);
  if (num_symbols < 0 || (uint32_t)num_symbols != program->num_dims)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the model has %d run-time dimensions, but %d were given",
                     (int64_t)program->num_dims, (int64_t)num_symbols);
  if (num_symbols > 0 && !symbols)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT, "dims is a null pointer");
  if (outputs &&
      (num_outputs < 0 || (uint32_t)num_outputs != program->num_outputs))
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the model has %d outputs, but %d were given",
                     (int64_t)program->num_outputs, (int64_t)num_outputs);
  for (i = 0; i < program->num_dims && !status; ++i)
    status = qcrt_check_dim(program, i, symbols[i], error);
  if (status)
    return status;
  plan = qcrt_allocate(&opened->allocator, bytes);
  if (!plan)
    return qcrt_fail(error, QUANTC_ERROR_MEMORY, "no memory for the sizes");
  status = qcrt_make_plan(opened, symbols, plan, error);
  if (!status && sizes) {
    sizes->arena = plan[0];
    sizes->scratch_per_thread = plan[1];
  }
  dims = plan + 2;
  for (i = 0; i < program->num_outputs && outputs && !status; ++i) {
    const quantc_value_info *info = &program->outputs[i];
    int64_t capacity = 0;
    outputs[i].data = NULL;
    outputs[i].dtype = info->dtype;
    outputs[i].rank = info->rank;
    if (info->rank > 0)
      memcpy(outputs[i].dims, dims, (size_t)info->rank * sizeof(int64_t));
    qcrt_tensor_bytes(info->dtype, info->rank, dims, &capacity);
    outputs[i].capacity = (size_t)capacity;
    dims += info->rank;
  }
  opened->allocator.release(opened->allocator.user, plan, bytes);
  return status;
}
