//===- Movement.cpp - Moving integers with their exponents ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mantissas and exponents are moved alike; along dimensions that lie within one
// block there is one exponent, which stays.
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

static constexpr int64_t whole = ShapedType::kDynamic;

//===----------------------------------------------------------------------===//
// Transpose and expand
//===----------------------------------------------------------------------===//

namespace {
struct TransposeIntegers
    : IntegerLoweringInterface::ExternalModel<TransposeIntegers,
                                              nn::TransposeOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto transpose = cast<nn::TransposeOp>(op);
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    SmallVector<int64_t> blocks;
    for (int64_t dim : transpose.getPerm())
      blocks.push_back(format->getShape()[dim]);
    operands.push_back(withFormat(op->getOperand(0), *format));
    results.push_back(
        withFormat(transpose.getResult(), withBlocks(*format, blocks)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto perm = cast<nn::TransposeOp>(op).getPermAttr();
    Value m = nn::TransposeOp::create(builder, op->getLoc(),
                                      getMantissaType(op), parts[0][0], perm);
    Value e = nn::TransposeOp::create(builder, op->getLoc(),
                                      getExponentType(op), parts[0][1], perm);
    results.push_back({m, e});
    return success();
  }
};

/// The sizes of \p value with ones in front, \p rank in all.
static SmallVector<int64_t> getAlignedShape(Value value, int64_t rank) {
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  SmallVector<int64_t> aligned(rank - static_cast<int64_t>(shape.size()), 1);
  llvm::append_range(aligned, shape);
  return aligned;
}

struct ExpandIntegers
    : IntegerLoweringInterface::ExternalModel<ExpandIntegers, nn::ExpandOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    int64_t rank = typeOf(op->getResult(0)).getRank();
    auto shape = typeOf(cast<nn::ExpandOp>(op).getShape());
    // Shorter ones are filled up before (nn-prepare-integers).
    if (shape.getDimSize(0) != rank)
      return op->emitOpError("by a shape of type ")
             << shape
             << " has no integer-only form; supported: a size for each "
                "of the result's dimensions";
    SmallVector<int64_t> blocks =
        qt::joinBlocks(SmallVector<int64_t>(rank, 1), format->getShape());
    // Copies in the middle of a block have its exponent.
    auto *first = llvm::find(blocks, whole),
         *last = std::find(blocks.rbegin(), blocks.rend(), whole).base();
    for (auto [extent, size] :
         llvm::zip_equal(blocks, getAlignedShape(op->getOperand(0), rank)))
      if (&extent > first && &extent < last && size == 1)
        extent = whole;
    operands.push_back(withFormat(op->getOperand(0), *format));
    keepOperands(available, operands);
    results.push_back(
        withFormat(op->getResult(0), withBlocks(*format, blocks)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto expand = cast<nn::ExpandOp>(op);
    Value sizes = makeExponentShape(
        op, expand.getShape(), parts[1][0],
        qt::getBlockFormat(expand.getType()).getShape(), builder);
    Value m = nn::ExpandOp::create(builder, op->getLoc(), getMantissaType(op),
                                   parts[0][0], parts[1][0]);
    Value e = nn::ExpandOp::create(builder, op->getLoc(), getExponentType(op),
                                   parts[0][1], sizes);
    results.push_back({m, e});
    return success();
  }
};

/// Sizes are those of the mantissas.
struct ShapeIntegers
    : IntegerLoweringInterface::ExternalModel<ShapeIntegers, nn::ShapeOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    operands.push_back(available[0]);
    results.push_back(op->getResult(0).getType());
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto shape = cast<nn::ShapeOp>(op);
    Value sizes =
        nn::ShapeOp::create(builder, op->getLoc(), shape.getType(), parts[0][0],
                            shape.getStartAttr(), shape.getEndAttr());
    results.push_back({sizes});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Concat and slice
//===----------------------------------------------------------------------===//

struct ConcatIntegers
    : IntegerLoweringInterface::ExternalModel<ConcatIntegers, nn::ConcatOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto axis = static_cast<int64_t>(cast<nn::ConcatOp>(op).getAxis());
    // The blocks that lie within those of all operands, so that none loses
    // bits; those that hold all where there are only single elements, unless
    // small ones count.
    int64_t rank = typeOf(op->getResult(0)).getRank();
    SmallVector<int64_t> blocks(rank, 1), common(rank, whole);
    for (Type type : available) {
      // A constant has an exponent for each row.
      qt::BlockType format = qt::getBlockFormat(type);
      if (!format)
        continue;
      FailureOr<qt::BlockType> integer = requireInteger(op, type);
      if (failed(integer))
        return failure();
      blocks = qt::joinBlocks(blocks, integer->getShape());
      for (auto [extent, own] : llvm::zip_equal(common, integer->getShape()))
        if (own == 1)
          extent = 1;
    }
    bool keepsBits = op->hasAttr(qt::allBitsAttrName);
    bool isOfElements = op->hasAttr(qt::elementExponentsAttrName);
    if (isOfElements)
      blocks.assign(rank, 1);
    else if (keepsBits || llvm::is_contained(common, whole))
      blocks = common;
    // Elements that are far apart keep the bits that a product of many takes.
    bool isWide =
        isOfElements || ((keepsBits || getWholeAxes(blocks).empty()) &&
                         llvm::any_of(available, [](Type type) {
                           qt::BlockType format = qt::getIntegerFormat(type);
                           return format && qt::isWide(format);
                         }));
    qt::BlockType row =
        isWide ? getWide(op, blocks, qt::summandBits) : getRow16(op, blocks);
    if (blocks[axis] == whole) {
      // What is joined within blocks comes to one exponent.
      for (auto [operand, type] :
           llvm::zip_equal(op->getOperands(), available)) {
        qt::BlockType format = qt::getIntegerFormat(type);
        bool fits = format && format.getShape() == ArrayRef(blocks) &&
                    format.getElement().getBitWidth() >= qt::rowBits;
        operands.push_back(fits ? type : withFormat(operand, row));
      }
      if (!llvm::all_equal(llvm::map_range(
              operands, [](Type type) { return qt::getBlockFormat(type); })))
        for (auto [operand, type] :
             llvm::zip_equal(op->getOperands(), operands))
          type = withFormat(operand, row);
      results.push_back(
          withFormat(op->getResult(0), getWide(op, blocks, qt::summandBits)));
      return success();
    }
    for (Value operand : op->getOperands())
      operands.push_back(withFormat(operand, row));
    results.push_back(withFormat(op->getResult(0), row));
    return success();
  }

  unsigned countLostBits(Operation *, TypeRange,
                         ArrayRef<unsigned> before) const {
    return *llvm::max_element(before) + 1;
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto concat = cast<nn::ConcatOp>(op);
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    if (format.getShape()[concat.getAxis()] == whole) {
      results.push_back(joinWithin(concat, builder, parts, format));
      return success();
    }
    SmallVector<Value> m, e;
    for (ValueRange operand : parts) {
      m.push_back(operand[0]);
      e.push_back(operand[1]);
    }
    auto axis = cast<nn::ConcatOp>(op).getAxisAttr();
    Value joined = nn::ConcatOp::create(builder, op->getLoc(),
                                        getMantissaType(op), m, axis);
    Value exponents = nn::ConcatOp::create(builder, op->getLoc(),
                                           getExponentType(op), e, axis);
    results.push_back({joined, exponents});
    return success();
  }

