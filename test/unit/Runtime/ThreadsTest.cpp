//===- ThreadsTest.cpp - Threads of contexts --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

#include <atomic>
#include <dlfcn.h>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Starting threads in a forked child is what one test is about.
extern "C" const char *__tsan_default_options() { return "die_after_fork=0"; }
#endif
#endif

namespace {

/// A program without inputs and outputs, whose entry is the test's.
class Bare {
public:
  explicit Bare(qcrt_entry entry, int64_t scratch = 64)
      : scratchBytes(scratch) {
    current = this;
    variant.entry = entry;
    variant.plan = [](const int64_t *, int64_t *out) {
      out[0] = 0;
      out[1] = current->scratchBytes;
      return int32_t(0);
    };
    program.num_inputs = program.num_outputs = program.num_dims = 0;
    program.num_variants = 1;
    program.variants = &variant;
  }
  static Bare *current;
  int64_t scratchBytes;
  qcrt_variant variant = {"generic", "", nullptr, nullptr};
  qcrt_program program = qcrt_this_program;
  quantc_api api = QCRT_API(&program);
};
Bare *Bare::current;

quantc_context_options withThreads(int32_t threads) {
  quantc_context_options options = {};
  options.threads = threads;
  return options;
}

quantc_status run(Session &session) {
  return quantc_run(session.context, nullptr, 0, nullptr, 0);
}

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
  return run->parallel(run, recordSpan, spans->total, spans->grain, spans);
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
    if (run->parallel(run, increment, Values, 1 + i % 17, values))
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

TEST(Threads, ContextsRunAtTheSameTime) {
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

TEST(Threads, ContextsEndInAnyOrder) {
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

TEST(Threads, ABusyContextSaysSo) {
  Bare bare(runUntilTold);
  Session s(&bare.api, withThreads(1));
  inside = 0;
  mayEnd = false;
  std::thread other([&] { EXPECT_EQ(run(s), QUANTC_OK); });
  while (!inside)
    std::this_thread::yield();
  EXPECT_EQ(run(s), QUANTC_ERROR_BUSY);
  EXPECT_EQ(quantc_reset(s.context), QUANTC_ERROR_BUSY);
  mayEnd = true;
  other.join();
  EXPECT_EQ(run(s), QUANTC_OK);
}

//===----------------------------------------------------------------------===//
// The host's threads
//===----------------------------------------------------------------------===//

namespace {

struct Host {
  std::atomic<int> calls{0};
  int32_t most = 0;
  bool backwards = false;
};

void hostParallelFor(void *user, int32_t count,
                     void (*body)(void *argument, int32_t i), void *argument) {
  auto *host = static_cast<Host *>(user);
  ++host->calls;
  host->most = std::max(host->most, count);
  if (host->backwards) {
    for (int32_t i = count; i-- > 0;)
      body(argument, i);
    return;
  }
  std::vector<std::thread> threads;
  for (int32_t i = 0; i < count; ++i)
    threads.emplace_back([=] { body(argument, i); });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace

TEST(Threads, TheHostMayRunThem) {
  for (bool backwards : {false, true}) {
    Host host;
    host.backwards = backwards;
    quantc_context_options options = withThreads(3);
    options.parallel_for = hostParallelFor;
    options.parallel_for_user = &host;
    Session s(fakeApi(), options);
    FakeInputs inputs(100);
    ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
    inputs.expectRight(100);
    EXPECT_EQ(host.calls, 2);
    EXPECT_EQ(host.most, 3);
    inputs.ids[77] = 11;
    EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_INDEX);
  }
}

//===----------------------------------------------------------------------===//
// The process around it
//===----------------------------------------------------------------------===//

#if defined(__x86_64__)
namespace {

std::atomic<uint32_t> worstControlWord;

int32_t readControlWord(int64_t, int64_t, void *, void *) {
  uint32_t word = __builtin_ia32_stmxcsr() & ~0x3fu; // without the flags
  if (word != 0x1f80)
    worstControlWord = word;
  usleep(100);
  return 0;
}

int32_t runReadControlWord(qcrt_run *run, const int64_t *, void *const *,
                           void *const *, char *) {
  return run->parallel(run, readControlWord, 20, 1, nullptr);
}

} // namespace

TEST(Threads, SetTheFloatingPointControlWord) {
  Bare bare(runReadControlWord);
  uint32_t before = __builtin_ia32_stmxcsr();
  for (bool isHost : {false, true}) {
    Host host;
    quantc_context_options options = withThreads(3);
    if (isHost) {
      options.parallel_for = hostParallelFor;
      options.parallel_for_user = &host;
    }
    Session s(&bare.api, options);
    worstControlWord = 0x1f80;
    uint32_t strange = 0x1f80 | 0x8000 | 0x40 | 0x2000; // FTZ, DAZ, down
    __builtin_ia32_ldmxcsr(strange);
    quantc_status status = run(s);
    uint32_t after = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before);
    EXPECT_EQ(status, QUANTC_OK);
    EXPECT_EQ(after, strange);
    EXPECT_EQ(worstControlWord, 0x1f80u);
  }
}
#endif

TEST(Threads, WorkInAForkedChild) {
  Session s(fakeApi(), withThreads(4));
  FakeInputs inputs(100);
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60); // rather than hanging for ever
    bool isRight = inputs.run(s.context) == QUANTC_OK &&
                   inputs.run(s.context) == QUANTC_OK;
    const float *y = static_cast<const float *>(inputs.outputs[0].data);
    isRight &= y[399] == 2 * inputs.x[399] + 9;
    quantc_context_destroy(s.context);
    _exit(isRight ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  // A child that only destroys what it inherited.
  child = fork();
  if (child == 0) {
    alarm(60);
    quantc_context_destroy(s.context);
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
  inputs.expectRight(100);
}

TEST(Threads, TheLibraryCanBeUnloadedAfterwards) {
  for (int i = 0; i < 5; ++i) {
    void *handle = dlopen(FAKE_ARTIFACT, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(handle, nullptr) << dlerror();
    auto model =
        reinterpret_cast<quantc_model_function>(dlsym(handle, "quantc_model"));
    ASSERT_NE(model, nullptr);
    // The one thing it exports.
    EXPECT_EQ(dlsym(handle, "qcrt_this_program"), nullptr);
    EXPECT_EQ(dlsym(handle, "qcrt_open"), nullptr);
    {
      Session s(model(), withThreads(4));
      FakeInputs inputs(100);
      ASSERT_EQ(inputs.run(s.context), QUANTC_OK);
      inputs.expectRight(100);
    }
    ASSERT_EQ(dlclose(handle), 0);
  }
}
