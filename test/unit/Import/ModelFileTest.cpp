//===- ModelFileTest.cpp - Reading ONNX files, damaged ones too -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/ModelFile.h"
#include "TemporaryFolder.h"
#include "quantc/Import/ONNX/TensorData.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace quantc;
using namespace quantc::onnx;
using quantc_onnx::TensorProto;

namespace {

/// A small model with weights as initialisers and in a constant node.
std::string makeModel() {
  quantc_onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("a test");
  auto *graph = model.mutable_graph();
  for (int i = 0; i < 3; ++i) {
    TensorProto *tensor = graph->add_initializer();
    tensor->set_name("w" + std::to_string(i));
    tensor->set_data_type(TensorProto::FLOAT);
    tensor->add_dims(4);
    if (i == 1) { // one of them in the typed field
      for (int k = 0; k < 4; ++k)
        tensor->add_float_data(k + 0.5f);
      continue;
    }
    float values[4] = {1.0f * i, 2.0f, 3.0f, 4.0f};
    tensor->set_raw_data(values, sizeof(values));
  }
  graph->add_node()->set_op_type("Relu");
  auto *node = graph->add_node();
  node->set_op_type("Constant");
  node->add_attribute()->set_name("first");
  auto *attribute = node->add_attribute();
  attribute->set_name("value");
  attribute->set_type(quantc_onnx::AttributeProto::TENSOR);
  attribute->mutable_t()->set_data_type(TensorProto::INT64);
  int64_t seven = 7;
  attribute->mutable_t()->set_raw_data(&seven, 8);
  return model.SerializeAsString();
}

/// Reads everything that a model offers.
void readAll(const ModelFile &file) {
  const auto &graph = file.model().graph();
  std::string error;
  auto visit = [&](const TensorProto &tensor) {
    if (auto data = TensorData::find(file, tensor, error)) {
      double sum = 0;
      if (dataTypeBits(data->dataType()) >= 8)
        for (int64_t i = 0; i < data->count(); ++i)
          sum += data->floatAt(i) + static_cast<double>(data->intAt(i));
      volatile double sink = sum;
      (void)sink;
    }
  };
  for (const auto &tensor : graph.initializer())
    visit(tensor);
  for (const auto &node : graph.node())
    for (const auto &attribute : node.attribute())
      visit(attribute.t());
}

TEST(ModelFile, LeavesWeightsInTheFile) {
  test::TemporaryFolder folder;
  std::string error;
  auto file = ModelFile::read(folder.write("m.onnx", makeModel()), error);
  ASSERT_TRUE(file) << error;
  EXPECT_EQ(file->model().producer_name(), "a test");
  const auto &graph = file->model().graph();
  ASSERT_EQ(graph.initializer_size(), 3);
  EXPECT_FALSE(graph.initializer(0).has_raw_data());
  EXPECT_EQ(graph.initializer(2).name(), "w2");

  auto third = TensorData::find(*file, graph.initializer(2), error);
  ASSERT_TRUE(third) << error;
  EXPECT_EQ(third->file(), file->file());
  EXPECT_EQ(third->floatAt(0), 2.0);
  EXPECT_EQ(third->floatAt(3), 4.0);

  auto second = TensorData::find(*file, graph.initializer(1), error);
  ASSERT_TRUE(second) << error;
  EXPECT_EQ(second->file(), nullptr);
  EXPECT_EQ(second->floatAt(3), 3.5);

  auto constant =
      TensorData::find(*file, graph.node(1).attribute(1).t(), error);
  ASSERT_TRUE(constant) << error;
  EXPECT_EQ(constant->file(), file->file());
  EXPECT_EQ(constant->intAt(0), 7);
}

TEST(ModelFile, RefusesWhatIsNoModel) {
  test::TemporaryFolder folder;
  auto refusal = [&](const std::string &bytes) {
    std::string error;
    EXPECT_FALSE(ModelFile::read(folder.write("bad.onnx", bytes), error));
    return error;
  };
  EXPECT_NE(refusal("").find("is empty"), std::string::npos);
  EXPECT_NE(refusal("just some text\n").find("not an ONNX model"),
            std::string::npos);
  EXPECT_NE(refusal(std::string(1000, '\xff')).find("not an ONNX model"),
            std::string::npos);
  EXPECT_NE(refusal(std::string(1000, '\0')).find("not an ONNX model"),
            std::string::npos);
  quantc_onnx::ModelProto noGraph;
  noGraph.set_ir_version(8);
  EXPECT_NE(refusal(noGraph.SerializeAsString()).find("no graph"),
            std::string::npos);

  std::string error;
  EXPECT_FALSE(ModelFile::read(folder.path + "/absent.onnx", error));
  EXPECT_NE(error.find("absent.onnx"), std::string::npos);
  EXPECT_FALSE(ModelFile::read(folder.path, error));
  EXPECT_NE(error.find("directory"), std::string::npos);
}

TEST(ModelFile, SurvivesTruncation) {
  test::TemporaryFolder folder;
  std::string whole = makeModel();
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string error;
    auto file =
        ModelFile::read(folder.write("t.onnx", whole.substr(0, size)), error);
    if (file)
      readAll(*file);
    else
      EXPECT_FALSE(error.empty());
  }
}

TEST(ModelFile, SurvivesFlippedBits) {
  test::TemporaryFolder folder;
  std::string whole = makeModel();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit : {0, 1, 3, 6, 7}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      std::string error;
      if (auto file = ModelFile::read(folder.write("f.onnx", damaged), error))
        readAll(*file);
    }
  }
}

TEST(ModelFile, SurvivesDeepNesting) {
  // Subgraph in an attribute of a node in a subgraph ...: deeper than any
  // parser should follow.
  std::string inner;
  auto wrap = [&](char tag) {
    std::string length;
    size_t size = inner.size();
    for (; size >= 0x80; size >>= 7)
      length.push_back(static_cast<char>(size | 0x80));
    length.push_back(static_cast<char>(size));
    inner = std::string(1, tag) + length + inner;
  };
  for (int depth = 0; depth < 2000; ++depth) {
    wrap('\x32'); // g of an attribute
    wrap('\x2a'); // attribute of a node
    wrap('\x0a'); // node of a graph
  }
  wrap('\x3a');
  test::TemporaryFolder folder;
  std::string error;
  EXPECT_FALSE(
      ModelFile::read(folder.write("deep.onnx", "\x08\x08" + inner), error));
  EXPECT_FALSE(error.empty());
}

} // namespace
