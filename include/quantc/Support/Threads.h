//===- Threads.h - Work on several threads ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_THREADS_H
#define QUANTC_SUPPORT_THREADS_H

#include <functional>

namespace quantc {

/// Calls \p work on this thread and on at most \p threads - 1 others at the
/// same time, and returns when all calls have. Each call takes its share from a
/// queue until that is empty: where the system refuses threads (std::thread
/// would end the process) the others do all of it.
void runOnThreads(unsigned threads, const std::function<void()> &work);

} // namespace quantc

#endif // QUANTC_SUPPORT_THREADS_H
