//===- Weights.c - Weights in a file of their own -----------------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#define QCRT_MAX_PATH 4096

/// The library that an address lies in.
typedef struct qcrt_search {
  uint64_t address;
  const char *name;
} qcrt_search;

static int qcrt_visit_library(qcrt_library *library, size_t size, void *data) {
  qcrt_search *search = data;
  uint16_t i;
  (void)size;
  for (i = 0; i < library->num_segments; ++i) {
    const qcrt_segment *segment = &library->segments[i];
    uint64_t begin = library->base + segment->address;
    if (segment->type == QCRT_SEGMENT_LOAD && search->address >= begin &&
        search->address - begin < segment->memory_size) {
      search->name = library->name;
      return 1;
    }
  }
  return 0;
}

/// Appends as much of `text` as fits; returns the length then.
static size_t qcrt_append(char *path, size_t length, const char *text) {
  while (*text && length < QCRT_MAX_PATH - 1)
    path[length++] = *text++;
  path[length] = 0;
  return length;
}

/// The path of the program's file of weights: names are relative to the folder
/// of the library that refers to it.
static void qcrt_find_weights(const qcrt_program *program, char *path) {
  const char *name = program->weights->name;
  qcrt_search search = {0, NULL};
  size_t length = 0;
  path[0] = 0;
  if (name[0] != '/') {
    search.address = (uint64_t)(uintptr_t)program->weights;
    dl_iterate_phdr(qcrt_visit_library, &search);
    if (search.name && search.name[0]) {
      length = qcrt_append(path, 0, search.name);
    } else {
      // Linked into the program itself.
      long bytes = syscall(QCRT_SYS_READLINKAT, QCRT_AT_CURRENT_FOLDER,
                           "/proc/self/exe", path, (long)QCRT_MAX_PATH - 1);
      length = bytes > 0 ? (size_t)bytes : 0;
    }
    while (length > 0 && path[length - 1] != '/')
      --length;
    path[length] = 0;
  }
  qcrt_append(path, length, name);
}

QCRT_INTERNAL quantc_status qcrt_map_weights(const qcrt_program *program,
                                             const char **weights,
                                             quantc_error *error) {
  const qcrt_weights_file *file = program->weights;
  char path[QCRT_MAX_PATH];
  long descriptor, bytes, address = -1;
  size_t i;
  *weights = NULL;
  if (!file)
    return QUANTC_OK;
  qcrt_find_weights(program, path);
  descriptor = syscall(QCRT_SYS_OPENAT, (long)QCRT_AT_CURRENT_FOLDER, path,
                       (long)QCRT_OPEN_FLAGS, 0L);
  if (descriptor < 0)
    return qcrt_fail(error, QUANTC_ERROR_FILE,
                     "cannot open %q, the file with the weights of %q", path,
                     program->name);
  bytes = syscall(QCRT_SYS_LSEEK, descriptor, 0L, (long)QCRT_SEEK_END);
  if (bytes >= 0 && (uint64_t)bytes == file->bytes)
    address = syscall(QCRT_SYS_MMAP, 0L, bytes, (long)QCRT_PROTECTION_READ,
                      (long)QCRT_MAP_PRIVATE, descriptor, 0L);
  syscall(QCRT_SYS_CLOSE, descriptor);
  if (bytes < 0 || (uint64_t)bytes != file->bytes)
    return qcrt_fail(error, QUANTC_ERROR_FILE,
                     "%q has %d bytes and not the %d of the weights of %q: it "
                     "belongs to another artefact, or is cut off",
                     path, (int64_t)bytes, (int64_t)file->bytes, program->name);
  if (address == -1)
    return qcrt_fail(error, QUANTC_ERROR_FILE, "cannot map %q into memory",
                     path);
  *weights = (const char *)(uintptr_t)address;
  for (i = 0; i < sizeof(file->digest); ++i)
    if ((uint8_t)(*weights)[i] != file->digest[i]) {
      qcrt_unmap_weights(program, *weights);
      *weights = NULL;
      return qcrt_fail(error, QUANTC_ERROR_FILE,
                       "%q holds the weights of another artefact than %q", path,
                       program->name);
    }
  return QUANTC_OK;
}

QCRT_INTERNAL void qcrt_unmap_weights(const qcrt_program *program,
                                      const char *weights) {
  if (weights)
    syscall(QCRT_SYS_MUNMAP, (long)(uintptr_t)weights,
            (long)program->weights->bytes);
}
