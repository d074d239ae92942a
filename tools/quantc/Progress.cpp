//===- Progress.cpp - What takes time and memory ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progress.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <sys/resource.h>

using namespace llvm;
using namespace quantc;

void Progress::finish(StringRef step) {
  Clock::time_point end = Clock::now();
  std::chrono::duration<double> seconds = end - begin;
  begin = end;
  if (!isShown)
    return;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  // Linux counts in units of 1024 bytes.
  errs() << left_justify(step, 12)
         << format("%8.3f s  peak %8.1f MB\n", seconds.count(),
                   double(usage.ru_maxrss) * 1024 / 1e6);
}
