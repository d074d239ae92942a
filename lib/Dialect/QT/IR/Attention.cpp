//===- Attention.cpp - Attention in split form -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

namespace {
/// The sizes of an attention tensor, whatever their order in memory.
struct HeadSizes {
  int64_t batch, heads, tokens, width;
};
} // namespace

/// Checks one of q, k, v and reads its sizes.
static FailureOr<HeadSizes> verifyOperand(AttentionOp op, StringRef what,
                                          ValueRange parts, TypeAttr format,
                                          HeadOrder order,
                                          HeadRangeAttr range) {
  if (parts.empty())
    return op.emitOpError() << what << " has no parts";
  auto first = cast<RankedTensorType>(parts[0].getType());
  SmallVector<int64_t> shape(first.getShape());
  bool isFloat = parts.size() == 1 && first.getElementType().isF32();
  if (!isFloat) {
    if (!format)
      return op.emitOpError() << what << " of " << parts.getTypes()
                              << " has no format; without one it is one f32 "
                                 "tensor";
    auto block = cast<BlockType>(format.getValue());
    shape = getValueShape(parts.getTypes(), block);
    if (shape.size() == 4 &&
        failed(verifyParts([&] { return op.emitOpError(); }, what,
                           parts.getTypes(), block, shape)))
      return failure();
  } else if (format && shape.size() == 4 &&
             failed(cast<BlockType>(format.getValue())
                        .verifyShape(
                            [&] { return op.emitOpError() << what << ": "; },
                            shape))) {
    return failure();
  }
  if (shape.size() != 4)
    return op.emitOpError()
           << what << " has rank " << shape.size() << ", attention takes 4";
  if (order == HeadOrder::BSHD)
    std::swap(shape[1], shape[2]);
  if (range) {
    if (!isFloat)
      return op.emitOpError() << what << " has a range of heads; supported: of "
                              << "one f32 tensor";
    int64_t last = range.getFirst() + (range.getCount() - 1) * range.getStep();
    if (!ShapedType::isDynamic(shape[1]) && last >= shape[1])
      return op.emitOpError() << what << ": head " << last << " of a tensor of "
                              << shape[1] << " heads";
    shape[1] = range.getCount();
  }
  return HeadSizes{shape[0], shape[1], shape[2], shape[3]};
}

LogicalResult AttentionOp::verify() {
  FailureOr<HeadSizes> q = verifyOperand(*this, "q", getQ(), getQFormatAttr(),
                                         getQOrder(), getQHeadsAttr());
  if (failed(q))
    return failure();
  FailureOr<HeadSizes> k = verifyOperand(*this, "k", getK(), getKFormatAttr(),
                                         getKOrder(), getKHeadsAttr());
  if (failed(k))
    return failure();
  FailureOr<HeadSizes> v = verifyOperand(*this, "v", getV(), getVFormatAttr(),
                                         getVOrder(), getVHeadsAttr());
  if (failed(v))
    return failure();
  auto result = getType();
  if (result.getRank() != 4)
    return emitOpError() << "result has rank " << result.getRank()
                         << ", attention gives 4";
  SmallVector<int64_t> shape(result.getShape());
  if (getResultOrder() == HeadOrder::BSHD)
    std::swap(shape[1], shape[2]);
  auto agree = [&](StringRef what, int64_t a, int64_t b) -> LogicalResult {
    if (succeeded(verifyCompatibleDims({a, b})))
      return success();
    return emitOpError() << what << " differ: " << a << " and " << b;
  };
  if (failed(agree("batch sizes of q and k", q->batch, k->batch)) ||
      failed(agree("batch sizes of q and v", q->batch, v->batch)) ||
      failed(agree("batch sizes of q and the result", q->batch, shape[0])) ||
      failed(agree("heads of q and the result", q->heads, shape[1])) ||
      failed(agree("tokens of q and the result", q->tokens, shape[2])) ||
      failed(agree("widths of v and the result", v->width, shape[3])) ||
      failed(agree("widths of q and k", q->width, k->width)) ||
      failed(agree("heads of k and v", k->heads, v->heads)) ||
      failed(agree("tokens of k and v", k->tokens, v->tokens)))
    return failure();
  if (!ShapedType::isDynamic(q->heads) && !ShapedType::isDynamic(k->heads) &&
      (k->heads == 0 ? q->heads != 0 : q->heads % k->heads != 0))
    return emitOpError() << k->heads << " key heads do not divide " << q->heads
                         << " query heads";
  if (Value mask = getMask()) {
    auto type = cast<RankedTensorType>(mask.getType());
    SmallVector<int64_t> scores{q->batch, q->heads, q->tokens, k->tokens};
    SmallVector<int64_t> both;
    if (!OpTrait::util::getBroadcastedShape(type.getShape(), scores, both) ||
        both.size() != 4 || failed(verifyCompatibleShape(both, scores)))
      return emitOpError() << "mask of type " << type
                           << " does not broadcast to the scores "
                           << RankedTensorType::get(scores,
                                                    type.getElementType());
  }
  if (failed(nn::verifyKeyWindow(*this, q->batch)))
    return failure();
  if (!getQFormatAttr() != !getKFormatAttr())
    return emitOpError() << "q and k: one is quantised, the other is not";
  if (!getVFormatAttr() != !getPFormatAttr())
    return emitOpError() << "v and P: one is quantised, the other is not";
  if (auto p = getPFormatAttr()) {
    // Rows are the unit of P: its scale is found when a row is complete.
    auto format = cast<BlockType>(p.getValue());
    SmallVector<int64_t> row{1, 1, 1, ShapedType::kDynamic};
    if (format.getShape() != ArrayRef(row))
      return emitOpError() << "p_format " << Type(format)
                           << "; supported: one block per row, [1, 1, 1, ?]";
  }
  if (auto format = getVFormatAttr()) {
    // One scale per key, which the row of P takes over.
    auto v = cast<BlockType>(format.getValue());
    if (v.getOuter() || v.getZero() ||
        !ShapedType::isDynamic(v.getShape().back()))
      return emitOpError() << "v_format " << Type(v)
                           << "; supported: one scale for every token and head";
  }
  bool encodes = (getQFormatAttr() && getQ().size() == 1) ||
                 (getKFormatAttr() && getK().size() == 1) ||
                 (getVFormatAttr() && getV().size() == 1);
  if (encodes && !getEncodingAttr())
    return emitOpError() << "has to encode an operand and has no encoding";
  return success();
}
