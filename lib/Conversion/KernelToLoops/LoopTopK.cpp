//===- LoopTopK.cpp - Loops that pick the largest elements ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A list of the k best elements so far, in order, into which an element goes
// that is better than its last: most elements of a long row cost a comparison.
// A long list is a heap instead, whose root is the worst and which is taken
// apart in the end: sorts are written as the k best of k.
//
//===----------------------------------------------------------------------===//

#include "LoopModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"
#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

namespace {
/// Lists of up to that many elements are kept in order.
constexpr uint64_t longestList = 64;

/// The list of one point, in scratch memory.
struct Best {
  nn::TopKOp op;
  Location loc;
  Value elements, positions; ///< memrefs of k elements
  Value one;

  /// Whether \p x is to stand before \p y, which came earlier.
  Value isBetter(OpBuilder &b, Value x, Value y) {
    if (!isa<FloatType>(x.getType()))
      return arith::CmpIOp::create(b, loc,
                                   op.getSmallest() ? arith::CmpIPredicate::slt
                                                    : arith::CmpIPredicate::sgt,
                                   x, y);
    Value isBefore =
        arith::CmpFOp::create(b, loc,
                              op.getSmallest() ? arith::CmpFPredicate::OLT
                                               : arith::CmpFPredicate::OGT,
                              x, y);
    Value isNumber =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, x, x);
    Value isNaN =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, y, y);
    return arith::OrIOp::create(b, loc, isBefore,
                                arith::AndIOp::create(b, loc, isNumber, isNaN));
  }

  Value before(OpBuilder &b, Value place) {
    return arith::SubIOp::create(b, loc, place, one);
  }

  void set(OpBuilder &b, Value place, Value element, Value position) {
    memref::StoreOp::create(b, loc, element, elements, place);
    memref::StoreOp::create(b, loc, position, positions, place);
  }

  bool isHeap() { return op.getK() > longestList; }

  /// The place that an element at \p place is compared with: in a heap the one
  /// above it, in a list the one before.
  Value above(OpBuilder &b, Value place) {
    Value next = before(b, place);
    return isHeap() ? arith::ShRUIOp::create(b, loc, next, one).getResult()
                    : next;
  }

  /// Puts the latest element where it belongs from \p last upwards, whose own
  /// element goes.
  void insert(OpBuilder &b, Value last, Value element, Value position,
              Value zero) {
    Type index = b.getIndexType();
    auto loop = scf::WhileOp::create(
        b, loc, index, last,
        [&](OpBuilder &inner, Location, ValueRange place) {
          Value isInside = arith::CmpIOp::create(
              inner, loc, arith::CmpIPredicate::ugt, place[0], zero);
          auto isMoved = scf::IfOp::create(
              inner, loc, isInside,
              [&](OpBuilder &then, Location) {
                Value other = memref::LoadOp::create(then, loc, elements,
                                                     above(then, place[0]));
                Value moves = isBetter(then, element, other);
                if (isHeap()) // the worst come first
                  moves = negate(then, moves);
                scf::YieldOp::create(then, loc, moves);
              },
              [&](OpBuilder &otherwise, Location) {
                scf::YieldOp::create(otherwise, loc, isInside);
              });
          scf::ConditionOp::create(inner, loc, isMoved.getResult(0), place);
        },
        [&](OpBuilder &inner, Location, ValueRange place) {
          Value next = above(inner, place[0]);
          move(inner, next, place[0]);
          scf::YieldOp::create(inner, loc, next);
        });
    set(b, loop.getResult(0), element, position);
  }

  Value negate(OpBuilder &b, Value condition) {
    Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
    return arith::XOrIOp::create(b, loc, condition, yes);
  }

  void move(OpBuilder &b, Value from, Value to) {
    set(b, to, memref::LoadOp::create(b, loc, elements, from),
        memref::LoadOp::create(b, loc, positions, from));
  }

  /// Whether an element is to stand behind another: equal ones by position.
  Value isWorse(OpBuilder &b, Value x, Value xPosition, Value y,
                Value yPosition) {
    Value isLater = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                          xPosition, yPosition);
    Value isEqual = negate(b, isBetter(b, x, y));
    return arith::OrIOp::create(
        b, loc, isBetter(b, y, x),
        arith::AndIOp::create(b, loc, isEqual, isLater));
  }

  /// Puts an element in the place of the root of a heap of \p size.
  void replaceRoot(OpBuilder &b, Value size, Value element, Value position,
                   Value zero) {
    Type index = b.getIndexType();
    auto loop = scf::WhileOp::create(
        b, loc, TypeRange{index, index}, ValueRange{zero, zero},
        [&](OpBuilder &inner, Location, ValueRange places) {
          Value twice = arith::ShLIOp::create(inner, loc, places[0], one);
          Value left = arith::AddIOp::create(inner, loc, twice, one);
          Value right = arith::AddIOp::create(inner, loc, left, one);
          auto isBelow = [&](OpBuilder &here, Value place) {
            return arith::CmpIOp::create(here, loc, arith::CmpIPredicate::ult,
                                         place, size);
          };
          auto load = [&](OpBuilder &here, Value place) {
            return std::pair<Value, Value>(
                memref::LoadOp::create(here, loc, elements, place),
                memref::LoadOp::create(here, loc, positions, place));
          };
          Value hasLeft = isBelow(inner, left);
          auto chosen = scf::IfOp::create(
              inner, loc, hasLeft,
              [&](OpBuilder &then, Location) {
                // Without a right one it is compared with itself.
                Value other = arith::SelectOp::create(
                    then, loc, isBelow(then, right), right, left);
                auto [x, xPosition] = load(then, left);
                auto [y, yPosition] = load(then, other);
                Value child = arith::SelectOp::create(
                    then, loc, isWorse(then, y, yPosition, x, xPosition), other,
                    left);
                auto [z, zPosition] = load(then, child);
                scf::YieldOp::create(
                    then, loc,
                    ValueRange{isWorse(then, z, zPosition, element, position),
                               child});
              },
              [&](OpBuilder &otherwise, Location) {
                scf::YieldOp::create(otherwise, loc,
                                     ValueRange{hasLeft, places[0]});
              });
          scf::ConditionOp::create(inner, loc, chosen.getResult(0),
                                   ValueRange{places[0], chosen.getResult(1)});
        },
        [&](OpBuilder &inner, Location, ValueRange places) {
          move(inner, places[1], places[0]);
          scf::YieldOp::create(inner, loc, ValueRange{places[1], places[1]});
        });
    set(b, loop.getResult(0), element, position);
  }

  /// Puts the elements of a heap in order, the best first: the worst of those
  /// that are left goes behind them.
  void sortHeap(OpBuilder &b, Value count, Value zero) {
    auto loop = scf::ForOp::create(b, loc, one, count, one);
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    Value last =
        arith::SubIOp::create(inner, loc, count, loop.getInductionVar());
    Value element = memref::LoadOp::create(inner, loc, elements, last);
    Value position = memref::LoadOp::create(inner, loc, positions, last);
    move(inner, zero, last);
    replaceRoot(inner, last, element, position, zero);
  }
};

