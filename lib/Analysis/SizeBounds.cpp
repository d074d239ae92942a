//===- SizeBounds.cpp - How large a size can be -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SizeBounds.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <vector>

using namespace mlir;
using namespace quantc;

/// The smallest interval with the results of \p combine on the ends, which
/// is monotone in each of its operands.
static std::optional<SizeRange>
combineEnds(SizeRange a, SizeRange b,
            llvm::function_ref<bool(int64_t, int64_t, int64_t &)> combine) {
  SizeRange result{INT64_MAX, INT64_MIN};
  for (int64_t x : {a.low, a.high})
    for (int64_t y : {b.low, b.high}) {
      int64_t value;
      if (combine(x, y, value))
        return std::nullopt;
      result = {std::min(result.low, value), std::max(result.high, value)};
    }
  return result;
}

/// Interval arithmetic: exact where nothing occurs twice.
static std::optional<SizeRange> combine(AffineExprKind kind, SizeRange left,
                                        SizeRange right) {
  if (kind == AffineExprKind::Add)
    return combineEnds(left, right, llvm::AddOverflow<int64_t>);
  if (kind == AffineExprKind::Mul)
    return combineEnds(left, right, llvm::MulOverflow<int64_t>);
  if (right.low <= 0)
    return std::nullopt;
  if (kind == AffineExprKind::Mod) {
    // Within one period remainders rise.
    int64_t divisor = right.low;
    if (divisor == right.high &&
        llvm::divideFloorSigned(left.low, divisor) ==
            llvm::divideFloorSigned(left.high, divisor)) {
      auto rest = [&](int64_t x) {
        return x - llvm::divideFloorSigned(x, divisor) * divisor;
      };
      return SizeRange{rest(left.low), rest(left.high)};
    }
    return SizeRange{0, right.high - 1};
  }
  bool isUp = kind == AffineExprKind::CeilDiv;
  return combineEnds(left, right, [&](int64_t x, int64_t y, int64_t &value) {
    value = isUp ? llvm::divideCeilSigned(x, y) : llvm::divideFloorSigned(x, y);
    return false;
  });
}

namespace {
/// How a part follows a symbol.
enum Direction { Constant = 0, Up = 1, Down = 2, Unknown = 3 };

/// The different parts of a size, operands first: expressions share parts, and
/// walked as trees they would be far larger.
class FlatSize {
public:
  /// Not of more parts than \p limit.
  explicit FlatSize(AffineExpr size, size_t limit = 4096);

  bool isValid() const { return valid; }
  /// The range of the whole if symbols lie in these.
  std::optional<SizeRange> getRange(llvm::ArrayRef<SizeRange> symbols);
  /// Whether interval arithmetic is exact.
  bool isExact(llvm::ArrayRef<SizeRange> symbols) const;
  llvm::ArrayRef<unsigned> getSymbols() const { return used; }
  /// Behind getRange.
  Direction getDirection(unsigned symbol) const;
  /// A quotient that is 0 or -1 though it is no number: the sign of a
  /// difference, by which larger and smaller sizes are written. Behind
  /// getRange.
  AffineExpr findSign() const;

private:
  struct Part {
    AffineExpr expression;
    unsigned left = 0, right = 0;
    SizeRange range{0, 0};
  };
  bool add(AffineExpr expression, size_t limit);

  std::vector<Part> parts;
  llvm::DenseMap<AffineExpr, unsigned> numbers;
  llvm::SmallVector<unsigned> used;
  bool valid;
};
} // namespace

FlatSize::FlatSize(AffineExpr size, size_t limit) : valid(add(size, limit)) {}

bool FlatSize::add(AffineExpr expression, size_t limit) {
  if (numbers.count(expression))
    return true;
  Part part{expression};
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expression)) {
    if (!add(binary.getLHS(), limit) || !add(binary.getRHS(), limit))
      return false;
    part.left = numbers.lookup(binary.getLHS());
    part.right = numbers.lookup(binary.getRHS());
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(expression)) {
    used.push_back(symbol.getPosition());
  } else if (!isa<AffineConstantExpr>(expression)) {
    return false;
  }
  numbers[expression] = parts.size();
  parts.push_back(part);
  return parts.size() <= limit;
}

std::optional<SizeRange> FlatSize::getRange(llvm::ArrayRef<SizeRange> symbols) {
  for (Part &part : parts) {
    if (auto constant = dyn_cast<AffineConstantExpr>(part.expression)) {
      part.range = {constant.getValue(), constant.getValue()};
    } else if (auto symbol = dyn_cast<AffineSymbolExpr>(part.expression)) {
      if (symbol.getPosition() >= symbols.size())
        return std::nullopt;
      part.range = symbols[symbol.getPosition()];
    } else {
      auto range = combine(part.expression.getKind(), parts[part.left].range,
                           parts[part.right].range);
      if (!range)
        return std::nullopt;
      part.range = *range;
    }
  }
  return parts.back().range;
}

bool FlatSize::isExact(llvm::ArrayRef<SizeRange> symbols) const {
  std::vector<unsigned> uses(parts.size());
  for (const Part &part : parts)
    if (isa<AffineBinaryOpExpr>(part.expression)) {
      if (part.expression.getKind() == AffineExprKind::Mod &&
          part.range.low != part.range.high)
        return false;
      for (unsigned operand : {part.left, part.right})
        if (parts[operand].range.low != parts[operand].range.high)
          if (++uses[operand] > 1)
            return false;
    }
  return true;
}

