//===- RecomposeRotary.cpp - Rotary embeddings from chains ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// Every step-th feature of a tensor from one on.
struct Features {
  Value tensor;
  int64_t first, step, count;
};

/// What takes the place of the features in a rotation by 90 degrees.
struct QuarterTurn {
  Value input;
  bool interleaved;
};
} // namespace

/// `value` = some of the features, the last dim, of another tensor.
static std::optional<Features> matchFeatures(Value value) {
  auto slice = value.getDefiningOp<SliceOp>();
  if (!slice)
    return std::nullopt;
  auto starts = getConstantIntegers(slice.getStarts()),
       ends = getConstantIntegers(slice.getEnds()), axes = slice.getKnownAxes(),
       steps = getConstantIntegers(slice.getSteps());
  if (!starts || !ends || !axes || !steps || axes->size() != 1)
    return std::nullopt;
  int64_t last = typeOf(value).getRank() - 1;
  int64_t size = typeOf(slice.getInput()).getDimSize(last);
  if (axes->front() != last || ShapedType::isDynamic(size))
    return std::nullopt;
  SliceRange range =
      getSliceRange(starts->front(), ends->front(), steps->front(), size);
  return Features{slice.getInput(), range.first, steps->front(), range.count};
}

/// Whether \p first and \p second are the two members of all pairs of one
/// tensor's features.
static std::optional<QuarterTurn> matchPairs(Value first, Value second) {
  std::optional<Features> a = matchFeatures(first), b = matchFeatures(second);
  if (!a || !b || a->tensor != b->tensor)
    return std::nullopt;
  int64_t half = typeOf(a->tensor).getShape().back() / 2;
  if (a->count != half || b->count != half || a->first != 0)
    return std::nullopt;
  if (a->step == 1 && b->step == 1 && b->first == half)
    return QuarterTurn{a->tensor, /*interleaved=*/false};
  if (a->step == 2 && b->step == 2 && b->first == 1)
    return QuarterTurn{a->tensor, /*interleaved=*/true};
  return std::nullopt;
}

/// `value` = -x.
static Value matchNegation(Value value) {
  if (auto unary = value.getDefiningOp<UnaryOp>())
    return unary.getKind() == UnaryKind::Neg ? unary.getInput() : Value();
  Product product = matchProduct(value);
  return product.factors.size() == 1 && product.scale == -1
             ? product.factors.front()
             : Value();
}

/// The parts that are joined along the last dim, whole halves or, with a new
/// last dim of 2 that is then dropped, feature by feature.
static std::optional<std::pair<Value, Value>> matchJoin(Value value,
                                                        bool &interleaved) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  interleaved = reshape != nullptr;
  auto concat =
      (reshape ? reshape.getInput() : value).getDefiningOp<ConcatOp>();
  if (!concat || concat.getInputs().size() != 2)
    return std::nullopt;
  int64_t rank = concat.getType().getRank();
  if (static_cast<int64_t>(concat.getAxis()) != rank - 1)
    return std::nullopt;
  Value first = concat.getInputs()[0], second = concat.getInputs()[1];
  if (!reshape)
    return std::pair(first, second);
  // [..., D / 2, 1] twice to [..., D].
  Value members[2];
  for (auto [member, part] :
       llvm::zip_equal(members, std::array{first, second})) {
    auto column = part.getDefiningOp<ReshapeOp>();
    if (!column || typeOf(part).getDimSize(rank - 1) != 1 ||
        typeOf(column.getInput()).getRank() != rank - 1 ||
        typeOf(column.getInput()).getShape().back() !=
            typeOf(part).getDimSize(rank - 2))
      return std::nullopt;
    member = column.getInput();
  }
  if (typeOf(value).getRank() != rank - 1)
    return std::nullopt;
  return std::pair(members[0], members[1]);
}

/// `value` = (-b, a) for the pairs (a, b) of a tensor's features.
static std::optional<QuarterTurn> matchQuarterTurn(Value value) {
  bool interleaved;
  auto parts = matchJoin(value, interleaved);
  Value second = parts ? matchNegation(parts->first) : Value();
  if (!second)
    return std::nullopt;
  auto turn = matchPairs(parts->second, second);
  return turn && turn->interleaved == interleaved &&
                 turn->input.getType() == value.getType()
             ? turn
             : std::nullopt;
}

/// Whether cos or sin has an angle for every feature and adds no dims.
static bool areAngles(Value angles, RankedTensorType type) {
  RankedTensorType own = typeOf(angles);
  return own.getRank() > 0 && own.getRank() <= type.getRank() &&
         own.getShape().back() == type.getShape().back();
}

static BinaryOp getBinary(Value value, BinaryKind kind) {
  auto op = value.getDefiningOp<BinaryOp>();
  return op && op.getKind() == kind ? op : BinaryOp();
}

namespace {
/// x cos + turn(x) sin.
struct RecomposeTurned : public OpRewritePattern<BinaryOp> {
  RecomposeTurned(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || op.getKind() != BinaryKind::Add)
      return rewriter.notifyMatchFailure(op, "no sum of tensors");
    BinaryOp left = getBinary(op.getLhs(), BinaryKind::Mul),
             right = getBinary(op.getRhs(), BinaryKind::Mul);
    if (!left || !right)
      return rewriter.notifyMatchFailure(op, "no sum of two products");
    for (auto [straight, turned] :
         {std::pair(left, right), std::pair(right, left)})
      for (unsigned side : {0, 1}) {
        auto turn = matchQuarterTurn(turned->getOperand(side));
        if (!turn)
          continue;
        Value sin = turned->getOperand(1 - side);
        Value cos;
        for (unsigned other : {0, 1})
          if (straight->getOperand(other) == turn->input)
            cos = straight->getOperand(1 - other);
        if (!cos)
          return recompose.miss(rewriter, op, "a rotary embedding",
                                "what is turned is not what stays");
        if (turn->input.getType() != type || !areAngles(cos, type) ||
            !areAngles(sin, type))
          return recompose.miss(rewriter, op, "a rotary embedding",
                                "cosines and sines are not those of the "
                                "features");
        recompose.found(op, turn->interleaved ? "rotary embedding (interleaved)"
                                              : "rotary embedding");
        rewriter.replaceOpWithNewOp<RotaryOp>(
            op, type, turn->input, cos, sin,
            turn->interleaved ? rewriter.getUnitAttr() : UnitAttr());
        return success();
      }
    return rewriter.notifyMatchFailure(op, "nothing turned");
  }

private:
  RecomposeContext &recompose;
};