/// Into a heap: behind its last element, or in the place of the worst.
static void add(Best &best, OpBuilder &b, Value isFree, Value place, Value x,
                Value position, Value k, Value zero) {
  scf::IfOp::create(
      b, best.loc, isFree,
      [&](OpBuilder &then, Location) {
        best.insert(then, place, x, position, zero);
        scf::YieldOp::create(then, best.loc);
      },
      [&](OpBuilder &otherwise, Location) {
        best.replaceRoot(otherwise, k, x, position, zero);
        scf::YieldOp::create(otherwise, best.loc);
      });
}

struct TopKLoops : LoopOpInterface::ExternalModel<TopKLoops, nn::TopKOp> {
  using Sizes = SmallVector<AffineExpr>;

  Sizes getLoopSizes(Operation *op, SymbolicShapes &shapes) const {
    auto topk = cast<nn::TopKOp>(op);
    Sizes sizes(shapes.getSizes(topk.getInput()));
    sizes.erase(sizes.begin() + topk.getAxis());
    return sizes;
  }

  void requireSizes(Operation *op, LoopEmitter &emitter) const {
    auto topk = cast<nn::TopKOp>(op);
    KernelBuilder &kernel = emitter.getKernel();
    AffineExpr size = emitter.getSizes(topk.getInput())[topk.getAxis()];
    if (isa<AffineConstantExpr>(size))
      return; // The verifier has compared them.
    kernel.require(arith::CmpIOp::create(
                       kernel.getBuilder(), emitter.getLoc(),
                       arith::CmpIPredicate::uge, kernel.getIndex(size),
                       kernel.getIndex(static_cast<int64_t>(topk.getK()))),
                   KernelError::ShapeMismatch);
  }

