//===- TensorDataTest.cpp - Every form of an initialiser --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/TensorData.h"
#include "TemporaryFolder.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace quantc;
using namespace quantc::onnx;
using quantc_onnx::TensorProto;

namespace {

/// Writes a model whose only initialiser is `tensor` and looks it up in it.
class Lookup {
public:
  std::optional<TensorData> find(const TensorProto &tensor) {
    quantc_onnx::ModelProto model;
    model.set_ir_version(8);
    *model.mutable_graph()->add_initializer() = tensor;
    error.clear();
    file = ModelFile::read(folder.write("m.onnx", model.SerializeAsString()),
                           error);
    if (!file)
      return std::nullopt;
    return TensorData::find(*file, file->model().graph().initializer(0), error);
  }
  std::string refusal(const TensorProto &tensor) {
    EXPECT_FALSE(find(tensor));
    return error;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<ModelFile> file;
  std::string error;
};

TensorProto tensorOf(TensorProto::DataType type, std::vector<int64_t> dims) {
  TensorProto tensor;
  tensor.set_name("t");
  tensor.set_data_type(type);
  for (int64_t dim : dims)
    tensor.add_dims(dim);
  return tensor;
}

TensorProto external(const std::string &location, const std::string &offset,
                     const std::string &length) {
  TensorProto tensor = tensorOf(TensorProto::FLOAT, {2});
  tensor.set_data_location(TensorProto::EXTERNAL);
  auto add = [&](const char *key, const std::string &value) {
    if (value.empty())
      return;
    auto *entry = tensor.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("location", location);
  add("offset", offset);
  add("length", length);
  return tensor;
}

TEST(TensorData, TypedFields) {
  Lookup lookup;
  TensorProto half = tensorOf(TensorProto::FLOAT16, {4});
  for (int bits : {0x3c00, 0xc000, 0x0001, 0x7c00})
    half.add_int32_data(bits);
  auto data = lookup.find(half);
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->bytes(), 8u);
  EXPECT_EQ(data->floatAt(0), 1.0);
  EXPECT_EQ(data->floatAt(1), -2.0);
  EXPECT_EQ(data->floatAt(2), std::ldexp(1.0, -24));
  EXPECT_TRUE(std::isinf(data->floatAt(3)));

  TensorProto brain = tensorOf(TensorProto::BFLOAT16, {});
  brain.add_int32_data(0x4049);
  data = lookup.find(brain);
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->floatAt(0), 3.140625);

  TensorProto bytes = tensorOf(TensorProto::INT8, {2});
  bytes.add_int32_data(-128);
  bytes.add_int32_data(127);
  data = lookup.find(bytes);
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->intAt(0), -128);
  EXPECT_EQ(data->floatAt(1), 127.0);

  TensorProto wide = tensorOf(TensorProto::UINT64, {1});
  wide.add_uint64_data(UINT64_MAX);
  data = lookup.find(wide);
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->floatAt(0), 18446744073709551616.0);

  TensorProto nibbles = tensorOf(TensorProto::INT4, {3});
  nibbles.add_int32_data(0x21);
  nibbles.add_int32_data(0x03);
  data = lookup.find(nibbles);
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->bytes(), 2u);
}

TEST(TensorData, RefusesWrongSizes) {
  Lookup lookup;
  TensorProto tensor = tensorOf(TensorProto::FLOAT, {2, 3});
  tensor.add_float_data(1);
  EXPECT_NE(lookup.refusal(tensor).find("needs 24"), std::string::npos);

  TensorProto raw = tensorOf(TensorProto::INT32, {2});
  raw.set_raw_data("1234567");
  EXPECT_NE(lookup.refusal(raw).find("7 bytes"), std::string::npos);

  EXPECT_NE(lookup.refusal(tensorOf(TensorProto::FLOAT, {-1})).find("negative"),
            std::string::npos);
  EXPECT_NE(lookup
                .refusal(tensorOf(TensorProto::FLOAT,
                                  {int64_t(1) << 40, int64_t(1) << 40}))
                .find("too large"),
            std::string::npos);
  EXPECT_NE(lookup.refusal(tensorOf(TensorProto::STRING, {1})).find("string"),
            std::string::npos);
  EXPECT_TRUE(lookup.find(tensorOf(TensorProto::FLOAT, {0, 5})));
}

TEST(TensorData, ExternalData) {
  Lookup lookup;
  float values[3] = {1.5f, 2.5f, 3.5f};
  lookup.folder.write("weights.bin",
                      std::string(reinterpret_cast<char *>(values), 12));
  auto data = lookup.find(external("weights.bin", "4", "8"));
  ASSERT_TRUE(data) << lookup.error;
  EXPECT_EQ(data->offset(), 4u);
  EXPECT_EQ(data->floatAt(1), 3.5);
  EXPECT_TRUE(lookup.find(external("./weights.bin", "", "")));

  auto expectRefusal = [&](const TensorProto &tensor, const char *part) {
    EXPECT_NE(lookup.refusal(tensor).find(part), std::string::npos)
        << lookup.error;
  };
  expectRefusal(external("weights.bin", "8", "8"), "has 12 bytes");
  expectRefusal(external("weights.bin", "18446744073709551615", ""),
                "not a number");
  expectRefusal(external("weights.bin", "-4", ""), "not a number");
  expectRefusal(external("weights.bin", "0", "4"), "need 8");
  expectRefusal(external("absent.bin", "", ""), "absent.bin");
  expectRefusal(external("../weights.bin", "", ""), "inside the folder");
  expectRefusal(external("a/../../b", "", ""), "inside the folder");
  expectRefusal(external("/etc/passwd", "", ""), "inside the folder");
  expectRefusal(external("", "0", "8"), "without a location");
}

} // namespace
