//===- Reductions.cpp - Integer sums and means ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

static constexpr int64_t whole = ShapedType::kDynamic;

/// The mean of \p count integers from their sum, whose magnitude is below
/// 2^31.
static Scaled buildMean(IntegerBuilder &b, Scaled sum, int64_t count) {
  int32_t log = fixed::bitLength(count) - 1;
  sum.e = b.add(sum.e, -log);
  if (llvm::isPowerOf2_64(count))
    return sum;
  double factor = std::floor(std::scalbn(1.0, 31 + log) / count + 0.5);
  return {b.multiplyHigh(sum.m, b.number(static_cast<int64_t>(factor))), sum.e};
}

Scaled quantc::narrowSums(IntegerBuilder &b, Value sum, Value e) {
  Value magnitude = b.unary(nn::UnaryKind::Abs, sum);
  Value places =
      b.sub(b.number(35, 64), b.unary(nn::UnaryKind::Clz, magnitude));
  constexpr int64_t limit = (int64_t(1) << 29) - 1;
  Value m = b.clip(b.cast(b.shift(sum, places), 32), -limit, limit);
  return {m, b.add(e, b.cast(places, 32))};
}

namespace {
struct ReduceIntegers
    : IntegerLoweringInterface::ExternalModel<ReduceIntegers, nn::ReduceOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto reduce = cast<nn::ReduceOp>(op);
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    nn::ReduceKind kind = reduce.getKind();
    // What has others' forms is written as these before (nn-prepare-integers).
    if (kind == nn::ReduceKind::Prod || kind == nn::ReduceKind::L1)
      return op->emitOpError("'")
             << nn::stringifyReduceKind(kind)
             << "' of this type has no integer-only form; supported: sum, "
                "mean, max, min, l1, l2, sumsq, and prod over sizes that are "
                "known, of 1 or more";
    SmallVector<int64_t> blocks = getStoredBlocks(op, format->getShape()), kept;
    for (int64_t axis : reduce.getAxes())
      blocks[axis] = whole;
    for (auto [dim, extent] : llvm::enumerate(blocks))
      if (reduce.getKeepdims() ||
          !llvm::is_contained(reduce.getAxes(), static_cast<int64_t>(dim)))
        kept.push_back(extent);
    if (kept.empty())
      return op->emitOpError("to a scalar has no integer-only form; supported: "
                             "results with a dimension");
    if (findsFarMinimum(reduce)) {
      SmallVector<int64_t> single(blocks.size(), 1);
      kept.assign(kept.size(), 1);
      operands.push_back(
          fitOperand(op, 0, available[0], single, /*mayBeWide=*/true));
      results.push_back(
          withFormat(reduce.getResult(), getWide(op, kept, qt::summandBits)));
      return success();
    }
    if (isChoice(kind)) {
      // Of the very integers that others see, so that one of them equals it.
      operands.push_back(
          fitOperand(op, 0, available[0], blocks, /*mayBeWide=*/true));
      results.push_back(
          withFormat(reduce.getResult(),
                     withBlocks(qt::getBlockFormat(operands.back()), kept)));
      return success();
    }
    bool isWide = op->hasAttr(qt::allBitsAttrName) && qt::isWide(*format);
    operands.push_back(
        isWide ? fitOperand(op, 0, available[0], blocks, /*mayBeWide=*/true)
               : withFormat(reduce.getInput(), getRow16(op, blocks)));
    unsigned bits = isShort(reduce) && !isWide ? qt::wideBits : qt::summandBits;
    results.push_back(
        withFormat(reduce.getResult(), kind == nn::ReduceKind::L2
                                           ? getRow16(op, kept)
                                           : getWide(op, kept, bits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto reduce = cast<nn::ReduceOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::BlockType format = qt::getBlockFormat(reduce.getType());
    SmallVector<RankedTensorType> types =
        format.getPartTypes(cast<RankedTensorType>(reduce.getType()));
    nn::ReduceKind kind = reduce.getKind();
    auto apply = [&](RankedTensorType type, nn::ReduceKind how,
                     Value value) -> Value {
      auto made = nn::ReduceOp::create(
          builder, op->getLoc(),
          type.clone(cast<RankedTensorType>(value.getType()).getElementType()),
          nn::ReduceKindAttr::get(op->getContext(), how), value,
          reduce.getAxesAttr(), reduce.getKeepdimsAttr());
      Attribute most = op->getAttr(qt::mostElementsAttrName);
      if (most && how == nn::ReduceKind::Sum)
        made->setAttr(qt::mostElementsAttrName, most);
      return made;
    };
    if (findsFarMinimum(reduce)) {
      // As what is compared with it, or chosen beside it.
      if (qt::getBlockFormat(reduce.getInput().getType())
              .getElement()
              .getBitWidth() == qt::wideBits)
        x = b.halve(x);
      Value least = apply(types[0], kind, getOrder(b, x));
      results.push_back(b.store(getOrdered(b, least), format));
      return success();
    }
    // Exponents have the size 1 along the axes.
    Value e = apply(types[1], nn::ReduceKind::Max, x.e);
    if (isChoice(kind)) {
      results.push_back(b.store({apply(types[0], kind, x.m), e}, format));
      return success();
    }
    bool isMean = kind == nn::ReduceKind::Mean;
    bool isWide = qt::isWide(qt::getBlockFormat(reduce.getInput().getType()));
    if (isShort(reduce) && !isWide) {
      Scaled y{apply(types[0], nn::ReduceKind::Sum, x.m), e};
      if (isMean)
        y = buildMean(b, y, countElements(reduce));
      results.push_back(b.store(y, format));
      return success();
    }
    bool isSquare = kind == nn::ReduceKind::SumSq || kind == nn::ReduceKind::L2;
    if (isSquare) {
      x.m = b.mul(x.m, x.m);
      e = b.add(e, e);
    }
    if (int64_t places = getSparePlaces(reduce);
        (isWide || isSquare) && places > 0) {
      x.m = b.shift(x.m, places);
      e = b.add(e, places);
    }
    Scaled y =
        narrowSums(b, apply(types[0], nn::ReduceKind::Sum, b.cast(x.m, 64)), e);
    if (isMean)
      y = divide(b, y, countAtRun(reduce, parts[0][0], b));
    if (kind == nn::ReduceKind::L2)
      y = buildRoot(b, y, /*isReciprocal=*/false);
    y = joinExponents(b, y, format.getShape());
    results.push_back(kind == nn::ReduceKind::L2 ? b.normalise(y, format)
                                                 : b.store(y, format));
    return success();
  }

private:
  static bool isChoice(nn::ReduceKind kind) {
    return kind == nn::ReduceKind::Max || kind == nn::ReduceKind::Min;
  }

  /// Whether the smallest of elements that are far apart is found, of which the
  /// exponent of all would leave nothing. The largest one has that exponent.
  static bool findsFarMinimum(nn::ReduceOp reduce) {
    return reduce.getKind() == nn::ReduceKind::Min &&
           reduce->hasAttr(qt::elementExponentsAttrName);
  }

  /// Integers of 64 bits in the order of elements with an exponent each.
  static Value getOrder(IntegerBuilder &b, Scaled x) {
    x = joinExponents(b, x, {});
    Value e = b.add(b.cast(b.clip(x.e, -mostOrdered, mostOrdered), 64),
                    2 * mostOrdered);
    Value size = b.add(b.shift(e, -orderedBits),
                       b.cast(b.unary(nn::UnaryKind::Abs, x.m), 64));
    Value order = b.select(b.compare(nn::Predicate::Lt, x.m, b.number(0)),
                           b.sub(b.number(0, 64), size), size);
    return b.select(b.compare(nn::Predicate::Eq, x.m, b.number(0)),
                    b.number(0, 64), order);
  }
  /// The element that such an integer stands for.
  static Scaled getOrdered(IntegerBuilder &b, Value order) {
    Value size = b.unary(nn::UnaryKind::Abs, order);
    Value m = b.cast(b.maskBits(size, (int64_t(1) << orderedBits) - 1), 32);
    Value e = b.cast(b.shiftDown(size, orderedBits), 32);
    Value isBelow = b.compare(nn::Predicate::Lt, order, b.number(0, 64));
    return {b.select(isBelow, b.sub(b.number(0), m), m),
            b.add(e, -2 * mostOrdered)};
  }
  /// Exponents in these integers, and the bits below them.
  static constexpr int64_t mostOrdered = 512, orderedBits = 30;

  /// How many elements make one; 0 where that is known at run time only.
  static int64_t countElements(nn::ReduceOp reduce) {
    int64_t count = 1;
    for (int64_t axis : reduce.getAxes()) {
      if (reduce.getInput().getType().isDynamicDim(axis))
        return 0;
      count *= reduce.getInput().getType().getDimSize(axis);
    }
    return count;
  }

  /// By how many places 31 bits are shifted so that the sum of as many as there
  /// may be fits 64: up to 2^40 where no bound is known.
  static int64_t getSparePlaces(nn::ReduceOp reduce) {
    int64_t most = getMostElements(reduce);
    if (ShapedType::isDynamic(most))
      most = int64_t(1) << 40;
    // Each is 2^30 at most.
    return std::max<int64_t>(0, fixed::bitLength(most) + 30 - 63);
  }

  /// Whether a sum of rows fits 32 bits: elements have 2^15 each.
  static bool isShort(nn::ReduceOp reduce) {
    nn::ReduceKind kind = reduce.getKind();
    int64_t count = countElements(reduce);
    return (kind == nn::ReduceKind::Sum || kind == nn::ReduceKind::Mean) &&
           count >= 1 && count <= 65536;
  }

  /// The number of elements of a mean, as one element.
  static Value countAtRun(nn::ReduceOp reduce, Value m, IntegerBuilder &b) {
    OpBuilder &builder = b.getBuilder();
    auto type = RankedTensorType::get(1, builder.getI64Type());
    Value count;
    for (int64_t axis : reduce.getAxes()) {
      Value size = nn::ShapeOp::create(builder, reduce.getLoc(), type, m, axis,
                                       axis + 1);
      count = count ? b.mul(count, size) : size;
    }
    return count ? count : b.number(1, 64);
  }

  /// By a positive integer of 64 bits; by 0 as by 1.
  static Scaled divide(IntegerBuilder &b, Scaled y, Value count) {
    Scaled divisor = narrowSums(b, count, b.number(0));
    Scaled inverse = buildReciprocal(b, divisor);
    return {b.multiplyHigh(y.m, inverse.m), b.add(b.add(y.e, inverse.e), 31)};
  }
};

/// Maxima and sums of mantissas.
struct PoolIntegers
    : IntegerLoweringInterface::ExternalModel<PoolIntegers, nn::PoolOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto pool = cast<nn::PoolOp>(op);
    nn::Window window = pool.getWindow();
    bool isMax = pool.getKind() == nn::PoolKind::Max;
    bool isSum = pool.getKind() == nn::PoolKind::Sum;
    bool hasPads =
        llvm::any_of(window.pads, [](int64_t pad) { return pad != 0; });
    bool hasCount = !pool.getCeil() && (!hasPads || pool.getCountPads());
    bool isAverage = pool.getKind() == nn::PoolKind::Average &&
                     (hasCount || hasStaticWindows(pool));
    bool isNorm = pool.getKind() == nn::PoolKind::Lp &&
                  (pool.getP() == 1 || pool.getP() == 2);
    // Of a window in the pads there is no maximum. None begins in those behind
    // the input, however their number is rounded.
    bool hasValues = !hasPads || llvm::all_of(window.dilations, isOne);
    for (auto [dim, size] : llvm::enumerate(window.kernel)) {
      int64_t span = (size - 1) * window.dilations[dim] + 1;
      int64_t high = window.pads[window.getRank() + dim];
      hasValues &= window.pads[dim] < span && high < span;
    }
    if (!(isMax ? hasValues : isSum || isAverage || isNorm))
      return op->emitOpError("'")
             << nn::stringifyPoolKind(pool.getKind())
             << "' with these windows has no integer-only form; supported: "
                "max of windows that reach into the input, sum, average over "
                "windows whose places are known, and lp of p = 1 or 2";
    SmallVector<int64_t> blocks =
        qt::getImageBlocks(cast<RankedTensorType>(pool.getType()).getRank());
    qt::BlockType row = getRow16(op, blocks);
    Type type = withFormat(pool.getInput(), row);
    // What hides elements, or compares them, leaves them all bits.
    bool isChosen = qt::getBlockFormat(pool.getInput().getType()) != nullptr;
    if (isMax && qt::getIntegerFormat(available[0]) &&
        (isChosen || op->hasAttr(qt::allBitsAttrName) ||
         haveMask(pool.getInput())))
      type = fitOperand(op, 0, available[0], blocks, /*mayBeWide=*/true);
    // Elements with an exponent each leave theirs to the exponent of the image.
    if (isMax && op->hasAttr(qt::allBitsAttrName) &&
        haveOwnExponents(qt::getIntegerFormat(available[0])))
      type = withFormat(pool.getInput(), getWide(op, blocks, qt::summandBits));
    operands.push_back(type);
    if (isMax)
      row = qt::getBlockFormat(type);
    unsigned bits = isLong(pool) ? qt::summandBits : qt::wideBits;
    results.push_back(withFormat(
        pool.getResult(), isMax || isNorm ? row : getWide(op, blocks, bits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto pool = cast<nn::PoolOp>(op);
    auto type = cast<RankedTensorType>(pool.getType());
    auto apply = [&](nn::PoolKind kind, Value m) -> Value {
      Type element = cast<RankedTensorType>(m.getType()).getElementType();
      return nn::PoolOp::create(builder, op->getLoc(), type.clone(element),
                                nn::PoolKindAttr::get(op->getContext(), kind),
                                m, pool.getKernelAttr(), pool.getStridesAttr(),
                                pool.getDilationsAttr(), pool.getPadsAttr(),
                                pool.getCeilAttr(),
                                /*count_pads=*/UnitAttr(), pool.getPAttr());
    };
    if (pool.getKind() == nn::PoolKind::Max) {
      results.push_back({apply(nn::PoolKind::Max, parts[0][0]), parts[0][1]});
      return success();
    }
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::BlockType format = qt::getBlockFormat(type);
    auto sum = [&](Scaled y) -> Scaled {
      if (!isLong(pool))
        return {apply(nn::PoolKind::Sum, y.m), y.e};
      return narrowSums(b, apply(nn::PoolKind::Sum, b.cast(y.m, 64)), y.e);
    };
    if (pool.getKind() == nn::PoolKind::Lp) {
      x = joinExponents(b, buildNorm(b, x, pool, sum), format.getShape());
      results.push_back(b.normalise(x, format));
      return success();
    }
    x = sum(x);
    if (pool.getKind() == nn::PoolKind::Average)
      x = countsAll(pool) ? buildMean(b, x, countTaps(pool))
                          : divideByCounts(b, x, pool);
    if (isLong(pool))
      x = joinExponents(b, x, format.getShape());
    results.push_back(b.store(x, format));
    return success();
  }

private:
  static bool isOne(int64_t x) { return x == 1; }
  static RankedTensorType inputType(nn::PoolOp pool) {
    return cast<RankedTensorType>(pool.getInput().getType());
  }

  /// Whether every window divides by its number of taps.
  static bool countsAll(nn::PoolOp pool) {
    bool hasPads =
        llvm::any_of(pool.getPads(), [](int64_t pad) { return pad != 0; });
    return !pool.getCeil() && (!hasPads || pool.getCountPads());
  }
  static bool hasStaticWindows(nn::PoolOp pool) {
    ArrayRef<int64_t> shape = inputType(pool).getShape();
    return llvm::none_of(shape.drop_front().drop_back(), ShapedType::isDynamic);
  }

  /// How many positions each window along a dimension divides by.
  static SmallVector<int64_t> countPositions(nn::PoolOp pool, int64_t dim) {
    nn::Window window = pool.getWindow();
    int64_t size = inputType(pool).getDimSize(dim + 1);
    int64_t low = window.pads[dim], high = window.pads[window.getRank() + dim];
    int64_t first = pool.getCountPads() ? -low : 0;
    int64_t end = pool.getCountPads() ? size + high : size;
    SmallVector<int64_t> counts;
    int64_t windows =
        cast<RankedTensorType>(pool.getType()).getDimSize(dim + 1);
    for (int64_t i = 0; i < windows; ++i) {
      int64_t count = 0;
      for (int64_t tap = 0; tap < window.kernel[dim]; ++tap) {
        int64_t at =
            i * window.strides[dim] + tap * window.dilations[dim] - low;
        count += at >= first && at < end;
      }
      counts.push_back(count);
    }
    return counts;
  }

  /// Sums of windows over their numbers of positions; nothing over none.
  static Scaled divideByCounts(IntegerBuilder &b, Scaled sum, nn::PoolOp pool) {
    SmallVector<int64_t> counts{1}, shape;
    for (size_t dim = 0; dim < pool.getKernel().size(); ++dim) {
      SmallVector<int64_t> along = countPositions(pool, dim), all;
      for (int64_t count : counts)
        for (int64_t own : along)
          all.push_back(count * own);
      counts = all;
      shape.push_back(along.size());
    }
    shape.push_back(1);
    int64_t least = countTaps(pool);
    for (int64_t count : counts)
      if (count > 0)
        least = std::min(least, count);
    // Factors of up to 2^30, of sums of up to 2^31; those of 64 bits have been
    // brought to 2^29.
    int32_t log = fixed::bitLength(least) - 1;
    SmallVector<int32_t> factors;
    for (int64_t count : counts)
      factors.push_back(
          count == 0 ? 0
                     : static_cast<int32_t>(
                           ((int64_t(1) << (30 + log)) + count / 2) / count));
    int64_t places = isLong(pool) ? 2 : 16 - fixed::bitLength(countTaps(pool));
    return {b.multiplyHigh(b.shift(sum.m, -places), b.numbers(factors, shape)),
            b.add(sum.e, 1 - log - places)};
  }

  /// The norm of windows, from sums of up to 2^29.
  static Scaled buildNorm(IntegerBuilder &b, Scaled x, nn::PoolOp pool,
                          function_ref<Scaled(Scaled)> sum) {
    if (pool.getP() == 1)
      return sum({b.unary(nn::UnaryKind::Abs, x.m), x.e});
    // Squares are 2^30 at most.
    int32_t bits = fixed::bitLength(countTaps(pool));
    int32_t places = isLong(pool) ? std::max(0, bits + 30 - 63) : bits + 1;
    Scaled squares =
        sum({b.shift(b.mul(x.m, x.m), places), b.add(b.add(x.e, x.e), places)});
    return buildRoot(b, squares, /*isReciprocal=*/false);
  }

  /// Whether sums of 16 bits may leave 32: those of windows have 64 then.
  static bool isLong(nn::PoolOp pool) { return countTaps(pool) > 65536; }

  static int64_t countTaps(nn::PoolOp pool) {
    int64_t count = 1;
    for (int64_t size : pool.getKernel())
      count *= size;
    return count;
  }
};
} // namespace

void quantc::attachReductionIntegers(MLIRContext *context) {
  nn::ReduceOp::attachInterface<ReduceIntegers>(*context);
  nn::PoolOp::attachInterface<PoolIntegers>(*context);
}
