//===- System.h - What the runtime uses of the C library ----------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The runtime is compiled for every triple that artefacts are made for, also
// where that target's C library headers are not installed. So the few
// functions it needs are declared here, as glibc defines them on all 64-bit
// Linux targets, and no header but the compiler's own is included. By the
// letter of C these are other prototypes than the library's; what counts is
// that calls look the same in the target's calling convention.
//
// The runtime is GNU C: C99 with the compiler's atomics, attributes and inline
// assembly.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_SYSTEM_H
#define QUANTC_LIB_RUNTIME_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/// pthread_t is an unsigned long or a pointer: equal to the call.
typedef unsigned long qcrt_thread;

void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
int posix_memalign(void **, size_t, size_t);
void free(void *);
int pthread_create(qcrt_thread *, const void *, void *(*)(void *), void *);
int pthread_join(qcrt_thread, void **);
int pthread_sigmask(int, const void *, void *);
int sched_getaffinity(int, size_t, void *);
int getpid(void);
long syscall(long, ...);
struct qcrt_timespec {
  long seconds;
  long nanoseconds;
};
int clock_gettime(int, struct qcrt_timespec *);

/// Elf64_Phdr.
typedef struct qcrt_segment {
  uint32_t type;
  uint32_t flags;
  uint64_t offset;
  uint64_t address;
  uint64_t physical;
  uint64_t file_size;
  uint64_t memory_size;
  uint64_t alignment;
} qcrt_segment;
/// The beginning of struct dl_phdr_info.
typedef struct qcrt_library {
  uint64_t base;
  const char *name; ///< empty for the program itself
  const qcrt_segment *segments;
  uint16_t num_segments;
} qcrt_library;
int dl_iterate_phdr(int (*)(qcrt_library *, size_t, void *), void *);

#define QCRT_SEGMENT_LOAD 1
#define QCRT_AT_CURRENT_FOLDER (-100)
#define QCRT_OPEN_FLAGS 02000000 ///< O_RDONLY | O_CLOEXEC
#define QCRT_SEEK_END 2
#define QCRT_PROTECTION_READ 1
#define QCRT_MAP_PRIVATE 2

#define QCRT_CLOCK_MONOTONIC 1
#define QCRT_SIG_SETMASK 2
#define QCRT_SIGSET_BYTES 128
#define QCRT_FUTEX_WAIT_BITSET_PRIVATE (9 | 128)
#define QCRT_FUTEX_WAKE_BITSET_PRIVATE (10 | 128)

#if defined(__x86_64__)
#define QCRT_SYS_FUTEX 202
#define QCRT_SYS_CLOSE 3
#define QCRT_SYS_LSEEK 8
#define QCRT_SYS_MMAP 9
#define QCRT_SYS_MUNMAP 11
#define QCRT_SYS_OPENAT 257
#define QCRT_SYS_READLINKAT 267
#elif defined(__aarch64__)
#define QCRT_SYS_FUTEX 98
#define QCRT_SYS_CLOSE 57
#define QCRT_SYS_LSEEK 62
#define QCRT_SYS_MMAP 222
#define QCRT_SYS_MUNMAP 215
#define QCRT_SYS_OPENAT 56
#define QCRT_SYS_READLINKAT 78
unsigned long getauxval(unsigned long);
#else
#error "the runtime does not know this architecture"
#endif

#endif // QUANTC_LIB_RUNTIME_SYSTEM_H
