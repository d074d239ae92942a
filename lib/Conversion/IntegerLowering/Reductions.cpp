//===- Reductions.cpp - Integer sums and means ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

static constexpr int64_t whole = ShapedType::kDynamic;

/// The mean of \p count integers from their sum, whose magnitude is below
/// 2^31.
/// Sums of more than 2^16 elements of 15 bits have 64 bits, which end here.
static constexpr int64_t mostShortSummands = int64_t(1) << 16,
                         mostSummands = int64_t(1) << 40;

/// A sum of \p count elements of 15 bits in 30 bits.
static Scaled narrowSum(IntegerBuilder &b, Scaled sum, int64_t count) {
  int32_t places = fixed::bitLength(count * INT16_MAX) - 30;
  return {b.cast(b.shift(sum.m, places), 32), b.add(sum.e, places)};
}

static Scaled buildMean(IntegerBuilder &b, Scaled sum, int64_t count) {
  int32_t log = fixed::bitLength(count) - 1;
  sum.e = b.add(sum.e, -log);
  if (llvm::isPowerOf2_64(count))
    return sum;
  double factor = std::floor(std::scalbn(1.0, 31 + log) / count + 0.5);
  return {b.multiplyHigh(sum.m, b.number(static_cast<int64_t>(factor))), sum.e};
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
    bool isSum = kind == nn::ReduceKind::Sum || kind == nn::ReduceKind::Mean;
    if (!isSum && kind != nn::ReduceKind::Max && kind != nn::ReduceKind::Min)
      return op->emitOpError("'")
             << nn::stringifyReduceKind(kind)
             << "' has no integer-only form; supported: sum, mean, max, min";
    RankedTensorType type = reduce.getInput().getType();
    SmallVector<int64_t> blocks(format->getShape()), kept;
    int64_t count = 1;
    for (int64_t axis : reduce.getAxes()) {
      blocks[axis] = whole;
      if (isSum && type.isDynamicDim(axis))
        return op->emitOpError("over dimension ")
               << axis << " of " << type
               << " has no integer-only form; supported: static sizes";
      count *= type.getDimSize(axis);
    }
    if (isSum && (count < 1 || count > mostSummands))
      return op->emitOpError("over ")
             << count << " elements has no integer-only form; supported: 1 to "
             << mostSummands;
    for (auto [dim, extent] : llvm::enumerate(blocks))
      if (reduce.getKeepdims() ||
          !llvm::is_contained(reduce.getAxes(), static_cast<int64_t>(dim)))
        kept.push_back(extent);
    if (kept.empty())
      return op->emitOpError("to a scalar has no integer-only form");
    operands.push_back(withFormat(reduce.getInput(), getRow16(op, blocks)));
    results.push_back(
        withFormat(reduce.getResult(), isSum ? getWide(op, kept, qt::wideBits)
                                             : getRow16(op, kept)));
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
    bool isMean = reduce.getKind() == nn::ReduceKind::Mean;
    nn::ReduceKind kind = isMean ? nn::ReduceKind::Sum : reduce.getKind();
    auto apply = [&](Type type, nn::ReduceKind how, Value value) -> Value {
      return nn::ReduceOp::create(
          builder, op->getLoc(),
          cast<RankedTensorType>(type).clone(
              getElementTypeOrSelf(value.getType())),
          nn::ReduceKindAttr::get(op->getContext(), how), value,
          reduce.getAxesAttr(), reduce.getKeepdimsAttr());
    };
    // Exponents have the size 1 along the axes.
    bool isSum = kind == nn::ReduceKind::Sum;
    int64_t count = 1;
    if (isSum)
      for (int64_t axis : reduce.getAxes())
        count *= reduce.getInput().getType().getDimSize(axis);
    bool isLong = count > mostShortSummands;
    Scaled y{apply(types[0], kind, isLong ? b.cast(x.m, 64) : x.m),
             apply(types[1], nn::ReduceKind::Max, x.e)};
    if (isLong)
      y = narrowSum(b, y, count);
    if (isMean)
      y = buildMean(b, y, count);
    results.push_back(b.store(y, format));
    return success();
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
    bool isAverage = pool.getKind() == nn::PoolKind::Average && hasCount;
    // Of a window in the pads there is no maximum.
    bool hasValues = !hasPads || llvm::all_of(window.dilations, isOne);
    for (auto [dim, size] : llvm::enumerate(window.kernel)) {
      int64_t span = (size - 1) * window.dilations[dim] + 1;
      int64_t high = window.pads[window.getRank() + dim];
      hasValues &= window.pads[dim] < span && high < span &&
                   (!pool.getCeil() || high == 0);
    }
    if (countTaps(pool) > 65536 || !(isMax ? hasValues : isSum || isAverage))
      return op->emitOpError("'")
             << nn::stringifyPoolKind(pool.getKind())
             << "' with these windows has no integer-only form; supported: "
                "max of windows that reach into the input, "
                "sum, and average without pads or with count_pads, sizes "
                "rounded down, of up to 65536 elements";
    SmallVector<int64_t> blocks =
        qt::getImageBlocks(cast<RankedTensorType>(pool.getType()).getRank());
    qt::BlockType row = getRow16(op, blocks);
    operands.push_back(withFormat(pool.getInput(), row));
    results.push_back(withFormat(
        pool.getResult(), isMax ? row : getWide(op, blocks, qt::wideBits)));
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
    x.m = apply(nn::PoolKind::Sum, x.m);
    if (pool.getKind() == nn::PoolKind::Average)
      x = buildMean(b, x, countTaps(pool));
    results.push_back(b.store(x, qt::getBlockFormat(type)));
    return success();
  }

private:
  static bool isOne(int64_t x) { return x == 1; }
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