Direction FlatSize::getDirection(unsigned symbol) const {
  std::vector<Direction> directions;
  auto flip = [](Direction direction) {
    return direction == Up ? Down : direction == Down ? Up : direction;
  };
  // Of a product, by the sign of the other factor.
  auto scale = [&](Direction direction, SizeRange by) {
    if (direction == Constant || by.low >= 0)
      return direction;
    return by.high <= 0 ? flip(direction) : Unknown;
  };
  for (const Part &part : parts) {
    Direction direction = Constant;
    if (auto own = dyn_cast<AffineSymbolExpr>(part.expression)) {
      direction = own.getPosition() == symbol ? Up : Constant;
    } else if (isa<AffineBinaryOpExpr>(part.expression)) {
      Direction left = directions[part.left], right = directions[part.right];
      AffineExprKind kind = part.expression.getKind();
      if (kind == AffineExprKind::Mul) {
        left = scale(left, parts[part.right].range);
        right = scale(right, parts[part.left].range);
      } else if (kind != AffineExprKind::Add) {
        // Quotients by a number rise with what is divided.
        if (right != Constant ||
            (kind == AffineExprKind::Mod && left != Constant))
          left = right = Unknown;
      }
      direction = static_cast<Direction>(left | right);
    }
    directions.push_back(direction);
  }
  return directions.back();
}

AffineExpr FlatSize::findSign() const {
  for (const Part &part : parts)
    if (part.expression.getKind() == AffineExprKind::FloorDiv &&
        part.range.low == -1 && part.range.high == 0)
      return part.expression;
  return nullptr;
}

/// How many points the ranges of \p used have, at most \p limit + 1.
static int64_t countPoints(llvm::ArrayRef<unsigned> used,
                           llvm::ArrayRef<SizeRange> symbols, int64_t limit) {
  int64_t points = 1;
  for (unsigned symbol : used) {
    int64_t extent;
    if (llvm::SubOverflow(symbols[symbol].high, symbols[symbol].low, extent) ||
        extent >= limit)
      return limit + 1;
    points = std::min(points * (extent + 1), limit + 1);
  }
  return points;
}

static std::optional<SizeRange> enumerate(FlatSize &size,
                                          llvm::ArrayRef<SizeRange> symbols) {
  SmallVector<SizeRange> point(symbols);
  for (unsigned symbol : size.getSymbols())
    point[symbol].high = point[symbol].low;
  SizeRange result{INT64_MAX, INT64_MIN};
  while (true) {
    std::optional<SizeRange> value = size.getRange(point);
    if (!value)
      return std::nullopt;
    result = {std::min(result.low, value->low),
              std::max(result.high, value->high)};
    bool isLast = true;
    for (unsigned symbol : size.getSymbols()) {
      SizeRange &own = point[symbol];
      if (own.low < symbols[symbol].high) {
        ++own.low, ++own.high;
        isLast = false;
        break;
      }
      own.low = own.high = symbols[symbol].low;
    }
    if (isLast)
      return result;
  }
}

/// \p budget: of cases and substitutions, each of which may double the work.
static std::optional<SizeRange> refine(AffineExpr expression,
                                       llvm::ArrayRef<SizeRange> symbols,
                                       unsigned &budget) {
  FlatSize size(expression);
  if (!size.isValid())
    return std::nullopt;
  std::optional<SizeRange> range = size.getRange(symbols);
  if (range && (range->low == range->high || size.isExact(symbols)))
    return range;
  constexpr int64_t mostPoints = 4096;
  if (llvm::all_of(size.getSymbols(),
                   [&](unsigned symbol) { return symbol < symbols.size(); }) &&
      countPoints(size.getSymbols(), symbols, mostPoints) <= mostPoints)
    return enumerate(size, symbols);
  if (!range || budget == 0)
    return range;
  --budget;
  auto substitute = [&](AffineExpr part, int64_t value) {
    AffineExpr number = getAffineConstantExpr(value, expression.getContext());
    AffineExpr result = canonicalizeSize(expression.replace(part, number));
    return result ? refine(result, symbols, budget)
                  : std::optional<SizeRange>();
  };
  auto tighten = [&](SizeRange by) {
    range->low = std::max(range->low, by.low);
    range->high = std::min(range->high, by.high);
  };
  if (AffineExpr sign = size.findSign()) {
    auto above = substitute(sign, 0), below = substitute(sign, -1);
    if (above && below)
      tighten({std::min(above->low, below->low),
               std::max(above->high, below->high)});
    return range;
  }
  for (unsigned symbol : size.getSymbols()) {
    SizeRange own = symbols[symbol];
    Direction direction = size.getDirection(symbol);
    if (own.low == own.high || (direction != Up && direction != Down))
      continue;
    AffineExpr part = getAffineSymbolExpr(symbol, expression.getContext());
    auto low = substitute(part, direction == Up ? own.low : own.high),
         high = substitute(part, direction == Up ? own.high : own.low);
    if (low && high)
      tighten({low->low, high->high});
    break;
  }
  return range;
}

std::optional<SizeRange>
quantc::getSizeRange(AffineExpr size, llvm::ArrayRef<SizeRange> symbols) {
  unsigned budget = 64;
  return refine(size, symbols, budget);
}