private:
  static SmallVector<Value> joinWithin(nn::ConcatOp concat, OpBuilder &builder,
                                       Parts parts, qt::BlockType format) {
    IntegerBuilder b(builder, concat.getLoc());
    SmallVector<Scaled> terms;
    SmallVector<Value> largest;
    for (auto [operand, own] : llvm::zip_equal(concat.getOperands(), parts)) {
      terms.push_back(b.prepareAlignment(
          b.load(own), qt::getBlockFormat(operand.getType())));
      largest.push_back(terms.back().e);
    }
    // In pairs: the proof of ranges goes through few maxima in a row.
    while (largest.size() > 1) {
      SmallVector<Value> next;
      for (size_t i = 0; i < largest.size(); i += 2)
        next.push_back(i + 1 < largest.size()
                           ? b.max(largest[i], largest[i + 1])
                           : largest[i]);
      largest = std::move(next);
    }
    Value common = largest.front();
    SmallVector<Value> m;
    for (const Scaled &term : terms)
      m.push_back(b.shift(term.m, b.sub(common, term.e)));
    Value joined = nn::ConcatOp::create(
        builder, concat.getLoc(),
        getMantissaType(concat).clone(builder.getI32Type()), m,
        concat.getAxisAttr());
    return b.store({joined, common}, format);
  }
};

struct SliceIntegers
    : IntegerLoweringInterface::ExternalModel<SliceIntegers, nn::SliceOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    if (!cast<nn::SliceOp>(op).getKnownAxes())
      return op->emitOpError("along axes that are no constants has no "
                             "integer-only form");
    operands.push_back(withFormat(op->getOperand(0), *format));
    keepOperands(available, operands);
    results.push_back(withFormat(op->getResult(0), *format));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    SmallVector<Value> bounds;
    for (ValueRange operand : parts.drop_front())
      bounds.push_back(operand[0]);
    Value m = nn::SliceOp::create(builder, op->getLoc(), getMantissaType(op),
                                  parts[0][0], bounds[0], bounds[1], bounds[2],
                                  bounds[3]);
    Value e = parts[0][1];
    SmallVector<int64_t> outer = getOuterAxes(op);
    if (!outer.empty()) {
      if (outer.size() != static_cast<size_t>(typeOf(bounds[0]).getDimSize(0)))
        for (Value &bound : bounds)
          bound = pick(bound, outer, builder);
      e = nn::SliceOp::create(builder, op->getLoc(), getExponentType(op), e,
                              bounds[0], bounds[1], bounds[2], bounds[3]);
    }
    results.push_back({m, e});
    return success();
  }

