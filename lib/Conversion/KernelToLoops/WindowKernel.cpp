//===- WindowKernel.cpp - Pools and pads ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit of a pool is a position of the result: all channels of it, vector by
// vector, over those taps that meet the input. A unit of a pad is a row of the
// result, its last dimension.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

bool quantc::canEmitWindow(func::FuncOp kernel) {
  Operation *op = getOnlyOp(kernel);
  if (auto pad = dyn_cast_or_null<nn::PadOp>(op))
    return pad.getType().getRank() > 0;
  return isa_and_present<nn::PoolOp>(op);
}

namespace {
class WindowEmitter : IndexEmitter {
public:
  WindowEmitter(KernelBuilder &kernel, Operation *op)
      : IndexEmitter(kernel), from(shapes.getSizes(op->getOperand(0))),
        to(shapes.getSizes(op->getResult(0))),
        input(kernel.getBuffer(op->getOperand(0))),
        result(kernel.getResultBuffer(0)) {}

  void emitPool(nn::PoolOp op);
  void emitPad(nn::PadOp op);

private:
  Value sub(OpBuilder &b, Value x, Value y) {
    return arith::SubIOp::create(b, loc, x, y);
  }
  std::pair<Value, Value> getTaps(OpBuilder &b, const nn::Window &window,
                                  unsigned dim, Value start, Value end);
  Value accumulate(OpBuilder &b, nn::PoolOp op, Value sum, Value x);
  Value getSource(OpBuilder &b, nn::PadMode mode, Value at, Value size);
  void requireSources(nn::PadOp op);
  Value unary(OpBuilder &b, nn::UnaryKind kind, Value x) {
    return nn::UnaryOp::create(b, loc, x.getType(), kind, x);
  }
  Value binary(OpBuilder &b, nn::BinaryKind kind, Value x, Value y) {
    return nn::BinaryOp::create(b, loc, x.getType(), kind, x, y);
  }

  SmallVector<AffineExpr> from, to;
  Value input, result;
};
} // namespace

/// The first tap at or behind position 0 and the one past the last before
/// \p end, for a window that begins at \p start.
std::pair<Value, Value> WindowEmitter::getTaps(OpBuilder &b,
                                               const nn::Window &window,
                                               unsigned dim, Value start,
                                               Value end) {
  Value zero = index(0), dilation = index(window.dilations[dim]);
  auto countBefore = [&](Value limit) -> Value {
    Value distance = arith::MaxSIOp::create(b, loc, sub(b, limit, start), zero);
    Value count = arith::CeilDivUIOp::create(b, loc, distance, dilation);
    return arith::MinUIOp::create(b, loc, count, index(window.kernel[dim]));
  };
  return {countBefore(zero), countBefore(end)};
}

Value WindowEmitter::accumulate(OpBuilder &b, nn::PoolOp op, Value sum,
                                Value x) {
  bool isMax = op.getKind() == nn::PoolKind::Max;
  if (isa<IntegerType>(op.getType().getElementType())) {
    // Of widths that elementwise ops do not have.
    if (isMax)
      return arith::MaxSIOp::create(b, loc, sum, x);
    return add(b, sum, x);
  }
  if (isMax)
    return binary(b, nn::BinaryKind::Max, sum, x);
  if (op.getKind() == nn::PoolKind::Lp) {
    if (op.getP() == 2) {
      x = binary(b, nn::BinaryKind::Mul, x, x);
    } else {
      x = unary(b, nn::UnaryKind::Abs, x);
      if (op.getP() != 1)
        x = binary(b, nn::BinaryKind::Pow, x,
                   splatConstant(b, loc, b.getF32Type(),
                                 static_cast<double>(op.getP())));
    }
  }
  return binary(b, nn::BinaryKind::Add, sum, x);
}

