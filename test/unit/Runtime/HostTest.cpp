//===- HostTest.cpp - The host's threads and state --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BareProgram.h"

#include <atomic>
#include <thread>
#include <unistd.h>

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

TEST(Host, MayRunTheThreads) {
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
  return run->parallel(run, readControlWord, 20, 1, nullptr, 0);
}

} // namespace

TEST(Host, KeepsItsFloatingPointControlWord) {
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
