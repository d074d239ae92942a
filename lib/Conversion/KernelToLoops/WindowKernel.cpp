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
// result: its last dimension with pads and what lies behind.
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
/// A position of a pool's result and the taps of its window, dim by dim.
struct PoolPosition {
  Value row, image, channels;
  Value count;    ///< of what an average divides by
  Value isInside; ///< whether all taps meet the input; null for many
  SmallVector<Value> starts, first, last;
};

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
  void poolVectors(OpBuilder &b, nn::PoolOp op, const PoolPosition &position,
                   ArrayRef<VectorStep> steps);
  void poolTaps(OpBuilder &b, nn::PoolOp op, const PoolPosition &position,
                ArrayRef<VectorStep> steps, SmallVector<Value> &sums);
  void poolAllTaps(OpBuilder &b, nn::PoolOp op, const PoolPosition &position,
                   ArrayRef<VectorStep> steps, SmallVector<Value> &sums);
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

/// Takes those taps that meet the input to \p sums.
void WindowEmitter::poolTaps(OpBuilder &b, nn::PoolOp op,
                             const PoolPosition &position,
                             ArrayRef<VectorStep> steps,
                             SmallVector<Value> &sums) {
  nn::Window window = op.getWindow();
  OpBuilder deep = b;
  SmallVector<scf::ForOp> loops;
  Value source = position.image;
  for (unsigned dim = 0; dim < window.getRank(); ++dim) {
    auto loop = scf::ForOp::create(
        deep, loc, position.first[dim], position.last[dim], index(1),
        loops.empty() ? ValueRange(sums)
                      : ValueRange(loops.back().getRegionIterArgs()));
    loops.push_back(loop);
    deep = OpBuilder::atBlockBegin(loop.getBody());
    Value at =
        add(deep, position.starts[dim],
            mul(deep, loop.getInductionVar(), index(window.dilations[dim])));
    source = add(deep, mul(deep, source, kernel.getIndex(from[1 + dim])), at);
  }
  source = mul(deep, source, position.channels);
  for (auto [i, step] : llvm::enumerate(steps)) {
    Value x = loadVector(deep, loc, input, add(deep, source, step.position),
                         step.valid);
    sums[i] = accumulate(deep, op, loops.back().getRegionIterArgs()[i], x);
  }
  for (scf::ForOp loop : llvm::reverse(loops)) {
    OpBuilder end = OpBuilder::atBlockEnd(loop.getBody());
    scf::YieldOp::create(end, loc, sums);
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }
}

/// The same of all taps, in the same order, without a loop.
void WindowEmitter::poolAllTaps(OpBuilder &b, nn::PoolOp op,
                                const PoolPosition &position,
                                ArrayRef<VectorStep> steps,
                                SmallVector<Value> &sums) {
  nn::Window window = op.getWindow();
  Value base = position.image;
  SmallVector<Value> offsets{index(0)};
  for (unsigned dim = 0; dim < window.getRank(); ++dim) {
    Value size = kernel.getIndex(from[1 + dim]);
    base = add(b, mul(b, base, size), position.starts[dim]);
    SmallVector<Value> next;
    for (Value offset : offsets)
      for (int64_t tap = 0; tap < window.kernel[dim]; ++tap)
        next.push_back(
            add(b, mul(b, offset, size), index(tap * window.dilations[dim])));
    offsets = next;
  }
  for (Value offset : offsets) {
    Value source = mul(b, add(b, base, offset), position.channels);
    for (auto [sum, step] : llvm::zip_equal(sums, steps)) {
      Value x =
          loadVector(b, loc, input, add(b, source, step.position), step.valid);
      sum = accumulate(b, op, sum, x);
    }
  }
}

/// The channels of \p steps: vectors that share the loops over taps.
void WindowEmitter::poolVectors(OpBuilder &b, nn::PoolOp op,
                                const PoolPosition &position,
                                ArrayRef<VectorStep> steps) {
  Type element = op.getType().getElementType(), f32 = b.getF32Type();
  double start = 0;
  if (op.getKind() == nn::PoolKind::Max)
    start = element.isF32()
                ? -INFINITY
                : -std::ldexp(1, element.getIntOrFloatBitWidth() - 1);
  SmallVector<Value> sums(steps.size(), splatConstant(b, loc, element, start));
  if (position.isInside) {
    auto branch = scf::IfOp::create(b, loc, TypeRange(ValueRange(sums)),
                                    position.isInside, /*withElseRegion=*/true);
    SmallVector<Value> all = sums, some = sums;
    OpBuilder then = branch.getThenBodyBuilder(),
              otherwise = branch.getElseBodyBuilder();
    poolAllTaps(then, op, position, steps, all);
    scf::YieldOp::create(then, loc, all);
    poolTaps(otherwise, op, position, steps, some);
    scf::YieldOp::create(otherwise, loc, some);
    sums.assign(branch.getResults().begin(), branch.getResults().end());
  } else {
    poolTaps(b, op, position, steps, sums);
  }
  Value number;
  if (op.getKind() == nn::PoolKind::Average) {
    Value integer =
        arith::IndexCastOp::create(b, loc, b.getI32Type(), position.count);
    number = splat(b, loc, arith::SIToFPOp::create(b, loc, f32, integer));
  }
  Value target = mul(b, position.row, position.channels);
  for (auto [sum, step] : llvm::zip_equal(sums, steps)) {
    if (number)
      sum = arith::DivFOp::create(b, loc, sum, number);
    if (op.getKind() == nn::PoolKind::Lp && op.getP() != 1)
      sum = op.getP() == 2
                ? unary(b, nn::UnaryKind::Sqrt, sum)
                : binary(b, nn::BinaryKind::Pow, sum,
                         splatConstant(b, loc, f32, 1.0 / op.getP()));
    storeVector(b, loc, sum, result, add(b, target, step.position), step.valid);
  }
}

