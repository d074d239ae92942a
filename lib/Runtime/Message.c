//===- Message.c - Error messages ---------------------------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A formatter of our own: snprintf is large, depends on the locale, and is not
// there in an embedded artefact.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <stdarg.h>

typedef struct qcrt_writer {
  char *text;
  size_t length;
  size_t capacity; ///< without the NUL
} qcrt_writer;

static void qcrt_put_text(qcrt_writer *writer, const char *text) {
  while (*text && writer->length < writer->capacity)
    writer->text[writer->length++] = *text++;
}

static void qcrt_put_number(qcrt_writer *writer, int64_t number) {
  char digits[24];
  char *end = digits + sizeof(digits) - 1, *begin = end;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  *end = 0;
  do {
    *--begin = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (number < 0)
    *--begin = '-';
  qcrt_put_text(writer, begin);
}

/// A name in quotes; the end of a very long one is cut off, so that the rest
/// of the sentence stays.
static void qcrt_put_name(qcrt_writer *writer, const char *name) {
  enum { limit = 120 };
  char copy[limit + 4];
  size_t length = 0;
  while (name[length] && length < limit)
    ++length;
  if (name[length]) {
    // Not inside a UTF-8 sequence.
    while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
      --length;
    memcpy(copy, name, length);
    memcpy(copy + length, "...", 4);
  } else {
    memcpy(copy, name, length + 1);
  }
  qcrt_put_text(writer, "'");
  qcrt_put_text(writer, copy);
  qcrt_put_text(writer, "'");
}

QCRT_INTERNAL const char *qcrt_dim_name(const qcrt_program *program,
                                        uint32_t input, int32_t axis) {
  int64_t place = axis, dim = program->inputs[input].dims[axis];
  uint32_t i;
  if (dim >= 0 || dim == QUANTC_DIM_COMPUTED)
    return NULL;
  for (i = 0; i < input; ++i)
    place += program->inputs[i].rank;
  if (program->input_dims && program->input_dims[place])
    return program->input_dims[place];
  return program->dims[-(dim + 1)].name;
}

static void qcrt_put_dims(qcrt_writer *writer, const int64_t *dims,
                          int32_t rank) {
  int32_t i;
  qcrt_put_text(writer, "[");
  for (i = 0; i < rank; ++i) {
    if (i)
      qcrt_put_text(writer, ", ");
    qcrt_put_number(writer, dims[i]);
  }
  qcrt_put_text(writer, "]");
}

/// The dims that the model has of an input.
static void qcrt_put_input_dims(qcrt_writer *writer,
                                const qcrt_program *program, uint32_t input) {
  const quantc_value_info *info = &program->inputs[input];
  int32_t i;
  qcrt_put_text(writer, "[");
  for (i = 0; i < info->rank; ++i) {
    if (i)
      qcrt_put_text(writer, ", ");
    if (info->dims[i] >= 0)
      qcrt_put_number(writer, info->dims[i]);
    else if (info->dims[i] == QUANTC_DIM_COMPUTED)
      qcrt_put_text(writer, "?");
    else
      qcrt_put_text(writer, qcrt_dim_name(program, input, i));
  }
  qcrt_put_text(writer, "]");
}

/// Behind the sentence, inputs whose dims the run decides, as many as there is
/// room for: "; [batch, 3] of 'x' is [2, 3]".
static void qcrt_put_inputs(quantc_error *error, const qcrt_program *program,
                            const int64_t *symbols) {
  qcrt_writer writer;
  uint32_t i;
  int32_t k;
  if (!error || !symbols)
    return;
  writer.text = error->message;
  writer.length = 0;
  while (error->message[writer.length])
    ++writer.length;
  writer.capacity = sizeof(error->message) - 1;
  for (i = 0; i < program->num_inputs; ++i) {
    const quantc_value_info *input = &program->inputs[i];
    int64_t dims[QUANTC_MAX_RANK];
    size_t before = writer.length;
    int is_open = 0;
    for (k = 0; k < input->rank; ++k) {
      int64_t dim = input->dims[k];
      int is_symbol = dim < 0 && dim != QUANTC_DIM_COMPUTED;
      is_open |= is_symbol;
      dims[k] = is_symbol ? symbols[-(dim + 1)] : dim;
    }
    if (!is_open)
      continue;
    qcrt_put_text(&writer, "; ");
    qcrt_put_input_dims(&writer, program, i);
    qcrt_put_text(&writer, " of ");
    qcrt_put_name(&writer, input->name);
    qcrt_put_text(&writer, " is ");
    qcrt_put_dims(&writer, dims, input->rank);
    if (writer.length == writer.capacity)
      writer.length = before;
    error->message[writer.length] = 0;
  }
}

QCRT_INTERNAL quantc_status qcrt_fail(quantc_error *error, quantc_status status,
                                      const char *format, ...) {
  qcrt_writer writer;
  va_list arguments;
  char letter[2] = {0, 0};
  const qcrt_program *program;
  const int64_t *dims;
  if (!error)
    return status;
  writer.text = error->message;
  writer.length = 0;
  writer.capacity = sizeof(error->message) - 1;
  va_start(arguments, format);
  for (; *format; ++format) {
    if (*format != '%') {
      letter[0] = *format;
      qcrt_put_text(&writer, letter);
      continue;
    }
    switch (*++format) {
    case 's':
      qcrt_put_text(&writer, va_arg(arguments, const char *));
      break;
    case 'q':
      qcrt_put_name(&writer, va_arg(arguments, const char *));
      break;
    case 'd':
      qcrt_put_number(&writer, va_arg(arguments, int64_t));
      break;
    case 't':
      qcrt_put_text(&writer, quantc_dtype_name(va_arg(arguments, int32_t)));
      break;
    case 'D':
      dims = va_arg(arguments, const int64_t *);
      qcrt_put_dims(&writer, dims, va_arg(arguments, int32_t));
      break;
    case 'I':
      program = va_arg(arguments, const qcrt_program *);
      qcrt_put_input_dims(&writer, program, va_arg(arguments, uint32_t));
      break;
    }
  }
  va_end(arguments);
  error->message[writer.length] = 0;
  error->status = status;
  return status;
}

QCRT_INTERNAL quantc_status qcrt_fail_word(quantc_error *error,
                                           const qcrt_program *program,
                                           int32_t word, const int64_t *sizes,
                                           const int64_t *symbols,
                                           int32_t failure) {
  uint32_t kind = (uint32_t)word & ((1u << QCRT_ERROR_KIND_BITS) - 1);
  uint32_t site = (uint32_t)word >> QCRT_ERROR_KIND_BITS;
  quantc_status status = QUANTC_ERROR_SHAPE;
  const char *what, *name = NULL, *more = "";
  int64_t numbers[2] = {0, 0};
  int32_t count = 0;
  switch (kind) {
  case QCRT_INDEX_OUT_OF_RANGE:
    what = "an index lies outside its dimension";
    status = QUANTC_ERROR_INDEX;
    break;
  case QCRT_SIZE_OVERFLOW:
    what = "the size of a tensor overflows what can be addressed, or has more "
           "elements than a sum of 32 bits holds";
    if (failure >> QCRT_ERROR_KIND_BITS & 1)
      what = "there are more elements than a sum of 32 bits holds";
    status = QUANTC_ERROR_MEMORY;
    break;
  case QCRT_SHAPE_MISMATCH:
    what = "the sizes of the operands do not fit together";
    break;
  case QCRT_NEGATIVE_SIZE:
    what = "a computed size is negative";
    break;
  case QCRT_DIVISION_BY_ZERO:
    what = "an integer is divided by zero";
    status = QUANTC_ERROR_ARGUMENT;
    break;
  default:
    return qcrt_fail(error, QUANTC_ERROR_INTERNAL,
                     "the compiled code returned the unknown error word %d",
                     (int64_t)word);
  }
  if (site > 0 && site <= program->num_sites)
    name = program->sites[site - 1];
  if ((kind == QCRT_INDEX_OUT_OF_RANGE || kind == QCRT_SIZE_OVERFLOW) &&
      (failure >> QCRT_ERROR_KIND_BITS & 1)) {
    numbers[0] = failure >> (QCRT_ERROR_KIND_BITS + 1);
    count = 1;
    if (kind == QCRT_SIZE_OVERFLOW)
      more = " at most";
    else if (numbers[0] == QCRT_ERROR_MOST_INDEX)
      more = " or more";
    else if (numbers[0] == -QCRT_ERROR_MOST_INDEX)
      more = " or less";
  } else if (sizes && name && kind == QCRT_NEGATIVE_SIZE) {
    numbers[0] = sizes[0];
    count = 1;
  } else if (sizes && name && kind == QCRT_SHAPE_MISMATCH && sizes[0] >= 0 &&
             sizes[1] >= 0) {
    // What is below zero is no size, but how much a window does not fit by.
    numbers[0] = sizes[0];
    numbers[1] = sizes[1];
    count = 2;
  }
  if (!name)
    qcrt_fail(error, status, "%s", what);
  else if (count == 0)
    qcrt_fail(error, status, "%s in %q", what, name);
  else if (count == 1)
    qcrt_fail(error, status, "%s in %q: %d%s", what, name, numbers[0], more);
  else
    qcrt_fail(error, status, "%s in %q: %d and %d", what, name, numbers[0],
              numbers[1]);
  if (kind == QCRT_SHAPE_MISMATCH || kind == QCRT_NEGATIVE_SIZE)
    qcrt_put_inputs(error, program, symbols);
  return status;
}

QCRT_INTERNAL void qcrt_succeed(quantc_error *error) {
  if (!error)
    return;
  error->status = QUANTC_OK;
  error->message[0] = 0;
}
