//===- LoopCrossings.cpp - Loops of decoding and rescaling ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopDecoder.h"
#include "LoopModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

using Sizes = SmallVector<AffineExpr>;
using Values = SmallVector<Value>;

static Sizes getRowSpace(Sizes sizes) {
  if (!sizes.empty())
    sizes.pop_back();
  return sizes;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

namespace {
struct DequantizeLoops
    : LoopOpInterface::ExternalModel<DequantizeLoops, qt::DequantizeOp> {
  bool hasLoops(Operation *op) const {
    return cast<qt::DequantizeOp>(op).getFormatAttr() != nullptr;
  }

  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    return getRowSpace(Sizes(shapes.getSizes(op->getResult(0))));
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto dequantize = cast<qt::DequantizeOp>(op);
    auto format = cast<qt::BlockType>(dequantize.getFormatAttr().getValue());
    Sizes sizes = emitter.getSizes(dequantize.getResult());
    emitter.forEach(builder, ArrayRef(sizes).drop_front(point.size()), {},
                    [&](OpBuilder &inner, ValueRange at, ValueRange) {
                      Values index(point);
                      llvm::append_range(index, at);
                      LoopDecoder decoder(inner, emitter, format,
                                          dequantize.getInput());
                      emitter.store(inner, dequantize.getResult(), index,
                                    decoder.decode(index));
                      return Values();
                    });
  }
};

//===----------------------------------------------------------------------===//
// Hadamard
//===----------------------------------------------------------------------===//

/// Butterflies on the row of the result, as the definition does them.
struct HadamardLoops
    : LoopOpInterface::ExternalModel<HadamardLoops, qt::HadamardOp> {
  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    return getRowSpace(Sizes(shapes.getSizes(op->getResult(0))));
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto hadamard = cast<qt::HadamardOp>(op);
    Location loc = emitter.getLoc();
    Value result = hadamard.getResult();
    AffineExpr size = emitter.getSizes(result).back();
    auto indexOf = [&](Value last) {
      Values index(point);
      index.push_back(last);
      return index;
    };
    emitter.forEach(
        builder, size, {}, [&](OpBuilder &inner, ValueRange at, ValueRange) {
          Values index = indexOf(at[0]);
          emitter.store(inner, result, index,
                        emitter.load(inner, hadamard.getInput(), index));
          return Values();
        });
    auto block = static_cast<int64_t>(hadamard.getBlock());
    for (int64_t half = 1; half < block; half *= 2)
      emitter.forEach(builder, size.floorDiv(2), {},
                      [&](OpBuilder &inner, ValueRange at, ValueRange) {
                        // Pairs lie `half` apart, in runs of as many.
                        Value length = emitter.getIndex(half);
                        Value run =
                            arith::DivUIOp::create(inner, loc, at[0], length);
                        Value low = arith::AddIOp::create(
                            inner, loc, at[0],
                            arith::MulIOp::create(inner, loc, run, length));
                        Values left = indexOf(low);
                        Values right = indexOf(
                            arith::AddIOp::create(inner, loc, low, length));
                        Value a = emitter.load(inner, result, left);
                        Value b = emitter.load(inner, result, right);
                        emitter.store(inner, result, left,
                                      arith::AddFOp::create(inner, loc, a, b));
                        emitter.store(inner, result, right,
                                      arith::SubFOp::create(inner, loc, a, b));
                        return Values();
                      });
    double factor = 1 / std::sqrt(static_cast<double>(block));
    emitter.forEach(
        builder, size, {}, [&](OpBuilder &inner, ValueRange at, ValueRange) {
          Values index = indexOf(at[0]);
          Value x = emitter.load(inner, result, index);
          Value scale = emitter.getNumber(inner, inner.getF32Type(), factor);
          emitter.store(inner, result, index,
                        arith::MulFOp::create(inner, loc, x, scale));
          return Values();
        });
  }
};

//===----------------------------------------------------------------------===//
// Rescale
//===----------------------------------------------------------------------===//

