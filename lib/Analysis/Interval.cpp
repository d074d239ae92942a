//===- Interval.cpp - Ranges of integers ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/Interval.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using llvm::DynamicAPInt;

Interval Interval::getAll(Type type) {
  unsigned bits = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  if (bits == 1)
    return get(0, 1);
  if (type.isUnsignedInteger())
    return {DynamicAPInt(0), getPower(bits) - 1};
  DynamicAPInt half = getPower(bits - 1);
  return {-half, half - 1};
}

DynamicAPInt Interval::getMagnitude() const {
  return std::max(abs(low), abs(high));
}

Interval Interval::join(const Interval &other) const {
  return {std::min(low, other.low), std::max(high, other.high)};
}

Interval Interval::meet(const Interval &other) const {
  Interval both{std::max(low, other.low), std::min(high, other.high)};
  return both.low <= both.high ? both : *this;
}

llvm::raw_ostream &quantc::operator<<(llvm::raw_ostream &stream,
                                      const Interval &interval) {
  stream << interval.low;
  return interval.isOne() ? stream : stream << ".." << interval.high;
}

DynamicAPInt quantc::getPower(unsigned places) {
  return DynamicAPInt(APInt::getOneBitSet(places + 2, places));
}

/// The hull of a function at all corners, where it is monotone in each operand
/// while the other one stays.
static Interval evaluateCorners(
    const Interval &a, const Interval &b,
    llvm::function_ref<DynamicAPInt(const DynamicAPInt &, const DynamicAPInt &)>
        apply) {
  DynamicAPInt corners[] = {apply(a.low, b.low), apply(a.low, b.high),
                            apply(a.high, b.low), apply(a.high, b.high)};
  auto [low, high] =
      std::minmax_element(std::begin(corners), std::end(corners));
  return {*low, *high};
}

static DynamicAPInt shift(const DynamicAPInt &x, const DynamicAPInt &places) {
  // Beyond 64 places nothing changes any more, or does not fit anyhow.
  auto by = static_cast<int64_t>(
      std::clamp(places, DynamicAPInt(-64), DynamicAPInt(64)));
  if (by <= 0)
    return x * getPower(-by);
  return floorDiv(x + getPower(by - 1), getPower(by));
}

/// Of all quotients where 0 is no divisor.
static Interval divide(const Interval &a, const Interval &b,
                       const Interval &all) {
  if (b.low <= 0 && b.high >= 0)
    return all;
  return evaluateCorners(a, b,
                         [](const auto &x, const auto &y) { return x / y; });
}

/// What is left of a dividend, with its sign: 0 of a divisor 0.
static Interval divideOut(const Interval &a, const Interval &b) {
  DynamicAPInt zero(0), most = std::max(b.getMagnitude() - 1, zero);
  return {a.low < 0 ? -std::min(-a.low, most) : zero,
          a.high > 0 ? std::min(a.high, most) : zero};
}

Interval quantc::evaluate(nn::BinaryKind kind, const Interval &a,
                          const Interval &b, Type type) {
  Interval all = Interval::getAll(type);
  switch (kind) {
  case nn::BinaryKind::Add:
    return {a.low + b.low, a.high + b.high};
  case nn::BinaryKind::Sub:
    return {a.low - b.high, a.high - b.low};
  case nn::BinaryKind::Mul:
    return evaluateCorners(a, b,
                           [](const auto &x, const auto &y) { return x * y; });
  case nn::BinaryKind::Div:
    return divide(a, b, all);
  case nn::BinaryKind::Fmod:
    return divideOut(a, b);
  case nn::BinaryKind::Min:
    return {std::min(a.low, b.low), std::min(a.high, b.high)};
  case nn::BinaryKind::Max:
    return {std::max(a.low, b.low), std::max(a.high, b.high)};
  case nn::BinaryKind::RShift:
    return evaluateCorners(a, b, shift);
  case nn::BinaryKind::MulHigh31:
    return evaluateCorners(a, b, [](const auto &x, const auto &y) {
      return shift(x * y, DynamicAPInt(31));
    });
  case nn::BinaryKind::And:
    // The bits of one that is not negative are the most.
    if (a.low >= 0 && b.low >= 0)
      return {DynamicAPInt(0), std::min(a.high, b.high)};
    if (a.low >= 0 || b.low >= 0)
      return {DynamicAPInt(0), a.low >= 0 ? a.high : b.high};
    return all;
  case nn::BinaryKind::Shr:
    if (a.low >= 0 && b.low >= 0)
      return evaluateCorners(a, b, [](const auto &x, const auto &places) {
        auto by = std::min(places, DynamicAPInt(64));
        return floorDiv(x, getPower(static_cast<int64_t>(by)));
      });
    return all;
  default:
    return all;
  }
}

