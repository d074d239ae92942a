//===- Threads.cpp - Work on several threads --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Threads.h"

#include <pthread.h>
#include <vector>

void quantc::runOnThreads(unsigned threads, const std::function<void()> &work) {
  std::vector<pthread_t> others;
  auto call = [](void *argument) -> void * {
    (*static_cast<const std::function<void()> *>(argument))();
    return nullptr;
  };
  for (unsigned i = 1; i < threads; ++i) {
    pthread_t thread;
    void *argument = const_cast<std::function<void()> *>(&work);
    if (pthread_create(&thread, nullptr, call, argument) != 0)
      break;
    others.push_back(thread);
  }
  work();
  for (pthread_t thread : others)
    pthread_join(thread, nullptr);
}
