//===- RunTest.cpp - Running, and what is refused ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

TEST(Run, AnswersQueries) {
  Session s;
  ASSERT_EQ(s.status, QUANTC_OK) << s.error.message;
  EXPECT_STREQ(quantc_name(s.program), "fake");
  EXPECT_STREQ(quantc_version(s.program), "quantc 0.0.0");
  EXPECT_STREQ(quantc_cpu(s.program), "generic"); // the other has telepathy
  EXPECT_STREQ(quantc_metadata(s.program), "{\"recipe\":\"f32\"}");
  ASSERT_EQ(quantc_num_inputs(s.program), 2);
  ASSERT_EQ(quantc_num_outputs(s.program), 2);
  ASSERT_EQ(quantc_num_dims(s.program), 1);
  EXPECT_STREQ(quantc_input(s.program, 1)->name, "ids");
  EXPECT_EQ(quantc_input(s.program, 1)->dtype, QUANTC_I64);
  EXPECT_EQ(quantc_input(s.program, 0)->dims[0], -1);
  EXPECT_STREQ(quantc_output(s.program, 0)->name, "y");
  EXPECT_STREQ(quantc_dim(s.program, 0)->name, "batch");
  EXPECT_EQ(quantc_dim(s.program, 0)->max, 1000);
  for (int32_t i : {-1, 2, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(quantc_input(s.program, i), nullptr);
    EXPECT_EQ(quantc_output(s.program, i), nullptr);
    EXPECT_EQ(quantc_dim(s.program, i), nullptr);
  }
}

TEST(Run, QueriesSizes) {
  Session s;
  int64_t batch = 5;
  quantc_sizes sizes;
  quantc_tensor outputs[2];
  quantc_error error;
  ASSERT_EQ(
      quantc_query_sizes(s.program, &batch, 1, &sizes, outputs, 2, &error),
      QUANTC_OK);
  EXPECT_EQ(sizes.arena, 5 * 4 * 4);
  EXPECT_EQ(sizes.scratch_per_thread, 16);
  EXPECT_EQ(outputs[0].dims[0], 5);
  EXPECT_EQ(outputs[0].capacity, 80u);
  EXPECT_EQ(outputs[1].rank, 0);
  EXPECT_EQ(outputs[1].capacity, 8u);

  batch = 1001;
  EXPECT_EQ(
      quantc_query_sizes(s.program, &batch, 1, &sizes, nullptr, 0, &error),
      QUANTC_ERROR_SHAPE);
  EXPECT_STREQ(error.message, "dimension 'batch' is 1001, but the artefact was "
                              "compiled for 0 to 1000");
  EXPECT_EQ(
      quantc_query_sizes(s.program, &batch, 2, &sizes, nullptr, 0, &error),
      QUANTC_ERROR_ARGUMENT);
  EXPECT_EQ(
      quantc_query_sizes(s.program, nullptr, 1, &sizes, nullptr, 0, nullptr),
      QUANTC_ERROR_ARGUMENT);
}

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

namespace {

struct WrongInput {
  const char *message;
  quantc_status status;
  void (*change)(std::vector<quantc_tensor> &);
};

} // namespace

TEST(Run, RefusesWrongInputs) {
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
      {"dimension 'batch' is 1001, but the artefact was compiled for 0 to 1000",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[0].dims[0] = 1001; }},
      {"input 'ids' has shape [2], but the model takes [batch]: 'batch' is 2 "
       "there and 3 in input 'x'",
       QUANTC_ERROR_SHAPE, [](Tensors t) { t[1].dims[0] = 2; }},
      {"input 'ids' has shape [3], but its data is a null pointer",
       QUANTC_ERROR_ARGUMENT, [](Tensors t) { t[1].data = nullptr; }},
      {"input 'x' is not aligned to its element of 4 bytes",
       QUANTC_ERROR_ARGUMENT,
       [](Tensors t) { t[0].data = static_cast<char *>(t[0].data) + 2; }},
      {"an index lies outside its dimension in '/embed/Gather'",
       QUANTC_ERROR_INDEX,
       [](Tensors t) { static_cast<int64_t *>(t[1].data)[2] = 10; }},
      {"an index lies outside its dimension in '/embed/Gather'",
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

TEST(Run, RefusesWrongCounts) {
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

TEST(Run, RefusesWrongOptions) {
  quantc_context_options options = {};
  options.threads = 1025;
  EXPECT_EQ(Session(fakeApi(), options).status, QUANTC_ERROR_ARGUMENT);
  options.threads = -1;
  EXPECT_EQ(Session(fakeApi(), options).status, QUANTC_ERROR_ARGUMENT);
  quantc_allocator halfAnAllocator = {};
  EXPECT_EQ(Session(fakeApi(), {}, &halfAnAllocator).status,
            QUANTC_ERROR_ARGUMENT);
  quantc_error error;
  EXPECT_EQ(quantc_open(fakeApi(), nullptr, nullptr, &error),
            QUANTC_ERROR_ARGUMENT);
}

TEST(Run, RefusesOtherVersions) {
  quantc_api api = *fakeApi();
  api.abi_version += 1;
  EXPECT_EQ(Session(&api).status, QUANTC_ERROR_ABI);
  EXPECT_EQ(Session(nullptr).status, QUANTC_ERROR_ABI);
  qcrt_program program = qcrt_this_program;
  program.version += 1;
  const quantc_api damaged = QCRT_API(&program);
  EXPECT_EQ(Session(&damaged).status, QUANTC_ERROR_INTERNAL);
}

TEST(Run, RefusesCpusWithoutTheFeatures) {
  qcrt_program program = qcrt_this_program;
  program.num_variants = 1;
  const quantc_api api = QCRT_API(&program);
  Session s(&api);
  EXPECT_EQ(s.status, QUANTC_ERROR_CPU);
  EXPECT_TRUE(std::string(s.error.message).find("telepathy") !=
              std::string::npos)
      << s.error.message;
}

TEST(Run, KeepsTheProgramForItsContexts) {
  quantc_program *program = nullptr;
  quantc_context *context = nullptr;
  ASSERT_EQ(quantc_open(fakeApi(), nullptr, &program, nullptr), QUANTC_OK);
  ASSERT_EQ(quantc_context_create(program, nullptr, &context, nullptr),
            QUANTC_OK);
  quantc_close(program);
  FakeInputs inputs(20);
  EXPECT_EQ(inputs.run(context), QUANTC_OK);
  inputs.expectRight(20);
  quantc_context_destroy(context);
  quantc_close(nullptr);
  quantc_context_destroy(nullptr);
}

//===----------------------------------------------------------------------===//
// Sizes that overflow
//===----------------------------------------------------------------------===//

namespace {

int64_t plannedArena, plannedScratch, plannedDim;
int32_t plannedWord;

int32_t planAnything(const int64_t *, int64_t *out) {
  out[0] = plannedArena;
  out[1] = plannedScratch;
  out[2] = plannedDim;
  out[3] = 4;
  return plannedWord;
}

} // namespace

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
                   quantc_status status) {
    plannedArena = arena, plannedScratch = scratch, plannedDim = dim;
    plannedWord = word;
    Session s(&api, options);
    FakeInputs inputs(3);
    EXPECT_EQ(inputs.run(s.context), status) << s.message();
    EXPECT_NE(s.message(), "");
  };
  check(INT64_MAX, 16, 3, 0, QUANTC_ERROR_MEMORY);
  check(64, INT64_MAX, 3, 0, QUANTC_ERROR_MEMORY);
  check(64, INT64_MAX / 2, 3, 0, QUANTC_ERROR_MEMORY);
  check(64, 16, INT64_MAX / 4, 0, QUANTC_ERROR_MEMORY);
  check(64, 16, -1, 0, QUANTC_ERROR_SHAPE);
  check(-1, 16, 3, 0, QUANTC_ERROR_INTERNAL);
  check(64, 16, 3, QCRT_SIZE_OVERFLOW, QUANTC_ERROR_MEMORY);
  check(64, 16, 3, QCRT_NEGATIVE_SIZE | 1 << 8, QUANTC_ERROR_SHAPE);
  check(64, 16, 3, QCRT_SHAPE_MISMATCH | 7 << 8, QUANTC_ERROR_SHAPE);
  check(64, 16, 3, 250, QUANTC_ERROR_INTERNAL);
}

TEST(Run, CutsLongNames) {
  std::string name(1000, 'x');
  quantc_value_info inputs[2] = {qcrt_this_program.inputs[0],
                                 qcrt_this_program.inputs[1]};
  inputs[0].name = name.c_str();
  qcrt_program program = qcrt_this_program;
  program.inputs = inputs;
  const quantc_api api = QCRT_API(&program);
  Session s(&api);
  FakeInputs wrong(3);
  wrong.tensors[0].dtype = QUANTC_I8;
  EXPECT_EQ(wrong.run(s.context), QUANTC_ERROR_DTYPE);
  EXPECT_EQ(s.message(), "input '" + std::string(120, 'x') +
                             "...' has dtype i8, but the model takes f32");
}
