//===- RowStatistics.cpp - Norms, softmax and sums of rows ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"
#include "RowEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Conversion/KernelToLoops/Exponential.h"
#include <limits>

using namespace mlir;
using namespace quantc;

static Value addLanes(OpBuilder &builder, Location loc, Value vector) {
  return reduceLanes(builder, loc, vector,
                     [&](OpBuilder &inner, Value a, Value b) -> Value {
                       return arith::AddFOp::create(inner, loc, a, b);
                     });
}

Value RowEmitter::emitMean(OpBuilder &builder, Value input,
                           function_ref<Value(OpBuilder &, Value)> map) {
  Value zero = splatConstant(builder, loc, f32, 0);
  SmallVector<Value> sum =
      passOver(builder, input, zero,
               [&](OpBuilder &inner, const VectorStep &step, Value x,
                   ValueRange carried) {
                 Value y = keepCounted(inner, loc, step, map(inner, x), zero);
                 return SmallVector<Value>{
                     arith::AddFOp::create(inner, loc, carried[0], y)};
               });
  return arith::DivFOp::create(builder, loc, addLanes(builder, loc, sum[0]),
                               getCount(builder));
}

/// 1 / sqrt(square + epsilon), in all lanes.
Value RowEmitter::emitInverseRoot(OpBuilder &builder, Value square,
                                  FloatAttr epsilon) {
  Value shifted = arith::AddFOp::create(
      builder, loc, square, arith::ConstantOp::create(builder, loc, epsilon));
  Value root = math::SqrtOp::create(builder, loc, shifted);
  Value inverse =
      arith::DivFOp::create(builder, loc, getNumber(builder, 1), root);
  return splat(builder, loc, inverse);
}

void RowEmitter::emitNorm(OpBuilder &builder, nn::LayerNormOp op) {
  Value mean =
      emitMean(builder, op.getInput(), [](OpBuilder &, Value x) { return x; });
  Value means = splat(builder, loc, mean);
  Value variance =
      emitMean(builder, op.getInput(), [&](OpBuilder &inner, Value x) -> Value {
        Value d = arith::SubFOp::create(inner, loc, x, means);
        return arith::MulFOp::create(inner, loc, d, d);
      });
  statistics[op.getResult()] = {
      means, emitInverseRoot(builder, variance, op.getEpsilonAttr())};
}

void RowEmitter::emitNorm(OpBuilder &builder, nn::RMSNormOp op) {
  Value square =
      emitMean(builder, op.getInput(), [&](OpBuilder &inner, Value x) -> Value {
        return arith::MulFOp::create(inner, loc, x, x);
      });
  statistics[op.getResult()] = {
      emitInverseRoot(builder, square, op.getEpsilonAttr())};
}

Value RowEmitter::evaluateNorm(OpBuilder &builder, nn::LayerNormOp op,
                               const VectorStep &step, Cache &cache) {
  SmallVector<Value> own = statistics[op.getResult()];
  Value x = evaluate(builder, op.getInput(), step, cache);
  Value centred = arith::SubFOp::create(builder, loc, x, own[0]);
  Value scaled = arith::MulFOp::create(builder, loc, centred, own[1]);
  Value scale = evaluate(builder, op.getScale(), step, cache);
  if (!op.getBias())
    return arith::MulFOp::create(builder, loc, scaled, scale);
  Value bias = evaluate(builder, op.getBias(), step, cache);
  return math::FmaOp::create(builder, loc, scaled, scale, bias);
}

Value RowEmitter::evaluateNorm(OpBuilder &builder, nn::RMSNormOp op,
                               const VectorStep &step, Cache &cache) {
  Value x = evaluate(builder, op.getInput(), step, cache);
  Value scaled = arith::MulFOp::create(builder, loc, x,
                                       statistics[op.getResult()].front());
  Value scale = evaluate(builder, op.getScale(), step, cache);
  return arith::MulFOp::create(builder, loc, scaled, scale);
}

/// The larger one; a NaN on the right stays. One on the left is lost, which
/// the exponentials make good for: that of the NaN is one again.
static Value maximum(OpBuilder &builder, Location loc, Value a, Value b) {
  Value less =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, b, a);
  return arith::SelectOp::create(builder, loc, less, a, b);
}

void RowEmitter::emitSoftmax(OpBuilder &builder, nn::SoftmaxOp op) {
  double infinity = std::numeric_limits<double>::infinity();
  Value lowest = splatConstant(builder, loc, f32, -infinity);
  SmallVector<Value> largest =
      passOver(builder, op.getInput(), lowest,
               [&](OpBuilder &inner, const VectorStep &step, Value x,
                   ValueRange carried) {
                 // Seeing lanes twice does no harm.
                 x = blend(inner, loc, step.valid, x, lowest);
                 return SmallVector<Value>{maximum(inner, loc, carried[0], x)};
               });
  Value top = reduceLanes(builder, loc, largest[0],
                          [&](OpBuilder &inner, Value a, Value b) {
                            return maximum(inner, loc, a, b);
                          });
  // Of a row of -inf nothing may be subtracted: -inf - -inf is no number.
  Value isEmpty = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                        top, getNumber(builder, -infinity));
  Value none = getNumber(builder, 0);
  top = arith::SelectOp::create(builder, loc, isEmpty, none, top);
  Value tops = splat(builder, loc, top);
  Value zero = splatConstant(builder, loc, f32, 0);
  Place place = allocateRow();
  SmallVector<Value> sum =
      passOver(builder, op.getInput(), zero,
               [&](OpBuilder &inner, const VectorStep &step, Value x,
                   ValueRange carried) {
                 Value d = arith::SubFOp::create(inner, loc, x, tops);
                 Value e = emitExpOfNonPositive(inner, loc, d);
                 storeAt(inner, e, place, step);
                 e = keepCounted(inner, loc, step, e, zero);
                 return SmallVector<Value>{
                     arith::AddFOp::create(inner, loc, carried[0], e)};
               });
  Value total = addLanes(builder, loc, sum[0]);
  Value inverse =
      arith::DivFOp::create(builder, loc, getNumber(builder, 1), total);
  inverse = arith::SelectOp::create(builder, loc, isEmpty, none, inverse);
  statistics[op.getResult()] = {inverse};
  places[op.getResult()] = place;
}

void RowEmitter::emitReduce(OpBuilder &builder, nn::ReduceOp op) {
  Reduction reduction(op);
  Value start = reduction.getNeutral(builder, VectorType::get(lanes, f32));
  SmallVector<Value> folded = passOver(
      builder, op.getInput(), start,
      [&](OpBuilder &inner, const VectorStep &step, Value x,
          ValueRange carried) {
        x = keepCounted(inner, loc, step, reduction.map(inner, x), start);
        return SmallVector<Value>{reduction.combine(inner, carried[0], x)};
      });
  Value result = reduceLanes(builder, loc, folded[0],
                             [&](OpBuilder &inner, Value a, Value b) {
                               return reduction.combine(inner, a, b);
                             });
  result = reduction.finish(builder, result, n);
  statistics[op.getResult()] = {result};
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult()))
    memref::StoreOp::create(builder, loc, result, kernel.getResultBuffer(index),
                            row);
  finished.insert(op.getResult());
}
