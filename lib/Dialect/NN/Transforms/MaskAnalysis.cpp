//===- MaskAnalysis.cpp - What masks say of positions -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskAnalysis.h"
#include "Operands.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/Transforms/PositionAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

bool quantc::nn::isHidden(double value) {
  // Neighbours of 1e9 in float32 are 64 apart.
  return value <= -1e9;
}

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

namespace {
class PositionSplitter {
public:
  PositionSplitter(PatternRewriter &rewriter, AffineExpr rows, AffineExpr keys,
                   SymbolicShapes &shapes)
      : rewriter(rewriter), rows(rows), keys(keys), shapes(shapes),
        analysis(shapes) {}

  /// Of a mask that is added.
  std::optional<PositionMask> split(Value mask, unsigned depth = 0);

private:
  /// Of a condition whose \p hiding value hides.
  std::optional<PositionMask> splitCondition(Value condition, bool hiding,
                                             unsigned depth);
  std::optional<PositionMask> splitSelect(SelectOp op, unsigned depth);
  /// Of a comparison of |query - key| with a number.
  std::optional<PositionMask> readBand(CompareOp op, bool hiding);
  /// A mask of nothing else than a triangle or a side of a band, or of nothing.
  std::optional<PositionMask> readWhole(Value value,
                                        function_ref<bool(double)> hidden,
                                        function_ref<bool(double)> visible);
  /// What the elements hide by their distance from the diagonal, if that is a
  /// side of it.
  std::optional<PositionMask> readDistance(Value value,
                                           const Elements &elements,
                                           function_ref<bool(double)> hidden,
                                           function_ref<bool(double)> visible);

  PatternRewriter &rewriter;
  AffineExpr rows, keys;
  SymbolicShapes &shapes;
  PositionAnalysis analysis;
};
} // namespace

static bool isVisible(double value) { return value == 0; }

/// The constant by which \p a exceeds \p b.
static std::optional<int64_t> getDifference(AffineExpr a, AffineExpr b) {
  auto difference = dyn_cast<AffineConstantExpr>(canonicalizeSize(a - b));
  if (!difference)
    return std::nullopt;
  return difference.getValue();
}

std::optional<PositionMask>
PositionSplitter::readDistance(Value value, const Elements &elements,
                               function_ref<bool(double)> hidden,
                               function_ref<bool(double)> visible) {
  int64_t rank = rankOf(value);
  if (rank < 2)
    return std::nullopt;
  // It must have all rows and keys of the scores, so that none is repeated.
  SymbolicShapes::Sizes sizes(shapes.getSizes(value));
  if (sizes[rank - 2] != rows || sizes[rank - 1] != keys)
    return std::nullopt;
  bool hides = hidden(elements.then) && visible(elements.otherwise);
  if (!hides && !(visible(elements.then) && hidden(elements.otherwise)))
    return std::nullopt;
  // The only position along a dim of size 1 is 0.
  MLIRContext *context = shapes.getContext();
  auto position = [&](int64_t dim) {
    return sizes[dim] == shapes.getConstant(1) ? shapes.getConstant(0)
                                               : getAffineDimExpr(dim, context);
  };
  // How far the key is before the query.
  AffineExpr distance = position(rank - 2) + keys - rows - position(rank - 1);
  PositionMask mask;
  if (auto more = getDifference(elements.condition, distance)) {
    // Chosen from the distance -more on.
    if (hides && *more < 0)
      mask.left = -*more - 1;
    else if (!hides && *more == 0)
      mask.causal = true;
    else if (!hides && *more > 0)
      mask.right = *more;
    else
      return std::nullopt;
    return mask;
  }
  if (auto most = getDifference(elements.condition, -distance)) {
    // Chosen up to the distance most.
    if (hides && *most == -1)
      mask.causal = true;
    else if (hides && *most < -1)
      mask.right = -*most - 1;
    else if (!hides && *most >= 0)
      mask.left = *most;
    else
      return std::nullopt;
    return mask;
  }
  return std::nullopt;
}

