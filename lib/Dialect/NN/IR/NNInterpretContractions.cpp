//===- NNInterpretContractions.cpp - Matrix products and attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

/// A joint value has no float elements to read; what is quantised is evaluated
/// in split form.
static LogicalResult requireFloats(Operation *op, Values operands) {
  for (const HostValue &operand : operands)
    if (operand.isJoint())
      return op->emitOpError("operand of type ")
             << operand.getType() << " is evaluated in split form only";
  return success();
}

LogicalResult MatmulOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  if (failed(requireFloats(*this, operands)))
    return failure();
  ArrayRef<int64_t> l = operands[0].getShape(), r = operands[1].getShape();
  int64_t k = l.back();
  if (r.back() != k)
    return emitOpError("sizes at run time along the contraction: ")
           << k << " and " << r.back();
  int64_t m = l.size() > 1 ? l[l.size() - 2] : 1;
  int64_t n = r.size() > 1 ? r[r.size() - 2] : 1;
  ArrayRef<int64_t> lBatch = l.drop_back(std::min<size_t>(2, l.size()));
  ArrayRef<int64_t> rBatch = r.drop_back(std::min<size_t>(2, r.size()));
  std::optional<SmallVector<int64_t>> batch = broadcastShapes(lBatch, rBatch);
  if (!batch)
    return emitOpError("batches at run time do not broadcast");
  SmallVector<int64_t> shape(*batch);
  if (l.size() > 1)
    shape.push_back(m);
  if (r.size() > 1)
    shape.push_back(n);
  HostValue y = HostValue::allocate(
      RankedTensorType::get(shape, Float32Type::get(getContext())));
  ArrayRef<float> a = operands[0].as<float>(), b = operands[1].as<float>();
  MutableArrayRef<float> out = y.asMutable<float>();
  forEachElement(
      *batch,
      {getBroadcastStrides(lBatch, *batch), getBroadcastStrides(rBatch, *batch)},
      [&](int64_t item, ArrayRef<int64_t> at) {
        const float *lhs = a.data() + at[0] * m * k;
        const float *rhs = b.data() + at[1] * n * k;
        for (int64_t i = 0; i < m; ++i)
          for (int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (int64_t p = 0; p < k; ++p)
              sum += static_cast<double>(lhs[i * k + p]) * rhs[j * k + p];
            out[(item * m + i) * n + j] = static_cast<float>(sum);
          }
      });
  results.push_back(y);
  return success();
}

LogicalResult AttentionOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  if (failed(requireFloats(*this, operands)))
    return failure();
  ArrayRef<int64_t> q = operands[0].getShape(), key = operands[1].getShape();
  int64_t batch = q[0], heads = q[1], rows = q[2], features = q[3];
  int64_t keyHeads = key[1], keys = key[2], width = operands[2].getShape()[3];
  if (keyHeads == 0 || heads % keyHeads != 0 || key[3] != features)
    return emitOpError("sizes at run time do not fit: query [")
           << q << "], key [" << key << "]";
  HostValue y = HostValue::allocate(RankedTensorType::get(
      {batch, heads, rows, width}, Float32Type::get(getContext())));
  SmallVector<int64_t> maskStrides(4, 0);
  if (getMask())
    maskStrides = getBroadcastStrides(operands[3].getShape(),
                                      {batch, heads, rows, keys});
  ArrayRef<float> Q = operands[0].as<float>(), K = operands[1].as<float>(),
                  V = operands[2].as<float>();
  MutableArrayRef<float> out = y.asMutable<float>();
  double scale = getScale().convertToDouble();
  std::vector<double> scores(keys);
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < rows; ++i) {
        int64_t kv = (b * keyHeads + h / (heads / keyHeads)) * keys;
        const float *query = Q.data() + ((b * heads + h) * rows + i) * features;
        double largest = -INFINITY, sum = 0;
        for (int64_t t = 0; t < keys; ++t) {
          double dot = 0;
          for (int64_t d = 0; d < features; ++d)
            dot += static_cast<double>(query[d]) * K[(kv + t) * features + d];
          dot *= scale;
          if (getMask())
            dot += operands[3].getNumber(b * maskStrides[0] + h * maskStrides[1] +
                                         i * maskStrides[2] + t * maskStrides[3]);
          if (getCausal() && t > i + keys - rows)
            dot = -INFINITY;
          scores[t] = dot;
          largest = std::max(largest, dot);
        }
        for (double &score : scores) {
          score = largest == -INFINITY ? 0 : std::exp(score - largest);
          sum += score;
        }
        float *row = out.data() + ((b * heads + h) * rows + i) * width;
        for (int64_t d = 0; d < width; ++d) {
          double value = 0;
          for (int64_t t = 0; t < keys; ++t)
            value += scores[t] * V[(kv + t) * width + d];
          row[d] = static_cast<float>(sum == 0 ? 0 : value / sum);
        }
      }
  results.push_back(y);
  return success();
}
