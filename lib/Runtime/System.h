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

#define QCRT_CLOCK_MONOTONIC 1
#define QCRT_SIG_SETMASK 2
#define QCRT_SIGSET_BYTES 128
#define QCRT_FUTEX_WAIT_BITSET_PRIVATE (9 | 128)
#define QCRT_FUTEX_WAKE_BITSET_PRIVATE (10 | 128)

#if defined(__x86_64__)
#define QCRT_SYS_FUTEX 202
#elif defined(__aarch64__)
#define QCRT_SYS_FUTEX 98
unsigned long getauxval(unsigned long);
#else
#error "the runtime does not know this architecture"
#endif

#endif // QUANTC_LIB_RUNTIME_SYSTEM_H
