//===- InterpretAttention.cpp - Evaluation of attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Interpreter/RowMath.h"
#include "quantc/Numerics/Encoding.h"

#include "mlir/Dialect/Traits.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

namespace {

/// One of q, k, v: its elements by (batch, head, token), each a run of `width`.
struct HeadOperand {
  int64_t batch, heads, tokens, width;
  HeadOrder order;
  int64_t allHeads, firstHead, headStep; ///< of the tensor
  HostValue storage;
  ArrayRef<float> floats;
  std::optional<BlockValue> value;

  int64_t getStart(int64_t b, int64_t h, int64_t t) const {
    int64_t head = firstHead + h * headStep;
    int64_t row = order == HeadOrder::BHSD ? (b * allHeads + head) * tokens + t
                                           : (b * tokens + t) * allHeads + head;
    return row * width;
  }
};

} // namespace

static FailureOr<HeadOperand> readOperand(AttentionOp op,
                                          ArrayRef<HostValue> parts,
                                          TypeAttr format, HeadOrder order,
                                          HeadRangeAttr range) {
  HeadOperand operand;
  SmallVector<int64_t> shape(parts[0].getShape());
  operand.storage = parts[0];
  if (!format) {
    operand.floats = operand.storage.as<float>();
  } else {
    auto block = cast<BlockType>(format.getValue());
    SmallVector<HostValue> encoded(parts);
    if (parts.size() == 1) {
      FailureOr<SmallVector<HostValue>> made =
          encodeParts(op, parts[0], block, op.getEncodingAttr());
      if (failed(made))
        return failure();
      encoded = *made;
    } else if (block.getElement().getBitWidth() < 8) {
      return op.emitOpError() << "of packed codes is not evaluated yet";
    }
    FailureOr<BlockValue> value = readBlockValue(op, block, encoded, shape);
    if (failed(value))
      return failure();
    if (!value->isInteger())
      return op.emitOpError() << "of format " << Type(block)
                              << " is not evaluated yet; supported: integers";
    operand.value = std::move(*value);
  }
  if (order == HeadOrder::BSHD)
    std::swap(shape[1], shape[2]);
  operand.batch = shape[0];
  operand.allHeads = shape[1];
  operand.heads = range ? range.getCount() : shape[1];
  operand.firstHead = range ? range.getFirst() : 0;
  operand.headStep = range ? range.getStep() : 1;
  if (range && operand.firstHead + (operand.heads - 1) * operand.headStep >=
                   operand.allHeads)
    return op.emitOpError()
           << "reads heads " << range << " of " << operand.allHeads;
  operand.tokens = shape[2];
  operand.width = shape[3];
  operand.order = order;
  return operand;
}

/// The product of a row of q and a row of k.
static double dotRows(const HeadOperand &q, int64_t left, const HeadOperand &k,
                      int64_t right) {
  if (!q.value) {
    double sum = 0;
    for (int64_t i = 0; i < q.width; ++i)
      sum += static_cast<double>(q.floats[left + i]) * k.floats[right + i];
    return sum;
  }
  float accumulator = 0;
  const BlockValue &a = *q.value, &b = *k.value;
  for (int64_t i = 0; i < q.width;) {
    int64_t leftBlock = a.realIndex(left + i),
            rightBlock = b.realIndex(right + i);
    int64_t exact = 0;
    for (; i < q.width && a.realIndex(left + i) == leftBlock &&
           b.realIndex(right + i) == rightBlock;
         ++i)
      exact += static_cast<int64_t>(a.codes[left + i]) *
               a.getMultiplier(left + i) * b.codes[right + i] *
               b.getMultiplier(right + i);
    accumulator =
        std::fmaf(static_cast<float>(exact),
                  a.scales[leftBlock] * b.scales[rightBlock], accumulator);
  }
  return accumulator;
}

/// A row of P times v, quantised: v's scales go into the row, which is encoded
/// anew with one scale.
static void multiplyQuantized(ArrayRef<double> p, const HeadOperand &v,
                              function_ref<int64_t(int64_t)> start,
                              numerics::CodeRange range, bool isSigned,
                              float *result) {
  const BlockValue &value = *v.value;
  SmallVector<float> row(p.size());
  for (auto [t, weight] : llvm::enumerate(p))
    // What is masked has no weight, whatever its value is.
    if (weight != 0 && v.width > 0)
      row[t] =
          static_cast<float>(weight) * value.scales[value.realIndex(start(t))];
  SmallVector<int8_t> codes(p.size());
  float scale = 0;
  numerics::encodeAbsMax(row.data(), row.size(), range, codes.data(), &scale);
  for (int64_t d = 0; d < v.width; ++d) {
    int64_t exact = 0;
    for (auto [t, code] : llvm::enumerate(codes))
      exact += (isSigned ? int64_t(code)
                         : static_cast<int64_t>(static_cast<uint8_t>(code))) *
               value.codes[start(t) + d];
    result[d] = static_cast<float>(exact) * scale;
  }
}

