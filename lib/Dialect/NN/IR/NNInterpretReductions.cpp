//===- NNInterpretReductions.cpp - Normalisation, softmax, reductions -*- C++ -*-===//
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

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

LogicalResult LayerNormOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  const HostValue &x = operands[0];
  HostValue y = HostValue::allocate(x.getType());
  ArrayRef<int64_t> shape = x.getShape();
  int64_t rows = product(shape.take_front(getAxis()));
  int64_t length = product(shape.drop_front(getAxis()));
  std::vector<int64_t> scaleAt(x.getNumElements()), biasAt(x.getNumElements());
  SmallVector<SmallVector<int64_t>> strides;
  for (const HostValue &operand : operands.drop_front())
    strides.push_back(getBroadcastStrides(operand.getShape(), shape));
  forEachElement(shape, strides, [&](int64_t i, ArrayRef<int64_t> at) {
    scaleAt[i] = at[0];
    biasAt[i] = at.size() > 1 ? at[1] : 0;
  });
  ArrayRef<float> in = x.as<float>();
  MutableArrayRef<float> out = y.asMutable<float>();
  double epsilon = getEpsilon().convertToDouble();
  for (int64_t row = 0; row < rows; ++row) {
    int64_t base = row * length;
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < length; ++i)
      mean += in[base + i];
    mean /= length;
    for (int64_t i = 0; i < length; ++i)
      variance += (in[base + i] - mean) * (in[base + i] - mean);
    double inverse = 1 / std::sqrt(variance / length + epsilon);
    for (int64_t i = base; i < base + length; ++i) {
      double value =
          (in[i] - mean) * inverse * operands[1].getNumber(scaleAt[i]);
      if (operands.size() > 2)
        value += operands[2].getNumber(biasAt[i]);
      out[i] = static_cast<float>(value);
    }
  }
  results.push_back(y);
  return success();
}

LogicalResult SoftmaxOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  const HostValue &x = operands[0];
  HostValue y = HostValue::allocate(x.getType());
  ArrayRef<int64_t> shape = x.getShape();
  int64_t outer = product(shape.take_front(getAxis()));
  int64_t length = shape[getAxis()];
  int64_t inner = product(shape.drop_front(getAxis() + 1));
  ArrayRef<float> in = x.as<float>();
  MutableArrayRef<float> out = y.asMutable<float>();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t n = 0; n < inner; ++n) {
      int64_t base = o * length * inner + n;
      double largest = -INFINITY, sum = 0;
      for (int64_t i = 0; i < length; ++i)
        largest = std::max<double>(largest, in[base + i * inner]);
      // All of -inf: nothing to share out.
      bool empty = largest == -INFINITY;
      for (int64_t i = 0; i < length; ++i)
        sum += std::exp(in[base + i * inner] - largest);
      for (int64_t i = 0; i < length; ++i) {
        double v = in[base + i * inner];
        out[base + i * inner] = static_cast<float>(
            empty && v == -INFINITY ? 0 : std::exp(v - largest) / sum);
      }
    }
  }
  results.push_back(y);
  return success();
}

namespace {
/// One running reduction in double or 64-bit integers.
struct Reduction {
  ReduceKind kind;
  double number = 0;
  int64_t integer = 0;

  explicit Reduction(ReduceKind kind, unsigned bits) : kind(kind) {
    switch (kind) {
    case ReduceKind::Max:
      number = -INFINITY;
      integer = bits == 32 ? INT32_MIN : INT64_MIN;
      break;
    case ReduceKind::Min:
      number = INFINITY;
      integer = bits == 32 ? INT32_MAX : INT64_MAX;
      break;
    case ReduceKind::Prod:
      number = integer = 1;
      break;
    default:
      break;
    }
  }

  void add(double x) {
    switch (kind) {
    case ReduceKind::Sum:
    case ReduceKind::Mean:
      number += x;
      break;
    case ReduceKind::Max:
      number = std::isnan(x) || x > number ? x : number;
      break;
    case ReduceKind::Min:
      number = std::isnan(x) || x < number ? x : number;
      break;
    case ReduceKind::Prod:
      number *= x;
      break;
    case ReduceKind::SumSq:
    case ReduceKind::L2:
      number += x * x;
      break;
    case ReduceKind::L1:
      number += std::fabs(x);
      break;
    }
  }

  void add(int64_t x) {
    uint64_t wrapped = integer, y = x;
    switch (kind) {
    case ReduceKind::Sum:
    case ReduceKind::Mean:
      wrapped += y;
      break;
    case ReduceKind::Max:
      wrapped = std::max(integer, x);
      break;
    case ReduceKind::Min:
      wrapped = std::min(integer, x);
      break;
    case ReduceKind::Prod:
      wrapped *= y;
      break;
    case ReduceKind::SumSq:
    case ReduceKind::L2:
      wrapped += y * y;
      break;
    case ReduceKind::L1:
      wrapped += x < 0 ? -y : y;
      break;
    }
    integer = wrapped;
  }

  double finishNumber(int64_t count) const {
    if (kind == ReduceKind::Mean)
      return number / count;
    return kind == ReduceKind::L2 ? std::sqrt(number) : number;
  }

  int64_t finishInteger(int64_t count) const {
    if (kind == ReduceKind::Mean)
      return count == 0 ? 0 : integer / count;
    return kind == ReduceKind::L2
               ? static_cast<int64_t>(std::sqrt(static_cast<double>(integer)))
               : integer;
  }
};
} // namespace

LogicalResult ReduceOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0];
  ArrayRef<int64_t> shape = x.getShape();
  SmallVector<int64_t> kept(shape), sizes;
  int64_t count = 1;
  for (int64_t axis : getAxes()) {
    count *= shape[axis];
    kept[axis] = 1;
  }
  for (auto [dim, size] : llvm::enumerate(kept))
    if (getKeepdims() || !llvm::is_contained(getAxes(), static_cast<int64_t>(dim)))
      sizes.push_back(size);
  HostValue y = HostValue::allocate(
      RankedTensorType::get(sizes, x.getElementType()));
  unsigned bits = x.getElementType().getIntOrFloatBitWidth();
  std::vector<Reduction> running(y.getNumElements(), Reduction(getKind(), bits));
  bool real = x.getElementType().isF32();
  forEachElement(shape, getBroadcastStrides(kept, shape),
                 [&](int64_t i, ArrayRef<int64_t> at) {
                   if (real)
                     running[at[0]].add(x.getNumber(i));
                   else
                     running[at[0]].add(x.getInteger(i));
                 });
  for (auto [i, reduction] : llvm::enumerate(running)) {
    if (real)
      y.setNumber(i, reduction.finishNumber(count));
    else
      y.setInteger(i, reduction.finishInteger(count));
  }
  results.push_back(y);
  return success();
}