std::optional<PositionMask>
PositionSplitter::readWhole(Value value, function_ref<bool(double)> hidden,
                            function_ref<bool(double)> visible) {
  std::optional<Elements> elements = analysis.read(value);
  if (!elements || elements->position)
    return std::nullopt;
  if (elements->condition)
    return readDistance(value, *elements, hidden, visible);
  return visible(elements->otherwise) ? std::optional(PositionMask())
                                      : std::nullopt;
}

std::optional<PositionMask> PositionSplitter::readBand(CompareOp op,
                                                       bool hiding) {
  auto absolute = op.getLhs().getDefiningOp<UnaryOp>();
  std::optional<Elements> bound = analysis.read(op.getRhs());
  if (!absolute || absolute.getKind() != UnaryKind::Abs || !bound ||
      bound->position || bound->condition)
    return std::nullopt;
  // The largest distance that stays visible. No row is as long as the limit,
  // and a bound that is no number is none.
  constexpr double limit = 1e15;
  if (!(bound->otherwise > -limit && bound->otherwise < limit))
    return std::nullopt;
  auto most = static_cast<int64_t>(bound->otherwise);
  if (static_cast<double>(most) != bound->otherwise)
    return std::nullopt;
  Predicate predicate = op.getPredicate();
  if (predicate == (hiding ? Predicate::Ge : Predicate::Lt))
    --most;
  else if (predicate != (hiding ? Predicate::Gt : Predicate::Le))
    return std::nullopt;
  Value value = absolute.getInput();
  std::optional<Elements> elements = analysis.read(value);
  int64_t rank = rankOf(value);
  SymbolicShapes::Sizes sizes(shapes.getSizes(value));
  if (most < 0 || !elements || !elements->position || rank < 2 ||
      sizes[rank - 2] != rows || sizes[rank - 1] != keys ||
      rankOf(op.getResult()) != rank)
    return std::nullopt;
  MLIRContext *context = shapes.getContext();
  AffineExpr distance = getAffineDimExpr(rank - 2, context) + keys - rows -
                        getAffineDimExpr(rank - 1, context);
  if (getDifference(elements->position, distance) != 0 &&
      getDifference(elements->position, -distance) != 0)
    return std::nullopt;
  PositionMask mask;
  mask.left = mask.right = most;
  return mask;
}

/// Of two masks that both hide keys; \p join makes one of what both leave.
static PositionMask joinMasks(const PositionMask &a, const PositionMask &b,
                              function_ref<Value(Value, Value)> join) {
  PositionMask both;
  both.causal = a.causal || b.causal;
  auto narrower = [](std::optional<int64_t> x, std::optional<int64_t> y) {
    return x && y ? std::min(x, y) : x ? x : y;
  };
  both.left = narrower(a.left, b.left);
  both.right = narrower(a.right, b.right);
  both.rest = a.rest && b.rest ? join(a.rest, b.rest)
              : a.rest         ? a.rest
                               : b.rest;
  return both;
}

