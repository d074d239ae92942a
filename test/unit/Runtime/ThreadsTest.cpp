//===- ThreadsTest.cpp - How work is shared by threads ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BareProgram.h"

#include <mutex>
#include <set>
#include <unistd.h>

namespace {

/// The spans that a job was cut into.
struct Spans {
  std::mutex mutex;
  std::multiset<std::pair<int64_t, int64_t>> spans;
  int64_t total, grain;
  int64_t failAt = -1, failAlsoAt = -1;
};
Spans *spans;

int32_t recordSpan(int64_t begin, int64_t end, void *args, void *) {
  auto *record = static_cast<Spans *>(args);
  std::lock_guard<std::mutex> lock(record->mutex);
  record->spans.insert({begin, end});
  if (begin == record->failAt || begin == record->failAlsoAt)
    return 100 + static_cast<int32_t>(begin);
  return 0;
}

int32_t runSpans(qcrt_run *run, const int64_t *, void *const *, void *const *,
                 char *) {
  return run->parallel(run, recordSpan, spans->total, spans->grain, spans, 0);
}

} // namespace

TEST(Threads, ChunksDoNotDependOnTheirNumber) {
  Bare bare(runSpans);
  for (auto [total, grain] :
       std::vector<std::pair<int64_t, int64_t>>{{0, 4},
                                                {-5, 4},
                                                {1, 4},
                                                {4, 4},
                                                {5, 4},
                                                {100, 1},
                                                {97, 8},
                                                {INT64_MAX, INT64_MAX / 3},
                                                {7, 0}}) {
    std::multiset<std::pair<int64_t, int64_t>> expected;
    int64_t step = std::max<int64_t>(grain, 1);
    for (int64_t begin = 0; begin < total;) {
      int64_t end = total - begin <= step ? total : begin + step;
      expected.insert({begin, end});
      begin = end;
    }
    for (int32_t threads : {1, 2, 3, 8}) {
      Session s(&bare.api, withThreads(threads));
      Spans record;
      record.total = total;
      record.grain = grain;
      spans = &record;
      ASSERT_EQ(run(s), QUANTC_OK);
      EXPECT_EQ(record.spans, expected) << total << "/" << grain;
    }
  }
}

TEST(Threads, TheFirstFailureIsReported) {
  Bare bare(runSpans);
  for (int32_t threads : {1, 2, 5}) {
    Session s(&bare.api, withThreads(threads));
    for (int i = 0; i < 200; ++i) {
      Spans record;
      record.total = 50;
      record.grain = 1;
      record.failAt = 23;
      record.failAlsoAt = 24;
      spans = &record;
      ASSERT_EQ(run(s), QUANTC_ERROR_INTERNAL);
      EXPECT_EQ(s.message(),
                "the compiled code returned the unknown error word 123");
    }
  }
}

namespace {

/// Many small jobs, each of which depends on the one before.
int32_t increment(int64_t begin, int64_t end, void *args, void *scratch) {
  auto *values = static_cast<int64_t *>(args);
  // No two threads share their scratch.
  auto *mine = static_cast<volatile int64_t *>(scratch);
  for (int64_t i = begin; i < end; ++i) {
    *mine = values[i];
    *mine = *mine + 1;
    values[i] = *mine;
  }
  return 0;
}

constexpr int64_t ManyJobs = 3000, Values = 64;

int32_t runManyJobs(qcrt_run *run, const int64_t *, void *const *,
                    void *const *, char *) {
  int64_t values[Values] = {};
  for (int64_t i = 0; i < ManyJobs; ++i) {
    if (run->parallel(run, increment, Values, 1 + i % 17, values, 0))
      return 200;
    // Now and then long enough for workers to fall asleep.
    if (i % 1000 == 999)
      usleep(300);
  }
  for (int64_t value : values)
    if (value != ManyJobs)
      return 201;
  return 0;
}

} // namespace

TEST(Threads, ManyJobsInARow) {
  Bare bare(runManyJobs);
  for (int32_t threads : {1, 2, 4, 16}) {
    Session s(&bare.api, withThreads(threads));
    EXPECT_EQ(quantc_num_threads(s.context), threads);
    EXPECT_EQ(run(s), QUANTC_OK) << s.message();
    EXPECT_EQ(run(s), QUANTC_OK) << s.message();
  }
}
