//===- SizeArithmetic.cpp - One form for equal sizes ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SizeArithmetic.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace quantc;

/// An order that depends on structure alone: pointers differ from run to run.
static int compareStructure(AffineExpr a, AffineExpr b) {
  if (a == b)
    return 0;
  auto rank = [](AffineExpr e) {
    // Symbols first, then quotients.
    return e.getKind() == AffineExprKind::SymbolId
               ? -1
               : static_cast<int>(e.getKind());
  };
  if (rank(a) != rank(b))
    return rank(a) < rank(b) ? -1 : 1;
  auto compare = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (auto symbol = dyn_cast<AffineSymbolExpr>(a))
    return compare(symbol.getPosition(),
                   cast<AffineSymbolExpr>(b).getPosition());
  if (auto dim = dyn_cast<AffineDimExpr>(a))
    return compare(dim.getPosition(), cast<AffineDimExpr>(b).getPosition());
  if (auto constant = dyn_cast<AffineConstantExpr>(a))
    return compare(constant.getValue(), cast<AffineConstantExpr>(b).getValue());
  auto left = cast<AffineBinaryOpExpr>(a), right = cast<AffineBinaryOpExpr>(b);
  if (int order = compareStructure(left.getLHS(), right.getLHS()))
    return order;
  return compareStructure(left.getRHS(), right.getRHS());
}

namespace {
/// A coefficient times unknowns, which are sorted and may repeat.
struct Term {
  int64_t coefficient;
  SmallVector<AffineExpr, 4> unknowns;
};

/// A sum of terms with different unknowns, in descending order: by degree, then
/// by the unknowns. Products keep that order, which division relies on.
class Polynomial {
public:
  static Polynomial constant(int64_t value) {
    Polynomial result;
    if (value != 0)
      result.terms.push_back({value, {}});
    return result;
  }
  static Polynomial unknown(AffineExpr expression) {
    Polynomial result;
    result.terms.push_back({1, {expression}});
    return result;
  }
  static Polynomial from(AffineExpr expression);

  bool isValid() const { return !overflow; }
  bool isZero() const { return terms.empty(); }
  ArrayRef<Term> getTerms() const { return terms; }
  std::optional<int64_t> getConstant() const;
  AffineExpr toExpression(MLIRContext *context) const;

  void add(const Polynomial &other, int64_t factor = 1);
  void addTerm(int64_t coefficient, ArrayRef<AffineExpr> unknowns);
  Polynomial times(const Polynomial &other) const;
  /// Nothing where a remainder is left.
  std::optional<Polynomial> dividedBy(const Polynomial &divisor) const;

private:
  /// More than any size of a network has. Those of windows of windows have
  /// twice as many at every step.
  static constexpr size_t mostTerms = 128;

  static int compare(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b);

  SmallVector<Term> terms;
  bool overflow = false;
};
} // namespace

/// Positive where \p a comes first.
int Polynomial::compare(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  if (a.size() != b.size())
    return a.size() > b.size() ? 1 : -1;
  for (auto [left, right] : llvm::zip_equal(a, b))
    if (int order = compareStructure(left, right))
      return -order;
  return 0;
}

void Polynomial::addTerm(int64_t coefficient, ArrayRef<AffineExpr> unknowns) {
  auto *it = llvm::find_if(terms, [&](const Term &term) {
    return compare(term.unknowns, unknowns) <= 0;
  });
  if (it == terms.end() || compare(it->unknowns, unknowns) != 0) {
    overflow |= terms.size() == mostTerms;
    if (coefficient != 0 && !overflow)
      terms.insert(it, Term{coefficient, SmallVector<AffineExpr, 4>(unknowns)});
    return;
  }
  overflow |= llvm::AddOverflow(it->coefficient, coefficient, it->coefficient);
  if (it->coefficient == 0)
    terms.erase(it);
}

void Polynomial::add(const Polynomial &other, int64_t factor) {
  overflow |= other.overflow;
  for (const Term &term : other.terms) {
    if (overflow)
      return;
    int64_t coefficient;
    overflow |= llvm::MulOverflow(term.coefficient, factor, coefficient);
    addTerm(coefficient, term.unknowns);
  }
}

Polynomial Polynomial::times(const Polynomial &other) const {
  Polynomial result;
  result.overflow = overflow || other.overflow;
  for (const Term &a : terms)
    for (const Term &b : other.terms) {
      if (result.overflow)
        return result;
      SmallVector<AffineExpr, 4> unknowns(a.unknowns);
      llvm::append_range(unknowns, b.unknowns);
      llvm::sort(unknowns, [](AffineExpr x, AffineExpr y) {
        return compareStructure(x, y) < 0;
      });
      int64_t coefficient;
      result.overflow |=
          llvm::MulOverflow(a.coefficient, b.coefficient, coefficient);
      result.addTerm(coefficient, unknowns);
    }
  return result;
}

