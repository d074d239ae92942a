//===- LoopContractions.cpp - Loops of contractions -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products and convolutions of operands that lie in memory as they are. A point
// is an element of the result. Floats are summed in double, codes exactly
// within a block of both sides.
//
//===----------------------------------------------------------------------===//

#include "LoopDecoder.h"
#include "LoopModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include <numeric>

using namespace mlir;
using namespace quantc;

using Sizes = SmallVector<AffineExpr>;
using Values = SmallVector<Value>;

namespace {
/// Emits the accumulator of one element.
class Contraction {
public:
  Contraction(qt::ContractOp op, ValueRange point, LoopEmitter &emitter)
      : op(op), lhs(op.getLhs()[0]), rhs(op.getRhs()[0]), point(point),
        emitter(emitter), loc(emitter.getLoc()) {}

  Value emitMatmul(OpBuilder &builder);
  Value emitConv(OpBuilder &builder, qt::ConvAttr conv);
  /// The same of codes with scales.
  Value emitBlocks(OpBuilder &builder);

  /// The sizes that an operand's batch dimensions broadcast to, then its own.
  static Sizes getBatchedSizes(qt::ContractOp op, LoopEmitter &emitter,
                               Value operand);

private:
  /// The sum of products along the last dimension of both.
  Value emitSum(OpBuilder &builder, Value sum,
                function_ref<Value(OpBuilder &, Value)> loadLhs,
                function_ref<Value(OpBuilder &, Value)> loadRhs);
  Value constant(OpBuilder &builder, double value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF64FloatAttr(value));
  }

  qt::ContractOp op;
  Value lhs, rhs;
  ValueRange point;
  LoopEmitter &emitter;
  Location loc;
};
} // namespace

Value Contraction::emitSum(OpBuilder &builder, Value sum,
                           function_ref<Value(OpBuilder &, Value)> loadLhs,
                           function_ref<Value(OpBuilder &, Value)> loadRhs) {
  return emitter.forEach(
      builder, emitter.getSizes(rhs).back(), sum,
      [&](OpBuilder &inner, ValueRange at, ValueRange sums) {
        auto widen = [&](Value x) -> Value {
          return arith::ExtFOp::create(inner, loc, inner.getF64Type(), x);
        };
        Value product =
            arith::MulFOp::create(inner, loc, widen(loadLhs(inner, at[0])),
                                  widen(loadRhs(inner, at[0])));
        return Values{arith::AddFOp::create(inner, loc, sums[0], product)};
      })[0];
}

Sizes Contraction::getBatchedSizes(qt::ContractOp op, LoopEmitter &emitter,
                                   Value operand) {
  Sizes sizes = emitter.getSizes(op.getResult());
  Sizes own = emitter.getSizes(operand);
  sizes.resize(sizes.size() - 2);
  llvm::append_range(sizes, ArrayRef(own).take_back(2));
  return sizes;
}

Value Contraction::emitMatmul(OpBuilder &builder) {
  if (!op.isBatched())
    return emitSum(
        builder, constant(builder, 0),
        [&](OpBuilder &inner, Value k) {
          Values index(point);
          index.back() = k;
          return emitter.load(inner, lhs, index);
        },
        [&](OpBuilder &inner, Value k) {
          return emitter.load(inner, rhs, {point.back(), k});
        });
  auto load = [&](OpBuilder &inner, Value operand, Value row, Value k) {
    Values index(point.drop_back(2));
    index.append({row, k});
    return emitter.loadBroadcast(inner, operand,
                                 getBatchedSizes(op, emitter, operand), index);
  };
  return emitSum(
      builder, constant(builder, 0),
      [&](OpBuilder &inner, Value k) {
        return load(inner, lhs, point[point.size() - 2], k);
      },
      [&](OpBuilder &inner, Value k) {
        return load(inner, rhs, point.back(), k);
      });
}

