//===- IntegerAttention.cpp - Attention of integers -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;
using namespace quantc::numerics;

/// [batch, heads, tokens, width].
static SmallVector<int64_t> getInOrder(ArrayRef<int64_t> shape,
                                       HeadOrder order) {
  SmallVector<int64_t> sizes(shape);
  if (order == HeadOrder::BSHD)
    std::swap(sizes[1], sizes[2]);
  return sizes;
}

LogicalResult IntegerAttentionOp::verify() {
  auto shapeOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  for (auto [what, codes, exponents] :
       {std::tuple("q", getQ(), getQExponents()),
        std::tuple("k", getK(), getKExponents()),
        std::tuple("v", getV(), getVExponents()),
        std::tuple("result", getResult(), getExponents())}) {
    SmallVector<int64_t> expected(shapeOf(codes));
    expected.back() = 1;
    if (failed(verifyCompatibleShape(shapeOf(exponents), expected)))
      return emitOpError() << what << " of type " << codes.getType()
                           << " has exponents of type " << exponents.getType()
                           << "; supported: one for every token and head";
  }
  SmallVector<int64_t> q = getInOrder(shapeOf(getQ()), getQOrder()),
                       k = getInOrder(shapeOf(getK()), getKOrder()),
                       v = getInOrder(shapeOf(getV()), getVOrder()),
                       y = getInOrder(shapeOf(getResult()), getResultOrder());
  auto agree = [&](StringRef what, int64_t a, int64_t b) -> LogicalResult {
    if (succeeded(verifyCompatibleDims({a, b})))
      return success();
    return emitOpError() << what << " differ: " << a << " and " << b;
  };
  if (failed(agree("batch sizes of q and k", q[0], k[0])) ||
      failed(agree("batch sizes of q and v", q[0], v[0])) ||
      failed(agree("batch sizes of q and the result", q[0], y[0])) ||
      failed(agree("heads of q and the result", q[1], y[1])) ||
      failed(agree("heads of k and v", k[1], v[1])) ||
      failed(agree("tokens of q and the result", q[2], y[2])) ||
      failed(agree("tokens of k and v", k[2], v[2])) ||
      failed(agree("widths of q and k", q[3], k[3])) ||
      failed(agree("widths of v and the result", v[3], y[3])))
    return failure();
  if (!ShapedType::isDynamic(q[1]) && !ShapedType::isDynamic(k[1]) &&
      (k[1] == 0 ? q[1] != 0 : q[1] % k[1] != 0))
    return emitOpError() << k[1] << " key heads do not divide " << q[1]
                         << " query heads";
  if (q[3] > largestHead)
    return emitOpError() << "heads of " << q[3]
                         << " features; supported: up to " << largestHead;
  if (k[2] > mostKeys)
    return emitOpError() << k[2] << " keys; supported: up to " << mostKeys;
  if (!getMask())
    return success();
  SmallVector<int64_t> scores{q[0], q[1], q[2], k[2]}, both;
  if (!OpTrait::util::getBroadcastedShape(shapeOf(getMask()), scores, both) ||
      both.size() != 4 || failed(verifyCompatibleShape(both, scores)))
    return emitOpError() << "mask of type " << getMask().getType()
                         << " does not broadcast to the scores "
                         << RankedTensorType::get(
                                scores,
                                getElementTypeOrSelf(getMask().getType()));
  return success();
}

namespace {
/// One of q, k, v or the result.
struct HeadTensor {
  HeadTensor(const HostValue &codes, const HostValue &exponents,
             HeadOrder order)
      : codes(codes), exponents(exponents), order(order),
        sizes(getInOrder(codes.getShape(), order)) {}

  int64_t getRow(int64_t batch, int64_t head, int64_t token) const {
    return order == HeadOrder::BHSD
               ? (batch * sizes[1] + head) * sizes[2] + token
               : (batch * sizes[2] + token) * sizes[1] + head;
  }
  /// The rows of one head after each other, and their exponents.
  template <typename T>
  std::pair<std::vector<T>, std::vector<int32_t>> getHead(int64_t batch,
                                                          int64_t head) const {
    std::vector<T> all(sizes[2] * sizes[3]);
    std::vector<int32_t> e(sizes[2]);
    for (int64_t token = 0; token < sizes[2]; ++token) {
      int64_t row = getRow(batch, head, token);
      for (int64_t i = 0; i < sizes[3]; ++i)
        all[token * sizes[3] + i] =
            static_cast<T>(codes.getInteger(row * sizes[3] + i));
      e[token] = static_cast<int32_t>(exponents.getInteger(row));
    }
    return {std::move(all), std::move(e)};
  }