std::optional<Polynomial>
Polynomial::dividedBy(const Polynomial &divisor) const {
  if (divisor.isZero())
    return std::nullopt;
  const Term &lead = divisor.terms.front();
  Polynomial rest(*this), quotient;
  while (!rest.isZero()) {
    const Term &first = rest.terms.front();
    if (lead.coefficient == -1
            ? first.coefficient == std::numeric_limits<int64_t>::min()
            : first.coefficient % lead.coefficient != 0)
      return std::nullopt;
    SmallVector<AffineExpr, 4> unknowns(first.unknowns);
    for (AffineExpr unknown : lead.unknowns) {
      auto *it = llvm::find(unknowns, unknown);
      if (it == unknowns.end())
        return std::nullopt;
      unknowns.erase(it);
    }
    Polynomial step;
    step.addTerm(first.coefficient / lead.coefficient, unknowns);
    quotient.add(step);
    // Takes the first term away and adds only later ones: this ends.
    rest.add(divisor.times(step), -1);
    if (!rest.isValid())
      return std::nullopt;
  }
  return quotient;
}

std::optional<int64_t> Polynomial::getConstant() const {
  if (terms.empty())
    return 0;
  if (terms.size() == 1 && terms[0].unknowns.empty())
    return terms[0].coefficient;
  return std::nullopt;
}

Polynomial Polynomial::from(AffineExpr expression) {
  if (auto number = dyn_cast<AffineConstantExpr>(expression))
    return constant(number.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  if (!binary)
    return unknown(expression);
  Polynomial left = from(binary.getLHS()), right = from(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Add) {
    left.add(right);
    return left;
  }
  if (binary.getKind() == AffineExprKind::Mul)
    return left.times(right);
  // A quotient: what divides comes out of it, the rest is an unknown.
  std::optional<int64_t> divisor = right.getConstant();
  Polynomial whole, rest;
  for (const Term &term : left.terms) {
    bool divides = divisor && *divisor > 0 && term.coefficient % *divisor == 0;
    (divides ? whole : rest).addTerm(term.coefficient, term.unknowns);
  }
  whole.overflow |= left.overflow || right.overflow;
  if (divisor && *divisor > 0) {
    Polynomial scaled;
    for (const Term &term : whole.terms)
      scaled.addTerm(term.coefficient / *divisor, term.unknowns);
    scaled.overflow = whole.overflow;
    // Multiples of the divisor leave no remainder.
    whole = binary.getKind() == AffineExprKind::Mod ? Polynomial() : scaled;
    whole.overflow = scaled.overflow;
  } else {
    rest = left;
    whole.terms.clear();
  }
  MLIRContext *context = expression.getContext();
  AffineExpr open =
      getAffineBinaryOpExpr(binary.getKind(), rest.toExpression(context),
                            right.toExpression(context));
  if (auto number = dyn_cast<AffineConstantExpr>(open))
    whole.add(constant(number.getValue()));
  else if (open.getKind() == binary.getKind())
    whole.add(unknown(open));
  else
    whole.add(from(open));
  return whole;
}

AffineExpr Polynomial::toExpression(MLIRContext *context) const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  for (const Term &term : terms) {
    AffineExpr product = getAffineConstantExpr(1, context);
    for (AffineExpr unknown : term.unknowns)
      product = product * unknown;
    sum = sum + product * term.coefficient;
  }
  return sum;
}

AffineExpr quantc::canonicalizeSize(AffineExpr size) {
  if (isLongerThan(size, mostSizeParts))
    return nullptr;
  Polynomial polynomial = Polynomial::from(size);
  if (!polynomial.isValid())
    return nullptr;
  AffineExpr canonical = polynomial.toExpression(size.getContext());
  return isLongerThan(canonical, mostSizeParts) ? AffineExpr() : canonical;
}

AffineExpr quantc::multiplySizes(ArrayRef<AffineExpr> sizes,
                                 MLIRContext *context) {
  Polynomial product = Polynomial::constant(1);
  for (AffineExpr size : sizes) {
    if (isLongerThan(size, mostSizeParts))
      return nullptr;
    product = product.times(Polynomial::from(size));
  }
  return product.isValid() ? product.toExpression(context) : AffineExpr();
}

AffineExpr quantc::divideSizeExactly(AffineExpr size, AffineExpr divisor) {
  if (isLongerThan(size, mostSizeParts) || isLongerThan(divisor, mostSizeParts))
    return nullptr;
  Polynomial a = Polynomial::from(size), b = Polynomial::from(divisor);
  if (!a.isValid() || !b.isValid())
    return nullptr;
  std::optional<Polynomial> quotient = a.dividedBy(b);
  return quotient ? quotient->toExpression(size.getContext()) : AffineExpr();
}

