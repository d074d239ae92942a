//===- Check.c - Whether tensors fit a program --------------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

/// The first input that has the dim, which exists once one was bound, and
/// where.
static uint32_t qcrt_first_with(const qcrt_program *program, uint32_t symbol,
                                int32_t *axis) {
  uint32_t input;
  for (input = 0;; ++input)
    for (*axis = 0; *axis < program->inputs[input].rank; ++*axis)
      if (program->inputs[input].dims[*axis] == -(int64_t)symbol - 1)
        return input;
}

QCRT_INTERNAL quantc_status qcrt_check_dim(const qcrt_program *program,
                                           uint32_t symbol, int64_t size,
                                           quantc_error *error) {
  const quantc_dim_info *dim = &program->dims[symbol];
  if (size < 0)
    return qcrt_fail(error, QUANTC_ERROR_SHAPE, "dimension %q is %d", dim->name,
                     size);
  if (size >= dim->min && size <= dim->max)
    return QUANTC_OK;
  if (dim->max == INT64_MAX)
    return qcrt_fail(
        error, QUANTC_ERROR_SHAPE,
        "dimension %q is %d, but the artefact was compiled for at least %d",
        dim->name, size, dim->min);
  return qcrt_fail(
      error, QUANTC_ERROR_SHAPE,
      "dimension %q is %d, but the artefact was compiled for %d to %d",
      dim->name, size, dim->min, dim->max);
}

static int qcrt_is_same(const char *a, const char *b) {
  while (*a && *a == *b)
    ++a, ++b;
  return *a == *b;
}

/// Says of a dim that is not within its bounds which input has it.
static quantc_status qcrt_fail_in_input(quantc_error *error,
                                        const char *input) {
  quantc_error own;
  if (!error)
    return QUANTC_ERROR_SHAPE;
  own = *error;
  return qcrt_fail(error, own.status, "input %q: %s", input, own.message);
}

static quantc_status qcrt_check_shape(const qcrt_program *program,
                                      uint32_t input,
                                      const quantc_tensor *tensor,
                                      int64_t *symbols, quantc_error *error) {
  const quantc_value_info *info = &program->inputs[input];
  int32_t i;
  for (i = 0; i < info->rank; ++i) {
    int64_t expected = info->dims[i], size = tensor->dims[i];
    uint32_t symbol;
    if (size < 0)
      return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                       "input %q has the negative size %d in dimension %d",
                       info->name, size, (int64_t)i);
    if (expected >= 0) {
      if (size == expected)
        continue;
      return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                       "input %q has shape %D, but the model takes %I: "
                       "dimension %d is %d, not %d",
                       info->name, tensor->dims, tensor->rank, program, input,
                       (int64_t)i, size, expected);
    }
    symbol = (uint32_t)-(expected + 1);
    if (symbols[symbol] == size)
      continue;
    if (symbols[symbol] >= 0) {
      int32_t axis;
      uint32_t first = qcrt_first_with(program, symbol, &axis);
      const char *name = qcrt_dim_name(program, input, i);
      const char *other = qcrt_dim_name(program, first, axis);
      if (qcrt_is_same(name, other))
        return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                         "input %q has shape %D, but the model takes %I: %q is "
                         "%d there and %d in input %q",
                         info->name, tensor->dims, tensor->rank, program, input,
                         name, size, symbols[symbol],
                         program->inputs[first].name);
      return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                       "input %q has shape %D, but the model takes %I: %q is "
                       "%d there, but has to equal %q of input %q, which is %d",
                       info->name, tensor->dims, tensor->rank, program, input,
                       name, size, other, program->inputs[first].name,
                       symbols[symbol]);
    }
    if (qcrt_check_dim(program, symbol, size, error))
      return qcrt_fail_in_input(error, info->name);
    symbols[symbol] = size;
  }
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_check_inputs(const qcrt_program *program,
                                              const quantc_tensor *inputs,
                                              int32_t num_inputs,
                                              int64_t *symbols,
                                              quantc_error *error) {
  uint32_t i;
  if (num_inputs < 0 || (uint32_t)num_inputs != program->num_inputs)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                     "the model takes %d inputs, but %d were given",
                     (int64_t)program->num_inputs, (int64_t)num_inputs);
  if (num_inputs > 0 && !inputs)
    return qcrt_fail(error, QUANTC_ERROR_ARGUMENT, "inputs is a null pointer");
  for (i = 0; i < program->num_dims; ++i)
    symbols[i] = -1;
  for (i = 0; i < program->num_inputs; ++i) {
    const quantc_value_info *info = &program->inputs[i];
    const quantc_tensor *tensor = &inputs[i];
    int64_t bytes;
    if (tensor->dtype != info->dtype)
      return qcrt_fail(error, QUANTC_ERROR_DTYPE,
                       "input %q has dtype %t, but the model takes %t",
                       info->name, tensor->dtype, info->dtype);
    if (tensor->rank != info->rank)
      return qcrt_fail(error, QUANTC_ERROR_SHAPE,
                       "input %q has rank %d, but the model takes %I (rank %d)",
                       info->name, (int64_t)tensor->rank, program, i,
                       (int64_t)info->rank);
    if (qcrt_check_shape(program, i, tensor, symbols, error))
      return QUANTC_ERROR_SHAPE;
    if (!qcrt_tensor_bytes(tensor->dtype, tensor->rank, tensor->dims, &bytes))
      return qcrt_fail(error, QUANTC_ERROR_MEMORY,
                       "input %q has shape %D, more than can be addressed",
                       info->name, tensor->dims, tensor->rank);
    if (!tensor->data && bytes > 0)
      return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                       "input %q has shape %D, but its data is a null pointer",
                       info->name, tensor->dims, tensor->rank);
    if ((uintptr_t)tensor->data % quantc_dtype_bytes(tensor->dtype) != 0)
      return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                       "input %q is not aligned to its element of %d bytes",
                       info->name, (int64_t)quantc_dtype_bytes(tensor->dtype));
  }
  return QUANTC_OK;
}

