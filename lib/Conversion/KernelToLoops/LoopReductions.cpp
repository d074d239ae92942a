//===- LoopReductions.cpp - Loops of norms and reductions -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Along any axes. Where the last dimension is kept, 16 neighbours along it are
// computed at once.
//
//===----------------------------------------------------------------------===//

#include "LoopModels.h"
#include "Reductions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include <limits>

using namespace mlir;
using namespace quantc;

using Sizes = SmallVector<AffineExpr>;
using Values = SmallVector<Value>;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Those of \p all that are not of \p axes, or those that are.
template <typename T>
static SmallVector<T> pick(ArrayRef<T> all, ArrayRef<int64_t> axes, bool in) {
  SmallVector<T> picked;
  for (auto [dim, value] : llvm::enumerate(all))
    if (llvm::is_contained(axes, static_cast<int64_t>(dim)) == in)
      picked.push_back(value);
  return picked;
}

/// \p inner in the dimensions \p axes, \p outer in the others.
static Values merge(ValueRange outer, ValueRange inner,
                    ArrayRef<int64_t> axes) {
  Values index;
  size_t rank = outer.size() + axes.size();
  for (size_t dim = 0; dim < rank; ++dim) {
    ValueRange &from =
        llvm::is_contained(axes, static_cast<int64_t>(dim)) ? inner : outer;
    index.push_back(from.front());
    from = from.drop_front();
  }
  return index;
}

namespace {
struct ReduceLoops : LoopOpInterface::ExternalModel<ReduceLoops, nn::ReduceOp> {
  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    auto reduce = cast<nn::ReduceOp>(op);
    return pick(shapes.getSizes(reduce.getInput()), reduce.getAxes(), false);
  }

  bool hasAdjacentPoints(Operation *op) const {
    auto reduce = cast<nn::ReduceOp>(op);
    return !llvm::is_contained(reduce.getAxes(),
                               reduce.getInput().getType().getRank() - 1);
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto reduce = cast<nn::ReduceOp>(op);
    ArrayRef<int64_t> axes = reduce.getAxes();
    Sizes sizes =
        pick(ArrayRef(emitter.getSizes(reduce.getInput())), axes, true);
    Reduction reduction(reduce);
    Type type = emitter.getType(reduce.getType().getElementType());
    Value sum =
        emitter.forEach(builder, sizes, reduction.getNeutral(builder, type),
                        [&](OpBuilder &inner, ValueRange at, ValueRange sums) {
                          Value x = emitter.load(inner, reduce.getInput(),
                                                 merge(point, at, axes));
                          x = reduction.map(inner, x);
                          return Values{reduction.combine(inner, sums[0], x)};
                        })[0];
    sum = reduction.finish(builder, sum, emitter.getCount(builder, sizes));
    Values index(point);
    if (reduce.getKeepdims())
      index =
          merge(point, Values(axes.size(), emitter.getIndex(int64_t(0))), axes);
    emitter.store(builder, reduce.getResult(), index, sum);
  }
};

struct SoftmaxLoops
    : LoopOpInterface::ExternalModel<SoftmaxLoops, nn::SoftmaxOp> {
  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    auto softmax = cast<nn::SoftmaxOp>(op);
    return pick(shapes.getSizes(softmax.getInput()),
                static_cast<int64_t>(softmax.getAxis()), false);
  }

  bool hasAdjacentPoints(Operation *op) const {
    return !cast<nn::SoftmaxOp>(op).isRowwise();
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto softmax = cast<nn::SoftmaxOp>(op);
    Location loc = emitter.getLoc();
    Value input = softmax.getInput(), result = softmax.getResult();
    int64_t axis = softmax.getAxis();
    AffineExpr size = emitter.getSizes(input)[axis];
    Type f32 = builder.getF32Type();
    auto number = [&](double value) {
      return emitter.getNumber(builder, f32, value);
    };
    Value top = emitter.forEach(
        builder, size, number(-infinity),
        [&](OpBuilder &inner, ValueRange at, ValueRange carried) {
          Value x = emitter.load(inner, input, merge(point, at, axis));
          return Values{arith::MaximumFOp::create(inner, loc, carried[0], x)};
        })[0];
    // Of -inf alone nothing may be subtracted: -inf - -inf is no number.
    Value isEmpty = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OEQ, top, number(-infinity));
    top = arith::SelectOp::create(builder, loc, isEmpty, number(0), top);
    Value sum = emitter.forEach(
        builder, size, number(0),
        [&](OpBuilder &inner, ValueRange at, ValueRange carried) {
          Values index = merge(point, at, axis);
          Value x = emitter.load(inner, input, index);
          x = arith::SubFOp::create(inner, loc, x, top);
          x = nn::UnaryOp::create(inner, loc, x.getType(), nn::UnaryKind::Exp,
                                  x);
          emitter.store(inner, result, index, x);
          return Values{arith::AddFOp::create(inner, loc, carried[0], x)};
        })[0];
    Value inverse = arith::DivFOp::create(builder, loc, number(1), sum);
    inverse =
        arith::SelectOp::create(builder, loc, isEmpty, number(0), inverse);
    emitter.forEach(builder, size, {},
                    [&](OpBuilder &inner, ValueRange at, ValueRange) {
                      Values index = merge(point, at, axis);
                      Value x = emitter.load(inner, result, index);
                      x = arith::MulFOp::create(inner, loc, x, inverse);
                      emitter.store(inner, result, index, x);
                      return Values();
                    });
  }
};

