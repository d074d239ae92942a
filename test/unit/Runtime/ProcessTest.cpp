//===- ProcessTest.cpp - Forks and unloading --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BareProgram.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Starting threads in a forked child is what one test is about.
extern "C" const char *__tsan_default_options() { return "die_after_fork=0"; }
#endif
#endif

TEST(Process, ThreadsWorkInAForkedChild) {
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

TEST(Process, TheLibraryCanBeUnloadedAfterwards) {
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
