//===- NNInterpretConvolutions.cpp - Evaluate windows -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>
#include <cstring>

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

/// Room for what the windows of \p input give; an error where a size of run
/// time is too small.
static FailureOr<HostValue> allocateWindows(Operation *op, const Window &window,
                                            const HostValue &input,
                                            int64_t channels) {
  SmallVector<int64_t> shape{input.getShape()[0]};
  for (unsigned dim = 0; dim < window.getRank(); ++dim) {
    int64_t size = input.getShape()[1 + dim];
    std::optional<int64_t> count = window.getCount(dim, size);
    if (!count)
      return op->emitOpError("spatial dimension ")
             << dim << " of size " << size
             << " with its pads is smaller than the span "
             << window.getSpan(dim) << " of its kernel";
    shape.push_back(*count);
  }
  shape.push_back(channels);
  return allocateResult(op, shape, input.getElementType());
}

/// Calls \p body with the number of each tap and the position in the input,
/// images and all, that it meets in the window at \p row of the result. Taps
/// on pads are left out.
static void forEachTap(const Window &window, ArrayRef<int64_t> input,
                       ArrayRef<int64_t> result, int64_t row,
                       function_ref<void(int64_t tap, int64_t position)> body) {
  unsigned rank = window.getRank();
  int64_t starts[3];
  for (unsigned dim = rank; dim-- > 0;) {
    starts[dim] =
        row % result[1 + dim] * window.strides[dim] - window.pads[dim];
    row /= result[1 + dim];
  }
  for (int64_t tap = 0, taps = window.getNumTaps(); tap < taps; ++tap) {
    int64_t position = row, rest = tap, unit = taps;
    bool isInside = true;
    for (unsigned dim = 0; dim < rank; ++dim) {
      unit /= window.kernel[dim];
      int64_t at = starts[dim] + rest / unit * window.dilations[dim];
      rest %= unit;
      isInside &= at >= 0 && at < input[1 + dim];
      position = position * input[1 + dim] + at;
    }
    if (isInside)
      body(tap, position);
  }
}

LogicalResult ConvOp::interpret(Values operands, Results &results,
                                InterpreterContext &context) {
  for (const HostValue &operand : operands)
    if (operand.isJoint())
      return cast<QuantizedElementTypeInterface>(operand.getElementType())
          .interpretJoint(*this, operands, results, context);
  ArrayRef<int64_t> input = operands[0].getShape(),
                    weights = operands[1].getShape();
  Window window = getWindow();
  int64_t groups = getGroups(), channels = input.back(), depth = weights[2],
          taps = weights[1], outputs = weights[0];
  if (channels != depth * groups || taps != window.getNumTaps() ||
      outputs % groups != 0)
    return emitOpError("no convolution of ")
           << operands[0].getType() << " and " << operands[1].getType();
  FailureOr<HostValue> result =
      allocateWindows(*this, window, operands[0], outputs);
  if (failed(result))
    return failure();
  ArrayRef<int64_t> shape = result->getShape();
  const float *x = operands[0].as<float>().data();
  const float *w = operands[1].as<float>().data();
  float *y = result->asMutable<float>().data();
  int64_t rows = outputs == 0 ? 0 : result->getNumElements() / outputs;
  int64_t perGroup = outputs / groups;
  context.parallelFor(rows, [&](int64_t row) {
    SmallVector<double> sums(outputs, 0);
    forEachTap(window, input, shape, row, [&](int64_t tap, int64_t position) {
      for (int64_t o = 0; o < outputs; ++o) {
        const float *a = x + position * channels + o / perGroup * depth;
        const float *b = w + (o * taps + tap) * depth;
        double sum = sums[o];
        for (int64_t c = 0; c < depth; ++c)
          sum += static_cast<double>(a[c]) * b[c];
        sums[o] = sum;
      }
    });
    for (int64_t o = 0; o < outputs; ++o)
      y[row * outputs + o] = static_cast<float>(sums[o]);
  });
  results.push_back(*result);
  return success();
}