void WindowEmitter::emitPool(nn::PoolOp op) {
  nn::Window window = op.getWindow();
  unsigned rank = window.getRank();
  kernel.setIterations(shapes.getProduct(ArrayRef(to).drop_back()), 16);
  OpBuilder &b = kernel.getBuilder();
  Type element = op.getType().getElementType(), f32 = b.getF32Type();
  auto rows =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(rows.getBody());
  Value row = rows.getInductionVar(), channels = kernel.getIndex(to.back());
  SmallVector<Value> places =
      kernel.delinearize(body, ArrayRef(to).drop_back(), row);
  SmallVector<Value> starts, first, last;
  Value count = index(1);
  for (unsigned dim = 0; dim < rank; ++dim) {
    Value size = kernel.getIndex(from[1 + dim]);
    Value start =
        sub(body, mul(body, places[1 + dim], index(window.strides[dim])),
            index(window.pads[dim]));
    auto [low, high] = getTaps(body, window, dim, start, size);
    starts.push_back(start);
    first.push_back(low);
    last.push_back(high);
    Value number = sub(body, high, low);
    if (op.getCountPads()) {
      // Of the window, those in the input or its pads.
      Value beyond = add(body, size, index(window.pads[rank + dim]));
      number = getTaps(body, window, dim, start, beyond).second;
    }
    count = mul(body, count, number);
  }
  bool isMax = op.getKind() == nn::PoolKind::Max;
  forEachVector(
      body, loc, channels, {},
      [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
        OpBuilder deep = inner;
        double start = 0;
        if (isMax)
          start = element.isF32()
                      ? -INFINITY
                      : -std::ldexp(1, element.getIntOrFloatBitWidth() - 1);
        Value sum = splatConstant(inner, loc, element, start);
        SmallVector<scf::ForOp> loops;
        Value position = places[0];
        for (unsigned dim = 0; dim < rank; ++dim) {
          auto loop = scf::ForOp::create(
              deep, loc, first[dim], last[dim], index(1),
              loops.empty() ? sum : loops.back().getRegionIterArgs()[0]);
          loops.push_back(loop);
          deep = OpBuilder::atBlockBegin(loop.getBody());
          Value at = add(
              deep, starts[dim],
              mul(deep, loop.getInductionVar(), index(window.dilations[dim])));
          position = add(
              deep, mul(deep, position, kernel.getIndex(from[1 + dim])), at);
        }
        Value x =
            loadVector(deep, loc, input,
                       add(deep, mul(deep, position, channels), step.position),
                       step.valid);
        Value next =
            accumulate(deep, op, loops.back().getRegionIterArgs()[0], x);
        for (scf::ForOp loop : llvm::reverse(loops)) {
          OpBuilder end = OpBuilder::atBlockEnd(loop.getBody());
          scf::YieldOp::create(end, loc, next);
          next = loop.getResult(0);
        }
        if (op.getKind() == nn::PoolKind::Average) {
          Value integer =
              arith::IndexCastOp::create(inner, loc, inner.getI32Type(), count);
          Value number = arith::SIToFPOp::create(inner, loc, f32, integer);
          next = arith::DivFOp::create(inner, loc, next,
                                       splat(inner, loc, number));
        }
        if (op.getKind() == nn::PoolKind::Lp && op.getP() != 1)
          next = op.getP() == 2
                     ? unary(inner, nn::UnaryKind::Sqrt, next)
                     : binary(inner, nn::BinaryKind::Pow, next,
                              splatConstant(inner, loc, f32, 1.0 / op.getP()));
        storeVector(inner, loc, next, result,
                    add(inner, mul(inner, row, channels), step.position),
                    step.valid);
        return SmallVector<Value>();
      });
}

/// The element that stands at position \p at, counted from the first one of
/// \p size; not for pads of a constant.
Value WindowEmitter::getSource(OpBuilder &b, nn::PadMode mode, Value at,
                               Value size) {
  Value zero = index(0), last = sub(b, size, index(1));
  auto modulo = [&](Value x, Value period) -> Value {
    Value rest = arith::RemSIOp::create(b, loc, x, period);
    Value isNegative =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, rest, zero);
    return arith::SelectOp::create(b, loc, isNegative, add(b, rest, period),
                                   rest);
  };
  if (mode == nn::PadMode::Wrap)
    return modulo(at, size);
  if (mode == nn::PadMode::Reflect) {
    // A single element is its own mirror.
    Value period = mul(b, last, index(2));
    period = arith::MaxUIOp::create(b, loc, period, index(1));
    Value place = modulo(at, period);
    return arith::MinSIOp::create(b, loc, place, sub(b, period, place));
  }
  at = arith::MaxSIOp::create(b, loc, at, zero);
  return arith::MinSIOp::create(b, loc, at, last);
}

