//===- MemoryTest.cpp - The caller's allocator ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

#include <cstdlib>
#include <map>

namespace {

/// Counts, checks what comes back, and fails at the call of a given number.
class Allocator {
public:
  explicit Allocator(int failAt = -1) : failAt(failAt) {
    functions.allocate = [](void *user, size_t size, size_t alignment) {
      return static_cast<Allocator *>(user)->allocate(size, alignment);
    };
    functions.release = [](void *user, void *memory, size_t size) {
      static_cast<Allocator *>(user)->release(memory, size);
    };
    functions.user = this;
  }
  ~Allocator() { EXPECT_TRUE(live.empty()) << live.size() << " leaks"; }

  void *allocate(size_t size, size_t alignment) {
    EXPECT_GT(size, 0u);
    EXPECT_EQ(alignment & (alignment - 1), 0u);
    EXPECT_LE(alignment, 64u);
    if (calls++ == failAt)
      return nullptr;
    void *memory = nullptr;
    if (posix_memalign(&memory, alignment, size) != 0)
      return nullptr;
    live[memory] = size;
    return memory;
  }
  void release(void *memory, size_t size) {
    auto found = live.find(memory);
    ASSERT_NE(found, live.end());
    EXPECT_EQ(found->second, size);
    live.erase(found);
    free(memory);
  }

  quantc_allocator functions = {};
  std::map<void *, size_t> live;
  int calls = 0;
  int failAt;
};

} // namespace

TEST(Memory, ComesFromTheCallersAllocator) {
  Allocator programs, contexts;
  quantc_context_options options = {};
  options.allocator = &contexts.functions;
  options.threads = 2;
  Session s(fakeApi(), options, &programs.functions);
  ASSERT_EQ(s.status, QUANTC_OK);
  EXPECT_EQ(programs.calls, 1);
  EXPECT_EQ(contexts.calls, 1);
  FakeInputs inputs(10);
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
  EXPECT_EQ(contexts.calls, 5); // scratch, arena, two outputs
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
  EXPECT_EQ(contexts.calls, 5);
  for (auto &[memory, size] : contexts.live)
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
}

TEST(Memory, HasToBeAlignedAsAskedFor) {
  static int given;
  given = 0;
  quantc_allocator careless = {};
  careless.allocate = [](void *, size_t size, size_t) {
    void *memory = nullptr;
    if (posix_memalign(&memory, 64, size + 64) != 0)
      return static_cast<void *>(nullptr);
    ++given;
    return static_cast<void *>(static_cast<char *>(memory) + 8);
  };
  careless.release = [](void *, void *memory, size_t) {
    --given;
    free(static_cast<char *>(memory) - 8);
  };
  quantc_context_options options = {};
  options.allocator = &careless;
  Session s(fakeApi(), options);
  EXPECT_EQ(s.status, QUANTC_ERROR_MEMORY);
  EXPECT_EQ(given, 0);
}

TEST(Memory, EveryFailureIsAnError) {
  for (int failAt = 0;; ++failAt) {
    ASSERT_LT(failAt, 20);
    Allocator allocator(failAt);
    Session s(fakeApi(), {}, &allocator.functions);
    if (s.status) {
      EXPECT_EQ(s.status, QUANTC_ERROR_MEMORY);
      EXPECT_STRNE(s.error.message, "");
      continue;
    }
    FakeInputs inputs(10);
    quantc_status status = inputs.run(s.context);
    if (status == QUANTC_OK)
      break; // nothing failed any more
    EXPECT_EQ(status, QUANTC_ERROR_MEMORY);
    EXPECT_NE(s.message(), "");
    // It was the one call that failed: the context is as good as before.
    FakeInputs again(10);
    ASSERT_EQ(again.run(s.context), QUANTC_OK) << s.message();
    again.expectRight(10);
  }
}

TEST(Memory, FailureWhileGrowingLosesNothing) {
  for (int failAt = 6; failAt < 9; ++failAt) {
    Allocator allocator(failAt);
    quantc_context_options options = {};
    options.threads = 1;
    Session s(fakeApi(), options, &allocator.functions);
    FakeInputs small(10), large(500);
    ASSERT_EQ(small.run(s.context), QUANTC_OK);
    quantc_status status = large.run(s.context);
    EXPECT_EQ(status, failAt < 8 ? QUANTC_ERROR_MEMORY : QUANTC_OK);
    FakeInputs again(10);
    ASSERT_EQ(again.run(s.context), QUANTC_OK);
    again.expectRight(10);
    ASSERT_EQ(large.run(s.context), QUANTC_OK);
    large.expectRight(500);
  }
}

TEST(Memory, QueryGivesItsOwnBack) {
  Allocator allocator(1);
  Session s;
  quantc_program *program = nullptr;
  ASSERT_EQ(quantc_open(fakeApi(), &allocator.functions, &program, nullptr),
            QUANTC_OK);
  int64_t batch = 3;
  quantc_error error;
  EXPECT_EQ(quantc_query_sizes(program, &batch, 1, nullptr, nullptr, 0, &error),
            QUANTC_ERROR_MEMORY);
  EXPECT_EQ(quantc_query_sizes(program, &batch, 1, nullptr, nullptr, 0, &error),
            QUANTC_OK);
  quantc_close(program);
}