static int64_t countLeadingZeros(const DynamicAPInt &x, unsigned bits) {
  if (x < 0)
    return 0;
  int64_t length = 0;
  for (DynamicAPInt rest = x; rest != 0; rest /= 2)
    ++length;
  return static_cast<int64_t>(bits) - length;
}

Interval quantc::evaluate(nn::UnaryKind kind, const Interval &x, Type type) {
  DynamicAPInt zero(0);
  switch (kind) {
  case nn::UnaryKind::Neg:
    return {-x.high, -x.low};
  case nn::UnaryKind::Abs:
    return {x.low > 0 ? x.low : x.high < 0 ? -x.high : zero, x.getMagnitude()};
  case nn::UnaryKind::Relu:
    return {std::max(x.low, zero), std::max(x.high, zero)};
  case nn::UnaryKind::Sign:
    return Interval::get(x.low > 0    ? 1
                         : x.low == 0 ? 0
                                      : -1,
                         x.high > 0    ? 1
                         : x.high == 0 ? 0
                                       : -1);
  case nn::UnaryKind::Clz: {
    unsigned bits = type.getIntOrFloatBitWidth();
    // Negative ones have none.
    return Interval::get(countLeadingZeros(x.high, bits),
                         countLeadingZeros(std::max(x.low, zero), bits))
        .join(Interval::get(x.low < 0 ? 0 : countLeadingZeros(x.high, bits)));
  }
  case nn::UnaryKind::Isqrt: {
    // Beyond 2^62 the result is 0.
    if (x.low < 0 || x.high >= getPower(62))
      return Interval::get(0, (int64_t(1) << 31) - 1);
    auto root = [](const DynamicAPInt &v) {
      return numerics::fixed::integerSqrt(static_cast<int64_t>(v));
    };
    return Interval::get(root(x.low), root(x.high));
  }
  case nn::UnaryKind::Recip61: {
    if (x.low <= 0)
      return Interval::get(0, INT32_MAX);
    auto invert = [](const DynamicAPInt &v) {
      return numerics::fixed::reciprocal61(static_cast<int64_t>(v));
    };
    return Interval::get(invert(x.high), invert(x.low));
  }
  default:
    return Interval::getAll(type);
  }
}

Interval quantc::evaluateClip(const Interval &x, double low, double high) {
  // Doubles hold more than i64: a bound beyond it cuts nothing, as NaN does.
  constexpr double most = 9.0e18;
  auto cut = [&](const DynamicAPInt &value, bool lowFirst) {
    DynamicAPInt result = value;
    for (bool isLow : {lowFirst, !lowFirst}) {
      double bound = isLow ? std::ceil(low) : std::floor(high);
      if (!(std::fabs(bound) < most))
        continue;
      DynamicAPInt limit(static_cast<int64_t>(bound));
      result = isLow ? std::max(result, limit) : std::min(result, limit);
    }
    return result;
  };
  // Bounds that cross leave one of the two, which depends on their order.
  return {std::min(cut(x.low, true), cut(x.low, false)),
          std::max(cut(x.high, true), cut(x.high, false))};
}
