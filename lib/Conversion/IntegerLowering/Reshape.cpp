//===- Reshape.cpp - Other shapes of integers with exponents ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include <numeric>

using namespace mlir;
using namespace quantc;

static constexpr int64_t whole = ShapedType::kDynamic;

Value quantc::makeExponentShape(Operation *op, Value shape, Value part,
                                ArrayRef<int64_t> blocks, OpBuilder &builder) {
  Location loc = op->getLoc();
  if (std::optional<SmallVector<int64_t>> sizes =
          nn::getConstantIntegers(shape)) {
    for (auto [size, extent] : llvm::zip_equal(*sizes, blocks))
      if (extent == whole)
        size = 1;
    return nn::makeIntegers(builder, loc, *sizes);
  }
  SmallVector<int64_t> keep, one;
  for (int64_t extent : blocks) {
    keep.push_back(extent != whole);
    one.push_back(extent == whole);
  }
  IntegerBuilder b(builder, loc);
  return b.add(b.mul(part, nn::makeIntegers(builder, loc, keep)),
               nn::makeIntegers(builder, loc, one));
}

/// The product of sizes, if all are known.
static std::optional<int64_t> getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    product *= size;
  }
  return product;
}

/// Blocks of both shapes of a reshape.
using BlockPair = std::pair<SmallVector<int64_t>, SmallVector<int64_t>>;

/// Whether as many elements lie before dimension \p i of the operand as before
/// dimension \p j of the result: sizes say so, or what was noted.
static bool isCut(nn::ReshapeOp reshape, size_t i, size_t j) {
  ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                    to = reshape.getType().getShape();
  if (i == from.size() && j == to.size())
    return true;
  auto areEqual = [](ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
    std::optional<int64_t> product = getProduct(a);
    return product && product == getProduct(b);
  };
  if (areEqual(from.drop_front(i), to.drop_front(j)) ||
      areEqual(from.take_front(i), to.take_front(j)))
    return true;
  auto noted =
      reshape->getAttrOfType<DenseI64ArrayAttr>(qt::reshapeCutsAttrName);
  for (int64_t at = 0, e = noted ? noted.size() : 0; at + 1 < e; at += 2)
    if (noted[at] == static_cast<int64_t>(i) &&
        noted[at + 1] == static_cast<int64_t>(j))
      return true;
  return false;
}

/// The last cut in front of the last dimension of both shapes.
static std::pair<size_t, size_t> findLastCut(nn::ReshapeOp reshape) {
  std::pair<size_t, size_t> last(0, 0);
  for (size_t i = 0, e = reshape.getInput().getType().getRank(); i < e; ++i)
    for (size_t j = 0, f = reshape.getType().getRank(); j < f; ++j)
      if (i + j > last.first + last.second && isCut(reshape, i, j))
        last = {i, j};
  return last;
}

/// The blocks of the result of \p reshape for those of its operand. Dimensions
/// between two cuts are one dimension of both shapes; where only some of them
/// lie within blocks all do then, if \p mayJoin, but no examples.
static std::optional<BlockPair>
moveBlocks(nn::ReshapeOp reshape, ArrayRef<int64_t> given, bool mayJoin) {
  ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                    to = reshape.getType().getShape();
  BlockPair blocks(SmallVector<int64_t>(given), {});
  for (size_t i = 0, j = 0; i < from.size() || j < to.size();) {
    // The next cut.
    size_t nextI = from.size(), nextJ = to.size();
    for (size_t a = i; a <= from.size(); ++a)
      for (size_t b = j; b <= to.size(); ++b)
        if (a + b > i + j && a + b < nextI + nextJ && isCut(reshape, a, b)) {
          nextI = a;
          nextJ = b;
        }
    bool isWithin = false, isOutside = false;
    for (size_t dim = i; dim < nextI; ++dim)
      if (from[dim] != 1)
        (given[dim] == whole ? isWithin : isOutside) = true;
    if (isWithin && isOutside) {
      // A dimension of one element in front has no examples.
      if (!mayJoin || j == 0 || getProduct(from.take_front(i)) == 1)
        return std::nullopt;
      std::fill(blocks.first.begin() + i, blocks.first.begin() + nextI, whole);
    }
    // What is cut in front are examples, which have an exponent each.
    if (isWithin && j == 0 && nextJ > 1)
      return std::nullopt;
    for (; j < nextJ; ++j)
      blocks.second.push_back(isWithin && to[j] != 1 ? whole : 1);
    i = nextI;
  }
  return blocks;
}

