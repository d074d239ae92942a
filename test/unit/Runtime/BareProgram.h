//===- BareProgram.h - A program that is only an entry ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_RUNTIME_BAREPROGRAM_H
#define QUANTC_TEST_UNIT_RUNTIME_BAREPROGRAM_H

#include "FakeProgram.h"

/// A program without inputs and outputs, whose entry is the test's.
class Bare {
public:
  explicit Bare(qcrt_entry entry, int64_t scratch = 64)
      : scratchBytes(scratch) {
    current = this;
    variant.entry = entry;
    variant.plan = [](const int64_t *, int64_t *out) {
      out[1] = current->scratchBytes;
      return int32_t(0);
    };
    program.num_inputs = program.num_outputs = program.num_dims = 0;
    program.num_buffers = program.num_rooms = 0;
    program.num_variants = 1;
    program.variants = &variant;
  }
  static inline Bare *current;
  int64_t scratchBytes;
  qcrt_variant variant = {"generic", "", nullptr, nullptr, nullptr};
  qcrt_program program = qcrt_this_program;
  quantc_api api = QCRT_API(&program);
};
inline quantc_context_options withThreads(int32_t threads) {
  quantc_context_options options = {};
  options.threads = threads;
  return options;
}

inline quantc_status run(Session &session) {
  return quantc_run(session.context, nullptr, 0, nullptr, 0);
}

#endif // QUANTC_TEST_UNIT_RUNTIME_BAREPROGRAM_H
