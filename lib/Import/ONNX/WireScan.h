//===- WireScan.h - Take the weights out of a serialised model --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_WIRESCAN_H
#define QUANTC_LIB_IMPORT_ONNX_WIRESCAN_H

#include "quantc/Import/ONNX/ModelFile.h"

#include <utility>
#include <vector>

namespace quantc::onnx {

/// A serialised ModelProto without the raw_data of the tensors that `ranges`
/// speaks of: the graph's initialisers and the tensor attributes of its nodes.
struct StrippedModel {
  std::string bytes;
  /// By index among the graph's initialisers.
  std::vector<std::optional<ByteRange>> initializers;
  /// By index of the node, and of the attribute among its attributes.
  std::map<std::pair<unsigned, unsigned>, ByteRange> attributes;
};

/// Walks the wire format of the `size` bytes at `data`. Returns nothing, and
/// says at which byte in `error`, when they are no sequence of protobuf fields.
std::optional<StrippedModel> stripRawData(const uint8_t *data, uint64_t size,
                                          std::string &error);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_WIRESCAN_H