  HostValue codes, exponents;
  HeadOrder order;
  SmallVector<int64_t> sizes;
};
} // namespace

LogicalResult IntegerAttentionOp::interpret(ArrayRef<HostValue> operands,
                                            SmallVectorImpl<HostValue> &results,
                                            InterpreterContext &context) {
  HeadTensor q(operands[0], operands[1], getQOrder()),
      k(operands[2], operands[3], getKOrder()),
      v(operands[4], operands[5], getVOrder());
  if (q.sizes[0] != k.sizes[0] || k.sizes[0] != v.sizes[0] ||
      k.sizes[1] != v.sizes[1] || k.sizes[2] != v.sizes[2] ||
      q.sizes[3] != k.sizes[3] || k.sizes[2] > mostKeys ||
      (k.sizes[1] == 0 ? q.sizes[1] != 0 : q.sizes[1] % k.sizes[1] != 0))
    return emitOpError() << "no attention of " << operands[0].getType() << ", "
                         << operands[2].getType() << " and "
                         << operands[4].getType();
  int64_t heads = q.sizes[1], queries = q.sizes[2], keys = k.sizes[2],
          features = q.sizes[3], width = v.sizes[3];
  SmallVector<int64_t> steps(4, 0);
  ArrayRef<int32_t> mask;
  if (getMask()) {
    SmallVector<int64_t> scores{q.sizes[0], heads, queries, keys}, both;
    const HostValue &given = operands[6];
    if (!OpTrait::util::getBroadcastedShape(scores, given.getShape(), both) ||
        both != scores)
      return emitOpError() << "mask of type " << given.getType()
                           << " does not broadcast to the scores";
    steps = getBroadcastStrides(given.getShape(), scores);
    mask = given.as<int32_t>();
  }
  SmallVector<int64_t> shape =
      getInOrder({q.sizes[0], heads, queries, width}, getResultOrder());
  Type i32 = getElementTypeOrSelf(getResult().getType());
  FailureOr<HostValue> y = allocateResult(*this, shape, i32);
  shape.back() = 1;
  FailureOr<HostValue> e = allocateResult(*this, shape, i32);
  if (failed(y) || failed(e))
    return failure();
  MutableArrayRef<int32_t> allY = y->asMutable<int32_t>(),
                           allE = e->asMutable<int32_t>();
  HeadTensor result(*y, *e, getResultOrder());
  fixed::Multipliers multiplier =
      fixed::makeScoreMultiplier(getScale().convertToDouble(), features);
  int64_t share = k.sizes[1] == 0 ? 1 : heads / k.sizes[1];
  context.parallelFor(q.sizes[0] * heads, [&](int64_t unit) {
    int64_t batch = unit / heads, head = unit % heads;
    auto [qm, qe] = q.getHead<int16_t>(batch, head);
    auto [km, ke] = k.getHead<int16_t>(batch, head / share);
    auto [vm, ve] = v.getHead<int8_t>(batch, head / share);
    std::vector<int32_t> scratch(4 * keys), own(keys);
    std::vector<uint8_t> visible(keys);
    for (int64_t i = 0; i < queries; ++i) {
      bool seesAny = false;
      for (int64_t j = 0; j < keys; ++j) {
        if (!mask.empty())
          own[j] = mask[batch * steps[0] + head * steps[1] + i * steps[2] +
                        j * steps[3]];
        visible[j] = (!getCausal() || j <= i + keys - queries) &&
                     own[j] > -fixed::largestScore;
        seesAny |= visible[j] != 0;
      }
      int64_t row = result.getRow(batch, head, i);
      int32_t *to = allY.data() + row * width;
      int32_t exponent =
          fixed::attend(multiplier, qm.data() + i * features, qe[i], km.data(),
                        ke.data(), vm.data(), ve.data(), visible.data(), keys,
                        features, width, scratch.data(), to, own.data());
      // A bit less, so that heads can be put on one exponent.
      for (int64_t c = 0; c < width; ++c)
        to[c] = fixed::shiftRight(to[c], 1);
      allE[row] = seesAny ? exponent + 1 : fixed::zeroExponent;
    }
  });
  results.push_back(*y);
  results.push_back(*e);
  return success();
}
