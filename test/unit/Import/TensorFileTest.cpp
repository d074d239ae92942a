//===- TensorFileTest.cpp - Arrays in ONNX tensor files ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/TensorFile.h"
#include "TemporaryFolder.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace quantc;
using namespace quantc::onnx;
using quantc_onnx::TensorProto;

static std::string refusal(const std::string &path) {
  NamedArray array;
  std::string error;
  EXPECT_FALSE(readTensorFile(path, array, error));
  EXPECT_NE(error.find("'" + path + "'"), std::string::npos) << error;
  return error;
}

TEST(TensorFile, ReadsWhatItWrote) {
  test::TemporaryFolder folder;
  for (quantc_dtype dtype : {QUANTC_F32, QUANTC_I64, QUANTC_BOOL, QUANTC_F16,
                             QUANTC_BF16, QUANTC_U8}) {
    for (int64_t rows : {0, 3}) {
      NamedArray array, again;
      array.name = "x";
      array.dtype = dtype;
      array.dims = {rows, 2};
      array.bytes.resize(rows * 2 * quantc_dtype_bytes(dtype), 1);
      std::string path = folder.path + "/x.pb", error;
      ASSERT_TRUE(writeTensorFile(path, array, error)) << error;
      ASSERT_TRUE(readTensorFile(path, again, error)) << error;
      EXPECT_EQ(again.name, "x");
      EXPECT_EQ(again.dtype, dtype);
      EXPECT_EQ(again.dims, array.dims);
      EXPECT_EQ(again.bytes, array.bytes);
    }
  }
}

TEST(TensorFile, ReadsTypedFields) {
  test::TemporaryFolder folder;
  TensorProto tensor;
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.add_dims(2);
  tensor.add_float_data(1.5f);
  tensor.add_float_data(-2);
  NamedArray array;
  std::string error;
  ASSERT_TRUE(readTensorFile(folder.write("a.pb", tensor.SerializeAsString()),
                             array, error))
      << error;
  float values[2];
  ASSERT_EQ(array.bytes.size(), sizeof(values));
  std::memcpy(values, array.bytes.data(), sizeof(values));
  EXPECT_EQ(values[0], 1.5f);
  EXPECT_EQ(values[1], -2);
}

TEST(TensorFile, RefusesOthers) {
  test::TemporaryFolder folder;
  EXPECT_NE(refusal(folder.path + "/none.pb").find("No such file"),
            std::string::npos);
  EXPECT_NE(refusal(folder.write("e.pb", "")).find("is empty"),
            std::string::npos);
  EXPECT_NE(refusal(folder.write("t.pb", "text")).find("fields"),
            std::string::npos);
  TensorProto tensor;
  tensor.set_data_type(TensorProto::STRING);
  tensor.add_string_data("a");
  EXPECT_NE(refusal(folder.write("s.pb", tensor.SerializeAsString()))
                .find("elements of string"),
            std::string::npos);
  tensor.set_data_type(TensorProto::COMPLEX64);
  tensor.set_raw_data(std::string(8, '\0'));
  EXPECT_NE(refusal(folder.write("c.pb", tensor.SerializeAsString()))
                .find("elements of complex64"),
            std::string::npos);
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.add_dims(5);
  EXPECT_NE(refusal(folder.write("d.pb", tensor.SerializeAsString()))
                .find("8 bytes of elements, float [5] needs 20"),
            std::string::npos);
  tensor.set_data_location(TensorProto::EXTERNAL);
  EXPECT_NE(refusal(folder.write("x.pb", tensor.SerializeAsString()))
                .find("external data is supported in models only"),
            std::string::npos);
}