/// Products of two 64-bit integers are exact in 128 bits.
struct RescaleLoops
    : LoopOpInterface::ExternalModel<RescaleLoops, qt::RescaleOp> {
  static constexpr unsigned width = 128;
  /// Beyond these nothing is left of a product, or every number saturates.
  static constexpr int64_t maxRight = 127, maxLeft = 65;

  bool hasLoops(Operation *op) const {
    return llvm::all_of(op->getOperandTypes(), [](Type type) {
      return isa<IntegerType>(cast<RankedTensorType>(type).getElementType());
    });
  }

  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    return Sizes(shapes.getSizes(op->getOperand(0)));
  }

  void requireSizes(Operation *op, LoopEmitter &emitter) const {
    for (Value operand : op->getOperands().drop_front())
      emitter.requireBroadcast(operand, emitter.getSizes(op->getOperand(0)));
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto rescale = cast<qt::RescaleOp>(op);
    Location loc = emitter.getLoc();
    Type wide = builder.getIntegerType(width);
    Sizes whole = emitter.getSizes(rescale.getInput());
    auto load = [&](Value operand) -> Value {
      return arith::ExtSIOp::create(
          builder, loc, wide,
          emitter.loadBroadcast(builder, operand, whole, point));
    };
    Value x = load(rescale.getInput());
    if (rescale.getMultiplier()) {
      x = arith::MulIOp::create(builder, loc, x, load(rescale.getMultiplier()));
      x = shift(builder, loc, x, load(rescale.getShift()),
                rescale.getRounding());
    }
    Type element = cast<RankedTensorType>(rescale.getType()).getElementType();
    unsigned bits = element.getIntOrFloatBitWidth();
    auto constant = [&](const APInt &value) -> Value {
      return arith::ConstantOp::create(builder, loc,
                                       builder.getIntegerAttr(wide, value));
    };
    x = arith::MaxSIOp::create(
        builder, loc, x, constant(APInt::getSignedMinValue(bits).sext(width)));
    x = arith::MinSIOp::create(
        builder, loc, x, constant(APInt::getSignedMaxValue(bits).sext(width)));
    emitter.store(builder, rescale.getResult(), point,
                  arith::TruncIOp::create(builder, loc, element, x));
  }

  static Value shift(OpBuilder &builder, Location loc, Value x, Value by,
                     qt::Rounding rounding) {
    auto constant = [&](int64_t value) -> Value {
      APInt wide(width, static_cast<uint64_t>(value), /*isSigned=*/true);
      return arith::ConstantOp::create(
          builder, loc, builder.getIntegerAttr(x.getType(), wide));
    };
    auto compare = [&](arith::CmpIPredicate predicate, Value a,
                       Value b) -> Value {
      return arith::CmpIOp::create(builder, loc, predicate, a, b);
    };
    auto clamp = [&](Value value, int64_t low, int64_t high) -> Value {
      return arith::MinSIOp::create(
          builder, loc,
          arith::MaxSIOp::create(builder, loc, value, constant(low)),
          constant(high));
    };
    using P = arith::CmpIPredicate;
    Value zero = constant(0);
    // To the left, no further than what no type holds.
    Value amountLeft =
        clamp(arith::SubIOp::create(builder, loc, zero, by), 0, maxLeft);
    Value beyond = arith::ConstantOp::create(
        builder, loc,
        builder.getIntegerAttr(x.getType(),
                               APInt::getOneBitSet(width, maxLeft)));
    Value most = arith::ShRSIOp::create(builder, loc, beyond, amountLeft);
    Value least = arith::SubIOp::create(builder, loc, zero, most);
    Value left = arith::ShLIOp::create(
        builder, loc,
        arith::MinSIOp::create(
            builder, loc, arith::MaxSIOp::create(builder, loc, x, least), most),
        amountLeft);
    // To the right.
    Value amount = clamp(by, 1, maxRight);
    Value floor = arith::ShRSIOp::create(builder, loc, x, amount);
    Value rest = arith::SubIOp::create(
        builder, loc, x, arith::ShLIOp::create(builder, loc, floor, amount));
    Value half = arith::ShLIOp::create(
        builder, loc, constant(1),
        arith::SubIOp::create(builder, loc, amount, constant(1)));
    Value isTie = compare(P::eq, rest, half), up;
    switch (rounding) {
    case qt::Rounding::Down:
      break;
    case qt::Rounding::HalfUp:
      up = isTie;
      break;
    case qt::Rounding::HalfAway:
      up = arith::AndIOp::create(builder, loc, isTie, compare(P::sge, x, zero));
      break;
    case qt::Rounding::HalfEven:
      up = arith::AndIOp::create(
          builder, loc, isTie,
          arith::TruncIOp::create(builder, loc, builder.getI1Type(), floor));
      break;
    }
    Value right = floor;
    if (up) {
      up = arith::OrIOp::create(builder, loc, up, compare(P::sgt, rest, half));
      right = arith::AddIOp::create(
          builder, loc, right,
          arith::ExtUIOp::create(builder, loc, x.getType(), up));
    }
    Value nothing = zero;
    if (rounding == qt::Rounding::Down)
      nothing = arith::SelectOp::create(builder, loc, compare(P::slt, x, zero),
                                        constant(-1), zero);
    right = arith::SelectOp::create(
        builder, loc, compare(P::sgt, by, constant(maxRight)), nothing, right);
    return arith::SelectOp::create(builder, loc, compare(P::sle, by, zero),
                                   left, right);
  }
};
} // namespace

void quantc::attachCrossingLoops(MLIRContext *context) {
  qt::DequantizeOp::attachInterface<DequantizeLoops>(*context);
  qt::HadamardOp::attachInterface<HadamardLoops>(*context);
  qt::RescaleOp::attachInterface<RescaleLoops>(*context);
}
