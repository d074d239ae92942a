//===- LinearBounds.cpp - Inequalities between integers ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearBounds.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;
using llvm::DynamicAPInt;

/// Beyond these a sum of terms proves nothing that matters here.
static constexpr int64_t largestCoefficient = int64_t(1) << 20;
static constexpr unsigned largestScale = 8;

nn::BinaryOp quantc::getBinary(Value value, nn::BinaryKind kind) {
  auto op = value.getDefiningOp<nn::BinaryOp>();
  return op && op.getKind() == kind ? op : nn::BinaryOp();
}

Value quantc::stripMoves(Value value) {
  while (true) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto contract =
          dyn_cast<qt::ContractOp>(argument.getOwner()->getParentOp());
      if (!contract || argument.getArgNumber() == 0)
        return value;
      value = contract.getEpilogueOperands()[argument.getArgNumber() - 1];
      continue;
    }
    Operation *op = value.getDefiningOp();
    auto cast = dyn_cast<nn::CastOp>(op);
    bool widens =
        cast && getElementTypeOrSelf(cast.getInput().getType()).isInteger() &&
        getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth() >
            getElementTypeOrSelf(cast.getInput().getType())
                .getIntOrFloatBitWidth();
    if (!widens && !isa<nn::ExpandOp>(op))
      return value;
    value = op->getOperand(0);
  }
}

void quantc::collectDominated(Value value, SmallVectorImpl<Value> &dominated) {
  value = stripMoves(value);
  dominated.push_back(value);
  Operation *op = value.getDefiningOp();
  if (auto unary = dyn_cast_or_null<nn::UnaryOp>(op);
      unary && unary.getKind() == nn::UnaryKind::Abs) {
    dominated.push_back(stripMoves(unary.getInput()));
  } else if (auto binary = dyn_cast_or_null<nn::BinaryOp>(op);
             binary && binary.getKind() == nn::BinaryKind::Max) {
    collectDominated(binary.getLhs(), dominated);
    collectDominated(binary.getRhs(), dominated);
  } else if (auto reduce = dyn_cast_or_null<nn::ReduceOp>(op);
             reduce && reduce.getKind() == nn::ReduceKind::Max &&
             reduce.getKeepdims()) {
    collectDominated(reduce.getInput(), dominated);
  } else if (auto keep = dyn_cast_or_null<nn::ReshapeOp>(op)) {
    // The row that an image is.
    auto row = keep.getInput().getDefiningOp<nn::ReduceOp>();
    auto magnitude =
        row ? row.getInput().getDefiningOp<nn::UnaryOp>() : nn::UnaryOp();
    auto image = magnitude ? magnitude.getInput().getDefiningOp<nn::ReshapeOp>()
                           : nn::ReshapeOp();
    if (image && isLargestOfImage(value, image.getInput()))
      dominated.push_back(stripMoves(image.getInput()));
  }
}

LinearSum LinearSum::ofTerm(Value value, int64_t coefficient) {
  LinearSum sum;
  sum.terms[value] = coefficient;
  return sum;
}

LinearSum &LinearSum::add(LinearSum other, int64_t factor) {
  unsigned common = std::max(scale, other.scale);
  auto scaleBy = [](LinearSum &sum, int64_t by) {
    for (auto &term : sum.terms)
      term.second *= by;
    sum.rest = {sum.rest.low * by, sum.rest.high * by};
    if (by < 0)
      std::swap(sum.rest.low, sum.rest.high);
  };
  scaleBy(*this, int64_t(1) << (common - scale));
  scaleBy(other, factor * (int64_t(1) << (common - other.scale)));
  scale = common;
  for (auto [term, coefficient] : other.terms)
    terms[term] += coefficient;
  terms.remove_if([](const auto &term) { return term.second == 0; });
  rest = {rest.low + other.rest.low, rest.high + other.rest.high};
  return *this;
}

/// By a constant number of places, half up.
static bool shiftBy(LinearSum &sum, int64_t places) {
  if (places < -16 || places + sum.scale > largestScale)
    return false;
  if (places <= 0) {
    LinearSum zero;
    sum = zero.add(sum, int64_t(1) << -places);
    return true;
  }
  // floor((x + 2^(s-1)) / 2^s) is at least (x - 2^(s-1) + 1) / 2^s.
  DynamicAPInt unit = getPower(sum.scale), half = getPower(places - 1) * unit;
  sum.rest = {sum.rest.low - half + unit, sum.rest.high + half};
  sum.scale += places;
  return true;
}