void quantc::noteReshapeCuts(func::FuncOp func) {
  SmallVector<nn::ReshapeOp> reshapes;
  func.walk([&](nn::ReshapeOp reshape) {
    if (isa<FloatType>(reshape.getType().getElementType()) &&
        (reshape.getInput().getType().getNumDynamicDims() > 1 ||
         reshape.getType().getNumDynamicDims() > 1))
      reshapes.push_back(reshape);
  });
  if (reshapes.empty())
    return;
  SymbolicShapes shapes(func);
  for (nn::ReshapeOp reshape : reshapes) {
    SymbolicShapes::Sizes sizes(shapes.getSizes(reshape.getInput()));
    ArrayRef<AffineExpr> from(sizes), to = shapes.getSizes(reshape.getResult());
    SmallVector<int64_t> cuts;
    for (size_t i = 1; i <= from.size(); ++i)
      for (size_t j = 1; j <= to.size(); ++j) {
        bool areEqual = shapes.getProduct(from.take_front(i)) ==
                            shapes.getProduct(to.take_front(j)) ||
                        shapes.getProduct(from.drop_front(i)) ==
                            shapes.getProduct(to.drop_front(j));
        if (areEqual && !isCut(reshape, i, j))
          llvm::append_values(cuts, static_cast<int64_t>(i),
                              static_cast<int64_t>(j));
      }
    if (!cuts.empty())
      reshape->setAttr(qt::reshapeCutsAttrName,
                       DenseI64ArrayAttr::get(func.getContext(), cuts));
  }
}

