//===- ThreadsTest.cpp - Work on several threads ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Threads.h"

#include <atomic>
#include <gtest/gtest.h>

TEST(Threads, DoAllWork) {
  for (unsigned threads : {0U, 1U, 3U, 64U}) {
    std::atomic<int> next = 0, sum = 0;
    quantc::runOnThreads(threads, [&] {
      for (int i = next++; i < 1000; i = next++)
        sum += i;
    });
    EXPECT_EQ(sum, 499500);
  }
}