private:
  /// The places in the list of axes of those that do not lie within blocks,
  /// whose exponents are sliced as well.
  static SmallVector<int64_t> getOuterAxes(Operation *op) {
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    SmallVector<int64_t> outer;
    for (auto [place, axis] :
         llvm::enumerate(*cast<nn::SliceOp>(op).getKnownAxes()))
      if (format.getShape()[axis] != whole)
        outer.push_back(static_cast<int64_t>(place));
    return outer;
  }

  /// Some elements of a list.
  static Value pick(Value list, ArrayRef<int64_t> places, OpBuilder &builder) {
    Location loc = list.getLoc();
    if (std::optional<SmallVector<int64_t>> known =
            nn::getConstantIntegers(list)) {
      SmallVector<int64_t> picked;
      for (int64_t place : places)
        picked.push_back((*known)[place]);
      return nn::makeIntegers(builder, loc, picked);
    }
    auto type = typeOf(list).clone({static_cast<int64_t>(places.size())});
    return nn::GatherOp::create(builder, loc, type, list,
                                nn::makeIntegers(builder, loc, places),
                                builder.getI64IntegerAttr(0));
  }
};

/// Zeros or other elements of the block at the edges of dimensions that lie
/// within blocks. Examples that are padded have exponents of their own.
struct PadIntegers
    : IntegerLoweringInterface::ExternalModel<PadIntegers, nn::PadOp> {
  /// From which on a pad stands for an infinity.
  static constexpr double leastHuge = 1e30;

  // Beside what is huge integers would have no bits left.
  bool isMovement(Operation *op) const {
    return std::abs(cast<nn::PadOp>(op).getValue().convertToDouble()) <
           leastHuge;
  }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto pad = cast<nn::PadOp>(op);
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    double value = pad.getValue().convertToDouble();
    bool isFilled = pad.getMode() == nn::PadMode::Constant &&
                    !pad.getValue().isZero() && std::abs(value) < leastHuge;
    if (isFilled || std::isnan(value))
      return op->emitOpError("'")
             << nn::stringifyPadMode(pad.getMode()) << "' with " << value
             << " has no integer-only form; supported: zeros, what lies below "
                "or above all others, and the other modes";
    SmallVector<int64_t> blocks(format->getShape());
    for (auto [dim, low, high] : llvm::enumerate(pad.getLow(), pad.getHigh()))
      if (low != 0 || high != 0)
        blocks[dim] = dim == 0 ? 1 : whole;
    bool isSame =
        pad.getValue().isZero() && format->getShape() == ArrayRef(blocks);
    unsigned bits = isSame ? format->getElement().getBitWidth() : qt::rowBits;
    qt::BlockType padded = qt::getIntegerFormat(op->getContext(), blocks, bits);
    operands.push_back(withFormat(pad.getInput(), padded));
    results.push_back(withFormat(pad.getResult(), padded));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto pad = cast<nn::PadOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::BlockType format = qt::getBlockFormat(pad.getType());
    // What is huge is the end of the range.
    double value = pad.getValue().convertToDouble();
    int64_t mantissa = 0, exponent = fixed::zeroExponent;
    if (!pad.getValue().isZero()) {
      mantissa = std::signbit(value) ? -INT16_MAX : INT16_MAX;
      exponent = INT8_MAX;
    }
    SmallVector<int64_t> low(pad.getLow()), high(pad.getHigh());
    auto create = [&](Value from, RankedTensorType type, int64_t value) {
      return nn::PadOp::create(
          builder, op->getLoc(), type.clone(builder.getI32Type()),
          pad.getModeAttr(), from, builder.getDenseI64ArrayAttr(low),
          builder.getDenseI64ArrayAttr(high),
          builder.getF64FloatAttr(static_cast<double>(value)));
    };
    x.m = create(x.m, getMantissaType(op), mantissa);
    // Along dimensions that lie within blocks there is one exponent, which
    // stays.
    for (auto [extent, before, behind] :
         llvm::zip_equal(format.getShape(), low, high))
      if (extent == whole)
        before = behind = 0;
    if (low.front() != 0 || high.front() != 0)
      x.e = create(x.e, getExponentType(op), exponent);
    results.push_back(b.store(x, format));
    return success();
  }
};

} // namespace

void quantc::attachMovementIntegers(MLIRContext *context) {
  nn::TransposeOp::attachInterface<TransposeIntegers>(*context);
  nn::ShapeOp::attachInterface<ShapeIntegers>(*context);
  nn::ExpandOp::attachInterface<ExpandIntegers>(*context);
  nn::ConcatOp::attachInterface<ConcatIntegers>(*context);
  nn::SliceOp::attachInterface<SliceIntegers>(*context);
  nn::PadOp::attachInterface<PadIntegers>(*context);
}
