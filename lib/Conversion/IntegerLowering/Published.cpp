//===- Published.cpp - I-BERT and I-ViT in integer ops ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Published.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Published.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

qt::IntegerMethod quantc::getIntegerMethod(Operation *op) {
  auto method = op->getAttrOfType<qt::IntegerMethodAttr>(methodAttrName);
  return method ? method.getValue() : qt::IntegerMethod::Fixed;
}

std::optional<double> quantc::getInputScale(Operation *op) {
  auto scale = op->getAttrOfType<FloatAttr>(inputScaleAttrName);
  return scale ? std::optional<double>(scale.getValueAsDouble()) : std::nullopt;
}

static double getUnit(int32_t places) { return std::scalbn(1.0, -places); }

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static Value divide(IntegerBuilder &b, Value x, Value y) {
  return b.binary(nn::BinaryKind::Div, x, y);
}

/// The bits of what is not negative, shifted to the right.
static Value drop(IntegerBuilder &b, Value x, Value places) {
  return b.binary(nn::BinaryKind::Shr, x, places);
}

/// By a quotient of two wide integers, then shifted to the right.
static Value multiplyAndDrop(IntegerBuilder &b, Value x, Value factor,
                             int64_t places, int64_t most) {
  Value product = b.mul(b.cast(x, 64), factor);
  Value y = drop(b, product, b.number(places, 64));
  // No share is above the whole.
  return b.cast(b.clip(y, 0, most), 32);
}

/// IntegerExp of -below: p and z.
static std::pair<Value, Value>
buildIntegerExp(IntegerBuilder &b, const fixed::IntegerExp &exp, Value below) {
  int64_t ln2 = -exp.ln2;
  Value d = b.min(below, b.number(30 * ln2));
  Value z = divide(b, d, b.number(ln2));
  Value t = b.clip(b.sub(d, b.mul(z, b.number(ln2))), 0, ln2 - 1);
  Value p = b.add(b.mul(t, b.add(t, -exp.b)), exp.c);
  return {b.max(p, 0), z};
}

