//===- Loops.cpp - What this CPU can do at most -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Loops.h"
#include <chrono>
#include <ctime>
#include <immintrin.h>

using namespace quantc::bench;

double quantc::bench::now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double quantc::bench::threadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         1e-9 * static_cast<double>(time.tv_nsec);
}

// 12 independent accumulators hide every latency measured here.
#define REPEAT12(X)                                                            \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define CLOBBERS                                                               \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",      \
      "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#define LOOP(name, step)                                                       \
  static void name(uint64_t n) {                                               \
    __asm__ volatile("vpxor %%xmm13,%%xmm13,%%xmm13\n"                         \
                     "vpxor %%xmm14,%%xmm14,%%xmm14\n"                         \
                     "vpxor %%xmm15,%%xmm15,%%xmm15\n"                         \
                     "1:\n" REPEAT12(step) "dec %0\n"                          \
                                           "jnz 1b\n"                          \
                     : "+r"(n)                                                 \
                     :                                                         \
                     : CLOBBERS, "cc");                                        \
  }
#define FMA256(i) "vfmadd231ps %%ymm15,%%ymm14,%%ymm" #i "\n"
#define FMA512(i) "vfmadd231ps %%zmm15,%%zmm14,%%zmm" #i "\n"
#define SIGN256(i)                                                             \
  "vpsignb %%ymm14,%%ymm15,%%ymm12\nvpmaddubsw %%ymm12,%%ymm14,%%ymm12\n"      \
  "vpmaddwd %%ymm13,%%ymm12,%%ymm12\nvpaddd %%ymm12,%%ymm" #i ",%%ymm" #i "\n"
#define WIDENED256(i)                                                          \
  "vpmaddwd %%ymm15,%%ymm14,%%ymm12\nvpaddd %%ymm12,%%ymm" #i ",%%ymm" #i "\n"
#define NARROW256(i)                                                           \
  "vpmaddubsw %%ymm15,%%ymm14,%%ymm12\nvpaddw %%ymm12,%%ymm" #i ",%%ymm" #i "\n"
#define VNNI512(i) "vpdpbusd %%zmm15,%%zmm14,%%zmm" #i "\n"
LOOP(fma256, FMA256)
LOOP(fma512, FMA512)
LOOP(sign256, SIGN256)
LOOP(widened256, WIDENED256)
LOOP(narrow256, NARROW256)
LOOP(vnni512, VNNI512)

namespace {
struct LoopEntry {
  void (*run)(uint64_t);
  double operations; ///< of one step
};
} // namespace

static LoopEntry getEntry(Loop loop) {
  switch (loop) {
  case Loop::Fma256:
    return {fma256, 16};
  case Loop::Fma512:
    return {fma512, 32};
  case Loop::Sign256:
    return {sign256, 64};
  case Loop::Widened256:
    return {widened256, 32};
  case Loop::Narrow256:
    return {narrow256, 64};
  case Loop::Vnni512:
    return {vnni512, 128};
  }
  return {};
}

double quantc::bench::measureLoop(Loop loop, double seconds) {
  LoopEntry entry = getEntry(loop);
  entry.run(10000);
  uint64_t rounds = 0;
  double begin = threadTime(), passed = 0;
  do {
    entry.run(20000);
    rounds += 20000;
    passed = threadTime() - begin;
  } while (passed < seconds);
  return entry.operations * 12 * static_cast<double>(rounds) / passed * 1e-9;
}

__attribute__((target("avx2"))) void
quantc::bench::readMemory(const uint8_t *from, size_t bytes, bool prefetch) {
  __m256i sums[4] = {};
  for (size_t i = 0; i + 256 <= bytes; i += 256) {
    if (prefetch)
      for (size_t line = 0; line < 256; line += 64)
        _mm_prefetch(reinterpret_cast<const char *>(from + i + 4096 + line),
                     _MM_HINT_T0);
    for (size_t j = 0; j < 8; ++j)
      sums[j % 4] = _mm256_or_si256(
          sums[j % 4], _mm256_loadu_si256(reinterpret_cast<const __m256i *>(
                           from + i + 32 * j)));
  }
  __m256i all = _mm256_or_si256(_mm256_or_si256(sums[0], sums[1]),
                                _mm256_or_si256(sums[2], sums[3]));
  __asm__ volatile("" : : "x"(all));
}