/// Pads that are elements of the input need a first one.
void WindowEmitter::requireSources(nn::PadOp op) {
  AffineExpr one = shapes.getConstant(1);
  for (auto [size, low, high] :
       llvm::zip_equal(from, op.getLow(), op.getHigh()))
    if (op.getMode() != nn::PadMode::Constant && (low || high) &&
        !isSizeAtLeast(size, one))
      kernel.require(arith::CmpIOp::create(kernel.getBuilder(), loc,
                                           arith::CmpIPredicate::sge,
                                           kernel.getIndex(size), index(1)),
                     KernelError::IndexOutOfRange);
}

void WindowEmitter::emitPad(nn::PadOp op) {
  kernel.setIterations(shapes.getProduct(ArrayRef(to).drop_back()), 16);
  requireSources(op);
  OpBuilder &b = kernel.getBuilder();
  Type element = op.getType().getElementType();
  Type stored = cast<MemRefType>(result.getType()).getElementType();
  auto rows =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(rows.getBody());
  Value row = rows.getInductionVar(), size = kernel.getIndex(from.back());
  nn::PadMode mode = op.getMode();
  bool isConstant = mode == nn::PadMode::Constant;
  SmallVector<Value> places =
      kernel.delinearize(body, ArrayRef(to).drop_back(), row);
  Value source = index(0);
  Value isInside = arith::ConstantIntOp::create(body, loc, 1, 1);
  for (auto [dim, place] : llvm::enumerate(places)) {
    Value length = kernel.getIndex(from[dim]);
    Value at = sub(body, place, index(op.getLow()[dim]));
    if (isConstant) {
      // Unsigned: what is before the first one is large.
      Value fits = arith::CmpIOp::create(body, loc, arith::CmpIPredicate::ult,
                                         at, length);
      isInside = arith::AndIOp::create(body, loc, isInside, fits);
    } else if (op.getLow()[dim] || op.getHigh()[dim]) {
      at = getSource(body, mode, at, length);
    }
    source = add(body, mul(body, source, length), at);
  }
  source = mul(body, source, size);
  Value target = mul(body, row, kernel.getIndex(to.back()));
  int64_t low = op.getLow().back(), high = op.getHigh().back();
  auto copy = [&](OpBuilder &at) {
    copyVectors(at, loc, input, source, result, add(at, target, index(low)),
                size);
  };
  if (!isConstant) {
    copy(body);
    auto mirror = [&](Value begin, Value end) {
      auto loop = scf::ForOp::create(body, loc, begin, end, index(1));
      OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
      Value place = loop.getInductionVar();
      Value at = getSource(inner, mode, sub(inner, place, index(low)), size);
      Value x =
          memref::LoadOp::create(inner, loc, input, add(inner, source, at));
      memref::StoreOp::create(inner, loc, x, result, add(inner, target, place));
    };
    mirror(index(0), index(low));
    mirror(add(body, size, index(low)), add(body, size, index(low + high)));
    return;
  }
  double number = op.getValue().convertToDouble();
  if (element.isInteger(1))
    number = number != 0;
  Value value = splatConstant(body, loc, stored, number);
  auto fill = [&](OpBuilder &at, Value begin, Value count) {
    forEachVector(at, loc, count, {},
                  [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                    storeVector(inner, loc, value, result,
                                add(inner, begin, step.position), step.valid);
                    return SmallVector<Value>();
                  });
  };
  auto branch = scf::IfOp::create(body, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder();
  if (low)
    fill(then, target, index(low));
  copy(then);
  if (high)
    fill(then, add(then, target, add(then, size, index(low))), index(high));
  OpBuilder otherwise = branch.getElseBodyBuilder();
  fill(otherwise, target, kernel.getIndex(to.back()));
}

LogicalResult quantc::emitWindow(KernelBuilder &kernel) {
  Operation *op = getOnlyOp(kernel.getKernel());
  WindowEmitter emitter(kernel, op);
  if (auto pool = dyn_cast<nn::PoolOp>(op))
    emitter.emitPool(pool);
  else
    emitter.emitPad(cast<nn::PadOp>(op));
  return success();
}