/// (a cos - b sin, b cos + a sin), joined; angles for half of the features.
struct RecomposeMembers : public RewritePattern {
  RecomposeMembers(StringRef root, MLIRContext *context,
                   RecomposeContext &recompose)
      : RewritePattern(root, /*benefit=*/1, context), recompose(recompose) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    Value result = op->getResult(0);
    bool interleaved;
    auto parts = matchJoin(result, interleaved);
    if (!parts)
      return rewriter.notifyMatchFailure(op, "nothing joined");
    BinaryOp difference = getBinary(parts->first, BinaryKind::Sub),
             sum = getBinary(parts->second, BinaryKind::Add);
    if (!difference || !sum)
      return rewriter.notifyMatchFailure(op, "no difference and sum");
    BinaryOp products[4];
    for (auto [product, value] : llvm::zip_equal(
             products, std::array{difference.getLhs(), difference.getRhs(),
                                  sum.getLhs(), sum.getRhs()}))
      if (!(product = getBinary(value, BinaryKind::Mul)))
        return rewriter.notifyMatchFailure(op, "no products");
    // All ways to name the factors: a and b are known by their places.
    for (unsigned way = 0; way < 8; ++way) {
      Value a = products[0]->getOperand(way & 1),
            cos = products[0]->getOperand(1 - (way & 1)),
            b = products[1]->getOperand(way >> 1 & 1),
            sin = products[1]->getOperand(1 - (way >> 1 & 1));
      auto turn = matchPairs(a, b);
      if (!turn || turn->interleaved != interleaved ||
          turn->input.getType() != result.getType())
        continue;
      BinaryOp straight = products[way & 4 ? 3 : 2],
               crossed = products[way & 4 ? 2 : 3];
      if (!isProduct(straight, b, cos) || !isProduct(crossed, a, sin) ||
          !areAngles(cos, typeOf(a)) || !areAngles(sin, typeOf(a)))
        continue;
      recompose.found(op, interleaved ? "rotary embedding (interleaved)"
                                      : "rotary embedding");
      rewriter.replaceOpWithNewOp<RotaryOp>(
          op, typeOf(result), turn->input,
          repeat(rewriter, cos, interleaved, result),
          repeat(rewriter, sin, interleaved, result),
          interleaved ? rewriter.getUnitAttr() : UnitAttr());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "nothing turned");
  }

private:
  static bool isProduct(BinaryOp op, Value a, Value b) {
    return (op.getLhs() == a && op.getRhs() == b) ||
           (op.getLhs() == b && op.getRhs() == a);
  }

  /// The angles of pairs as angles of features.
  static Value repeat(PatternRewriter &rewriter, Value angles, bool interleaved,
                      Value result) {
    Location loc = result.getLoc();
    RankedTensorType type = typeOf(angles);
    int64_t axis = type.getRank() - 1;
    SmallVector<int64_t> shape(type.getShape());
    if (!interleaved) {
      shape.back() *= 2;
      return ConcatOp::create(rewriter, loc, type.clone(shape),
                              ValueRange{angles, angles}, axis);
    }
    // [..., D/2, 1] twice beside each other, flattened. Sizes come from the
    // angles themselves.
    auto sizesOf = [&](ArrayRef<int64_t> last) -> Value {
      auto index = [&](int64_t count) {
        return RankedTensorType::get(count, rewriter.getI64Type());
      };
      Value tail = arith::ConstantOp::create(
          rewriter, loc,
          DenseElementsAttr::get(index(static_cast<int64_t>(last.size())),
                                 last));
      if (axis == 0)
        return tail;
      Value head = rewriter.createOrFold<ShapeOp>(
          loc, index(axis), angles, rewriter.getI64IntegerAttr(0),
          rewriter.getI64IntegerAttr(axis));
      return ConcatOp::create(rewriter, loc,
                              index(axis + static_cast<int64_t>(last.size())),
                              ValueRange{head, tail}, 0);
    };
    int64_t half = shape.back();
    shape.push_back(1);
    Value column = ReshapeOp::create(rewriter, loc, type.clone(shape), angles,
                                     sizesOf({half, 1}));
    shape.back() = 2;
    Value pairs = ConcatOp::create(rewriter, loc, type.clone(shape),
                                   ValueRange{column, column}, axis + 1);
    shape.pop_back();
    shape.back() = 2 * half;
    return ReshapeOp::create(rewriter, loc, type.clone(shape), pairs,
                             sizesOf({2 * half}));
  }

  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposeRotaryPatterns(RewritePatternSet &patterns,
                                                 RecomposeContext &context) {
  MLIRContext *mlir = patterns.getContext();
  patterns.add<RecomposeTurned>(mlir, context);
  patterns.add<RecomposeMembers>(ConcatOp::getOperationName(), mlir, context);
  patterns.add<RecomposeMembers>(ReshapeOp::getOperationName(), mlir, context);
}
