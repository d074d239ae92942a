//===- RunTest.cpp - Running a program --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

namespace {

int64_t plannedArena, plannedScratch, plannedDim, plannedBelow;
int32_t plannedWord;

int32_t planAnything(const int64_t *, int64_t *out) {
  out[0] = plannedArena;
  out[1] = plannedScratch;
  out[2] = plannedDim;
  out[3] = 4;
  out[4] = plannedBelow;
  out[5] = plannedArena;
  return plannedWord;
}

} // namespace

TEST(Run, GivesRightResultsForChangingSizes) {
  Session s;
  FakeInputs reused(7);
  for (int64_t batch : {1, 7, 1000, 0, 3, 64}) {
    FakeInputs inputs(batch);
    ASSERT_EQ(inputs.run(s.context), QUANTC_OK) << s.message();
    inputs.expectRight(batch);
    // Outputs that the context allocated may be passed again.
    ASSERT_EQ(reused.run(s.context), QUANTC_OK) << s.message();
    reused.expectRight(7);
  }
}

TEST(Run, WritesToTheCallersMemory) {
  Session s;
  FakeInputs inputs(9);
  std::vector<float> y(36, -1);
  inputs.outputs[0].data = y.data();
  inputs.outputs[0].capacity = y.size() * sizeof(float);
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK) << s.message();
  EXPECT_EQ(inputs.outputs[0].data, y.data());
  inputs.expectRight(9);

  inputs.outputs[0].capacity -= 1;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_CAPACITY);
  EXPECT_EQ(s.message(), "output 'y' has shape [9, 4], which takes 144 bytes, "
                         "but its buffer has 143");

  inputs.outputs[0].data = reinterpret_cast<char *>(y.data()) + 1;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_CAPACITY);
  inputs.outputs[0].capacity = 144;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(), "the memory for output 'y' is not aligned to its "
                         "element of 4 bytes");

  inputs.outputs[0].data = inputs.x.data() + 4;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(),
            "the memory for output 'y' overlaps that of input 'x'");

  inputs.outputs[0].data = y.data();
  inputs.outputs[1].data = y.data() + 2;
  inputs.outputs[1].capacity = 8;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(),
            "the memory for output 'rows' overlaps that of output 'y'");
}

TEST(Run, DoesNotReadWhatItWrites) {
  Session s;
  FakeInputs inputs(9);
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK) << s.message();
  // The loop of a recurrent model: its result is the next run's input.
  inputs.tensors[0].data = inputs.outputs[0].data;
  EXPECT_EQ(inputs.run(s.context), QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(),
            "input 'x' lies in the context's memory for output 'y', which this "
            "run writes to: copy it, or give the output memory of its own");

  std::vector<float> y(36);
  inputs.outputs[0].data = y.data();
  inputs.outputs[0].capacity = y.size() * sizeof(float);
  ASSERT_EQ(inputs.run(s.context), QUANTC_OK) << s.message();
  for (int64_t i = 0; i < 36; ++i) {
    auto id = static_cast<float>(inputs.ids[i / 4]);
    EXPECT_EQ(y[i], 2 * (2 * inputs.x[i] + id) + id) << i;
  }
}

TEST(Run, RefusesSizesThatOverflow) {
  qcrt_variant variant = qcrt_this_program.variants[1];
  variant.plan = planAnything;
  qcrt_program program = qcrt_this_program;
  program.variants = &variant;
  program.num_variants = 1;
  const quantc_api api = QCRT_API(&program);
  quantc_context_options options = {};
  options.threads = 2;
  auto check = [&](int64_t arena, int64_t scratch, int64_t dim, int32_t word,
                   quantc_status status, std::string message = "") {
    plannedArena = arena, plannedScratch = scratch, plannedDim = dim;
    plannedWord = word;
    Session s(&api, options);
    FakeInputs inputs(3);
    EXPECT_EQ(inputs.run(s.context), status) << s.message();
    EXPECT_NE(s.message(), "");
    if (!message.empty())
      EXPECT_EQ(s.message(), message);
  };
  // What the dims of the inputs are.
  const std::string given =
      "; [batch, 4] of 'x' is [3, 4]; [batch] of 'ids' is [3]";
  check(INT64_MAX, 16, 3, 0, QUANTC_ERROR_MEMORY);
  plannedBelow = 1;
  check(INT64_MAX, 16, 3, 0, QUANTC_ERROR_MEMORY,
        "the size of a tensor overflows what can be addressed, or has more "
        "elements than a sum of 32 bits holds");
  plannedBelow = 0;
  check(64, INT64_MAX, 3, 0, QUANTC_ERROR_MEMORY);
  check(64, INT64_MAX / 2, 3, 0, QUANTC_ERROR_MEMORY);
  check(64, 16, INT64_MAX / 4, 0, QUANTC_ERROR_MEMORY);
  check(64, 16, -1, 0, QUANTC_ERROR_SHAPE);
  check(-1, 16, 3, 0, QUANTC_ERROR_INTERNAL);
  check(64, 16, 3, QCRT_SIZE_OVERFLOW, QUANTC_ERROR_MEMORY);
  // What the plan leaves are the sizes that an error is about.
  check(-5, 0, 3, QCRT_NEGATIVE_SIZE | 2 << 8, QUANTC_ERROR_SHAPE,
        "a computed size is negative in '/embed/Gather': -5" + given);
  check(64, 16, 3, QCRT_SHAPE_MISMATCH | 2 << 8, QUANTC_ERROR_SHAPE,
        "the sizes of the operands do not fit together in '/embed/Gather': 64 "
        "and 16" +
            given);
  check(0, -2, 3, QCRT_SHAPE_MISMATCH | 2 << 8, QUANTC_ERROR_SHAPE,
        "the sizes of the operands do not fit together in '/embed/Gather'" +
            given);
  check(64, 16, 3, QCRT_SHAPE_MISMATCH | 7 << 8, QUANTC_ERROR_SHAPE,
        "the sizes of the operands do not fit together" + given);
  check(64, 16, 3, 250, QUANTC_ERROR_INTERNAL);
}
