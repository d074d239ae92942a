//===- Loops.h - What this CPU can do at most -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_BENCHMARK_LOOPS_H
#define QUANTC_TEST_BENCHMARK_LOOPS_H

#include <cstddef>
#include <cstdint>

namespace quantc::bench {

/// Loops that do nothing but the arithmetic of a form, from registers.
enum class Loop {
  Fma256,     ///< vfmadd on 8 floats
  Fma512,     ///< vfmadd on 16 floats
  Sign256,    ///< exact s8 x s8: vpsignb, vpmaddubsw, vpmaddwd, vpaddd
  Widened256, ///< exact s8 x s8: vpmaddwd of 16-bit operands, vpaddd
  Narrow256,  ///< vpmaddubsw, vpaddw
  Vnni512,    ///< vpdpbusd on 64 bytes
};

/// Billions of operations (a product and a sum are two) a second, measured
/// over about \p seconds in this thread.
double measureLoop(Loop loop, double seconds);

/// Reads \p bytes; the faster of plain and prefetched loads by what the
/// caller measures.
void readMemory(const uint8_t *from, size_t bytes, bool prefetch);

/// Seconds that this thread has run: what others do on the machine is left out.
double threadTime();
double now();

} // namespace quantc::bench

#endif // QUANTC_TEST_BENCHMARK_LOOPS_H