QCRT_INTERNAL int qcrt_overlap(const void *a, int64_t a_bytes, const void *b,
                               int64_t b_bytes) {
  uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
  return a_bytes > 0 && b_bytes > 0 && x < y + (uint64_t)b_bytes &&
         y < x + (uint64_t)a_bytes;
}

/// Whether an output of the caller's shares memory with an input or an output
/// before it: kernels read and write as if they did not.
static quantc_status qcrt_check_overlap(const qcrt_program *program,
                                        const quantc_tensor *inputs,
                                        const quantc_tensor *outputs,
                                        uint32_t output, int64_t bytes,
                                        quantc_error *error) {
  uint32_t i;
  int64_t other;
  for (i = 0; i < program->num_inputs; ++i) {
    qcrt_tensor_bytes(inputs[i].dtype, inputs[i].rank, inputs[i].dims, &other);
    if (qcrt_overlap(outputs[output].data, bytes, inputs[i].data, other))
      return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                       "the memory for output %q overlaps that of input %q",
                       program->outputs[output].name, program->inputs[i].name);
  }
  for (i = 0; i < output; ++i) {
    if (!outputs[i].data)
      continue;
    qcrt_tensor_bytes(outputs[i].dtype, outputs[i].rank, outputs[i].dims,
                      &other);
    if (qcrt_overlap(outputs[output].data, bytes, outputs[i].data, other))
      return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                       "the memory for output %q overlaps that of output %q",
                       program->outputs[output].name, program->outputs[i].name);
  }
  return QUANTC_OK;
}

QCRT_INTERNAL quantc_status qcrt_check_outputs(const qcrt_program *program,
                                               const int64_t *plan,
                                               const quantc_tensor *inputs,
                                               quantc_tensor *outputs,
                                               quantc_error *error) {
  const int64_t *dims = plan + 2;
  uint32_t i;
  for (i = 0; i < program->num_outputs; ++i) {
    const quantc_value_info *info = &program->outputs[i];
    quantc_tensor *tensor = &outputs[i];
    int64_t bytes;
    tensor->dtype = info->dtype;
    tensor->rank = info->rank;
    if (info->rank > 0)
      memcpy(tensor->dims, dims, (size_t)info->rank * sizeof(int64_t));
    dims += info->rank;
    qcrt_tensor_bytes(info->dtype, info->rank, tensor->dims, &bytes);
    if (!tensor->data)
      continue;
    if (tensor->capacity < (uint64_t)bytes)
      return qcrt_fail(
          error, QUANTC_ERROR_CAPACITY,
          "output %q has shape %D, which takes %d bytes, but its buffer has %d",
          info->name, tensor->dims, tensor->rank, bytes,
          (int64_t)tensor->capacity);
    if ((uintptr_t)tensor->data % quantc_dtype_bytes(info->dtype) != 0)
      return qcrt_fail(error, QUANTC_ERROR_ARGUMENT,
                       "the memory for output %q is not aligned to its element "
                       "of %d bytes",
                       info->name, (int64_t)quantc_dtype_bytes(info->dtype));
    if (qcrt_check_overlap(program, inputs, outputs, i, bytes, error))
      return QUANTC_ERROR_ARGUMENT;
  }
  return QUANTC_OK;
}