LogicalResult AttentionOp::interpret(ArrayRef<HostValue> operands,
                                     SmallVectorImpl<HostValue> &results,
                                     InterpreterContext &context) {
  ArrayRef<HostValue> rest = operands;
  auto take = [&](size_t count) {
    ArrayRef<HostValue> taken = rest.take_front(count);
    rest = rest.drop_front(count);
    return taken;
  };
  FailureOr<HeadOperand> q =
      readOperand(*this, take(getQ().size()), getQFormatAttr(), getQOrder(),
                  getQHeadsAttr());
  if (failed(q))
    return failure();
  FailureOr<HeadOperand> k =
      readOperand(*this, take(getK().size()), getKFormatAttr(), getKOrder(),
                  getKHeadsAttr());
  if (failed(k))
    return failure();
  FailureOr<HeadOperand> v =
      readOperand(*this, take(getV().size()), getVFormatAttr(), getVOrder(),
                  getVHeadsAttr());
  if (failed(v))
    return failure();
  if (q->batch != k->batch || k->batch != v->batch || q->width != k->width ||
      k->heads != v->heads || k->tokens != v->tokens ||
      (k->heads == 0 ? q->heads != 0 : q->heads % k->heads != 0))
    return emitOpError() << "no attention of " << operands[0].getType() << ", "
                         << k->storage.getType() << " and "
                         << v->storage.getType();

  int64_t length = q->tokens, keys = k->tokens;
  SmallVector<int64_t> scores{q->batch, q->heads, length, keys}, mask(4, 0);
  const float *maskData = nullptr;
  if (getMask()) {
    const HostValue &value = take(1).front();
    SmallVector<int64_t> both;
    if (!OpTrait::util::getBroadcastedShape(scores, value.getShape(), both) ||
        both != scores)
      return emitOpError() << "mask of type " << value.getType()
                           << " does not broadcast to the scores";
    mask = getBroadcastStrides(value.getShape(), scores);
    maskData = value.as<float>().data();
  }
  FailureOr<nn::KeyWindow> window =
      nn::KeyWindow::read(*this, rest, q->batch, length, keys);
  if (failed(window))
    return failure();
  HeadOperand out{q->batch,    q->heads, length, v->width, getResultOrder(),
                  q->heads,    0,        1,      {},       {},
                  std::nullopt};
  SmallVector<int64_t> shape{q->batch, q->heads, length, v->width};
  if (getResultOrder() == HeadOrder::BSHD)
    std::swap(shape[1], shape[2]);
  FailureOr<HostValue> result =
      allocateResult(*this, shape, getType().getElementType());
  if (failed(result))
    return failure();
  float *data = result->asMutable<float>().data();

  numerics::CodeRange range{0, 255};
  bool isSigned = false;
  if (auto format = getPFormatAttr()) {
    ElementFormatAttr element = cast<BlockType>(format.getValue()).getElement();
    isSigned = element.getFormat().isSigned(8);
    if (!isSigned && !element.getFormat().isUnsigned(8))
      return emitOpError() << "p_format of '" << element.getSpelling()
                           << "' is not evaluated; supported: u8 and s8";
    if (isSigned)
      range = {-127, 127};
    if (EncodingAttr encoding = getEncodingAttr(); encoding && isSigned)
      range = {static_cast<int32_t>(encoding.getLow()),
               static_cast<int32_t>(encoding.getHigh())};
  }
  double scale = getScale().convertToDouble();
  double cap = getSoftcap() ? getSoftcap()->convertToDouble() : 0;
  int64_t group = k->heads == 0 ? 1 : q->heads / k->heads;
  context.parallelFor(q->batch * q->heads * length, [&](int64_t row) {
    int64_t i = row % length, head = row / length % q->heads;
    int64_t batch = row / length / q->heads;
    int64_t left = q->getStart(batch, head, i);
    SmallVector<double> p(keys, -std::numeric_limits<double>::infinity());
    auto [first, last] = window->getKeys(batch, i);
    for (int64_t t = first; t < last; ++t) {
      double sum =
          dotRows(*q, left, *k, k->getStart(batch, head / group, t)) * scale;
      if (cap != 0)
        sum = cap * numerics::tanh(sum / cap);
      if (maskData)
        sum += maskData[batch * mask[0] + head * mask[1] + i * mask[2] +
                        t * mask[3]];
      p[t] = sum;
    }
    softmaxRow(p);
    float *to = data + out.getStart(batch, head, i);
    auto start = [&](int64_t t) { return v->getStart(batch, head / group, t); };
    if (v->value)
      return multiplyQuantized(p, *v, start, range, isSigned, to);
    for (int64_t d = 0; d < v->width; ++d) {
      double sum = 0;
      for (int64_t t = 0; t < keys; ++t)
        if (p[t] != 0)
          sum += p[t] * v->floats[start(t) + d];
      to[d] = static_cast<float>(sum);
    }
  });
  results.push_back(*result);
  return success();
}