std::optional<PositionMask>
PositionSplitter::splitCondition(Value condition, bool hiding, unsigned depth) {
  auto hidden = [&](double value) { return (value != 0) == hiding; };
  auto visible = [&](double value) { return (value != 0) != hiding; };
  if (auto whole = readWhole(condition, hidden, visible))
    return whole;
  if (auto compare = condition.getDefiningOp<CompareOp>())
    return readBand(compare, hiding);
  constexpr unsigned deepest = 8;
  if (depth == deepest)
    return std::nullopt;
  if (auto negation = condition.getDefiningOp<UnaryOp>();
      negation && negation.getKind() == UnaryKind::Not) {
    auto inner = splitCondition(negation.getInput(), !hiding, depth + 1);
    if (inner && inner->rest)
      inner->rest =
          UnaryOp::create(rewriter, negation.getLoc(), inner->rest.getType(),
                          UnaryKind::Not, inner->rest);
    return inner;
  }
  if (auto expand = condition.getDefiningOp<ExpandOp>())
    return splitCondition(expand.getInput(), hiding, depth + 1);
  // One of several reasons to hide a key.
  auto join = condition.getDefiningOp<BinaryOp>();
  if (!join || join.getKind() != (hiding ? BinaryKind::Or : BinaryKind::And))
    return std::nullopt;
  for (auto [part, other] : getBothOrders(join)) {
    auto inner = splitCondition(part, hiding, depth + 1);
    if (!inner)
      continue;
    auto second = splitCondition(other, hiding, depth + 1);
    if (!second) {
      second.emplace();
      second->rest = other;
    }
    return joinMasks(*inner, *second, [&](Value a, Value b) {
      return rewriter.createOrFold<BinaryOp>(join.getLoc(), join.getKind(), a,
                                             b);
    });
  }
  return std::nullopt;
}

std::optional<PositionMask> PositionSplitter::splitSelect(SelectOp op,
                                                          unsigned depth) {
  auto matches = [&](Value value, function_ref<bool(double)> predicate) {
    std::optional<Elements> elements = analysis.read(value);
    return elements && !elements->position && !elements->condition &&
           predicate(elements->otherwise);
  };
  for (bool hiding : {true, false}) {
    Value hidden = hiding ? op.getOnTrue() : op.getOnFalse();
    Value shown = hiding ? op.getOnFalse() : op.getOnTrue();
    if (!matches(hidden, isHidden))
      continue;
    auto select = [&](Value condition, Value visible) -> Value {
      return SelectOp::create(rewriter, op.getLoc(), condition,
                              hiding ? hidden : visible,
                              hiding ? visible : hidden);
    };
    if (matches(shown, isVisible)) {
      auto inner = splitCondition(op.getCondition(), hiding, depth);
      if (inner && inner->rest)
        inner->rest = select(inner->rest, shown);
      return inner;
    }
    // A mask in which a further one is filled.
    auto inner = split(shown, depth);
    if (!inner)
      continue;
    if (!inner->rest) {
      auto type = cast<RankedTensorType>(shown.getType());
      inner->rest = arith::ConstantOp::create(
          rewriter, op.getLoc(),
          DenseElementsAttr::get(
              RankedTensorType::get({}, type.getElementType()), 0.0f));
    }
    inner->rest = select(op.getCondition(), inner->rest);
    return inner;
  }
  return std::nullopt;
}

std::optional<PositionMask> PositionSplitter::split(Value mask,
                                                    unsigned depth) {
  if (auto whole = readWhole(mask, isHidden, isVisible))
    return whole;
  constexpr unsigned deepest = 8;
  if (depth++ == deepest)
    return std::nullopt;
  // Masks broadcast by themselves.
  if (auto expand = mask.getDefiningOp<ExpandOp>())
    return split(expand.getInput(), depth);
  if (auto select = mask.getDefiningOp<SelectOp>())
    return splitSelect(select, depth);
  auto sum = mask.getDefiningOp<BinaryOp>();
  if (!sum || sum.getKind() != BinaryKind::Add)
    return std::nullopt;
  for (auto [part, other] : getBothOrders(sum)) {
    auto inner = split(part, depth);
    if (!inner)
      continue;
    auto second = split(other, depth);
    if (!second) {
      second.emplace();
      second->rest = other;
    }
    return joinMasks(*inner, *second, [&](Value a, Value b) -> Value {
      return BinaryOp::create(rewriter, sum.getLoc(), BinaryKind::Add, a, b);
    });
  }
  return std::nullopt;
}

std::optional<PositionMask>
quantc::nn::splitPositionMask(PatternRewriter &rewriter, Value mask,
                              AffineExpr rows, AffineExpr keys,
                              SymbolicShapes &shapes) {
  return PositionSplitter(rewriter, rows, keys, shapes).split(mask);
}
