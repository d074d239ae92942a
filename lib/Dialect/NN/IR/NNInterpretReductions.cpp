//===- NNInterpretReductions.cpp - Evaluate reductions ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Interpreter/RowMath.h"
#include <cmath>
#include <limits>
#include <numeric>

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Over the dimensions from \p axis on: the mean (zero where \p centred is
/// false) and the reciprocal root of the mean square about it, then gain and
/// bias where there is one.
static LogicalResult interpretNorm(Operation *op, Values operands,
                                   Results &results, int64_t axis,
                                   double epsilon, bool centred) {
  const HostValue &x = operands[0];
  ArrayRef<int64_t> shape = x.getShape();
  int64_t columns = product(shape.drop_front(axis));
  int64_t rows = product(shape.take_front(axis));
  for (const HostValue &operand : operands.drop_front()) {
    std::optional<SmallVector<int64_t>> both =
        broadcastShapes(shape, operand.getShape());
    if (!both || ArrayRef<int64_t>(*both) != shape)
      return op->emitOpError("operand of type ")
             << operand.getType() << " does not broadcast to " << x.getType();
  }
  HostValue result = HostValue::allocate(x.getType());
  if (result.getNumElements() == 0) {
    results.push_back(result);
    return success();
  }
  ArrayRef<float> input = x.as<float>();
  SmallVector<double> mean(rows, 0.0), scale(rows);
  for (int64_t row = 0; row < rows; ++row) {
    ArrayRef<float> values = input.slice(row * columns, columns);
    double sum = 0, squares = 0;
    for (float value : values)
      sum += value;
    if (centred)
      mean[row] = sum / columns;
    for (float value : values)
      squares += (value - mean[row]) * (value - mean[row]);
    scale[row] = 1 / std::sqrt(squares / columns + epsilon);
  }
  SmallVector<SmallVector<int64_t>> strides;
  for (const HostValue &operand : operands.drop_front())
    strides.push_back(getBroadcastStrides(operand.getShape(), shape));
  ArrayRef<float> gain = operands[1].as<float>();
  ArrayRef<float> bias =
      operands.size() > 2 ? operands[2].as<float>() : ArrayRef<float>();
  MutableArrayRef<float> output = result.asMutable<float>();
  forEachElement(shape, strides, [&](int64_t i, ArrayRef<int64_t> at) {
    int64_t row = i / columns;
    double value = (input[i] - mean[row]) * scale[row] * gain[at[0]];
    if (!bias.empty())
      value += bias[at[1]];
    output[i] = static_cast<float>(value);
  });
  results.push_back(result);
  return success();
}

LogicalResult LayerNormOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  return interpretNorm(*this, operands, results, getAxis(),
                       getEpsilon().convertToDouble(), /*centred=*/true);
}

LogicalResult RMSNormOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  return interpretNorm(*this, operands, results, getAxis(),
                       getEpsilon().convertToDouble(), /*centred=*/false);
}

LogicalResult SoftmaxOp::interpret(Values operands, Results &results,
                                   InterpreterContext &context) {
  const HostValue &x = operands[0];
  HostValue result = HostValue::allocate(x.getType());
  ArrayRef<int64_t> shape = x.getShape();
  int64_t size = shape[getAxis()];
  int64_t inner = product(shape.drop_front(getAxis() + 1));
  int64_t outer = product(shape.take_front(getAxis()));
  ArrayRef<float> input = x.as<float>();
  MutableArrayRef<float> output = result.asMutable<float>();
  SmallVector<double> row(size);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      int64_t base = o * size * inner + i;
      for (int64_t k = 0; k < size; ++k)
        row[k] = input[base + k * inner];
      softmaxRow(row);
      for (int64_t k = 0; k < size; ++k)
        output[base + k * inner] = static_cast<float>(row[k]);
    }
  }
  results.push_back(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Reduce
//===----------------------------------------------------------------------===//

static double getNeutral(ReduceKind kind) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return kind == ReduceKind::Prod  ? 1
         : kind == ReduceKind::Max ? -infinity
         : kind == ReduceKind::Min ? infinity
                                   : 0;
}

static void accumulate(ReduceKind kind, double &sum, double x) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    sum += x;
    return;
  case ReduceKind::Max:
    sum = std::isnan(x) || x > sum ? x : sum;
    return;
  case ReduceKind::Min:
    sum = std::isnan(x) || x < sum ? x : sum;
    return;
  case ReduceKind::Prod:
    sum *= x;
    return;
  case ReduceKind::SumSq:
  case ReduceKind::L2:
    sum += x * x;
    return;
  case ReduceKind::L1:
    sum += std::fabs(x);
    return;
  }
}

/// Sums wrap around, as the integers of the op's type do.
static void accumulate(ReduceKind kind, int64_t &sum, int64_t x) {
  uint64_t s = sum, u = x;
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    sum = s + u;
    return;
  case ReduceKind::Max:
    sum = std::max(sum, x);
    return;
  case ReduceKind::Min:
    sum = std::min(sum, x);
    return;
  case ReduceKind::Prod:
    sum = s * u;
    return;
  case ReduceKind::SumSq:
  case ReduceKind::L2:
    sum = s + u * u;
    return;
  case ReduceKind::L1:
    sum = s + (x < 0 ? -u : u);
    return;
  }
}

