//===- Bitwise.cpp - Bits of integers ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

/// Narrow integers are computed with in wider ones, with the same sign or none,
/// which `and`, `or` and `xor` keep.
template <char const *Kind> static void importBitwise(NodeBinder &node) {
  Value a = node.input(0, Integer), b = node.input(1, Integer);
  node.requireSameElements({a, b});
  if (!node.failed())
    node.output(0, node.emit().binary(Kind, a, b));
}

static void importBitwiseNot(NodeBinder &node) {
  Value x = node.input(0, Integer);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.outputWrapped(
      0, emit.binary("xor", x, emit.scalar(typeOf(x).getElementType(), -1)));
}

static bool isUnsigned(NodeBinder &node) {
  Type type = signatureType(node.dataType(0), node.importState().context());
  return type && type.isUnsignedInteger();
}

/// By less than none, or as many places as there are bits, nothing is left but
/// copies of the sign.
static void importBitShift(NodeBinder &node) {
  StringRef direction = node.choice("direction", "", {"LEFT", "RIGHT"});
  Value x = node.input(0, Integer), places = node.input(1, Integer);
  node.requireSameElements({x, places});
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Type type = typeOf(x).getElementType();
  Value zero = emit.scalar(type, 0);
  if (direction == "LEFT") {
    Value isForward = emit.compare("ge", places, zero);
    places = emit.select(isForward, places, emit.scalar(type, 64));
    x = emit.binary("rshift", x, emit.unary("neg", places));
  } else if (isUnsigned(node)) {
    x = emit.binary("shr", x, places);
  } else {
    // Zeros that come in stand for the sign while a number below 0 is inverted.
    Value sign =
        emit.select(emit.compare("lt", x, zero), emit.scalar(type, -1), zero);
    x = emit.binary("shr", emit.binary("xor", x, sign), places);
    x = emit.binary("xor", x, sign);
  }
  node.outputWrapped(0, x);
}

static constexpr char And[] = "and", Or[] = "or", Xor[] = "xor";

void quantc::onnx::addBitwiseOps(OpTable &table) {
  table.add("BitwiseAnd", importBitwise<And>, 18, 2, 2);
  table.add("BitwiseOr", importBitwise<Or>, 18, 2, 2);
  table.add("BitwiseXor", importBitwise<Xor>, 18, 2, 2);
  table.add("BitwiseNot", importBitwiseNot, 18, 1, 1);
  table.add("BitShift", importBitShift, 11, 2, 2);
}
