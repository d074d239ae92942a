//===- Reductions.cpp - Integer sums and means ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "quantc/Numerics/Fixed/Primitives.h"
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
    // 2^15 each.
    if (isSum && (count < 1 || count > 65536))
      return op->emitOpError("over ")
             << count
             << " elements has no integer-only form; supported: 1 to 65536";
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
          cast<RankedTensorType>(type).clone(builder.getI32Type()),
          nn::ReduceKindAttr::get(op->getContext(), how), value,
          reduce.getAxesAttr(), reduce.getKeepdimsAttr());
    };
    // Exponents have the size 1 along the axes.
    Scaled y{apply(types[0], kind, x.m),
             apply(types[1], nn::ReduceKind::Max, x.e)};
    if (isMean) {
      int64_t count = 1;
      for (int64_t axis : reduce.getAxes())
        count *= reduce.getInput().getType().getDimSize(axis);
      y = buildMean(b, y, count);
    }
    results.push_back(b.store(y, format));
    return success();
  }
};

/// Windows as slices with the strides of the windows.
struct PoolIntegers
    : IntegerLoweringInterface::ExternalModel<PoolIntegers, nn::PoolOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto pool = cast<nn::PoolOp>(op);
    nn::Window window = pool.getWindow();
    bool isMax = pool.getKind() == nn::PoolKind::Max;
    bool hasPads =
        llvm::any_of(window.pads, [](int64_t pad) { return pad != 0; });
    int64_t count = 1;
    for (int64_t size : window.kernel)
      count *= size;
    if ((!isMax && (pool.getKind() != nn::PoolKind::Average ||
                    (hasPads && !pool.getCountPads()))) ||
        pool.getCeil() || count > 65536)
      return op->emitOpError("'")
             << nn::stringifyPoolKind(pool.getKind())
             << "' with these windows has no integer-only form; supported: "
                "max, "
                "and average without pads or with count_pads, of up to 65536 "
                "elements, sizes rounded down";
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
    nn::Window window = pool.getWindow();
    IntegerBuilder b(builder, op->getLoc());
    Location loc = op->getLoc();
    bool isMax = pool.getKind() == nn::PoolKind::Max;
    Scaled x = b.load(parts[0]);
    auto type = cast<RankedTensorType>(x.m.getType());
    size_t spatial = window.kernel.size();
    SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
    SmallVector<int64_t> padded(type.getShape());
    for (size_t dim = 0; dim < spatial; ++dim) {
      low[1 + dim] = window.pads[dim];
      high[1 + dim] = window.pads[spatial + dim];
      if (!ShapedType::isDynamic(padded[1 + dim]))
        padded[1 + dim] += low[1 + dim] + high[1 + dim];
    }
    if (padded != type.getShape())
      x.m = nn::PadOp::create(
          builder, loc, type.clone(padded),
          nn::PadModeAttr::get(op->getContext(), nn::PadMode::Constant), x.m,
          builder.getDenseI64ArrayAttr(low), builder.getDenseI64ArrayAttr(high),
          builder.getF64FloatAttr(isMax ? -INT16_MAX : 0));
    auto resultType =
        cast<RankedTensorType>(pool.getType()).clone(builder.getI32Type());
    int64_t count = 1;
    for (int64_t size : window.kernel)
      count *= size;
    Value y;
    for (int64_t tap = 0; tap < count; ++tap) {
      SmallVector<int64_t> starts, ends, axes;
      int64_t rest = tap;
      for (size_t dim = spatial; dim-- > 0;) {
        int64_t offset = rest % window.kernel[dim] * window.dilations[dim];
        rest /= window.kernel[dim];
        int64_t span = (window.kernel[dim] - 1) * window.dilations[dim];
        starts.push_back(offset);
        // Places that windows begin at, before the end of the last window.
        int64_t behind = span - offset;
        ends.push_back(behind == 0 ? INT64_MAX : -behind);
        axes.push_back(1 + dim);
      }
      SmallVector<int64_t> steps;
      for (int64_t axis : axes)
        steps.push_back(window.strides[axis - 1]);
      Value slice = nn::SliceOp::create(builder, loc, resultType, x.m,
                                        nn::makeIntegers(builder, loc, starts),
                                        nn::makeIntegers(builder, loc, ends),
                                        nn::makeIntegers(builder, loc, axes),
                                        nn::makeIntegers(builder, loc, steps));
      y = !y ? slice : isMax ? b.max(y, slice) : b.add(y, slice);
    }
    Scaled result{y, x.e};
    if (!isMax)
      result = buildMean(b, result, count);
    results.push_back(b.store(result, qt::getBlockFormat(pool.getType())));
    return success();
  }
};
} // namespace

void quantc::attachReductionIntegers(MLIRContext *context) {
  nn::ReduceOp::attachInterface<ReduceIntegers>(*context);
  nn::PoolOp::attachInterface<PoolIntegers>(*context);
}
