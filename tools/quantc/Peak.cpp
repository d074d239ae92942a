//===- Peak.cpp - What this machine reaches ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Peak.h"

#include "llvm/ADT/ArrayRef.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace quantc;

namespace {

/// A number of independent chains of one operation.
struct Loop {
  const char *name;
  bool (*isThere)();
  void (*run)(int64_t steps);
  int64_t operations; ///< multiplications and additions of one step
};

} // namespace

/// Accumulators of a loop: more than latency times throughput of any CPU.
static constexpr int Chains = 12;

static bool isAlwaysThere() { return true; }

// What every target has. The compiler must neither drop the chains nor move
// anything out of the loop: all goes through an empty statement that may have
// changed it.

template <typename Element> static void runPlain(int64_t steps) {
  using Vector = Element __attribute__((vector_size(16)));
  Vector sums[Chains] = {}, a = {1, 1, 1, 1};
  for (int64_t i = 0; i < steps; ++i) {
    asm volatile("" : "+m"(a));
    for (Vector &sum : sums)
      sum += a * a;
    asm volatile("" : : "m"(sums));
  }
}

#if defined(__x86_64__)
// Unrolled whatever the build's level is: the sums have to stay in registers.
#define QUANTC_LOOP(name, features, registers, type, zero, one, step)          \
  __attribute__((target(features))) static void name(int64_t steps) {          \
    type a = one, b = one, sums[Chains];                                       \
    _Pragma("clang loop unroll(full)") for (int c = 0; c < Chains; ++c)        \
        sums[c] = zero;                                                        \
    for (int64_t i = 0; i < steps; ++i)                                        \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < Chains; ++c) {    \
        type sum = sums[c];                                                    \
        asm volatile("" : "+" registers(sum), "+" registers(a));               \
        sums[c] = step;                                                        \
      }                                                                        \
    _Pragma(                                                                   \
        "clang loop unroll(full)") for (int c = 0; c < Chains;                 \
                                        ++c) asm volatile("" : :               \
                                                          registers(sums[c])); \
  }

QUANTC_LOOP(runFma, "avx2,fma", "x", __m256, _mm256_setzero_ps(),
            _mm256_set1_ps(1), _mm256_fmadd_ps(a, b, sum))
QUANTC_LOOP(runFma512, "avx512f", "v", __m512, _mm512_setzero_ps(),
            _mm512_set1_ps(1), _mm512_fmadd_ps(a, b, sum))
QUANTC_LOOP(runMaddubs, "avx2", "x", __m256i, _mm256_setzero_si256(),
            _mm256_set1_epi8(1),
            _mm256_add_epi32(sum,
                             _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), b)))
QUANTC_LOOP(runVnni256, "avxvnni", "x", __m256i, _mm256_setzero_si256(),
            _mm256_set1_epi8(1), _mm256_dpbusd_avx_epi32(sum, a, b))
QUANTC_LOOP(runVnni512, "avx512f,avx512vnni", "v", __m512i,
            _mm512_setzero_si512(), _mm512_set1_epi8(1),
            _mm512_dpbusd_epi32(sum, a, b))
#undef QUANTC_LOOP

static bool hasFma() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static bool hasAvx2() { return __builtin_cpu_supports("avx2"); }
static bool hasAvx512() { return __builtin_cpu_supports("avx512f"); }
static bool hasVnni512() {
  return hasAvx512() && __builtin_cpu_supports("avx512vnni");
}
static bool hasVnni256() { return __builtin_cpu_supports("avxvnni"); }
#endif

/// The best come first.
static constexpr Loop FloatLoops[] = {
#if defined(__x86_64__)
    {"AVX-512 vfmadd", hasAvx512, runFma512, Chains * 32},
    {"AVX2 vfmadd", hasFma, runFma, Chains * 16},
#endif
    {"plain vector code", isAlwaysThere, runPlain<float>, Chains * 8},
};
static constexpr Loop IntegerLoops[] = {
#if defined(__x86_64__)
    {"AVX-512 vpdpbusd", hasVnni512, runVnni512, Chains * 128},
    {"AVX vpdpbusd", hasVnni256, runVnni256, Chains * 64},
    {"AVX2 vpmaddubsw + vpmaddwd + vpaddd", hasAvx2, runMaddubs, Chains * 64},
#endif
    {"plain vector code", isAlwaysThere, runPlain<int32_t>, Chains * 8},
};

using Clock = std::chrono::steady_clock;

/// Calls work(thread) on all threads at the same time; seconds of the slowest.
static double timeTogether(int32_t threads,
                           const std::function<void(int32_t)> &work) {
  std::atomic<int32_t> waiting(threads);
  std::vector<double> seconds(threads);
  auto body = [&](int32_t thread) {
    --waiting;
    while (waiting > 0)
      std::this_thread::yield();
    Clock::time_point start = Clock::now();
    work(thread);
    seconds[thread] =
        std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<std::thread> pool;
  for (int32_t i = 1; i < threads; ++i)
    pool.emplace_back(body, i);
  body(0);
  for (std::thread &thread : pool)
    thread.join();
  return *std::max_element(seconds.begin(), seconds.end());
}

static Peak measureLoop(llvm::ArrayRef<Loop> loops, int32_t threads) {
  const Loop &loop =
      *std::find_if(loops.begin(), loops.end(),
                    [](const Loop &candidate) { return candidate.isThere(); });
  // Long enough for the clock, short enough for people.
  int64_t steps = 1000;
  while (timeTogether(1, [&](int32_t) { loop.run(steps); }) < 0.01)
    steps *= 2;
  Peak peak{0, loop.name};
  double work = double(loop.operations) * double(steps) * threads;
  for (int i = 0; i < 5; ++i)
    peak.perSecond = std::max(
        peak.perSecond,
        work / timeTogether(threads, [&](int32_t) { loop.run(steps); }));
  return peak;
}

static Peak measureRead(int32_t threads) {
  using Vector = uint64_t __attribute__((vector_size(16)));
  constexpr size_t Block = 16;
  // Far more than caches hold.
  size_t count = (size_t(256) << 20) / threads / sizeof(Vector) / Block * Block;
  std::vector<std::vector<Vector>> memory(threads);
  timeTogether(threads, [&](int32_t i) { memory[i].assign(count, Vector{1}); });
  Peak peak{0, "256 MiB"};
  for (int i = 0; i < 3; ++i) {
    double seconds = timeTogether(threads, [&](int32_t thread) {
      Vector sums[Block] = {};
      const Vector *data = memory[thread].data();
      for (size_t k = 0; k < count; k += Block)
        for (size_t j = 0; j < Block; ++j)
          sums[j] |= data[k + j];
      asm volatile("" : : "m"(sums));
    });
    peak.perSecond = std::max(peak.perSecond, double(count * sizeof(Vector)) *
                                                  threads / seconds);
  }
  return peak;
}

Peaks quantc::measurePeaks(int32_t threads) {
  return {measureLoop(FloatLoops, threads), measureLoop(IntegerLoops, threads),
          measureRead(threads)};
}