static std::optional<int64_t> getLowerBound(const Polynomial &polynomial);

/// What is never below it: 0 for a symbol, a position and a remainder, the
/// quotient of the bound for a quotient by a number above zero.
static std::optional<int64_t> getLowerBound(AffineExpr unknown) {
  if (isa<AffineSymbolExpr, AffineDimExpr>(unknown))
    return 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(unknown);
  auto divisor = binary ? dyn_cast<AffineConstantExpr>(binary.getRHS())
                        : AffineConstantExpr();
  if (!divisor || divisor.getValue() <= 0)
    return std::nullopt;
  if (binary.getKind() == AffineExprKind::Mod)
    return 0;
  std::optional<int64_t> dividend =
      getLowerBound(Polynomial::from(binary.getLHS()));
  if (!dividend)
    return std::nullopt;
  return binary.getKind() == AffineExprKind::FloorDiv
             ? llvm::divideFloorSigned(*dividend, divisor.getValue())
             : llvm::divideCeilSigned(*dividend, divisor.getValue());
}

static std::optional<int64_t> getLowerBound(const Polynomial &polynomial) {
  if (!polynomial.isValid())
    return std::nullopt;
  int64_t sum = 0;
  for (const Term &term : polynomial.getTerms()) {
    int64_t product = term.coefficient;
    // A remainder is never as large as what it is left by.
    auto rest = term.coefficient < 0 && term.unknowns.size() == 1
                    ? dyn_cast<AffineBinaryOpExpr>(term.unknowns.front())
                    : AffineBinaryOpExpr(nullptr);
    auto divisor = rest && rest.getKind() == AffineExprKind::Mod
                       ? dyn_cast<AffineConstantExpr>(rest.getRHS())
                       : AffineConstantExpr();
    bool isRest = divisor && divisor.getValue() > 0;
    if (isRest && llvm::MulOverflow(product, divisor.getValue() - 1, product))
      return std::nullopt;
    for (AffineExpr unknown : term.unknowns) {
      if (isRest)
        break;
      // Of several factors, or of what is taken off, the sign must be known.
      std::optional<int64_t> bound = getLowerBound(unknown);
      if (!bound || term.coefficient < 0 ||
          (*bound < 0 && term.unknowns.size() > 1) ||
          llvm::MulOverflow(product, *bound, product))
        return std::nullopt;
    }
    if (llvm::AddOverflow(sum, product, sum))
      return std::nullopt;
  }
  return sum;
}

/// No size comes near it.
static constexpr int64_t farDivisor = int64_t(1) << 48;

/// -1 where \p size is below zero, else 0.
static AffineExpr getSign(AffineExpr size) { return size.floorDiv(farDivisor); }

/// What \p sign is the sign of, or null.
static AffineExpr getSigned(AffineExpr sign) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(sign);
  return binary && sign.getKind() == AffineExprKind::FloorDiv &&
                 binary.getRHS() ==
                     getAffineConstantExpr(farDivisor, sign.getContext())
             ? binary.getLHS()
             : AffineExpr();
}

unsigned quantc::countPicks(ArrayRef<AffineExpr> sizes) {
  llvm::SmallDenseSet<AffineExpr> signs;
  for (AffineExpr size : sizes)
    size.walk([&](AffineExpr part) {
      if (getSigned(part))
        signs.insert(part);
    });
  return signs.size();
}

/// The first choice among the factors of \p size, or null.
static AffineExpr findChoice(const Polynomial &size) {
  for (const Term &term : size.getTerms())
    for (AffineExpr unknown : term.unknowns)
      if (getSigned(unknown))
        return unknown;
  return nullptr;
}

/// Whether \p size is never below zero where all of \p facts are not either.
/// Each choice in it is looked at both ways, as long as there are few.
static bool isNotNegative(AffineExpr size, ArrayRef<AffineExpr> facts,
                          unsigned choices) {
  Polynomial polynomial = Polynomial::from(size);
  if (!polynomial.isValid())
    return false;
  auto isAboveZero = [](const Polynomial &difference) {
    std::optional<int64_t> bound = getLowerBound(difference);
    return bound && *bound >= 0;
  };
  if (isAboveZero(polynomial))
    return true;
  for (AffineExpr fact : facts) {
    Polynomial rest(polynomial);
    rest.add(Polynomial::from(fact), -1);
    if (isAboveZero(rest))
      return true;
  }
  if (choices == 0)
    return false;
  AffineExpr choice = findChoice(polynomial);
  if (!choice)
    return false;
  AffineExpr number = getSigned(choice);
  SmallVector<AffineExpr> known(facts);
  known.push_back(number);
  auto put = [&](int64_t sign) {
    return size.replace(choice, getAffineConstantExpr(sign, size.getContext()));
  };
  if (!isNotNegative(put(0), known, choices - 1))
    return false;
  known.back() = -number - 1;
  return isNotNegative(put(-1), known, choices - 1);
}