static int64_t getIntegerNeutral(ReduceKind kind, unsigned bits) {
  int64_t lowest = std::numeric_limits<int64_t>::min() >> (64 - bits);
  return kind == ReduceKind::Prod  ? 1
         : kind == ReduceKind::Max ? lowest
         : kind == ReduceKind::Min ? ~lowest
                                   : 0;
}

LogicalResult TopKOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  const HostValue &x = operands[0];
  SmallVector<int64_t> shape(x.getShape());
  int64_t axis = getAxis(), k = getK(), size = shape[axis];
  if (size < k)
    return emitOpError("k = ") << k << " of " << size << " elements";
  int64_t inner = product(x.getShape().drop_front(axis + 1));
  int64_t outer = product(x.getShape().take_front(axis));
  shape[axis] = k;
  HostValue result = HostValue::allocate(
      RankedTensorType::get(shape, IntegerType::get(getContext(), 64)));
  bool isFloat = x.getElementType().isF32();
  SmallVector<int64_t> order(size);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      auto at = [&](int64_t position) {
        return (o * size + position) * inner + i;
      };
      auto isBefore = [&](int64_t a, int64_t b) {
        if (getSmallest())
          std::swap(a, b);
        if (!isFloat)
          return x.getInteger(at(a)) > x.getInteger(at(b));
        float left = x.as<float>()[at(a)], right = x.as<float>()[at(b)];
        // A NaN is behind all numbers in either order.
        if (std::isnan(left) || std::isnan(right))
          return getSmallest() ? std::isnan(left) && !std::isnan(right)
                               : std::isnan(right) && !std::isnan(left);
        return left > right;
      };
      std::iota(order.begin(), order.end(), 0);
      llvm::sort(order, [&](int64_t a, int64_t b) {
        return isBefore(a, b) || (!isBefore(b, a) && a < b);
      });
      for (int64_t n = 0; n < k; ++n)
        result.setInteger((o * k + n) * inner + i, order[n]);
    }
  results.push_back(result);
  return success();
}

LogicalResult ReduceOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0];
  ReduceKind kind = getKind();
  // The result's shape, and the strides by which inputs find their sum.
  SmallVector<int64_t> kept, shape, strides;
  int64_t count = 1;
  for (auto [dim, size] : llvm::enumerate(x.getShape())) {
    bool reduced = llvm::is_contained(getAxes(), static_cast<int64_t>(dim));
    count *= reduced ? size : 1;
    kept.push_back(reduced ? 1 : size);
    if (!reduced || getKeepdims())
      shape.push_back(kept.back());
  }
  strides = getBroadcastStrides(kept, x.getShape());
  HostValue result = HostValue::allocate(x.getType().clone(shape));
  int64_t sums = result.getNumElements();

  if (x.getElementType().isF32()) {
    SmallVector<double> sum(sums, getNeutral(kind));
    ArrayRef<float> input = x.as<float>();
    forEachElement(x.getShape(), strides, [&](int64_t i, ArrayRef<int64_t> at) {
      if (!std::isnan(sum[at[0]]))
        accumulate(kind, sum[at[0]], input[i]);
    });
    for (int64_t i = 0; i < sums; ++i) {
      if (kind == ReduceKind::Mean)
        sum[i] /= count;
      else if (kind == ReduceKind::L2)
        sum[i] = std::sqrt(sum[i]);
      result.setNumber(i, sum[i]);
    }
    results.push_back(result);
    return success();
  }

  unsigned bits = x.getElementType().getIntOrFloatBitWidth();
  SmallVector<int64_t> sum(sums, getIntegerNeutral(kind, bits));
  forEachElement(x.getShape(), strides, [&](int64_t i, ArrayRef<int64_t> at) {
    accumulate(kind, sum[at[0]], x.getInteger(i));
  });
  for (int64_t i = 0; i < sums; ++i) {
    if (kind == ReduceKind::Mean)
      sum[i] = count == 0 ? 0 : sum[i] / count;
    else if (kind == ReduceKind::L2)
      sum[i] = static_cast<int64_t>(std::sqrt(static_cast<double>(sum[i])));
    result.setInteger(i, sum[i]);
  }
  results.push_back(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Running sums
//===----------------------------------------------------------------------===//

LogicalResult CumSumOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0];
  ArrayRef<int64_t> shape = x.getShape();
  int64_t size = shape[getAxis()];
  int64_t inner = product(shape.drop_front(getAxis() + 1));
  int64_t outer = product(shape.take_front(getAxis()));
  HostValue result = HostValue::allocate(x.getType());
  bool isFloat = x.getElementType().isF32();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      double sum = 0;
      uint64_t whole = 0;
      for (int64_t k = 0; k < size; ++k) {
        int64_t position = getReverse() ? size - 1 - k : k;
        int64_t at = (o * size + position) * inner + i;
        auto store = [&] {
          if (isFloat)
            result.setNumber(at, sum);
          else
            result.setInteger(at, static_cast<int64_t>(whole));
        };
        if (getExclusive())
          store();
        if (isFloat)
          sum += x.as<float>()[at];
        else
          whole += static_cast<uint64_t>(x.getInteger(at));
        if (!getExclusive())
          store();
      }
    }
  }
  results.push_back(result);
  return success();
}
