//===- ContextsTest.cpp - Contexts beside each other ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BareProgram.h"

#include <atomic>
#include <thread>

TEST(Contexts, RunAtTheSameTime) {
  quantc_program *program = nullptr;
  ASSERT_EQ(quantc_open(fakeApi(), nullptr, &program, nullptr), QUANTC_OK);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([program, i] {
      quantc_context_options options = withThreads(1 + i % 3);
      quantc_context *context = nullptr;
      ASSERT_EQ(quantc_context_create(program, &options, &context, nullptr),
                QUANTC_OK);
      for (int64_t batch : {5, 100, 33, 0, 250}) {
        FakeInputs inputs(batch + i);
        ASSERT_EQ(inputs.run(context), QUANTC_OK);
        inputs.expectRight(batch + i);
      }
      quantc_context_destroy(context);
    });
  for (std::thread &thread : threads)
    thread.join();
  quantc_close(program);
}

TEST(Contexts, EndInAnyOrder) {
  Session unused(fakeApi(), withThreads(8));
  Session a(fakeApi(), withThreads(3)), b(fakeApi(), withThreads(3));
  FakeInputs first(50), second(60);
  EXPECT_EQ(first.run(a.context), QUANTC_OK);
  EXPECT_EQ(second.run(b.context), QUANTC_OK);
  first.expectRight(50);
  second.expectRight(60);
}

namespace {

std::atomic<int> inside;
std::atomic<bool> mayEnd;

int32_t runUntilTold(qcrt_run *, const int64_t *, void *const *, void *const *,
                     char *) {
  inside = 1;
  while (!mayEnd)
    std::this_thread::yield();
  return 0;
}

} // namespace

TEST(Contexts, ABusyContextSaysSo) {
  Bare bare(runUntilTold);
  Session s(&bare.api, withThreads(1));
  inside = 0;
  mayEnd = false;
  std::thread other([&] { EXPECT_EQ(run(s), QUANTC_OK); });
  while (!inside)
    std::this_thread::yield();
  EXPECT_EQ(run(s), QUANTC_ERROR_BUSY);
  EXPECT_EQ(quantc_reset(s.context), QUANTC_ERROR_BUSY);
  EXPECT_EQ(quantc_profile(s.context, 1), QUANTC_ERROR_BUSY);
  mayEnd = true;
  other.join();
  EXPECT_EQ(run(s), QUANTC_OK);
}