  void emitPoint(Operation *op, OpBuilder &builder, ValueRange point,
                 LoopEmitter &emitter) const {
    auto topk = cast<nn::TopKOp>(op);
    Location loc = emitter.getLoc();
    KernelBuilder &kernel = emitter.getKernel();
    int64_t axis = topk.getAxis();
    auto along = [&](Value position) {
      SmallVector<Value> index(point);
      index.insert(index.begin() + axis, position);
      return index;
    };
    AffineExpr count =
        builder.getAffineConstantExpr(static_cast<int64_t>(topk.getK()));
    Value zero = kernel.getIndex(int64_t(0)), k = kernel.getIndex(count);
    Type element = topk.getInput().getType().getElementType();
    Best best{topk, loc, kernel.allocateScratch(element, count),
              kernel.allocateScratch(builder.getI64Type(), count),
              kernel.getIndex(int64_t(1))};
    emitter.forEach(
        builder, emitter.getSizes(topk.getInput()) [axis], {},
        [&](OpBuilder &inner, ValueRange at, ValueRange) {
          Value x = emitter.load(inner, topk.getInput(), along(at[0]));
          // The first k elements find a place that is free.
          Value isFree = arith::CmpIOp::create(
              inner, loc, arith::CmpIPredicate::ult, at[0], k);
          // Which element goes where there is none: the worst.
          Value worst = best.isHeap() ? zero : best.before(inner, k);
          Value last =
              arith::SelectOp::create(inner, loc, isFree, at[0], worst);
          auto isTaken = scf::IfOp::create(
              inner, loc, isFree,
              [&](OpBuilder &then, Location) {
                scf::YieldOp::create(then, loc, isFree);
              },
              [&](OpBuilder &otherwise, Location) {
                Value least =
                    memref::LoadOp::create(otherwise, loc, best.elements, last);
                scf::YieldOp::create(otherwise, loc,
                                     best.isBetter(otherwise, x, least));
              });
          scf::IfOp::create(
              inner, loc, isTaken.getResult(0), [&](OpBuilder &then, Location) {
                Value position = arith::IndexCastOp::create(
                    then, loc, then.getI64Type(), at[0]);
                if (best.isHeap())
                  add(best, then, isFree, at[0], x, position, k, zero);
                else
                  best.insert(then, last, x, position, zero);
                scf::YieldOp::create(then, loc);
              });
          return SmallVector<Value>();
        });
    if (best.isHeap())
      best.sortHeap(builder, k, zero);
    emitter.forEach(
        builder, count, {}, [&](OpBuilder &inner, ValueRange at, ValueRange) {
          Value position =
              memref::LoadOp::create(inner, loc, best.positions, at[0]);
          emitter.store(inner, topk.getResult(), along(at[0]), position);
          return SmallVector<Value>();
        });
  }
};
} // namespace

void quantc::attachTopKLoops(MLIRContext *context) {
  nn::TopKOp::attachInterface<TopKLoops>(*context);
}