LogicalResult PoolOp::interpret(Values operands, Results &results,
                                InterpreterContext &context) {
  ArrayRef<int64_t> input = operands[0].getShape();
  Window window = getWindow();
  int64_t channels = input.back();
  FailureOr<HostValue> result =
      allocateWindows(*this, window, operands[0], channels);
  if (failed(result))
    return failure();
  ArrayRef<int64_t> shape = result->getShape();
  int64_t rows = channels == 0 ? 0 : result->getNumElements() / channels;
  PoolKind kind = getKind();
  Type element = operands[0].getElementType();
  if (element.isInteger()) {
    bool isMax = kind == PoolKind::Max;
    int64_t lowest = APInt::getSignedMinValue(element.getIntOrFloatBitWidth())
                         .getSExtValue();
    context.parallelFor(rows, [&](int64_t row) {
      SmallVector<int64_t> sums(channels, isMax ? lowest : 0);
      forEachTap(window, input, shape, row, [&](int64_t, int64_t position) {
        for (int64_t c = 0; c < channels; ++c) {
          int64_t value = operands[0].getInteger(position * channels + c);
          sums[c] = isMax ? std::max(sums[c], value) : sums[c] + value;
        }
      });
      for (int64_t c = 0; c < channels; ++c)
        result->setInteger(row * channels + c, sums[c]);
    });
    results.push_back(*result);
    return success();
  }
  const float *x = operands[0].as<float>().data();
  float *y = result->asMutable<float>().data();
  auto order = static_cast<double>(getP());
  // With its pads a window may still reach beyond them, where `ceil` put it.
  Window padded = window;
  SmallVector<int64_t> noPads(window.pads.size(), 0), whole(input);
  padded.pads = noPads;
  for (unsigned dim = 0; dim < window.getRank(); ++dim)
    whole[1 + dim] += window.getPadsOf(dim);
  context.parallelFor(rows, [&](int64_t row) {
    bool isMax = kind == PoolKind::Max;
    SmallVector<double> sums(channels, isMax ? -INFINITY : 0);
    int64_t count = 0;
    forEachTap(window, input, shape, row, [&](int64_t, int64_t position) {
      ++count;
      for (int64_t c = 0; c < channels; ++c) {
        double value = x[position * channels + c];
        if (!isMax)
          sums[c] +=
              kind == PoolKind::Lp ? std::pow(std::abs(value), order) : value;
        else if (!(value <= sums[c])) // NaN wins and stays
          sums[c] = std::isnan(sums[c]) ? sums[c] : value;
      }
    });
    if (getCountPads()) {
      count = 0;
      forEachTap(padded, whole, shape, row, [&](int64_t, int64_t) { ++count; });
    }
    for (int64_t c = 0; c < channels; ++c) {
      double value = sums[c];
      if (kind == PoolKind::Average)
        value /= static_cast<double>(count);
      if (kind == PoolKind::Lp)
        value = order == 2 ? std::sqrt(value) : std::pow(value, 1 / order);
      y[row * channels + c] = static_cast<float>(value);
    }
  });
  results.push_back(*result);
  return success();
}

/// Which element stands at \p at of a dimension of \p size, counted from its
/// first one; nothing for one that is made up.
static std::optional<int64_t> getSource(PadMode mode, int64_t at,
                                        int64_t size) {
  if (at >= 0 && at < size)
    return at;
  auto modulo = [](int64_t x, int64_t period) {
    return (x % period + period) % period;
  };
  switch (mode) {
  case PadMode::Constant:
    return std::nullopt;
  case PadMode::Edge:
    return at < 0 ? 0 : size - 1;
  case PadMode::Wrap:
    return modulo(at, size);
  case PadMode::Reflect: {
    if (size == 1)
      return 0;
    int64_t place = modulo(at, 2 * (size - 1));
    return place < size ? place : 2 * (size - 1) - place;
  }
  }
  llvm_unreachable("all modes are covered");
}

LogicalResult PadOp::interpret(Values operands, Results &results,
                               InterpreterContext &) {
  const HostValue &input = operands[0];
  ArrayRef<int64_t> from = input.getShape();
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(from)) {
    int64_t pads = getLow()[dim] + getHigh()[dim];
    if (size == 0 && pads != 0 && getMode() != PadMode::Constant)
      return emitOpError("dimension ") << dim << " has nothing to pad with";
    shape.push_back(size + pads);
  }
  FailureOr<HostValue> result =
      allocateResult(*this, shape, input.getElementType());
  if (failed(result))
    return failure();
  int64_t bytes = getElementBytes(input.getElementType());
  HostValue filler =
      HostValue::allocate(RankedTensorType::get({}, input.getElementType()));
  double value = getValue().convertToDouble();
  if (isa<FloatType>(input.getElementType()))
    filler.setNumber(0, value);
  else
    filler.setInteger(0, static_cast<int64_t>(value));
  uint8_t *to = result->getMutableBytes().data();
  SmallVector<int64_t> strides = getStrides(shape);
  for (int64_t i = 0, e = result->getNumElements(); i < e; ++i) {
    int64_t source = 0;
    bool isInside = true;
    for (size_t dim = 0; dim < shape.size() && isInside; ++dim) {
      std::optional<int64_t> at = getSource(
          getMode(), i / strides[dim] % shape[dim] - getLow()[dim], from[dim]);
      isInside = at.has_value();
      source = source * from[dim] + at.value_or(0);
    }
    const uint8_t *element = isInside ? input.getBytes().data() + source * bytes
                                      : filler.getBytes().data();
    std::memcpy(to + i * bytes, element, bytes);
  }
  results.push_back(*result);
  return success();
}
