//===- Cpu.c - What the CPU and the operating system offer --------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#if defined(__x86_64__)

enum { EAX, EBX, ECX, EDX };
enum { NONE, AVX, AVX512 };

static void qcrt_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *registers) {
  __asm__ volatile("cpuid"
                   : "=a"(registers[EAX]), "=b"(registers[EBX]),
                     "=c"(registers[ECX]), "=d"(registers[EDX])
                   : "a"(leaf), "c"(subleaf));
}

/// Whether the operating system saves the registers of a feature: without
/// that, its instructions fault or, worse, lose values on a context switch.
static int qcrt_state_is_saved(int state) {
  uint32_t registers[4], low, high, needed;
  if (state == NONE)
    return 1;
  qcrt_cpuid(1, 0, registers);
  if (!(registers[ECX] & (1u << 27))) // OSXSAVE: xgetbv exists
    return 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  (void)high;
  needed = state == AVX ? 0x6u : 0xe6u;
  return (low & needed) == needed;
}

typedef struct qcrt_feature {
  const char *name;
  uint32_t leaf;
  uint8_t subleaf, reg, bit, state;
} qcrt_feature;

#define QCRT_X86(name, leaf, subleaf, reg, bit, state)                         \
  {name, leaf, subleaf, reg, bit, state},
static const qcrt_feature qcrt_features[] = {
#include "quantc/Runtime/Features.def"
};

static int qcrt_feature_is_there(const qcrt_feature *feature) {
  uint32_t registers[4];
  qcrt_cpuid(feature->leaf & 0x80000000u, 0, registers);
  if (registers[EAX] < feature->leaf)
    return 0;
  if (feature->subleaf > 0) {
    qcrt_cpuid(feature->leaf, 0, registers);
    if (registers[EAX] < feature->subleaf)
      return 0;
  }
  qcrt_cpuid(feature->leaf, feature->subleaf, registers);
  return ((registers[feature->reg] >> feature->bit) & 1) &&
         qcrt_state_is_saved(feature->state);
}

#else

typedef struct qcrt_feature {
  const char *name;
  uint8_t word, bit;
} qcrt_feature;

#define QCRT_AARCH64(name, word, bit) {name, word, bit},
static const qcrt_feature qcrt_features[] = {
#include "quantc/Runtime/Features.def"
};

static int qcrt_feature_is_there(const qcrt_feature *feature) {
  enum { AtHwcap = 16, AtHwcap2 = 26 };
  return (getauxval(feature->word ? AtHwcap2 : AtHwcap) >> feature->bit) & 1;
}

#endif

QCRT_INTERNAL int qcrt_has_feature(const char *name, size_t length) {
  size_t i, k;
  for (i = 0; i < sizeof(qcrt_features) / sizeof(qcrt_features[0]); ++i) {
    const char *known = qcrt_features[i].name;
    for (k = 0; k < length && known[k] == name[k]; ++k)
      ;
    if (k == length && !known[k])
      return qcrt_feature_is_there(&qcrt_features[i]);
  }
  return 0;
}

QCRT_INTERNAL int32_t qcrt_available_cpus(void) {
  uint64_t mask[1024]; // 65536 CPUs: the call fails where the mask is short
  int32_t i, count = 0;
  memset(mask, 0, sizeof(mask));
  if (sched_getaffinity(0, sizeof(mask), mask) != 0)
    return 1;
  for (i = 0; i < 1024; ++i) {
    uint64_t word;
    for (word = mask[i]; word; word &= word - 1)
      ++count;
  }
  return count > 0 ? count : 1;
}