/// ShiftExp of -below.
static Value buildShiftExp(IntegerBuilder &b, const fixed::ShiftExp &exp,
                           Value below) {
  int64_t most = -exp.one * exp.places;
  // As far as the steps below have an effect.
  Value d = b.min(below, b.number(most));
  Value half = drop(b, b.add(d, 1), b.number(1));
  Value sixteenth = drop(b, b.add(d, 15), b.number(4));
  d = b.min(b.sub(b.add(d, half), sixteenth), b.number(most));
  Value z = divide(b, d, b.number(-exp.one));
  Value rest = b.clip(b.sub(d, b.mul(z, b.number(-exp.one))), 0, -exp.one - 1);
  Value twice = b.sub(b.number(-2 * exp.one), rest);
  return b.shift(twice, b.add(z, 1 - exp.places));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

double quantc::getSoftmaxGrid(qt::IntegerMethod method) {
  return getUnit(method == qt::IntegerMethod::IBert
                     ? fixed::IntegerExp::gridPlaces
                     : fixed::Shiftmax::gridPlaces);
}

double quantc::getScoreUnit(qt::IntegerMethod method,
                            std::optional<double> scale) {
  constexpr double log2e = 1.4426950408889634074;
  if (method == qt::IntegerMethod::Fixed)
    return log2e;
  return std::scalbn(1 / scale.value_or(getSoftmaxGrid(method)), -15);
}

Probabilities quantc::buildPublishedSoftmax(IntegerBuilder &b,
                                            qt::IntegerMethod method,
                                            Value scores,
                                            ArrayRef<int64_t> axes,
                                            int64_t count, bool hasHidden,
                                            std::optional<double> scale) {
  Value below = b.sub(b.reduce(nn::ReduceKind::Max, scores, axes), scores);
  bool isIBert = method == qt::IntegerMethod::IBert;
  double unit = scale.value_or(getSoftmaxGrid(method));
  Value weights;
  if (isIBert) {
    auto softmax = fixed::IntegerSoftmax::make(unit);
    auto [p, z] = buildIntegerExp(b, softmax.exp, below);
    Value product =
        b.mul(b.cast(p, 64), b.number(softmax.toHalf.multiplier, 64));
    Value places = b.cast(b.add(z, softmax.toHalf.places - 30), 64);
    weights = b.cast(b.shiftToEven(product, places), 32);
  } else {
    auto softmax = fixed::Shiftmax::make(unit, /*bits=*/8);
    weights = buildShiftExp(b, softmax.exp, below);
  }
  if (hasHidden) {
    Value isSeen =
        b.compare(nn::Predicate::Gt, scores, b.number(-fixed::largestScore));
    weights = b.select(isSeen, weights, b.number(0));
  }
  Value sum = b.reduce(nn::ReduceKind::Sum, b.cast(weights, 64), axes);
  if (isIBert) {
    Value factor = divide(b, b.number(int64_t(1) << 32, 64), b.max(sum, 1));
    return {multiplyAndDrop(b, weights, factor, 24, 255), 8, 9};
  }
  // 16 bits, as in the vision transformer, where sums of products of them and
  // of 8 bits fit.
  constexpr int64_t mostOf16 = INT32_MAX / (127 * 32767);
  int64_t bits = count > 0 && count <= mostOf16 ? 16 : 8;
  sum = b.max(b.min(sum, b.number(INT32_MAX, 64)), 1);
  Value factor = divide(b, b.number(INT32_MAX, 64), sum);
  return {multiplyAndDrop(b, weights, factor, 32 - bits,
                          (int64_t(1) << (bits - 1)) - (bits == 16)),
          bits - 1, bits == 16 ? 16 : 9};
}

//===----------------------------------------------------------------------===//
// GELU
//===----------------------------------------------------------------------===//

/// A row in units of a scale.
static Value putOnGrid(IntegerBuilder &b, Scaled x, double scale) {
  double unit = std::scalbn(1 / scale, -15);
  constexpr int64_t bound = INT16_MAX;
  return b.score(fixed::makeMultipliers(&unit, &bound, 1), x.m, x.e);
}

/// The row as integers of 8 bits where a scale is given: what the gate is
/// multiplied by.
static Value getFactor(IntegerBuilder &b, Scaled x,
                       std::optional<double> scale) {
  return scale ? b.clip(putOnGrid(b, x, *scale), INT8_MIN, INT8_MAX) : x.m;
}

/// By a gate of up to \p most in magnitude.
static GatedProduct multiply(IntegerBuilder &b, Value x, Value gate,
                             int64_t most, double unit, bool isByte) {
  return {b.mul(x, gate), most * (isByte ? -INT8_MIN : INT16_MAX), unit};
}

/// Of \p factor, which is the argument at \p scale or, without one, a row that
/// lies at \p q on the grid.
static GatedProduct buildIntegerGelu(IntegerBuilder &b, Value factor, Value q,
                                     std::optional<double> scale) {
  double grid = scale.value_or(getUnit(fixed::IntegerGelu::gridPlaces));
  // Products with 16 bits have to fit.
  auto gelu = fixed::IntegerGelu::make(
      grid, scale ? fixed::IntegerGelu::chooseDrop(grid)
                  : fixed::IntegerGelu::gridDrop);
  Value part = b.add(b.min(q, b.number(-gelu.b)), gelu.b);
  Value y = b.add(b.mul(part, part), gelu.c);
  Value isNegative = b.compare(nn::Predicate::Lt, factor, b.number(0));
  y = b.select(isNegative, b.sub(b.number(0), y), y);
  y = b.select(b.compare(nn::Predicate::Eq, q, b.number(0)), b.number(0), y);
  // The unit is below 0, and so is the gate.
  Value dropped = gelu.drop ? b.shiftDown(y, gelu.drop) : y;
  Value gate = b.sub(b.number(-gelu.one), dropped);
  return multiply(b, factor, gate, -2 * gelu.one + 1,
                  -gelu.unit * scale.value_or(1), scale.has_value());
}

static GatedProduct buildShiftGelu(IntegerBuilder &b, Value factor, Value q,
                                   ArrayRef<int64_t> axes,
                                   std::optional<double> scale) {
  auto exp = scale
                 ? fixed::ShiftGelu::make(*scale).exp
                 : fixed::ShiftExp::make(getUnit(fixed::ShiftGelu::gridPlaces),
                                         fixed::ShiftGelu::expPlaces);
  Value largest = b.max(b.reduce(nn::ReduceKind::Max, q, axes), 0);
  Value own = buildShiftExp(b, exp, b.sub(largest, q));
  Value other = buildShiftExp(b, exp, largest);
  Value sum = b.clip(b.add(own, other), 1, INT32_MAX);
  Value gate =
      multiplyAndDrop(b, own, b.cast(divide(b, b.number(INT32_MAX), sum), 64),
                      32 - 8, /*most=*/128);
  return multiply(b, factor, gate, 128, getUnit(7) * scale.value_or(1),
                  scale.has_value());
}

GatedProduct quantc::buildPublishedGelu(IntegerBuilder &b,
                                        qt::IntegerMethod method, Value codes,
                                        ArrayRef<int64_t> axes, double scale) {
  return method == qt::IntegerMethod::IBert
             ? buildIntegerGelu(b, codes, b.unary(nn::UnaryKind::Abs, codes),
                                scale)
             : buildShiftGelu(b, codes, codes, axes, scale);
}

Scaled quantc::buildPublishedGelu(IntegerBuilder &b, qt::IntegerMethod method,
                                  Scaled x, ArrayRef<int64_t> axes,
                                  std::optional<double> scale) {
  Value factor = getFactor(b, x, scale);
  GatedProduct y;
  if (scale) {
    y = buildPublishedGelu(b, method, factor, axes, *scale);
  } else if (method == qt::IntegerMethod::IBert) {
    Value magnitude = b.unary(nn::UnaryKind::Abs, factor);
    double grid = getUnit(fixed::IntegerGelu::gridPlaces);
    Value q = b.max(putOnGrid(b, {magnitude, x.e}, grid), 0);
    y = buildIntegerGelu(b, factor, q, std::nullopt);
  } else {
    double grid = getUnit(fixed::ShiftGelu::gridPlaces) / 1.702;
    y = buildShiftGelu(b, factor, putOnGrid(b, x, grid), axes, std::nullopt);
  }
  auto multipliers = fixed::makeMultipliers(&y.unit, &y.bound, 1);
  Value exponent = b.number(multipliers.exponent);
  return {b.apply(multipliers, y.codes),
          scale ? exponent : b.add(x.e, multipliers.exponent)};
}

//===----------------------------------------------------------------------===//
// LayerNorm
//===----------------------------------------------------------------------===//

/// sum / count to nearest, ties to even, of elements of 16 bits.
static Value buildMean(IntegerBuilder &b, Value sum, int64_t count) {
  // Above 0 a quotient is rounded down.
  constexpr int64_t offset = 1 << 16;
  Value twice = b.add(b.mul(b.cast(sum, 64), b.number(2, 64)),
                      count + 2 * count * offset);
  Value unit = b.number(2 * count, 64);
  Value mean = divide(b, twice, unit);
  Value isTie = b.compare(nn::Predicate::Eq, b.mul(mean, unit), twice);
  Value odd = b.select(isTie, b.maskBits(mean, 1), b.number(0, 64));
  return b.cast(b.add(b.sub(mean, odd), -offset), 32);
}

std::pair<Value, int32_t>
quantc::buildPublishedNorm(IntegerBuilder &b, qt::IntegerMethod method, Value x,
                           ArrayRef<int64_t> axes, ArrayRef<int64_t> shape,
                           ArrayRef<double> gamma, ArrayRef<double> beta) {
  auto count = static_cast<int64_t>(gamma.size());
  fixed::IntegerNorm norm = method == qt::IntegerMethod::IBert
                                ? fixed::IntegerNorm::makeIBert(count, 16)
                                : fixed::IntegerNorm::makeIVit();
  Value mean = buildMean(b, b.reduce(nn::ReduceKind::Sum, x, axes), count);
  Value y = b.sub(x, mean);
  Value part = b.cast(norm.drop ? b.shiftDown(y, norm.drop) : y, 64);
  Value squares = b.reduce(nn::ReduceKind::Sum, b.mul(part, part), axes);
  Value root;
  if (norm.isTenSteps) {
    root = b.number(1 << 16, 64);
    for (int step = 0; step < 10; ++step)
      root = drop(b, b.add(root, divide(b, squares, root)), b.number(1, 64));
  } else {
    root = b.shift(b.unary(nn::UnaryKind::Isqrt, squares), -norm.drop);
  }
  Value whole = b.number((int64_t(1) << 31) - norm.isTenSteps, 64);
  Value factor = divide(b, whole, b.max(root, 1));
  constexpr int64_t limit = int64_t(1) << 30;
  Value t = b.shiftDown(b.mul(b.cast(y, 64), factor), 1);
  t = b.cast(b.clip(t, -limit, limit), 32);
  // beta / gamma, which is added before in the papers, has no bound.
  std::vector<double> scales(gamma);
  for (double &scale : scales)
    scale *= std::sqrt(static_cast<double>(count));
  fixed::ConstantVector factors = fixed::makeVector(scales.data(), count, 31);
  int32_t natural = factors.exponent + 1, exponent = natural;
  Value result = b.multiplyHigh(t, b.numbers(factors.values, shape));
  if (!beta.empty()) {
    exponent =
        std::max(natural, fixed::makeVector(beta.data(), count, 30).exponent);
    SmallVector<int32_t> terms;
    for (double term : beta)
      terms.push_back(
          static_cast<int32_t>(std::floor(std::scalbn(term, -exponent) + 0.5)));
    result =
        b.add(b.shift(result, exponent - natural), b.numbers(terms, shape));
  }
  return {result, exponent};
}
