//===- Cast.cpp - Conversions of element types ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

/// Narrow types are computed with in wider ones. A cast to a small integer
/// wraps to it on the way there; half precision is not rounded to, so that a
/// model's floats are as exact as those that it is compiled to.
static Value castThrough(NodeBinder &node, Value x, int32_t dataType) {
  MLIRContext *context = node.importState().context();
  Type type = computationType(dataType, context),
       narrow = signatureType(dataType, context);
  // Those above the signed ones are computed with as numbers below 0.
  int32_t unsigned64 = quantc_onnx::TensorProto::UINT64;
  if (node.dataType(0) == unsigned64)
    x = node.emit().cast(x, signatureType(unsigned64, context));
  if (type.isInteger() && narrow.getIntOrFloatBitWidth() < 64)
    x = node.emit().cast(x, narrow);
  return node.emit().cast(x, type);
}

static void importCast(NodeBinder &node) {
  // Both are about float8 targets only.
  if (node.opset() >= 19)
    node.ignore("saturate");
  if (node.opset() >= 24)
    node.ignore("round_mode");
  std::optional<int64_t> to = node.integer("to");
  int32_t dataType = 0;
  if (!to) {
    node.problem("attribute to is missing");
  } else {
    dataType = static_cast<int32_t>(
        std::clamp<int64_t>(*to, -1, std::numeric_limits<int32_t>::max()));
    if (!computationType(dataType, node.importState().context()))
      node.unsupported("to", Twine(*to) + " (" + dataTypeName(dataType) + ")",
                       supportedDataTypes());
  }
  Value x = node.input(0);
  if (!node.failed())
    node.output(0, castThrough(node, x, dataType), dataType);
}

static void importCastLike(NodeBinder &node) {
  if (node.opset() >= 19)
    node.ignore("saturate");
  if (node.opset() >= 24)
    node.ignore("round_mode");
  Value x = node.input(0), like = node.input(1);
  if (node.failed())
    return;
  int32_t dataType = node.dataType(1);
  node.output(0,
              dataType ? castThrough(node, x, dataType)
                       : node.emit().cast(x, typeOf(like).getElementType()),
              dataType);
}

void quantc::onnx::addCastOps(OpTable &table) {
  table.add("Cast", importCast, 6, 1, 1);
  table.add("CastLike", importCastLike, 15, 2, 2);
}