Value Contraction::emitConv(OpBuilder &builder, qt::ConvAttr conv) {
  unsigned spatial = conv.getTaps().size();
  auto add = [&](OpBuilder &b, Value x, Value y) -> Value {
    return arith::AddIOp::create(b, loc, x, y);
  };
  auto mul = [&](OpBuilder &b, Value x, int64_t y) -> Value {
    return arith::MulIOp::create(b, loc, x, emitter.getIndex(y));
  };
  Sizes lhsSizes = emitter.getSizes(lhs), rhsSizes = emitter.getSizes(rhs);
  // The channels of the output's group.
  Value perGroup = emitter.getIndex(rhsSizes[0].floorDiv(conv.getGroups()));
  Value group = arith::DivUIOp::create(builder, loc, point.back(), perGroup);
  Value first = arith::MulIOp::create(builder, loc, group,
                                      emitter.getIndex(rhsSizes.back()));
  Sizes taps;
  for (int64_t size : conv.getTaps())
    taps.push_back(builder.getAffineConstantExpr(size));
  return emitter.forEach(
      builder, taps, constant(builder, 0),
      [&](OpBuilder &inner, ValueRange tap, ValueRange sums) {
        Values place{point[0]};
        Value isInside, flat = emitter.getIndex(int64_t(0));
        for (unsigned i = 0; i < spatial; ++i) {
          Value at = mul(inner, point[1 + i], conv.getStrides()[i]);
          at = add(inner, at, mul(inner, tap[i], conv.getDilations()[i]));
          at = add(inner, at, emitter.getIndex(-conv.getPads()[i]));
          // Unsigned, so that what is negative is outside as well.
          Value isBelow =
              arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ult, at,
                                    emitter.getIndex(lhsSizes[1 + i]));
          isInside = isInside
                         ? arith::AndIOp::create(inner, loc, isInside, isBelow)
                               .getResult()
                         : isBelow;
          place.push_back(at);
          flat = add(inner, mul(inner, flat, conv.getTaps()[i]), tap[i]);
        }
        auto branch = scf::IfOp::create(
            inner, loc, isInside,
            [&](OpBuilder &then, Location) {
              Value sum = emitSum(
                  then, sums[0],
                  [&](OpBuilder &b, Value channel) {
                    Values index(place);
                    index.push_back(add(b, first, channel));
                    return emitter.load(b, lhs, index);
                  },
                  [&](OpBuilder &b, Value channel) {
                    return emitter.load(b, rhs, {point.back(), flat, channel});
                  });
              scf::YieldOp::create(then, loc, sum);
            },
            [&](OpBuilder &otherwise, Location) {
              scf::YieldOp::create(otherwise, loc, sums[0]);
            });
        return Values{branch.getResult(0)};
      })[0];
}

Value Contraction::emitBlocks(OpBuilder &builder) {
  auto lhsFormat = cast<qt::BlockType>(op.getLhsFormat());
  auto rhsFormat = cast<qt::BlockType>(op.getRhsFormat());
  auto indexOf = [&](bool isLhs, Value k) {
    ValueRange batch = point.drop_back(op.isBatched() ? 2 : 1);
    Values index;
    if (isLhs || op.isBatched())
      llvm::append_range(index, batch);
    if (op.isBatched())
      index.push_back(isLhs ? point[point.size() - 2] : point.back());
    else if (!isLhs)
      index.push_back(point.back());
    index.push_back(k);
    return index;
  };
  auto decoders = [&](OpBuilder &at) {
    return std::pair(LoopDecoder(at, emitter, lhsFormat, op.getLhs()),
                     LoopDecoder(at, emitter, rhsFormat, op.getRhs()));
  };
  auto [a, b] = decoders(builder);
  bool isExact = a.isInteger() && b.isInteger();
  int64_t depth = op.getContractionSize();
  Value size = emitter.getIndex(ShapedType::isDynamic(depth)
                                    ? emitter.getSizes(lhs).back()
                                    : builder.getAffineConstantExpr(depth));
  // A run of products meets one real scale on either side.
  int64_t run = 0;
  for (int64_t extent : {a.getScaleExtent(), b.getScaleExtent()})
    if (!ShapedType::isDynamic(extent))
      run = std::gcd(run, extent);
  bool isInteger = op.getAcc().isInteger(32);
  Value step = run ? emitter.getIndex(run) : size;
  Value zero = emitter.getIndex(int64_t(0)), one = emitter.getIndex(1);
  Type f32 = builder.getF32Type();
  auto sumRun = [&](OpBuilder &outer, Value from, Value to) -> Value {
    Value start =
        isExact ? arith::ConstantIntOp::create(outer, loc, 0, 64).getResult()
                : constant(outer, 0);
    auto loop = scf::ForOp::create(
        outer, loc, from, to, one, start,
        [&](OpBuilder &inner, Location, Value k, ValueRange sums) {
          auto [left, right] = decoders(inner);
          Values x = indexOf(true, k), y = indexOf(false, k);
          Value factor = arith::MulIOp::create(
              inner, loc, left.getMultiplier(x), right.getMultiplier(y));
          Value sum;
          if (isExact) {
            Value product = arith::MulIOp::create(
                inner, loc, left.getInteger(x), right.getInteger(y));
            product = arith::MulIOp::create(inner, loc, product, factor);
            sum = arith::AddIOp::create(inner, loc, sums[0], product);
          } else {
            Value product = arith::MulFOp::create(inner, loc, left.getNumber(x),
                                                  right.getNumber(y));
            factor =
                arith::SIToFPOp::create(inner, loc, inner.getF64Type(), factor);
            product = arith::MulFOp::create(inner, loc, product, factor);
            sum = arith::AddFOp::create(inner, loc, sums[0], product);
          }
          scf::YieldOp::create(inner, loc, sum);
        });
    return loop.getResult(0);
  };
  if (isInteger)
    return arith::TruncIOp::create(builder, loc, builder.getI32Type(),
                                   sumRun(builder, zero, size));
  // A step of 0 would be none.
  step = arith::MaxSIOp::create(builder, loc, step, one);
  Value start =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
  auto loop = scf::ForOp::create(
      builder, loc, zero, size, step, start,
      [&](OpBuilder &inner, Location, Value from, ValueRange sums) {
        Value to = arith::MinSIOp::create(
            inner, loc, size, arith::AddIOp::create(inner, loc, from, step));
        Value sum = sumRun(inner, from, to);
        sum = isExact
                  ? arith::SIToFPOp::create(inner, loc, f32, sum).getResult()
                  : arith::TruncFOp::create(inner, loc, f32, sum);
        auto [left, right] = decoders(inner);
        Value scale = arith::MulFOp::create(
            inner, loc, left.getScale(indexOf(true, from)),
            right.getScale(indexOf(false, from)));
        scf::YieldOp::create(
            inner, loc,
            math::FmaOp::create(inner, loc, sum, scale, sums[0]).getResult());
      });
  return loop.getResult(0);
}