void WindowEmitter::emitPool(nn::PoolOp op) {
  nn::Window window = op.getWindow();
  unsigned rank = window.getRank();
  kernel.setIterations(shapes.getProduct(ArrayRef(to).drop_back()), 16);
  OpBuilder &b = kernel.getBuilder();
  auto rows =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(rows.getBody());
  PoolPosition position;
  position.row = rows.getInductionVar();
  position.channels = kernel.getIndex(to.back());
  SmallVector<Value> places =
      kernel.delinearize(body, ArrayRef(to).drop_back(), position.row);
  position.image = places[0];
  position.count = index(1);
  // Of few taps loops cost more than the taps.
  constexpr int64_t mostTaps = 9;
  int64_t taps = 1;
  for (int64_t size : window.kernel)
    taps *= size;
  auto note = [&](Value isInside) {
    if (taps <= mostTaps)
      position.isInside =
          position.isInside
              ? arith::AndIOp::create(body, loc, position.isInside, isInside)
              : isInside;
  };
  for (unsigned dim = 0; dim < rank; ++dim) {
    Value size = kernel.getIndex(from[1 + dim]);
    Value start =
        sub(body, mul(body, places[1 + dim], index(window.strides[dim])),
            index(window.pads[dim]));
    auto [low, high] = getTaps(body, window, dim, start, size);
    position.starts.push_back(start);
    position.first.push_back(low);
    position.last.push_back(high);
    Value number = sub(body, high, low);
    note(arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq, number,
                               index(window.kernel[dim])));
    if (op.getCountPads()) {
      // Of the window, those in the input or its pads.
      Value beyond = add(body, size, index(window.pads[rank + dim]));
      number = getTaps(body, window, dim, start, beyond).second;
    }
    position.count = mul(body, position.count, number);
  }
  constexpr int64_t together = 4;
  auto known = dyn_cast<AffineConstantExpr>(to.back());
  int64_t numVectors =
      known && known.getValue() % lanes == 0 ? known.getValue() / lanes : 0;
  int64_t most = std::min(together, numVectors);
  if (most == 0 || numVectors % most != 0) {
    forEachVector(body, loc, position.channels, {},
                  [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                    poolVectors(inner, op, position, step);
                    return SmallVector<Value>();
                  });
    return;
  }
  auto loop = scf::ForOp::create(body, loc, index(0), position.channels,
                                 index(most * lanes));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  SmallVector<VectorStep> steps;
  for (int64_t i = 0; i < most; ++i)
    steps.push_back({add(inner, loop.getInductionVar(), index(i * lanes)),
                     Value(), Value()});
  poolVectors(inner, op, position, steps);
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
  nn::PadMode mode = op.getMode();
  bool isConstant = mode == nn::PadMode::Constant;
  requireSources(op);
  // Dims behind the last one with pads are parts of its elements.
  size_t rank = to.size();
  while (isConstant && rank > 1 && op.getLow()[rank - 1] == 0 &&
         op.getHigh()[rank - 1] == 0)
    --rank;
  AffineExpr depth = shapes.getProduct(ArrayRef(to).drop_front(rank));
  for (SmallVector<AffineExpr> *sizes : {&from, &to}) {
    sizes->truncate(rank);
    sizes->back() = shapes.getProduct({sizes->back(), depth});
  }
  kernel.setIterations(shapes.getProduct(ArrayRef(to).drop_back()), 16);
  OpBuilder &b = kernel.getBuilder();
  Type element = op.getType().getElementType();
  Type stored = cast<MemRefType>(result.getType()).getElementType();
  auto rows =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(rows.getBody());
  Value row = rows.getInductionVar(), size = kernel.getIndex(from.back());
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
  int64_t low = op.getLow()[rank - 1], high = op.getHigh()[rank - 1];
  Value before = mul(body, index(low), kernel.getIndex(depth)),
        behind = mul(body, index(high), kernel.getIndex(depth));
  auto copy = [&](OpBuilder &at) {
    copyVectors(at, loc, input, source, result, add(at, target, before), size);
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
    fill(then, target, before);
  copy(then);
  if (high)
    fill(then, add(then, target, add(then, size, before)), behind);
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
