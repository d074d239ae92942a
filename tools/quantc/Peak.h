//===- Peak.h - What this machine reaches -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_PEAK_H
#define QUANTC_TOOLS_QUANTC_PEAK_H

#include <cstdint>

namespace quantc {

/// A rate, and the loop that reached it.
struct Peak {
  double perSecond = 0;
  const char *by = "";
};

/// What a number of threads reaches on this machine, measured in loops that do
/// nothing else.
struct Peaks {
  Peak floats;   ///< multiplications and additions of f32
  Peak integers; ///< of 8-bit integers, summed in 32 bits
  Peak read;     ///< bytes read from memory
};

/// Takes about half a second.
Peaks measurePeaks(int32_t threads);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_PEAK_H
