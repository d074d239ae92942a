//===- Reshape.cpp - Other shapes of integers with exponents ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include <numeric>

using namespace mlir;
using namespace quantc;

static constexpr int64_t whole = ShapedType::kDynamic;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

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

/// How many dimensions of \p to lie before those that hold the elements of the
/// dimensions of \p from behind the first \p lead.
static std::optional<size_t> findLead(ArrayRef<int64_t> from, size_t lead,
                                      ArrayRef<int64_t> to) {
  if (std::optional<int64_t> wanted = getProduct(from.drop_front(lead)))
    for (size_t other = to.size(); other > 0; --other)
      if (getProduct(to.drop_front(other)) == wanted)
        return other;
  // The same sizes, ones left out. Where the number of elements behind them is
  // known for one shape alone, or another one, so are not those before.
  if (getProduct(from.drop_front(lead)))
    return std::nullopt;
  auto isOne = [](int64_t size) { return size == 1; };
  SmallVector<int64_t> wanted(from.take_front(lead));
  llvm::erase_if(wanted, isOne);
  for (size_t other = 1; other <= to.size(); ++other) {
    SmallVector<int64_t> sizes(to.take_front(other));
    llvm::erase_if(sizes, isOne);
    if (sizes == wanted && !getProduct(to.drop_front(other)))
      return other;
  }
  return std::nullopt;
}

/// The blocks of \p to where its sizes are those of \p from but for ones; of
/// several dynamic ones no size may move over a dimension that lies within
/// blocks.
static std::optional<SmallVector<int64_t>> moveBlocks(ArrayRef<int64_t> from,
                                                      ArrayRef<int64_t> blocks,
                                                      ArrayRef<int64_t> to) {
  SmallVector<int64_t> result;
  size_t at = 0;
  unsigned segments = 0, dynamic = 0, open = 0;
  auto skipOnes = [&] {
    while (at < from.size() && from[at] == 1)
      ++at;
  };
  for (int64_t size : to) {
    if (size == 1) {
      result.push_back(1);
      continue;
    }
    skipOnes();
    if (at == from.size() || from[at] != size)
      return std::nullopt;
    if (blocks[at] == whole) {
      // A size of its own, and the end of a segment.
      dynamic += ShapedType::isDynamic(size);
      open = 0;
    } else if (ShapedType::isDynamic(size) && open++ == 0) {
      ++segments;
    }
    result.push_back(blocks[at++]);
  }
  skipOnes();
  if (at != from.size() || segments + dynamic > 1)
    return std::nullopt;
  return result;
}

static SmallVector<int64_t> getLeadBlocks(size_t rank, size_t lead) {
  SmallVector<int64_t> blocks(rank, whole);
  std::fill_n(blocks.begin(), lead, 1);
  return blocks;
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
    ArrayRef<int64_t> given = format->getShape();
    if (auto moved = moveBlocks(from, given, to);
        moved && llvm::is_contained(*moved, whole)) {
      operands.push_back(withFormat(reshape.getInput(), *format));
      keepOperands(available, operands);
      results.push_back(
          withFormat(reshape.getResult(),
                     qt::getIntegerFormat(op->getContext(), *moved,
                                          format->getElement().getBitWidth())));
      return success();
    }
    // The finest blocks that the new shape has, too, and no finer ones.
    size_t first = llvm::find(given, whole) - given.begin();
    for (size_t lead = std::min(first, from.size()); lead > 0; --lead) {
      std::optional<size_t> other = findLead(from, lead, to);
      if (!other)
        continue;
      SmallVector<int64_t> blocks = getLeadBlocks(from.size(), lead);
      unsigned bits = given == ArrayRef(blocks)
                          ? format->getElement().getBitWidth()
                          : qt::rowBits;
      auto make = [&](ArrayRef<int64_t> shape) {
        return qt::getIntegerFormat(op->getContext(), shape, bits);
      };
      operands.push_back(withFormat(reshape.getInput(), make(blocks)));
      keepOperands(available, operands);
      results.push_back(withFormat(reshape.getResult(),
                                   make(getLeadBlocks(to.size(), *other))));
      return success();
    }
    // Rows of pieces that are whole in both shapes.
    if (from.empty() || to.empty() || getPieceSize(from, to) == 0)
      return op->emitOpError("from ")
             << reshape.getInput().getType() << " to " << reshape.getType()
             << " would give several examples one exponent; supported: shapes "
                "with the same first dimension, and new rows that lie within "
                "one example";
    operands.push_back(withFormat(reshape.getInput(),
                                  getRow16(op, qt::getRowBlocks(from.size()))));
    keepOperands(available, operands);
    results.push_back(withFormat(reshape.getResult(),
                                 getRow16(op, qt::getRowBlocks(to.size()))));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto reshape = cast<nn::ReshapeOp>(op);
    ArrayRef<int64_t> blocks = qt::getBlockFormat(reshape.getType()).getShape();
    ArrayRef<int64_t> given =
        qt::getBlockFormat(reshape.getInput().getType()).getShape();
    ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                      to = reshape.getType().getShape();
    if (isRows(given) && isRows(blocks) && !holdsRows(from, given, to, blocks))
      return cutRows(reshape, builder, parts, results);
    Value shape =
        makeExponentShape(op, reshape.getShape(), parts[1][0], blocks, builder);
    Value m = nn::ReshapeOp::create(builder, op->getLoc(), getMantissaType(op),
                                    parts[0][0], parts[1][0]);
    Value e = nn::ReshapeOp::create(builder, op->getLoc(), getExponentType(op),
                                    parts[0][1], shape);
    results.push_back({m, e});
    return success();
  }

private:
  static bool isRows(ArrayRef<int64_t> blocks) {
    return blocks == ArrayRef(qt::getRowBlocks(blocks.size()));
  }

  /// Whether the blocks stay what they are.
  static bool holdsRows(ArrayRef<int64_t> from, ArrayRef<int64_t> given,
                        ArrayRef<int64_t> to, ArrayRef<int64_t> blocks) {
    auto moved = moveBlocks(from, given, to);
    if (moved && ArrayRef(*moved) == blocks)
      return true;
    size_t lead = llvm::find(given, whole) - given.begin();
    std::optional<size_t> other =
        lead > 0 ? findLead(from, lead, to) : std::nullopt;
    return other && ArrayRef(getLeadBlocks(to.size(), *other)) == blocks;
  }

  /// The largest pieces that rows of both shapes consist of; 0 where that is
  /// not known, or a new row may reach from one example into the next.
  static int64_t getPieceSize(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    int64_t own = from.back(), other = to.back();
    if (ShapedType::isDynamic(own) || ShapedType::isDynamic(other) || own < 1 ||
        other < 1)
      return 0;
    std::optional<int64_t> example = getProduct(from.drop_front());
    bool isWithin = own % other == 0 ||
                    (example && from.size() > 1 && *example % other == 0);
    return isWithin ? std::gcd(own, other) : 0;
  }

  /// Pieces of rows, with an exponent each, come to one for a new row.
  static LogicalResult cutRows(nn::ReshapeOp reshape, OpBuilder &builder,
                               Parts parts, Lowered &results) {
    Location loc = reshape.getLoc();
    IntegerBuilder b(builder, loc);
    auto from = reshape.getInput().getType(), to = reshape.getType();
    int64_t piece = getPieceSize(from.getShape(), to.getShape());
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
