//===- Graph.h - The order and soundness of an ONNX graph -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_GRAPH_H
#define QUANTC_LIB_IMPORT_ONNX_GRAPH_H

#include <string>
#include <vector>

namespace quantc_onnx {
class GraphProto;
class NodeProto;
} // namespace quantc_onnx

namespace quantc::onnx {

/// How messages speak of a node: by its name, or by its first output where it
/// has none.
std::string describeNode(const quantc_onnx::NodeProto &node);

/// Checks that every value of the graph is defined exactly once, that every use
/// has a definition and that nodes form no cycle, and adds what is wrong to
/// `problems`. Returns the indices of the nodes that the graph's outputs depend
/// on, producers before users; ONNX asks for this order, files do not always
/// keep it.
std::vector<int> orderNodes(const quantc_onnx::GraphProto &graph,
                            std::vector<std::string> &problems);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_GRAPH_H
