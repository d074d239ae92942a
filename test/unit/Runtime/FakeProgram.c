//===- FakeProgram.c - A program as the compiler would emit it ----*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// y[b, j] = 2 x[b, j] + ids[b], where 0 <= ids[b] < 10; rows = the size of
// batch. Two kernels with an arena between them.
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/Program.h"

enum { Columns = 4, Table = 10 };

typedef struct slots {
  const float *x;
  const int64_t *ids;
  float *doubled;
  float *y;
} slots;

static int32_t double_rows(int64_t begin, int64_t end, void *args,
                           void *scratch) {
  const slots *s = args;
  int64_t i;
  (void)scratch;
  for (i = begin * Columns; i < end * Columns; ++i)
    s->doubled[i] = 2 * s->x[i];
  return 0;
}

/// What a kernel says of an index: the nearest that an error word can tell.
static int32_t wrong_index(int64_t index) {
  const int64_t most = QCRT_ERROR_MOST_INDEX;
  int64_t told = index < -most ? -most : index > most ? most : index;
  return (int32_t)((uint32_t)told << (QCRT_ERROR_KIND_BITS + 1) |
                   1u << QCRT_ERROR_KIND_BITS | QCRT_INDEX_OUT_OF_RANGE);
}

static int32_t add_ids(int64_t begin, int64_t end, void *args, void *scratch) {
  const slots *s = args;
  int64_t b, j;
  float *row = scratch;
  for (b = begin; b < end; ++b) {
    if (s->ids[b] < 0 || s->ids[b] >= Table)
      return wrong_index(s->ids[b]);
    for (j = 0; j < Columns; ++j)
      row[j] = s->doubled[b * Columns + j] + (float)s->ids[b];
    for (j = 0; j < Columns; ++j)
      s->y[b * Columns + j] = row[j];
  }
  return 0;
}

static int32_t entry(qcrt_run *run, const int64_t *symbols, void *const *inputs,
                     void *const *outputs, char *arena) {
  slots s;
  int32_t word;
  s.x = inputs[0];
  s.ids = inputs[1];
  s.doubled = (float *)(arena + run->offsets[1]);
  s.y = outputs[0];
  *(int64_t *)outputs[1] = symbols[0];
  word = run->parallel(run, double_rows, symbols[0], 2, &s, 0);
  if (word)
    return word | 1 << QCRT_ERROR_KIND_BITS;
  word = run->parallel(run, add_ids, symbols[0], 3, &s, 1);
  run->failure = word;
  word &= (1 << QCRT_ERROR_KIND_BITS) - 1;
  return word ? word | 2 << QCRT_ERROR_KIND_BITS : 0;
}

static int32_t plan(const int64_t *symbols, int64_t *out) {
  out[1] = Columns * sizeof(float);
  out[2] = symbols[0];
  out[3] = Columns;
  out[4] = QCRT_ALIGNMENT;
  return __builtin_mul_overflow(symbols[0], (int64_t)(Columns * sizeof(float)),
                                &out[5])
             ? QCRT_SIZE_OVERFLOW
             : 0;
}

static void count(const int64_t *symbols, int64_t *out) {
  out[0] = Columns * symbols[0];
  out[1] = 8 * Columns * symbols[0];
  out[2] = 0;
  out[3] = 8 * (Columns + 1) * symbols[0];
}

static const int64_t matrix[] = {-1, Columns};
static const int64_t vector[] = {-1};
static const quantc_value_info inputs[] = {
    {"x", matrix, QUANTC_F32, 2},
    {"ids", vector, QUANTC_I64, 1},
};
static const quantc_value_info outputs[] = {
    {"y", matrix, QUANTC_F32, 2},
    {"rows", vector, QUANTC_I64, 0},
};
static const quantc_dim_info dims[] = {{"batch", 0, 1000}};
static const qcrt_variant variants[] = {
    {"from-the-future", "sse4.2,telepathy", 0, 0, 0},
    {"generic", "", entry, plan, count},
};
static const char *const sites[] = {"/double", "/embed/Gather"};

/// What has the batch's size lies above what has none.
static const qcrt_place places[] = {{0, 0}, {1, 1}};
static const uint32_t below[] = {0};

static const quantc_step_info steps[] = {
    {"double_0", "f32 x f32", "/double"},
    {"add_1", "", "/embed/Gather\n/add"},
};

const qcrt_program qcrt_this_program
    __attribute__((visibility("hidden"))) = {QCRT_PROGRAM_VERSION,
                                             2,
                                             2,
                                             1,
                                             2,
                                             2,
                                             2,
                                             2,
                                             2,
                                             0,
                                             "fake",
                                             "quantc 0.0.0",
                                             "{\"recipe\":\"f32\"}",
                                             inputs,
                                             outputs,
                                             dims,
                                             variants,
                                             sites,
                                             steps,
                                             0,
                                             0,
                                             places,
                                             below};