namespace {
struct ReshapeIntegers
    : IntegerLoweringInterface::ExternalModel<ReshapeIntegers, nn::ReshapeOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto reshape = cast<nn::ReshapeOp>(op);
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                      to = reshape.getType().getShape();
    if (from.empty() || to.empty())
      return op->emitOpError("from ")
             << reshape.getInput().getType() << " to " << reshape.getType()
             << " has no integer-only form; supported: shapes of at least one "
                "dimension";
    ArrayRef<int64_t> given = format->getShape();
    SmallVector<int64_t> rows = qt::getRowBlocks(from.size());
    std::optional<BlockPair> blocks = moveBlocks(reshape, given, false);
    // Pieces before joined dimensions, which bring examples together where
    // these are not in front (those of a sequence first, beside heads).
    int64_t piece = getPieceSize(reshape);
    bool isOfPieces =
        !blocks && piece != 0 &&
        (piece == to.back() || findLastCut(reshape).second + 1 < to.size());
    if (!isOfPieces)
      for (ArrayRef<int64_t> candidate : {given, ArrayRef(rows)})
        if (!blocks)
          blocks = moveBlocks(reshape, candidate, true);
    // Rows of pieces that are whole in both shapes.
    isOfPieces |= !blocks && piece != 0;
    if (isOfPieces)
      blocks = BlockPair(rows, qt::getRowBlocks(to.size()));
    // Where a new row may reach from one example into the next, each element
    // takes its exponent with it.
    if (!blocks)
      blocks = BlockPair(SmallVector<int64_t>(from.size(), 1),
                         SmallVector<int64_t>(to.size(), 1));
    bool isSame = !isOfPieces && given == ArrayRef(blocks->first);
    unsigned bits = isSame ? format->getElement().getBitWidth() : qt::rowBits;
    auto make = [&](ArrayRef<int64_t> shape) {
      return qt::getIntegerFormat(op->getContext(), shape, bits);
    };
    operands.push_back(withFormat(reshape.getInput(), make(blocks->first)));
    keepOperands(available, operands);
    results.push_back(withFormat(reshape.getResult(), make(blocks->second)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto reshape = cast<nn::ReshapeOp>(op);
    ArrayRef<int64_t> blocks = qt::getBlockFormat(reshape.getType()).getShape();
    ArrayRef<int64_t> given =
        qt::getBlockFormat(reshape.getInput().getType()).getShape();
    auto moved = moveBlocks(reshape, given, false);
    if (!moved || ArrayRef(moved->second) != blocks)
      return cutRows(reshape, builder, parts, results);
    Value m = nn::ReshapeOp::create(builder, op->getLoc(), getMantissaType(op),
                                    parts[0][0], parts[1][0]);
    // Sizes that are found when the model runs are those of the mantissas, so
    // that they are known to be equal.
    Value sizes = parts[1][0];
    if (!nn::getConstantIntegers(reshape.getShape()))
      sizes = nn::ShapeOp::create(builder, op->getLoc(), typeOf(sizes), m,
                                  /*start=*/0, /*end=*/blocks.size());
    Value shape =
        makeExponentShape(op, reshape.getShape(), sizes, blocks, builder);
    Value e = nn::ReshapeOp::create(builder, op->getLoc(), getExponentType(op),
                                    parts[0][1], shape);
    results.push_back({m, e});
    return success();
  }

private:
  /// The largest pieces that rows of both shapes consist of; 0 where that is
  /// not known, or a new row may reach from one example into the next.
  static int64_t getPieceSize(nn::ReshapeOp reshape) {
    ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                      to = reshape.getType().getShape();
    int64_t own = from.back(), other = to.back();
    if (ShapedType::isDynamic(own) || ShapedType::isDynamic(other) || own < 1 ||
        other < 1)
      return 0;
    std::optional<int64_t> example = getProduct(from.drop_front());
    bool isWithin = own % other == 0 ||
                    (example && from.size() > 1 && *example % other == 0) ||
                    (other % own == 0 && isBehindExamples(reshape));
    return isWithin ? std::gcd(own, other) : 0;
  }

  /// Whether examples, or what else is in front, are no part of new rows.
  static bool isBehindExamples(nn::ReshapeOp reshape) {
    auto [i, j] = findLastCut(reshape);
    return j != 0 &&
           getProduct(reshape.getInput().getType().getShape().take_front(i)) !=
               1;
  }

  /// Pieces of rows, with an exponent each, come to one for a new row.
  static LogicalResult cutRows(nn::ReshapeOp reshape, OpBuilder &builder,
                               Parts parts, Lowered &results) {
    Location loc = reshape.getLoc();
    IntegerBuilder b(builder, loc);
    auto from = reshape.getInput().getType(), to = reshape.getType();
    int64_t piece = getPieceSize(reshape);
    int64_t own = from.getShape().back() / piece,
            count = to.getShape().back() / piece;
    qt::BlockType format = qt::getBlockFormat(to);
    Scaled x = b.prepareAlignment(b.load(parts[0]), qt::getBlockFormat(from));
    // [..., own], and [..., count] of the new shape, for which as much as is
    // left over.
    auto resize = [&](Value value, RankedTensorType like, int64_t last) {
      SmallVector<int64_t> shape(like.getShape());
      shape.back() = last;
      return typeOf(value).clone(shape);
    };
    Value sizes = nn::ShapeOp::create(
        builder, loc,
        RankedTensorType::get(from.getRank(), builder.getI64Type()), x.m,
        /*start=*/0, /*end=*/from.getRank());
    SmallVector<int64_t> kept(from.getRank(), 1), added(from.getRank(), 0);
    kept.back() = 0;
    added.back() = own;
    sizes = b.add(b.mul(sizes, nn::makeIntegers(builder, loc, kept)),
                  nn::makeIntegers(builder, loc, added));
    Value e =
        nn::ExpandOp::create(builder, loc, resize(x.e, from, own), x.e, sizes);
    Value shape = parts[1][0];
    auto replaceLast = [&](ArrayRef<int64_t> last) -> Value {
      int64_t lead = to.getRank() - 1;
      Value tail = nn::makeIntegers(builder, loc, last);
      if (lead == 0)
        return tail;
      auto type = RankedTensorType::get(lead, builder.getI64Type());
      Value mantissas = nn::ReshapeOp::create(
          builder, loc, typeOf(x.m).clone(to.getShape()), x.m, shape);
      Value front = nn::ShapeOp::create(builder, loc, type, mantissas,
                                        /*start=*/0, /*end=*/lead);
      auto all = RankedTensorType::get(lead + static_cast<int64_t>(last.size()),
                                       builder.getI64Type());
      return nn::ConcatOp::create(builder, loc, all, ValueRange{front, tail},
                                  builder.getI64IntegerAttr(0));
    };
    e = nn::ReshapeOp::create(builder, loc, resize(e, to, count), e,
                              replaceLast(count));
    Value common = b.reduce(nn::ReduceKind::Max, e, /*axes=*/to.getRank() - 1);
    Value places = b.sub(common, e);
    SmallVector<int64_t> pieces(to.getShape());
    pieces.back() = count;
    pieces.push_back(piece);
    Value m = nn::ReshapeOp::create(builder, loc, typeOf(x.m).clone(pieces),
                                    x.m, replaceLast({count, piece}));
    SmallVector<int64_t> single(pieces);
    single.back() = 1;
    places = nn::ReshapeOp::create(builder, loc, typeOf(places).clone(single),
                                   places, replaceLast({count, 1}));
    m = b.shift(m, places);
    m = nn::ReshapeOp::create(builder, loc, typeOf(m).clone(to.getShape()), m,
                              shape);
    results.push_back(b.normalise({m, common}, format));
    return success();
  }
};
} // namespace

void quantc::attachReshapeIntegers(MLIRContext *context) {
  nn::ReshapeOp::attachInterface<ReshapeIntegers>(*context);
}
