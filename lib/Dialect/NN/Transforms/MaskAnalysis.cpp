//===- MaskAnalysis.cpp - What masks say of positions -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskAnalysis.h"
#include "PositionAnalysis.h"
#include "quantc/Analysis/SizeArithmetic.h"

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
class CausalSplitter {
public:
  CausalSplitter(PatternRewriter &rewriter, AffineExpr rows, AffineExpr keys,
                 SymbolicShapes &shapes)
      : rewriter(rewriter), rows(rows), keys(keys), shapes(shapes),
        analysis(shapes) {}

  /// Of a mask that is added.
  std::optional<CausalMask> split(Value mask, unsigned depth = 0);

private:
  /// Of a condition whose \p hiding value hides.
  std::optional<CausalMask> splitCondition(Value condition, bool hiding,
                                           unsigned depth);
  std::optional<CausalMask> splitSelect(SelectOp op, unsigned depth);
  /// A mask of nothing else than a triangle, or of nothing.
  std::optional<CausalMask> readWhole(Value value,
                                      function_ref<bool(double)> hidden,
                                      function_ref<bool(double)> visible);
  /// Whether the element is \p hidden exactly behind the diagonal.
  bool isTriangle(Value value, const Elements &elements,
                  function_ref<bool(double)> hidden,
                  function_ref<bool(double)> visible);

  PatternRewriter &rewriter;
  AffineExpr rows, keys;
  SymbolicShapes &shapes;
  PositionAnalysis analysis;
};
} // namespace

static bool isVisible(double value) { return value == 0; }

bool CausalSplitter::isTriangle(Value value, const Elements &elements,
                                function_ref<bool(double)> hidden,
                                function_ref<bool(double)> visible) {
  int64_t rank = rankOf(value);
  if (rank < 2)
    return false;
  // It must have all rows and keys of the scores, so that none is repeated.
  SymbolicShapes::Sizes sizes(shapes.getSizes(value));
  if (sizes[rank - 2] != rows || sizes[rank - 1] != keys)
    return false;
  // The only position along a dim of size 1 is 0.
  MLIRContext *context = shapes.getContext();
  auto position = [&](int64_t dim) {
    return sizes[dim] == shapes.getConstant(1) ? shapes.getConstant(0)
                                               : getAffineDimExpr(dim, context);
  };
  AffineExpr behind = position(rank - 1) - position(rank - 2) - keys + rows - 1;
  AffineExpr later = canonicalizeSize(behind),
             earlier = canonicalizeSize(-behind - 1);
  if (elements.condition == later)
    return hidden(elements.then) && visible(elements.otherwise);
  return elements.condition == earlier && visible(elements.then) &&
         hidden(elements.otherwise);
}

std::optional<CausalMask>
CausalSplitter::readWhole(Value value, function_ref<bool(double)> hidden,
                          function_ref<bool(double)> visible) {
  std::optional<Elements> elements = analysis.read(value);
  if (!elements || elements->position)
    return std::nullopt;
  if (!elements->condition)
    return visible(elements->otherwise)
               ? std::optional(CausalMask{/*causal=*/false, {}})
               : std::nullopt;
  return isTriangle(value, *elements, hidden, visible)
             ? std::optional(CausalMask{/*causal=*/true, {}})
             : std::nullopt;
}

std::optional<CausalMask>
CausalSplitter::splitCondition(Value condition, bool hiding, unsigned depth) {
  auto hidden = [&](double value) { return (value != 0) == hiding; };
  auto visible = [&](double value) { return (value != 0) != hiding; };
  if (auto whole = readWhole(condition, hidden, visible))
    return whole;
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
  for (auto [part, other] : {std::pair(join.getLhs(), join.getRhs()),
                             std::pair(join.getRhs(), join.getLhs())}) {
    auto inner = splitCondition(part, hiding, depth + 1);
    if (!inner)
      continue;
    if (!inner->rest && !inner->causal)
      if (auto second = splitCondition(other, hiding, depth + 1))
        return second;
    if (inner->rest)
      inner->rest = rewriter.createOrFold<BinaryOp>(
          join.getLoc(), join.getKind(), inner->rest, other);
    else
      inner->rest = other;
    return inner;
  }
  return std::nullopt;
}

std::optional<CausalMask> CausalSplitter::splitSelect(SelectOp op,
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

std::optional<CausalMask> CausalSplitter::split(Value mask, unsigned depth) {
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
  for (auto [part, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                             std::pair(sum.getRhs(), sum.getLhs())}) {
    auto inner = split(part, depth);
    if (!inner)
      continue;
    if (!inner->rest && !inner->causal)
      if (auto second = split(other, depth))
        return second;
    inner->rest = inner->rest
                      ? BinaryOp::create(rewriter, sum.getLoc(),
                                         BinaryKind::Add, inner->rest, other)
                            .getResult()
                      : other;
    return inner;
  }
  return std::nullopt;
}

std::optional<CausalMask> quantc::nn::splitCausalMask(PatternRewriter &rewriter,
                                                      Value mask,
                                                      AffineExpr rows,
                                                      AffineExpr keys,
                                                      SymbolicShapes &shapes) {
  return CausalSplitter(rewriter, rows, keys, shapes).split(mask);
}
