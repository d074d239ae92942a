//===- Progress.h - What takes time and memory ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_PROGRESS_H
#define QUANTC_TOOLS_QUANTC_PROGRESS_H

#include "llvm/ADT/StringRef.h"

#include <chrono>

namespace quantc {

/// Tells on standard error, a line a step, how long it took and the most memory
/// that the process has held so far.
class Progress {
public:
  explicit Progress(bool isShown) : isShown(isShown) {}

  /// The step that began when the one before it ended is done.
  void finish(llvm::StringRef step);

private:
  using Clock = std::chrono::steady_clock;

  bool isShown;
  Clock::time_point begin = Clock::now();
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_PROGRESS_H
