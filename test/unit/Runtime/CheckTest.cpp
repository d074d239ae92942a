//===- CheckTest.cpp - Inputs that are refused ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

namespace {

struct WrongInput {
  const char *message;
  quantc_status status;
  void (*change)(std::vector<quantc_tensor> &);
};

} // namespace

TEST(Check, RefusesWrongInputs) {
  using Tensors = std::vector<quantc_tensor> &;
  const WrongInput cases[] = {
      {"input 'x' has dtype f64, but the model takes f32", QUANTC_ERROR_DTYPE,
       [](Tensors t) { t[0].dtype = QUANTC_F64; }},
      {"input 'x' has dtype unknown, but the model takes f32",
       QUANTC_ERROR_DTYPE, [](Tensors t) { t[0].dtype = 99; }},
      {"input 'x' has rank 3, but the model takes [batch, 4] (rank 2)",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].rank = 3; }},
      {"input 'x' has rank -1, but the model takes [batch, 4] (rank 2)",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].rank = -1; }},
      {"input 'x' has rank 2147483647, but the model takes [batch, 4] (rank 2)",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].rank = INT32_MAX; }},
      {"input 'x' has shape [3, 5], but the model takes [batch, 4]: dimension "
       "1 is 5, not 4",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].dims[1] = 5; }},
      {"input 'x' has the negative size -3 in dimension 0", QUANTC_ERROR_SHAPE,
       [](Tensors t) { t[0].dims[0] = -3; }},
      {"input 'x': dimension 'batch' is 1001, but the artefact was compiled "
       "for 0 to 1000",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].dims[0] = 1001; }},
      {"input 'ids' has shape [2], but the model takes [batch]: 'batch' is 2 "
       "there and 3 in input 'x'",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[1].dims[0] = 2; }},
      {"input 'ids' has shape [3], but its data is a null pointer",
       QUANTC_ERROR_ARGUMENT, [](Tensors t) { t[1].data = nullptr; }},
      {"input 'x' is not aligned to its element of 4 bytes",
       QUANTC_ERROR_ARGUMENT,
       [](Tensors t) { t[0].data = static_cast<char *>(t[0].data) + 2; }},
      {"an index lies outside its dimension in '/embed/Gather': 10",
       QUANTC_ERROR_INDEX,
       [](Tensors t) { static_cast<int64_t *>(t[1].data)[2] = 10; }},
      {"an index lies outside its dimension in '/embed/Gather': -1",
       QUANTC_ERROR_INDEX,
       [](Tensors t) { static_cast<int64_t *>(t[1].data)[1] = -1; }},
      {"an index lies outside its dimension in '/embed/Gather': 4194303 or "
       "more",
       QUANTC_ERROR_INDEX,
       [](Tensors t) { static_cast<int64_t *>(t[1].data)[0] = INT64_MAX; }},
      {"an index lies outside its dimension in '/embed/Gather': -4194303 or "
       "less",
       QUANTC_ERROR_INDEX,
       [](Tensors t) { static_cast<int64_t *>(t[1].data)[0] = INT64_MIN; }},
  };
  Session s;
  for (const WrongInput &wrong : cases) {
    FakeInputs inputs(3);
    wrong.change(inputs.tensors);
    EXPECT_EQ(inputs.run(s.context), wrong.status) << wrong.message;
    EXPECT_EQ(s.message(), wrong.message);
    EXPECT_EQ(quantc_last_error(s.context)->status, wrong.status);
    FakeInputs good(3);
    ASSERT_EQ(good.run(s.context), QUANTC_OK);
    EXPECT_EQ(s.message(), "");
    good.expectRight(3);
  }
}

TEST(Check, RefusesWrongCounts) {
  Session s;
  FakeInputs inputs(3);
  EXPECT_EQ(quantc_run(s.context, inputs.tensors.data(), 1, inputs.outputs, 2),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(), "the model takes 2 inputs, but 1 were given");
  EXPECT_EQ(quantc_run(s.context, inputs.tensors.data(), -1, inputs.outputs, 2),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(quantc_run(s.context, nullptr, 2, inputs.outputs, 2),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(quantc_run(s.context, inputs.tensors.data(), 2, inputs.outputs, 3),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(s.message(), "the model has 2 outputs, but 3 were given");
  EXPECT_EQ(quantc_run(s.context, inputs.tensors.data(), 2, nullptr, 2),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(quantc_run(nullptr, inputs.tensors.data(), 2, inputs.outputs, 2),
            QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(quantc_reset(s.context), QUANTC_OK);
}