bool quantc::isSizeAtLeast(AffineExpr a, AffineExpr b) {
  AffineExpr difference = canonicalizeSize(a - b);
  constexpr unsigned choices = 3;
  return difference && isNotNegative(difference, {}, choices);
}

std::optional<int> quantc::compareSizes(AffineExpr a, AffineExpr b) {
  if (a == b)
    return 0;
  if (isSizeAtLeast(a, b + 1))
    return 1;
  if (isSizeAtLeast(b, a + 1))
    return -1;
  return std::nullopt;
}

/// Takes the parts of \p size off \p budget; false where it does not suffice.
static bool spend(AffineExpr size, unsigned &budget) {
  if (budget == 0)
    return false;
  --budget;
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  return !binary ||
         (spend(binary.getLHS(), budget) && spend(binary.getRHS(), budget));
}

bool quantc::isLongerThan(AffineExpr size, unsigned budget) {
  return !spend(size, budget);
}

/// \p a without a choice that does not matter where the larger (or smaller) of
/// it and \p b is taken, since \p b is taken whenever it is chosen one way.
static AffineExpr dropChoice(AffineExpr a, AffineExpr b, bool larger) {
  Polynomial polynomial = Polynomial::from(a);
  AffineExpr choice = polynomial.isValid() ? findChoice(polynomial) : nullptr;
  if (!choice)
    return a;
  auto put = [&](int64_t sign) {
    return a.replace(choice, getAffineConstantExpr(sign, a.getContext()));
  };
  AffineExpr number = getSigned(choice), forms[2] = {put(0), put(-1)};
  for (bool isBelow : {true, false}) {
    AffineExpr fact = isBelow ? -number - 1 : number;
    if (llvm::all_of(forms, [&](AffineExpr form) {
          return isNotNegative(larger ? b - form : form - b, fact, 1);
        })) {
      AffineExpr chosen = canonicalizeSize(forms[isBelow ? 0 : 1]);
      return chosen ? chosen : a; // it may be too long
    }
  }
  return a;
}

/// The larger of two that do not compare.
static AffineExpr getLarger(AffineExpr a, AffineExpr b) {
  AffineExpr difference = a - b;
  return a + difference * getSign(difference);
}

static AffineExpr choose(AffineExpr a, AffineExpr b, bool larger) {
  if (isLongerThan(a, mostSizeParts) || isLongerThan(b, mostSizeParts))
    return getLarger(a, b); // too long for whoever asks next
  if (isSizeAtLeast(a, b))
    return larger ? a : b;
  if (isSizeAtLeast(b, a))
    return larger ? b : a;
  a = dropChoice(a, b, larger);
  b = dropChoice(b, a, larger);
  return larger ? getLarger(a, b) : a + b - getLarger(a, b);
}

AffineExpr quantc::maxOfSizes(AffineExpr a, AffineExpr b) {
  return choose(a, b, /*larger=*/true);
}

AffineExpr quantc::minOfSizes(AffineExpr a, AffineExpr b) {
  return choose(a, b, /*larger=*/false);
}

AffineExpr quantc::truncatedQuotient(AffineExpr size, int64_t divisor) {
  AffineExpr zero = getAffineConstantExpr(0, size.getContext());
  if (isSizeAtLeast(size, zero))
    return size.floorDiv(divisor);
  // Two parts that are not negative, one of which is zero.
  AffineExpr above = maxOfSizes(size, zero);
  return above.floorDiv(divisor) - (above - size).floorDiv(divisor);
}

WindowCount quantc::countWindows(AffineExpr size, int64_t pads, int64_t span,
                                 int64_t stride) {
  AffineExpr room = size + (pads - span);
  WindowCount result{room.floorDiv(stride) + 1, {}};
  MLIRContext *context = size.getContext();
  auto number = [&](int64_t value) {
    return getAffineConstantExpr(value, context);
  };
  // Whole strides are taken to be what pads follow from (auto_pad = SAME): one
  // that is missing is a size of nothing.
  bool isExact = stride > 1 && divideSizeExactly(room, number(stride)) &&
                 isSizeAtLeast(room, number(-stride));
  if (!isa<AffineConstantExpr>(size) && !isExact &&
      !isSizeAtLeast(room, number(-1)))
    result.tooSmall = getSign(room);
  return result;
}

bool quantc::usesSymbolsBelow(AffineExpr size, unsigned count) {
  bool result = true;
  size.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      result &= symbol.getPosition() < count;
  });
  return result;
}
