//===- StaticIntegers.cpp - Integers whose scales are constants -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/IntegerLowering/StaticIntegers.h"
#include "StaticForms.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Numerics/Fixed/Dyadic.h"
#include "quantc/Support/Locations.h"
#include "quantc/Support/OwnDiagnostics.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

static bool isFloat(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

/// The scale that a pair of quantising ops of the model has left.
static std::optional<StaticScale> getOwnScale(Operation *op) {
  auto clip = dyn_cast_or_null<nn::ClipOp>(op);
  auto scale =
      op ? op->getAttrOfType<FloatAttr>(resultScaleAttrName) : FloatAttr();
  if (!clip || !scale)
    return std::nullopt;
  double unit = scale.getValueAsDouble();
  auto limit = [&](double bound) {
    return std::clamp<int64_t>(std::llround(bound / unit), -StaticScale::most,
                               StaticScale::most);
  };
  return StaticScale{unit, limit(clip.getMin().convertToDouble()),
                     limit(clip.getMax().convertToDouble())};
}

StaticIntegers::StaticIntegers(func::FuncOp func, qt::IntegerMethod method,
                               Source &source)
    : method(method), source(source) {
  if (method == qt::IntegerMethod::Fixed)
    return;
  readRanges(func);
  func.walk([&](nn::ClipOp clip) {
    std::optional<StaticScale> scale = getOwnScale(clip);
    if (!scale)
      return;
    // What nothing else reads is computed at that scale at once.
    SmallVector<Value> same{clip.getResult()};
    if (clip.getInput().hasOneUse())
      same.push_back(clip.getInput());
    for (Value value : same) {
      targets[value] = *scale;
      stated.insert(value);
    }
  });
}

void StaticIntegers::readRanges(func::FuncOp func) {
  auto ranges = func->getAttrOfType<DictionaryAttr>(rangesAttrName);
  if (!ranges)
    return;
  // Several ops may be made of one node, the last of which gives its value;
  // what only moves it does not count.
  llvm::StringMap<Value> named;
  auto enter = [&](Value value, bool mayReplace) {
    StringRef name = getValueName(value.getLoc());
    if (isFloat(value) && (mayReplace || !named.contains(name)))
      named[name] = value;
  };
  for (Value argument : func.getArguments())
    enter(argument, true);
  func.walk([&](IntegerLoweringInterface op) {
    for (Value result : op->getResults())
      enter(result, !op.isMovement());
  });
  SmallVector<StringRef> unused;
  for (NamedAttribute entry : ranges) {
    auto it = named.find(entry.getName().getValue());
    if (it == named.end()) {
      unused.push_back(entry.getName().getValue());
      continue;
    }
    auto bounds = cast<DenseF64ArrayAttr>(entry.getValue()).asArrayRef();
    double most = std::max(std::abs(bounds[0]), std::abs(bounds[1]));
    targets[it->second] = {most / StaticScale::most};
  }
  if (unused.empty())
    return;
  // Such as the scores within an attention.
  InFlightDiagnostic remark = func.emitRemark("ranges of ")
                              << unused.size()
                              << " values that became part of other ops are "
                                 "not used: ";
  llvm::interleaveComma(unused, remark);
}

std::optional<StaticScale> StaticIntegers::getTarget(Value value) const {
  auto it = targets.find(getFloats(value));
  return it == targets.end() ? std::nullopt : std::optional(it->second);
}

bool StaticIntegers::statesCodes(Value value) const {
  return stated.contains(getFloats(value));
}

std::optional<StaticValue> StaticIntegers::getSums(Value value) const {
  auto it = values.find(getFloats(value));
  return it == values.end() ? std::nullopt : std::optional(it->second);
}

Value quantc::rescaleStatically(IntegerBuilder &b, const StaticValue &x,
                                double scale) {
  SmallVector<int32_t> factors, places;
  for (double own : x.scales) {
    fixed::Dyadic ratio = fixed::makeDyadic(own / scale);
    // Beyond 62 places nothing is left of 31 bits but a half of the least.
    if (!std::isfinite(own / scale) || ratio.places < 1)
      return {};
    factors.push_back(static_cast<int32_t>(ratio.multiplier));
    places.push_back(std::min(ratio.places, 62));
  }
  auto constant = [&](ArrayRef<int32_t> numbers) {
    return x.isScalar()
               ? b.number(numbers.front(), 64)
               : b.cast(
                     b.numbers(numbers, static_cast<int64_t>(numbers.size())),
                     64);
  };
  Value product = b.mul(b.cast(x.codes, 64), constant(factors));
  return b.shiftToEven(product, constant(places));
}

/// Integers with exponents at \p scale, of 64 or 32 bits.
static Value putOnScale(IntegerBuilder &b, Value joint, double scale) {
  qt::BlockType format = qt::getIntegerFormat(joint.getType());
  if (!format)
    return {};
  Scaled x = b.loadJoint(joint);
  if (format.getElement().getBitWidth() == qt::wideBits)
    x = b.halve(x);
  int64_t bound = qt::isWide(format) ? int64_t(1) << 30 : INT16_MAX;
  double unit = std::scalbn(1 / scale, -15);
  return b.score(fixed::makeMultipliers(&unit, &bound, 1), x.m, x.e);
}

static Value limit(IntegerBuilder &b, Value codes, const StaticScale &scale,
                   unsigned bits) {
  return b.cast(b.clip(codes, scale.getLow(bits), scale.getHigh(bits)), bits);
}

Value StaticIntegers::getTerm(OpBuilder &builder, Value value, double scale) {
  value = getFloats(value);
  IntegerBuilder b(builder, value.getLoc());
  // Two of these fit 32 bits.
  constexpr int64_t most = (int64_t(1) << 30) - 1;
  if (std::optional<StaticValue> x = getSums(value)) {
    Value y = rescaleStatically(b, *x, scale);
    return y ? b.cast(b.clip(y, -most, most), 32) : Value();
  }
  Value joint = source.getJoint(builder, value);
  return joint ? putOnScale(b, joint, scale) : Value();
}

std::optional<StaticValue>
StaticIntegers::getCodes(OpBuilder &builder, Value value, unsigned bits) {
  value = getFloats(value);
  if (auto it = narrow.find({value, bits}); it != narrow.end())
    return it->second;
  std::optional<StaticValue> own = getSums(value);
  int64_t most = (int64_t(1) << (bits - 1)) - 1;
  if (own && own->isScalar() && own->bound <= most)
    return own;
  std::optional<StaticScale> target = getTarget(value);
  if (!target)
    return std::nullopt;
  double scale = target->getScale(bits);
  Value term = getTerm(builder, value, scale);
  if (!term)
    return std::nullopt;
  IntegerBuilder b(builder, value.getLoc());
  StaticValue codes{limit(b, term, *target, bits),
                    {scale},
                    std::max(-target->getLow(bits), target->getHigh(bits))};
  narrow[{value, bits}] = codes;
  return codes;
}

/// The same integers with an exponent for each row.
static Value makeJoint(IntegerBuilder &b, const StaticValue &x) {
  SmallVector<int64_t> bounds(x.scales.size(), std::max<int64_t>(x.bound, 1));
  fixed::Multipliers multipliers =
      fixed::makeMultipliers(x.scales.data(), bounds.data(), bounds.size());
  auto type = typeOf(x.codes);
  qt::BlockType format = qt::getIntegerFormat(
      type.getContext(), qt::getExampleBlocks(type.getRank()), qt::summandBits);
  SmallVector<Value> parts = b.store({b.apply(multipliers, b.cast(x.codes, 32)),
                                      b.number(multipliers.exponent)},
                                     format);
  return qt::JoinOp::create(b.getBuilder(), b.getLoc(), type.clone(format),
                            parts);
}

Value StaticIntegers::build(OpBuilder &builder, Operation *op) {
  if (targets.empty() || op->getNumResults() != 1 ||
      !isFloat(op->getResult(0)) || typeOf(op->getResult(0)).getRank() == 0 ||
      isConstantSlice(op->getResult(0)))
    return {};
  std::optional<StaticValue> y;
  {
    // What has no static form is built with exponents, and says then what is
    // wrong.
    OwnDiagnostics ignored(op->getContext());
    y = buildStaticForm(*this, builder, op);
  }
  if (!y) {
    op->removeAttr(methodAttrName);
    return {};
  }
  values[op->getResult(0)] = *y;
  IntegerBuilder b(builder, op->getLoc());
  return makeJoint(b, *y);
}
