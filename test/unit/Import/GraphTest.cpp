//===- GraphTest.cpp - Graphs that are none, and their order ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Import/ONNX/Graph.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <gtest/gtest.h>

using namespace quantc::onnx;
using quantc_onnx::GraphProto;

namespace {

void addNode(GraphProto &graph, const std::string &name,
             const std::vector<std::string> &inputs,
             const std::string &output) {
  auto *node = graph.add_node();
  node->set_op_type("Op");
  node->set_name(name);
  for (const std::string &input : inputs)
    node->add_input(input);
  node->add_output(output);
}

TEST(Graph, OrdersProducersFirstAndLeavesOutTheDead) {
  GraphProto graph;
  graph.add_input()->set_name("x");
  graph.add_output()->set_name("z");
  addNode(graph, "last", {"y", "x"}, "z");
  addNode(graph, "dead", {"y"}, "unused");
  addNode(graph, "first", {"x", ""}, "y");
  std::vector<std::string> problems;
  EXPECT_EQ(orderNodes(graph, problems), (std::vector<int>{2, 0}));
  EXPECT_TRUE(problems.empty());
}

TEST(Graph, LongChainsDoNotOverflowTheStack) {
  GraphProto graph;
  graph.add_input()->set_name("v0");
  for (int i = 200000; i > 0; --i)
    addNode(graph, "", {"v" + std::to_string(i - 1)}, "v" + std::to_string(i));
  graph.add_output()->set_name("v200000");
  std::vector<std::string> problems;
  EXPECT_EQ(orderNodes(graph, problems).size(), 200000u);
  EXPECT_TRUE(problems.empty());
}

TEST(Graph, ReportsAllThatIsWrong) {
  GraphProto graph;
  graph.add_input()->set_name("x");
  graph.add_initializer()->set_name("x"); // a default: allowed
  graph.add_initializer()->set_name("w");
  graph.add_initializer()->set_name("w");
  addNode(graph, "a", {"x", "c_out"}, "a_out");
  addNode(graph, "b", {"a_out"}, "b_out");
  addNode(graph, "c", {"b_out"}, "c_out");
  addNode(graph, "", {"missing", "missing"}, "b_out");
  graph.add_output()->set_name("b_out");
  graph.add_output()->set_name("nowhere");
  std::vector<std::string> problems;
  orderNodes(graph, problems);
  std::vector<std::string> expected = {
      "value 'w' is defined more than once",
      "value 'b_out' is defined more than once",
      "the unnamed node of value 'b_out' (Op): its input 'missing' is defined "
      "nowhere",
      "the graph's output 'nowhere' is defined nowhere",
      "nodes form a cycle: node 'b' (Op) <- node 'a' (Op) <- node 'c' (Op) <- "
      "node 'b' (Op)"};
  EXPECT_EQ(problems, expected);
}

TEST(Graph, ReportsCyclesThatNoOutputNeeds) {
  GraphProto graph;
  graph.add_input()->set_name("x");
  graph.add_output()->set_name("x");
  addNode(graph, "self", {"s"}, "s");
  std::vector<std::string> problems;
  EXPECT_TRUE(orderNodes(graph, problems).empty());
  EXPECT_EQ(problems, std::vector<std::string>{"nodes form a cycle: node "
                                               "'self' (Op) <- node 'self' "
                                               "(Op)"});
}

} // namespace
