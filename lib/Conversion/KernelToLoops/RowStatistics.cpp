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

using Cache = RowEmitter::Cache;

static Value addLanes(OpBuilder &builder, Location loc, Value vector) {
  return reduceLanes(builder, loc, vector,
                     [&](OpBuilder &inner, Value a, Value b) -> Value {
                       return arith::AddFOp::create(inner, loc, a, b);
                     });
}

/// The mean over the row of what \p map makes of each element.
static Value emitMean(RowEmitter &rows, OpBuilder &builder, Value input,
                      function_ref<Value(OpBuilder &, Value)> map) {
  Location loc = rows.loc;
  Value zero = splatConstant(builder, loc, rows.f32, 0);
  SmallVector<Value> sum =
      rows.passOver(builder, input, zero,
                    [&](OpBuilder &inner, const VectorStep &step, Value x,
                        ValueRange carried) {
                      Value y =
                          keepCounted(inner, loc, step, map(inner, x), zero);
                      return SmallVector<Value>{
                          arith::AddFOp::create(inner, loc, carried[0], y)};
                    });
  return arith::DivFOp::create(builder, loc, addLanes(builder, loc, sum[0]),
                               rows.getCount(builder));
}

/// 1 / sqrt(square + epsilon), in all lanes.
static Value emitInverseRoot(RowEmitter &rows, OpBuilder &builder, Value square,
                             FloatAttr epsilon) {
  Location loc = rows.loc;
  Value shifted = arith::AddFOp::create(
      builder, loc, square, arith::ConstantOp::create(builder, loc, epsilon));
  Value root = math::SqrtOp::create(builder, loc, shifted);
  Value inverse =
      arith::DivFOp::create(builder, loc, rows.getNumber(builder, 1), root);
  return splat(builder, loc, inverse);
}

static bool canEmitLayerNorm(nn::LayerNormOp) { return true; }

static void emitLayerNorm(RowEmitter &rows, OpBuilder &builder,
                          nn::LayerNormOp op) {
  Location loc = rows.loc;
  Value mean = emitMean(rows, builder, op.getInput(),
                        [](OpBuilder &, Value x) { return x; });
  Value means = splat(builder, loc, mean);
  Value variance = emitMean(
      rows, builder, op.getInput(), [&](OpBuilder &inner, Value x) -> Value {
        Value d = arith::SubFOp::create(inner, loc, x, means);
        return arith::MulFOp::create(inner, loc, d, d);
      });
  rows.statistics[op.getResult()] = {
      means, emitInverseRoot(rows, builder, variance, op.getEpsilonAttr())};
}

static bool canEmitRMSNorm(nn::RMSNormOp) { return true; }

static void emitRMSNorm(RowEmitter &rows, OpBuilder &builder,
                        nn::RMSNormOp op) {
  Location loc = rows.loc;
  Value square = emitMean(rows, builder, op.getInput(),
                          [&](OpBuilder &inner, Value x) -> Value {
                            return arith::MulFOp::create(inner, loc, x, x);
                          });
  rows.statistics[op.getResult()] = {
      emitInverseRoot(rows, builder, square, op.getEpsilonAttr())};
}

static Value evaluateLayerNorm(RowEmitter &rows, OpBuilder &builder,
                               nn::LayerNormOp op, const VectorStep &step,
                               Cache &cache) {
  Location loc = rows.loc;
  SmallVector<Value> own = rows.statistics[op.getResult()];
  Value x = rows.evaluate(builder, op.getInput(), step, cache);
  Value centred = arith::SubFOp::create(builder, loc, x, own[0]);
  Value scaled = arith::MulFOp::create(builder, loc, centred, own[1]);
  Value scale = rows.evaluate(builder, op.getScale(), step, cache);
  if (!op.getBias())
    return arith::MulFOp::create(builder, loc, scaled, scale);
  Value bias = rows.evaluate(builder, op.getBias(), step, cache);
  return math::FmaOp::create(builder, loc, scaled, scale, bias);
}

static Value evaluateRMSNorm(RowEmitter &rows, OpBuilder &builder,
                             nn::RMSNormOp op, const VectorStep &step,
                             Cache &cache) {
  Location loc = rows.loc;
  Value x = rows.evaluate(builder, op.getInput(), step, cache);
  Value scaled = arith::MulFOp::create(builder, loc, x,
                                       rows.statistics[op.getResult()].front());
  Value scale = rows.evaluate(builder, op.getScale(), step, cache);
  return arith::MulFOp::create(builder, loc, scaled, scale);
}