struct CumSumLoops : LoopOpInterface::ExternalModel<CumSumLoops, nn::CumSumOp> {
  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    auto sums = cast<nn::CumSumOp>(op);
    return pick(shapes.getSizes(sums.getInput()),
                static_cast<int64_t>(sums.getAxis()), false);
  }

  bool hasAdjacentPoints(Operation *op) const {
    auto sums = cast<nn::CumSumOp>(op);
    return static_cast<int64_t>(sums.getAxis()) !=
           sums.getInput().getType().getRank() - 1;
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto sums = cast<nn::CumSumOp>(op);
    Location loc = emitter.getLoc();
    int64_t axis = sums.getAxis();
    AffineExpr size = emitter.getSizes(sums.getInput())[axis];
    Type element = sums.getType().getElementType();
    emitter.forEach(
        builder, size, emitter.getNumber(builder, element, 0),
        [&](OpBuilder &inner, ValueRange at, ValueRange carried) {
          Value position = at[0];
          if (sums.getReverse())
            position = arith::SubIOp::create(
                inner, loc, emitter.getIndex(size - 1), position);
          Values index = merge(point, position, axis);
          Value x = emitter.load(inner, sums.getInput(), index);
          Value sum =
              isa<FloatType>(element)
                  ? arith::AddFOp::create(inner, loc, carried[0], x).getResult()
                  : arith::AddIOp::create(inner, loc, carried[0], x);
          emitter.store(inner, sums.getResult(), index,
                        sums.getExclusive() ? carried[0] : sum);
          return Values{sum};
        });
  }
};

/// LayerNorm, and RMSNorm, which takes no mean off and adds no bias.
template <typename NormOp>
struct NormLoops : LoopOpInterface::ExternalModel<NormLoops<NormOp>, NormOp> {
  static constexpr bool isCentred = std::is_same_v<NormOp, nn::LayerNormOp>;

  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    auto norm = cast<NormOp>(op);
    return Sizes(shapes.getSizes(norm.getInput()).take_front(norm.getAxis()));
  }

  void requireSizes(Operation *op, LoopEmitter &emitter) const {
    for (Value operand : op->getOperands().drop_front())
      emitter.requireBroadcast(operand, emitter.getSizes(op->getOperand(0)));
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto norm = cast<NormOp>(op);
    Location loc = emitter.getLoc();
    Value input = norm.getInput();
    Sizes whole = emitter.getSizes(input);
    ArrayRef<AffineExpr> sizes = ArrayRef(whole).drop_front(norm.getAxis());
    Type f32 = builder.getF32Type();
    auto indexOf = [&](ValueRange at) {
      Values index(point);
      llvm::append_range(index, at);
      return index;
    };
    Value count = arith::SIToFPOp::create(
        builder, loc, f32,
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                   emitter.getCount(builder, sizes)));
    auto average = [&](function_ref<Value(OpBuilder &, Value)> map) -> Value {
      Value sum = emitter.forEach(
          builder, sizes, emitter.getNumber(builder, f32, 0),
          [&](OpBuilder &inner, ValueRange at, ValueRange carried) {
            Value x = map(inner, emitter.load(inner, input, indexOf(at)));
            return Values{arith::AddFOp::create(inner, loc, carried[0], x)};
          })[0];
      return arith::DivFOp::create(builder, loc, sum, count);
    };
    Value mean;
    if (isCentred)
      mean = average([](OpBuilder &, Value x) { return x; });
    auto centre = [&](OpBuilder &inner, Value x) -> Value {
      return mean ? arith::SubFOp::create(inner, loc, x, mean).getResult() : x;
    };
    Value square = average([&](OpBuilder &inner, Value x) -> Value {
      x = centre(inner, x);
      return arith::MulFOp::create(inner, loc, x, x);
    });
    Value epsilon =
        arith::ConstantOp::create(builder, loc, norm.getEpsilonAttr());
    Value root = math::SqrtOp::create(
        builder, loc, arith::AddFOp::create(builder, loc, square, epsilon));
    Value inverse = arith::DivFOp::create(
        builder, loc, emitter.getNumber(builder, f32, 1), root);
    emitter.forEach(
        builder, sizes, {}, [&](OpBuilder &inner, ValueRange at, ValueRange) {
          Values index = indexOf(at);
          Value x = centre(inner, emitter.load(inner, input, index));
          x = arith::MulFOp::create(inner, loc, x, inverse);
          x = arith::MulFOp::create(
              inner, loc, x,
              emitter.loadBroadcast(inner, op->getOperand(1), whole, index));
          if (op->getNumOperands() > 2)
            x = arith::AddFOp::create(
                inner, loc, x,
                emitter.loadBroadcast(inner, op->getOperand(2), whole, index));
          emitter.store(inner, norm.getResult(), index, x);
          return Values();
        });
  }
};
} // namespace

void quantc::attachReductionLoops(MLIRContext *context) {
  nn::ReduceOp::attachInterface<ReduceLoops>(*context);
  nn::SoftmaxOp::attachInterface<SoftmaxLoops>(*context);
  nn::CumSumOp::attachInterface<CumSumLoops>(*context);
  nn::LayerNormOp::attachInterface<NormLoops<nn::LayerNormOp>>(*context);
  nn::RMSNormOp::attachInterface<NormLoops<nn::RMSNormOp>>(*context);
}
