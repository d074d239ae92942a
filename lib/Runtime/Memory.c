//===- Memory.c - Allocation and sizes ----------------------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

static void *qcrt_malloc(void *user, size_t bytes, size_t alignment) {
  void *memory;
  (void)user;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

static void qcrt_mfree(void *user, void *memory, size_t bytes) {
  (void)user;
  (void)bytes;
  free(memory);
}

QCRT_INTERNAL const quantc_allocator *qcrt_default_allocator(void) {
  static const quantc_allocator standard = {qcrt_malloc, qcrt_mfree, NULL};
  return &standard;
}

/// NULL where there is none, or it is not aligned as it was asked for: what
/// lies there is read and written in whole cache lines.
static void *qcrt_ask(const quantc_allocator *allocator, size_t bytes) {
  void *memory = allocator->allocate(allocator->user, bytes, QCRT_ALIGNMENT);
  if ((uintptr_t)memory % QCRT_ALIGNMENT == 0)
    return memory;
  allocator->release(allocator->user, memory, bytes);
  return NULL;
}

QCRT_INTERNAL void *qcrt_allocate(const quantc_allocator *allocator,
                                  size_t bytes) {
  void *memory = qcrt_ask(allocator, bytes);
  if (memory)
    memset(memory, 0, bytes);
  return memory;
}

QCRT_INTERNAL int qcrt_reserve(const quantc_allocator *allocator,
                               qcrt_buffer *buffer, size_t bytes) {
  if (bytes == 0)
    bytes = 1;
  if (bytes <= buffer->bytes)
    return 1;
  if (bytes > (size_t)PTRDIFF_MAX - QCRT_ALIGNMENT)
    return 0;
  bytes = (bytes + QCRT_ALIGNMENT - 1) / QCRT_ALIGNMENT * QCRT_ALIGNMENT;
  qcrt_free_buffer(allocator, buffer);
  buffer->data = qcrt_ask(allocator, bytes);
  if (!buffer->data)
    return 0;
  buffer->bytes = bytes;
  return 1;
}

QCRT_INTERNAL void qcrt_free_buffer(const quantc_allocator *allocator,
                                    qcrt_buffer *buffer) {
  if (buffer->data)
    allocator->release(allocator->user, buffer->data, buffer->bytes);
  buffer->data = NULL;
  buffer->bytes = 0;
}

QCRT_INTERNAL int qcrt_tensor_bytes(quantc_dtype dtype, int32_t rank,
                                    const int64_t *dims, int64_t *bytes) {
  int64_t product = (int64_t)quantc_dtype_bytes(dtype);
  int32_t i;
  // A zero anywhere makes it empty, also where the other sizes overflow.
  for (i = 0; i < rank; ++i) {
    if (dims[i] == 0) {
      *bytes = 0;
      return 1;
    }
  }
  for (i = 0; i < rank; ++i)
    if (dims[i] < 0 || __builtin_mul_overflow(product, dims[i], &product))
      return 0;
  *bytes = product;
  return 1;
}