namespace {
struct ContractLoops
    : LoopOpInterface::ExternalModel<ContractLoops, qt::ContractOp> {
  bool hasLoops(Operation *op) const {
    auto contract = cast<qt::ContractOp>(op);
    if (contract.getLayoutAttr())
      return false;
    if (contract.getLhsFormat().isF32() && contract.getRhsFormat().isF32())
      return true;
    // Batches of codes that broadcast, and convolutions, are not written yet.
    auto lhs = contract.getLhs().getTypes()[0],
         rhs = contract.getRhs().getTypes()[0];
    return isa<qt::BlockType>(contract.getLhsFormat()) &&
           isa<qt::BlockType>(contract.getRhsFormat()) &&
           isa<qt::MatmulAttr>(contract.getGeometry()) &&
           (!contract.isBatched() ||
            (cast<ShapedType>(lhs).getShape().drop_back(2) ==
                 cast<ShapedType>(rhs).getShape().drop_back(2) &&
             cast<ShapedType>(lhs).getRank() == contract.getType().getRank()));
  }

  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    return Sizes(shapes.getSizes(op->getResult(0)));
  }

  void requireSizes(Operation *op, LoopEmitter &emitter) const {
    auto contract = cast<qt::ContractOp>(op);
    Sizes result = emitter.getSizes(contract.getResult());
    for (Value operand : contract.getEpilogueOperands())
      emitter.requireBroadcast(operand, result);
    if (isa<qt::ConvAttr>(contract.getGeometry()) ||
        !contract.getLhsFormat().isF32())
      return;
    Value lhs = contract.getLhs()[0], rhs = contract.getRhs()[0];
    emitter.getKernel().requireEqual(emitter.getSizes(lhs).back(),
                                     emitter.getSizes(rhs).back());
    if (!contract.isBatched())
      return;
    for (Value operand : {lhs, rhs})
      emitter.requireBroadcast(
          operand, Contraction::getBatchedSizes(contract, emitter, operand));
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto contract = cast<qt::ContractOp>(op);
    Contraction contraction(contract, point, emitter);
    auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry());
    Value sum;
    if (contract.getLhsFormat().isF32())
      sum = arith::TruncFOp::create(builder, emitter.getLoc(),
                                    builder.getF32Type(),
                                    conv ? contraction.emitConv(builder, conv)
                                         : contraction.emitMatmul(builder));
    else
      sum = contraction.emitBlocks(builder);
    if (contract.hasEpilogue()) {
      Block &region = contract.getEpilogue().front();
      IRMapping mapping;
      mapping.map(region.getArgument(0), sum);
      for (auto [argument, operand] :
           llvm::zip_equal(region.getArguments().drop_front(),
                           contract.getEpilogueOperands()))
        mapping.map(argument,
                    emitter.loadBroadcast(
                        builder, operand,
                        emitter.getSizes(contract.getResult()), point));
      for (Operation &inner : region.without_terminator())
        builder.clone(inner, mapping);
      sum = mapping.lookup(region.getTerminator()->getOperand(0));
    }
    emitter.store(builder, contract.getResult(), point, sum);
  }
};
} // namespace

void quantc::attachContractionLoops(MLIRContext *context) {
  qt::ContractOp::attachInterface<ContractLoops>(*context);
}
