//===- JointValues.cpp - Integers that stand for floats ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JointValues.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;

bool quantc::isFloat(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return tensor && tensor.getElementType().isF32();
}

bool quantc::isJoint(Value value) {
  return qt::getBlockFormat(value.getType()) != nullptr;
}

Value JointValues::getSource(Value value) const {
  if (!isConstantSlice(value))
    value = getFloats(value);
  Value integers = lookup(value);
  return integers ? integers : value;
}

/// Whether elements of a row have exponents of their own, with others of their
/// column or alone.
static bool splitsRows(qt::BlockType format) {
  return !format.getOuter() && format.getShape().back() == 1;
}

/// The blocks before \p op of what has \p blocks behind it, where rows that
/// share an exponent are then next to each other: rescaling there is the same
/// and leaves less to move.
static std::optional<SmallVector<int64_t>>
getBlocksBefore(nn::TransposeOp op, ArrayRef<int64_t> blocks) {
  SmallVector<int64_t> before(blocks.size());
  for (auto [dim, from] : llvm::enumerate(op.getPerm()))
    before[from] = blocks[dim];
  ArrayRef<int64_t> rows =
      ArrayRef(before).drop_while([](int64_t extent) { return extent == 1; });
  if (rows.empty() || llvm::is_contained(rows, 1))
    return std::nullopt;
  return before;
}

/// Codes of \p value behind it: rows that another user needed stand behind what
/// they are made of, too.
static Value quantize(OpBuilder &builder, Value value, qt::BlockType format,
                      qt::EncodingAttr encoding) {
  builder.setInsertionPointAfterValue(value);
  return qt::QuantizeOp::create(builder, value.getLoc(), value, format,
                                encoding)
      .getResult(0);
}

/// Weights in another format than the recipe's, whose scales are floats.
static Value encodeWeights(OpBuilder &builder, Value value,
                           qt::BlockType format) {
  return quantize(builder, getFloats(value), format,
                  qt::getWeightEncoding(format));
}

Value JointValues::encodeFloat(OpBuilder &builder, Value value,
                               RankedTensorType type) {
  qt::BlockType format = qt::getBlockFormat(type);
  auto getFormat = [&](ArrayRef<int64_t> blocks, bool isWide) {
    return qt::getIntegerFormat(type.getContext(), blocks,
                                isWide ? qt::summandBits : qt::rowBits);
  };
  // Rows, images and elements are encoded from floats, other blocks from rows.
  bool isWide = qt::isWide(format) && qt::isInputFormat(format);
  if (qt::isInputFormat(format) && !isConstantSlice(value) &&
      llvm::all_of(format.getShape(),
                   [](int64_t extent) { return extent == 1; }))
    return quantize(builder, value, format,
                    qt::getSignedEncoding(format, qt::ScaleRule::Norm));
  qt::BlockType row = getFormat(
      format.getOuter() ? format.getOuterShape() : format.getShape(), isWide);
  auto rows = qt::getRowBlocks(type.getRank());
  bool isImage =
      !isWide && row.getShape() == ArrayRef(qt::getImageBlocks(type.getRank()));
  if (!isImage && row.getShape() != ArrayRef(rows) && !isConstantSlice(value))
    row = getFormat(rows, isWide || splitsRows(format));
  RankedTensorType rowType = type.clone(row);
  if (rowType != type)
    return getAs(builder, getAs(builder, value, rowType), type);
  return quantize(builder, value, format,
                  qt::getSignedEncoding(row, qt::ScaleRule::Norm));
}

Value JointValues::encode(OpBuilder &builder, Value value, Type type) {
  qt::BlockType format = qt::getBlockFormat(type);
  auto tensor = cast<RankedTensorType>(type);
  if (format.getScale().getFormat().isFloat() ||
      (format.getOuter() && format.getOuter().getFormat().isFloat()))
    return encodeWeights(builder, value, format);
  // At the border, or of a constant.
  if (getElementTypeOrSelf(value.getType()).isF32())
    return encodeFloat(builder, value, tensor);
  if (format.getOuter()) {
    RankedTensorType rowType = tensor.clone(qt::getIntegerFormat(
        type.getContext(), format.getOuterShape(), qt::rowBits));
    return quantize(builder, getAs(builder, value, rowType), format,
                    qt::getSignedEncoding(format, qt::ScaleRule::Norm));
  }
  if (auto transpose = value.getDefiningOp<nn::TransposeOp>())
    if (auto blocks = getBlocksBefore(transpose, format.getShape())) {
      auto before = transpose.getInput().getType().clone(qt::getIntegerFormat(
          type.getContext(), *blocks, format.getElement().getBitWidth()));
      return nn::TransposeOp::create(
          builder, value.getLoc(), type,
          getAs(builder, transpose.getInput(), before), transpose.getPerm());
    }
  return qt::RescaleOp::create(builder, value.getLoc(), type,
                               qt::Rounding::HalfUp, value,
                               /*multiplier=*/Value(), /*shift=*/Value());
}

/// Whether codes of rows leave a part of their range to a target's float-scaled
/// products, which integer sums do not need: bits are those of every target.
static bool isReduced(Value value) {
  auto quantize = value.getDefiningOp<qt::QuantizeOp>();
  if (!quantize || quantize.getEncoding().getRule() != qt::ScaleRule::AbsMax)
    return false;
  qt::BlockType format = quantize.getResultFormat();
  return !format.getOuter() &&
         quantize.getEncoding() !=
             qt::getSignedEncoding(format, qt::ScaleRule::AbsMax);
}

Value JointValues::getAs(OpBuilder &builder, Value value, Type type) {
  if (getElementTypeOrSelf(value.getType()) == getElementTypeOrSelf(type) &&
      !isReduced(value))
    return value;
  Value &known = converted[{value, type}];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  // The reference may move while other conversions are entered.
  Value made = encode(builder, value, type);
  return converted[{value, type}] = made;
}