/// The larger one; a NaN on the right stays. One on the left is lost, which
/// the exponentials make good for: that of the NaN is one again.
static Value maximum(OpBuilder &builder, Location loc, Value a, Value b) {
  Value less =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, b, a);
  return arith::SelectOp::create(builder, loc, less, a, b);
}

static bool canEmitSoftmax(nn::SoftmaxOp) { return true; }

static void emitSoftmax(RowEmitter &rows, OpBuilder &builder,
                        nn::SoftmaxOp op) {
  Location loc = rows.loc;
  double infinity = std::numeric_limits<double>::infinity();
  Value lowest = splatConstant(builder, loc, rows.f32, -infinity);
  SmallVector<Value> largest = rows.passOver(
      builder, op.getInput(), lowest,
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
  Value isEmpty =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, top,
                            rows.getNumber(builder, -infinity));
  Value none = rows.getNumber(builder, 0);
  top = arith::SelectOp::create(builder, loc, isEmpty, none, top);
  Value tops = splat(builder, loc, top);
  Value zero = splatConstant(builder, loc, rows.f32, 0);
  RowEmitter::Place place = rows.allocateRow(rows.f32);
  SmallVector<Value> sum =
      rows.passOver(builder, op.getInput(), zero,
                    [&](OpBuilder &inner, const VectorStep &step, Value x,
                        ValueRange carried) {
                      Value d = arith::SubFOp::create(inner, loc, x, tops);
                      Value e = emitExpOfNonPositive(inner, loc, d);
                      rows.storeAt(inner, e, place, step);
                      e = keepCounted(inner, loc, step, e, zero);
                      return SmallVector<Value>{
                          arith::AddFOp::create(inner, loc, carried[0], e)};
                    });
  Value total = addLanes(builder, loc, sum[0]);
  Value inverse =
      arith::DivFOp::create(builder, loc, rows.getNumber(builder, 1), total);
  inverse = arith::SelectOp::create(builder, loc, isEmpty, none, inverse);
  rows.statistics[op.getResult()] = {inverse};
  rows.buffers[op.getResult()] = place;
}

static Value evaluateSoftmax(RowEmitter &rows, OpBuilder &builder,
                             nn::SoftmaxOp op, const VectorStep &step,
                             Cache &) {
  Value exponential = rows.loadAt(builder, rows.buffers[op.getResult()], step);
  Value inverse = rows.statistics[op.getResult()].front();
  return arith::MulFOp::create(builder, rows.loc, exponential,
                               splat(builder, rows.loc, inverse));
}

static bool canEmitReduce(nn::ReduceOp op) {
  Type element = op.getInput().getType().getElementType();
  return element.isF32() || ((element.isInteger(32) || element.isInteger(64)) &&
                             op.getKind() != nn::ReduceKind::L2);
}

static void emitReduce(RowEmitter &rows, OpBuilder &builder, nn::ReduceOp op) {
  if (rows.emitProduct(builder, op) || rows.emitSum(builder, op))
    return;
  Location loc = rows.loc;
  Reduction reduction(op);
  Type element = op.getInput().getType().getElementType();
  auto pass = [&](OpBuilder &b) {
    Value start = reduction.getNeutral(b, VectorType::get(rows.width, element));
    return rows.passOver(
        b, op.getInput(), start,
        [&](OpBuilder &inner, const VectorStep &step, Value x,
            ValueRange carried) {
          x = keepCounted(inner, loc, step, reduction.map(inner, x), start);
          return SmallVector<Value>{reduction.combine(inner, carried[0], x)};
        })[0];
  };
  auto combine = [&](OpBuilder &b, Value x, Value y) {
    return reduction.combine(b, x, y);
  };
  bool isSum = op.getKind() != nn::ReduceKind::Max &&
               op.getKind() != nn::ReduceKind::Min &&
               op.getKind() != nn::ReduceKind::Prod;
  rows.foldRows(builder, op.getResult(), pass, combine, isSum,
                [&](OpBuilder &b, Value folded) {
                  return reduction.finish(b, folded, rows.n);
                });
}

const RowModel quantc::layerNormRows =
    makeRowModel<nn::LayerNormOp, canEmitLayerNorm, emitLayerNorm,
                 evaluateLayerNorm>();
const RowModel quantc::rmsNormRows =
    makeRowModel<nn::RMSNormOp, canEmitRMSNorm, emitRMSNorm, evaluateRMSNorm>();
const RowModel quantc::softmaxRows =
    makeRowModel<nn::SoftmaxOp, canEmitSoftmax, emitSoftmax, evaluateSoftmax>();
const RowModel quantc::reduceRows =
    makeRowModel<nn::ReduceOp, canEmitReduce, emitReduce>();