LinearSum LinearBounds::getSum(Value value, unsigned depth) const {
  value = stripMoves(value);
  LinearSum sum;
  if (std::optional<int64_t> number = matchIntegerSplat(value)) {
    sum.rest = Interval::get(*number);
    return sum;
  }
  if (auto cast = value.getDefiningOp<nn::CastOp>();
      cast && depth != 0 && ranges(value) == ranges(cast.getInput()))
    return getSum(cast.getInput(), depth - 1);
  auto binary = value.getDefiningOp<nn::BinaryOp>();
  // What may wrap around is no sum of its operands.
  if (!binary || depth == 0 || binary->hasAttr(wrapsAttrName))
    return LinearSum::ofTerm(value);
  std::optional<int64_t> right = matchIntegerSplat(binary.getRhs());
  switch (binary.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
    sum = getSum(binary.getLhs(), depth - 1);
    sum.add(getSum(binary.getRhs(), depth - 1),
            binary.getKind() == nn::BinaryKind::Add ? 1 : -1);
    break;
  case nn::BinaryKind::Mul:
    if (!right || std::abs(*right) > largestCoefficient)
      return LinearSum::ofTerm(value);
    sum.add(getSum(binary.getLhs(), depth - 1), *right);
    break;
  case nn::BinaryKind::RShift:
    if (!right || (*right > 0 && !throughShifts))
      return LinearSum::ofTerm(value);
    sum = getSum(binary.getLhs(), depth - 1);
    if (!shiftBy(sum, *right))
      return LinearSum::ofTerm(value);
    break;
  default:
    return LinearSum::ofTerm(value);
  }
  for (auto [term, coefficient] : sum.terms)
    if (std::abs(coefficient) > largestCoefficient)
      return LinearSum::ofTerm(value);
  return sum;
}

/// What bounds a term from below, or from above: any one of these.
static SmallVector<Value> getBounds(Value term, bool fromBelow) {
  if (auto binary = term.getDefiningOp<nn::BinaryOp>();
      binary && binary.getKind() ==
                    (fromBelow ? nn::BinaryKind::Max : nn::BinaryKind::Min))
    return {binary.getLhs(), binary.getRhs()};
  if (auto reduce = term.getDefiningOp<nn::ReduceOp>();
      reduce && reduce.getKeepdims() &&
      reduce.getKind() ==
          (fromBelow ? nn::ReduceKind::Max : nn::ReduceKind::Min))
    return {reduce.getInput()};
  return {};
}

/// What is at the ends of maxima of maxima, or of minima.
static void collectEnds(Value term, bool fromBelow,
                        SmallVectorImpl<Value> &ends) {
  SmallVector<Value> worklist{term};
  llvm::SmallPtrSet<Value, 8> seen;
  while (!worklist.empty()) {
    Value value = stripMoves(worklist.pop_back_val());
    if (!seen.insert(value).second)
      continue;
    SmallVector<Value> bounds = getBounds(value, fromBelow);
    if (bounds.empty())
      ends.push_back(value);
    worklist.append(bounds);
  }
}

/// \p sum with what bounds a term of it in the term's place.
static LinearSum replaceTerm(const LinearSum &sum, Value term,
                             const LinearSum &bound) {
  LinearSum other = sum, scaled;
  other.terms.erase(term);
  scaled.add(bound, sum.terms.lookup(term));
  scaled.scale += sum.scale;
  return other.add(scaled);
}

DynamicAPInt LinearBounds::getLowest(const LinearSum &sum,
                                     const DynamicAPInt &enough,
                                     Value nonZero) {
  target = enough;
  constexpr unsigned deepest = 8, tries = 300;
  std::optional<DynamicAPInt> best;
  auto look = [&](const LinearSum &from) {
    budget = tries;
    DynamicAPInt own = search(from, nonZero, deepest);
    best = best ? std::max(*best, own) : own;
    return *best >= target;
  };
  // The maximum of many less one of these, to which a search may not come.
  for (auto [term, coefficient] : sum.terms) {
    SmallVector<Value> ends;
    collectEnds(term, coefficient > 0, ends);
    for (Value end : ends) {
      if (end == term)
        continue;
      // Only if another term goes with it.
      LinearSum other = replaceTerm(sum, term, getSum(end));
      if (other.terms.size() + 1 < sum.terms.size() && look(other))
        return *best;
    }
  }
  look(sum);
  return *best;
}

/// Whether a condition is that a value is 0 which is not, where \p nonZero is
/// not.
static bool isExcluded(Value condition, Value nonZero) {
  auto compare = condition.getDefiningOp<nn::CompareOp>();
  if (!nonZero || !compare || compare.getPredicate() != nn::Predicate::Eq ||
      matchIntegerSplat(compare.getRhs()) != 0)
    return false;
  SmallVector<Value> dominated;
  collectDominated(compare.getLhs(), dominated);
  return llvm::is_contained(dominated, stripMoves(nonZero));
}

DynamicAPInt LinearBounds::search(const LinearSum &sum, Value nonZero,
                                  unsigned depth) {
  DynamicAPInt least = sum.rest.low;
  for (auto [term, coefficient] : sum.terms) {
    Interval range = ranges(term);
    least += coefficient * (coefficient > 0 ? range.low : range.high);
  }
  // An integer: what is left over rounds up.
  DynamicAPInt best = ceilDiv(least, getPower(sum.scale));
  for (auto [term, coefficient] : sum.terms) {
    if (depth == 0 || best >= target)
      return best;
    auto replace = [&, term = term](Value by) {
      if (budget == 0)
        return best;
      --budget;
      return search(replaceTerm(sum, term, getSum(by)), nonZero, depth - 1);
    };
    for (Value bound : getBounds(term, coefficient > 0))
      best = std::max(best, replace(bound));
    if (auto select = term.getDefiningOp<nn::SelectOp>()) {
      DynamicAPInt other = replace(select.getOnFalse());
      if (isExcluded(select.getCondition(), nonZero))
        best = std::max(best, other);
      else if (other > best)
        best = std::max(best, std::min(other, replace(select.getOnTrue())));
    }
  }
  return best;
}
