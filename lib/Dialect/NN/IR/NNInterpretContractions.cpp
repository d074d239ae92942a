//===- NNInterpretContractions.cpp - Evaluate contractions ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Interpreter/RowMath.h"
#include <cmath>

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

/// Quantised operands are computed on as their format says.
static std::optional<LogicalResult>
interpretJoint(Operation *op, Values operands, Results &results,
               InterpreterContext &context) {
  for (const HostValue &operand : operands)
    if (operand.isJoint())
      return cast<QuantizedElementTypeInterface>(operand.getElementType())
          .interpretJoint(op, operands, results, context);
  return std::nullopt;
}

/// Four sums run at once: each adds in order of k, as its definition says.
static void multiplyRow(const float *a, const float *w, int64_t columns,
                        int64_t depth, float *y) {
  int64_t n = 0;
  for (; n + 4 <= columns; n += 4) {
    const float *w0 = w + n * depth;
    const float *w1 = w0 + depth, *w2 = w1 + depth, *w3 = w2 + depth;
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int64_t k = 0; k < depth; ++k) {
      double value = a[k];
      s0 += value * w0[k];
      s1 += value * w1[k];
      s2 += value * w2[k];
      s3 += value * w3[k];
    }
    y[n] = static_cast<float>(s0);
    y[n + 1] = static_cast<float>(s1);
    y[n + 2] = static_cast<float>(s2);
    y[n + 3] = static_cast<float>(s3);
  }
  for (; n < columns; ++n) {
    double sum = 0;
    for (int64_t k = 0; k < depth; ++k)
      sum += static_cast<double>(a[k]) * w[n * depth + k];
    y[n] = static_cast<float>(sum);
  }
}

LogicalResult MatmulOp::interpret(Values operands, Results &results,
                                  InterpreterContext &context) {
  if (auto joint = interpretJoint(*this, operands, results, context))
    return *joint;
  ArrayRef<int64_t> lhs = operands[0].getShape(), rhs = operands[1].getShape();
  auto batchOf = [](ArrayRef<int64_t> shape) {
    return shape.drop_back(std::min<size_t>(shape.size(), 2));
  };
  std::optional<SmallVector<int64_t>> shape =
      broadcastShapes(batchOf(lhs), batchOf(rhs));
  if (!shape || lhs.back() != rhs.back())
    return emitOpError("no matrix product of ")
           << operands[0].getType() << " and transposed "
           << operands[1].getType();
  int64_t depth = lhs.back();
  int64_t rows = lhs.size() > 1 ? lhs[lhs.size() - 2] : 1;
  int64_t columns = rhs.size() > 1 ? rhs[rhs.size() - 2] : 1;
  SmallVector<int64_t> batch(*shape);
  if (lhs.size() > 1)
    shape->push_back(rows);
  if (rhs.size() > 1)
    shape->push_back(columns);
  FailureOr<HostValue> result =
      allocateResult(*this, *shape, operands[0].getElementType());
  if (failed(result))
    return failure();
  // Where each product of the batch finds its matrices.
  SmallVector<std::pair<int64_t, int64_t>> starts;
  if (result->getNumElements() != 0)
    forEachElement(batch,
                   {getBroadcastStrides(batchOf(lhs), batch),
                    getBroadcastStrides(batchOf(rhs), batch)},
                   [&](int64_t, ArrayRef<int64_t> at) {
                     starts.push_back(
                         {at[0] * rows * depth, at[1] * columns * depth});
                   });
  const float *a = operands[0].as<float>().data();
  const float *w = operands[1].as<float>().data();
  float *y = result->asMutable<float>().data();
  context.parallelFor(starts.size() * rows, [&](int64_t row) {
    auto [left, right] = starts[row / rows];
    multiplyRow(a + left + row % rows * depth, w + right, columns, depth,
                y + row * columns);
  });
  results.push_back(*result);
  return success();
}

LogicalResult AttentionOp::interpret(Values operands, Results &results,
                                     InterpreterContext &context) {
  if (auto joint = interpretJoint(*this, operands, results, context))
    return *joint;
  const HostValue &query = operands[0], &key = operands[1],
                  &value = operands[2];
  ArrayRef<int64_t> q = query.getShape(), k = key.getShape(),
                    v = value.getShape();
  if (q[0] != k[0] || k[0] != v[0] || q[3] != k[3] || k[1] != v[1] ||
      k[2] != v[2] || (k[1] == 0 ? q[1] != 0 : q[1] % k[1] != 0))
    return emitOpError("no attention of ")
           << query.getType() << ", " << key.getType() << " and "
           << value.getType();
  int64_t heads = q[1], length = q[2], depth = q[3], keys = k[2], width = v[3];
  SmallVector<int64_t> scores{q[0], heads, length, keys}, mask(4, 0);
  const float *maskData = nullptr;
  if (getMask()) {
    ArrayRef<int64_t> shape = operands[3].getShape();
    std::optional<SmallVector<int64_t>> both = broadcastShapes(scores, shape);
    if (!both || *both != scores)
      return emitOpError("mask of type ")
             << operands[3].getType() << " does not broadcast to the scores ["
             << scores << "]";
    mask = getBroadcastStrides(shape, scores);
    maskData = operands[3].as<float>().data();
  }
  FailureOr<KeyWindow> window = KeyWindow::read(
      *this, operands.drop_front(getMask() ? 4 : 3), q[0], length, keys);
  if (failed(window))
    return failure();
  FailureOr<HostValue> result = allocateResult(
      *this, {q[0], heads, length, width}, query.getElementType());
  if (failed(result))
    return failure();
  const float *qData = query.as<float>().data();
  const float *kData = key.as<float>().data();
  const float *vData = value.as<float>().data();
  float *yData = result->asMutable<float>().data();
  double scale = getScale().convertToDouble();
  double cap = getSoftcap() ? getSoftcap()->convertToDouble() : 0;
  int64_t group = k[1] == 0 ? 1 : heads / k[1];

  context.parallelFor(q[0] * heads * length, [&](int64_t row) {
    int64_t i = row % length, head = row / length % heads;
    int64_t batch = row / length / heads;
    int64_t source = batch * k[1] + head / group;
    const float *a = qData + row * depth;
    const float *b = kData + source * keys * depth;
    const float *c = vData + source * keys * width;
    SmallVector<double> p(keys, -INFINITY);
    auto [first, last] = window->getKeys(batch, i);
    for (int64_t t = first; t < last; ++t) {
      double sum = 0;
      for (int64_t d = 0; d < depth; ++d)
        sum += static_cast<double>(a[d]) * b[t * depth + d];
      sum *= scale;
      if (cap != 0)
        sum = cap * numerics::tanh(sum / cap);
      if (maskData)
        sum += maskData[batch * mask[0] + head * mask[1] + i * mask[2] +
                        t * mask[3]];
      p[t] = sum;
    }
    softmaxRow(p);
    for (int64_t d = 0; d < width; ++d) {
      double sum = 0;
      for (int64_t t = 0; t < keys; ++t)
        // Keys that are masked do not count, whatever their values are.
        if (p[t] != 0)
          sum += p[t] * c[t * width + d];
      yData[row * width + d] = static_cast<float>(sum);
    }
  });
  results.push_back(*result);
  return success();
}
