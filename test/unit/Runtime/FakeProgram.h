//===- FakeProgram.h - A hand-written program for tests ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_RUNTIME_FAKEPROGRAM_H
#define QUANTC_TEST_UNIT_RUNTIME_FAKEPROGRAM_H

#include "../../../lib/Runtime/Api.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

/// In FakeProgram.c.
extern "C" const qcrt_program qcrt_this_program;

inline const quantc_api *fakeApi() {
  static const quantc_api api = QCRT_API(&qcrt_this_program);
  return &api;
}

/// Opens a program and makes a context of it, and gives both back.
class Session {
public:
  explicit Session(const quantc_api *api = fakeApi(),
                   quantc_context_options options = {},
                   const quantc_allocator *allocator = nullptr) {
    error.message[0] = 0;
    status = quantc_open(api, allocator, &program, &error);
    if (!status)
      status = quantc_context_create(program, &options, &context, &error);
  }
  ~Session() {
    quantc_context_destroy(context);
    quantc_close(program);
  }
  std::string message() const { return quantc_last_error(context)->message; }

  quantc_program *program = nullptr;
  quantc_context *context = nullptr;
  quantc_error error = {};
  quantc_status status = QUANTC_OK;
};

inline quantc_tensor makeTensor(void *data, quantc_dtype dtype,
                                std::vector<int64_t> dims) {
  quantc_tensor tensor = {};
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    tensor.dims[i] = dims[i];
  return tensor;
}

/// Good inputs of the fake program.
struct FakeInputs {
  explicit FakeInputs(int64_t batch) : x(batch * 4), ids(batch) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i) / 8;
    for (int64_t i = 0; i < batch; ++i)
      ids[i] = i % 10;
    tensors = {makeTensor(x.data(), QUANTC_F32, {batch, 4}),
               makeTensor(ids.data(), QUANTC_I64, {batch})};
  }
  quantc_status run(quantc_context *context) {
    return quantc_run(context, tensors.data(), 2, outputs, 2);
  }
  void expectRight(int64_t batch) const {
    ASSERT_EQ(outputs[0].rank, 2);
    ASSERT_EQ(outputs[0].dims[0], batch);
    ASSERT_EQ(outputs[0].dims[1], 4);
    ASSERT_EQ(outputs[1].rank, 0);
    EXPECT_EQ(*static_cast<int64_t *>(outputs[1].data), batch);
    const float *y = static_cast<const float *>(outputs[0].data);
    for (int64_t i = 0; i < batch * 4; ++i)
      ASSERT_EQ(y[i], 2 * x[i] + static_cast<float>(ids[i / 4])) << i;
  }

  std::vector<float> x;
  std::vector<int64_t> ids;
  std::vector<quantc_tensor> tensors;
  quantc_tensor outputs[2] = {};
};

#endif // QUANTC_TEST_UNIT_RUNTIME_FAKEPROGRAM_H
