//===- Quantizing.cpp - QuantizeLinear and its inverse ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As arithmetic on floats, so that a pair of both is what the model says it is:
// a value on the grid of its codes.
//
//===----------------------------------------------------------------------===//

#include "NodeBinder.h"
#include "OpTable.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

#include "llvm/ADT/StringExtras.h"

using namespace quantc;
using namespace quantc::onnx;
using namespace mlir;
using quantc_onnx::TensorProto;

namespace {
struct CodeRange {
  double low, high;
};
} // namespace

static std::optional<CodeRange> getCodeRange(int32_t dataType) {
  switch (dataType) {
  case TensorProto::INT8:
    return CodeRange{-128, 127};
  case TensorProto::UINT8:
    return CodeRange{0, 255};
  case TensorProto::INT16:
    return CodeRange{-32768, 32767};
  case TensorProto::UINT16:
    return CodeRange{0, 65535};
  default:
    return std::nullopt;
  }
}

/// A scale or zero point, one or one for each index of an axis of x, in the
/// shape that broadcasts to x. Null after an error.
static Value spread(NodeBinder &node, Value parameter, Value x,
                    std::optional<int64_t> axis) {
  auto type = typeOf(parameter);
  if (type.getRank() == 0 || (type.hasStaticShape() && type.getRank() == 1 &&
                              type.getNumElements() == 1))
    return node.emit().reshape(parameter, ArrayRef<Size>());
  if (type.getRank() != 1 || !axis) {
    node.problem("has a scale of rank " + Twine(type.getRank()) +
                 "; supported: one scale, or one for each index of an axis");
    return {};
  }
  SmallVector<Size> sizes;
  for (int64_t dim = 0; dim < rankOf(x); ++dim)
    sizes.push_back(dim == *axis ? Size(parameter, 0) : Size(1));
  return node.emit().reshape(parameter, sizes);
}

/// The axis of scales; reports attributes of blocks.
static std::optional<int64_t> getAxis(NodeBinder &node, Value x) {
  if (node.opset() >= 21)
    if (int64_t size = node.integer("block_size", 0))
      node.unsupported("block_size", Twine(size), "0");
  if (node.opset() < 13 || rankOf(x) == 0)
    return std::nullopt;
  int64_t axis = node.integer("axis", 1);
  // The attribute means nothing beside one scale.
  if (node.hasInput(1) && axis >= rankOf(x))
    return std::nullopt;
  return node.normalizeAxis(axis, rankOf(x), "axis");
}

/// For a node without inputs to go by: its attributes are none of its errors.
static void ignoreAxis(NodeBinder &node) {
  node.ignore("axis");
  node.ignore("block_size");
}

/// The scale of x in the shape that broadcasts to it, and the axis that it
/// belongs to. Null after an error.
static Value bindUnit(NodeBinder &node, Value x, Value scale,
                      std::optional<int64_t> &axis) {
  axis = getAxis(node, x);
  return node.failed() ? Value() : spread(node, scale, x, axis);
}

static void importQuantize(NodeBinder &node) {
  Value x = node.input(0, Float), scale = node.input(1, Float);
  Value zero = node.optionalInput(2, Integer);
  int64_t stated = 0;
  if (node.opset() >= 21)
    stated = node.integer("output_dtype", 0);
  if (node.opset() >= 19)
    node.ignore("saturate");
  if (node.opset() >= 23)
    node.ignore("precision");
  if (node.failed())
    return ignoreAxis(node);
  int32_t dataType = zero     ? node.dataType(2)
                     : stated ? static_cast<int32_t>(stated)
                              : int32_t(TensorProto::UINT8);
  std::optional<CodeRange> range = getCodeRange(dataType);
  if (!range)
    node.problem("gives codes of type " + dataTypeName(dataType) +
                 "; supported: int8, uint8, int16 and uint16");
  Emitter &emit = node.emit();
  std::optional<int64_t> axis;
  Value unit = bindUnit(node, x, scale, axis);
  if (node.failed())
    return;
  Value codes = emit.unary("round", emit.binary("div", x, unit));
  std::optional<double> constant =
      zero ? constantScalar(zero) : std::optional<double>(0);
  if (constant != 0.0) {
    Value offset = spread(node, zero, x, axis);
    if (node.failed())
      return;
    codes = emit.binary("add", codes, emit.cast(offset, emit.f32()));
  }
  codes = emit.clip(codes, range->low, range->high);
  node.output(0, emit.cast(codes, emit.i32()), dataType);
}

/// Whether \p value, of floats, holds integers: a zero point.
static bool isWhole(Value value) {
  if (auto cast = value.getDefiningOp<nn::CastOp>())
    return typeOf(cast.getInput()).getElementType().isInteger();
  DenseElementsAttr constant;
  return matchPattern(value, m_Constant(&constant)) &&
         llvm::all_of(constant.getValues<APFloat>(),
                      [](const APFloat &number) { return number.isInteger(); });
}

/// Whether \p value is what QuantizeLinear casts: whole numbers in a range.
static bool isRounded(Value value) {
  auto clip = value.getDefiningOp<nn::ClipOp>();
  if (!clip || !isa<FloatType>(typeOf(value).getElementType()))
    return false;
  Value number = clip.getInput();
  if (auto sum = number.getDefiningOp<nn::BinaryOp>();
      sum && sum.getKind() == nn::BinaryKind::Add && isWhole(sum.getRhs()))
    number = sum.getLhs();
  auto round = number.getDefiningOp<nn::UnaryOp>();
  return round && round.getKind() == nn::UnaryKind::Round;
}

static void importDequantize(NodeBinder &node) {
  Value x = node.input(0, Integer), scale = node.input(1, Float);
  Value zero = node.optionalInput(2, Integer);
  if (node.opset() >= 23 && node.integer("output_dtype", 1) != 1)
    node.problem("gives another type than float; supported: float");
  if (node.failed())
    return ignoreAxis(node);
  Emitter &emit = node.emit();
  std::optional<int64_t> axis;
  Value unit = bindUnit(node, x, scale, axis);
  if (node.failed())
    return;
  // Codes that were floats a moment ago are those floats.
  auto cast = x.getDefiningOp<nn::CastOp>();
  bool isCode = cast && isRounded(cast.getInput());
  bool isOffset = zero && constantScalar(zero) != 0.0;
  Value offset = isOffset ? spread(node, zero, x, axis) : Value();
  if (node.failed())
    return;
  Value number = isCode ? cast.getInput() : x;
  if (offset && isCode)
    offset = emit.cast(offset, emit.f32());
  if (offset)
    number = emit.binary("sub", number, offset);
  node.output(0, emit.binary("mul", emit.cast(number, emit.f32()), unit),
              TensorProto::FLOAT);
}

void quantc::onnx::addQuantizingOps(OpTable &table) {
  table.add("QuantizeLinear", importQuantize, 10, 2, 3);
  table.add("DequantizeLinear", importDequantize, 10, 2, 3);
}
