//===- Graph.cpp - The order and soundness of an ONNX graph -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <set>
#include <unordered_map>

using namespace quantc::onnx;
using quantc_onnx::GraphProto;
using quantc_onnx::NodeProto;

std::string quantc::onnx::describeNode(const NodeProto &node) {
  std::string text;
  if (!node.name().empty()) {
    text = "node '" + node.name() + "'";
  } else {
    text = "the unnamed node";
    for (const std::string &output : node.output())
      if (!output.empty()) {
        text += " of value '" + output + "'";
        break;
      }
  }
  return text + " (" + node.op_type() + ")";
}

namespace {

class Orderer {
public:
  Orderer(const GraphProto &graph, std::vector<std::string> &problems)
      : graph(graph), problems(problems) {}

  std::vector<int> run() {
    define();
    checkUses();
    for (const auto &output : graph.output()) {
      auto found = producer.find(output.name());
      if (found != producer.end() && found->second >= 0)
        visit(found->second);
    }
    // What no output depends on is left out, but a cycle there is no graph
    // either.
    std::vector<int> live = order;
    for (int node = 0; node < graph.node_size(); ++node)
      visit(node);
    return live;
  }

private:
  enum class Mark : char { New, Open, Done };

  void define();
  void checkUses();
  void visit(int root);
  void reportCycle(const std::vector<int> &path, int entry);

  const GraphProto &graph;
  std::vector<std::string> &problems;
  /// The node that produces a value; -1 for inputs and initialisers.
  std::unordered_map<std::string, int> producer;
  std::vector<Mark> marks;
  std::vector<int> order;
};

} // namespace

void Orderer::define() {
  marks.assign(graph.node_size(), Mark::New);
  auto report = [&](const std::string &name) {
    problems.push_back("value '" + name + "' is defined more than once");
  };
  for (const auto &input : graph.input())
    if (!producer.emplace(input.name(), -1).second)
      report(input.name());
  // An initialiser may carry the name of an input: it is the input's default.
  std::set<std::string> initialisers;
  for (const auto &tensor : graph.initializer()) {
    if (!initialisers.insert(tensor.name()).second)
      report(tensor.name());
    producer.emplace(tensor.name(), -1);
  }
  for (const auto &sparse : graph.sparse_initializer())
    producer.emplace(sparse.values().name(), -1);
  for (int node = 0; node < graph.node_size(); ++node)
    for (const std::string &output : graph.node(node).output())
      if (!output.empty() && !producer.emplace(output, node).second)
        report(output);
}

void Orderer::checkUses() {
  std::set<std::string> reported;
  for (const NodeProto &node : graph.node())
    for (const std::string &input : node.input())
      if (!input.empty() && !producer.count(input) &&
          reported.insert(input).second)
        problems.push_back(describeNode(node) + ": its input '" + input +
                           "' is defined nowhere");
  for (const auto &output : graph.output())
    if (!producer.count(output.name()))
      problems.push_back("the graph's output '" + output.name() +
                         "' is defined nowhere");
  if (graph.output_size() == 0)
    problems.push_back("the graph has no outputs");
}

void Orderer::reportCycle(const std::vector<int> &path, int entry) {
  std::string text = "nodes form a cycle: ";
  size_t begin = 0;
  while (path[begin] != entry)
    ++begin;
  constexpr size_t shown = 8;
  for (size_t i = begin; i < path.size() && i < begin + shown; ++i)
    text += describeNode(graph.node(path[i])) + " <- ";
  if (path.size() > begin + shown)
    text += "... <- ";
  problems.push_back(text + describeNode(graph.node(entry)));
}

/// Depth-first, without recursion: graphs may be long chains.
void Orderer::visit(int root) {
  if (marks[root] != Mark::New)
    return;
  std::vector<int> path{root};
  std::vector<int> nextInput{0};
  marks[root] = Mark::Open;
  while (!path.empty()) {
    int node = path.back();
    int &next = nextInput.back();
    if (next == graph.node(node).input_size()) {
      marks[node] = Mark::Done;
      order.push_back(node);
      path.pop_back();
      nextInput.pop_back();
      continue;
    }
    auto found = producer.find(graph.node(node).input(next++));
    if (found == producer.end() || found->second < 0)
      continue;
    int from = found->second;
    if (marks[from] == Mark::Open) {
      reportCycle(path, from);
    } else if (marks[from] == Mark::New) {
      marks[from] = Mark::Open;
      path.push_back(from);
      nextInput.push_back(0);
    }
  }
}

std::vector<int> quantc::onnx::orderNodes(const GraphProto &graph,
                                          std::vector<std::string> &problems) {
  return Orderer(graph, problems).run();
}
