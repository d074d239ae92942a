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

  /// Puts an element where it belongs at or before \p last, whose own element
  /// goes.
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
                                                     before(then, place[0]));
                scf::YieldOp::create(then, loc, isBetter(then, element, other));
              },
              [&](OpBuilder &otherwise, Location) {
                scf::YieldOp::create(otherwise, loc, isInside);
              });
          scf::ConditionOp::create(inner, loc, isMoved.getResult(0), place);
        },
        [&](OpBuilder &inner, Location, ValueRange place) {
          Value next = before(inner, place[0]);
          set(inner, place[0],
              memref::LoadOp::create(inner, loc, elements, next),
              memref::LoadOp::create(inner, loc, positions, next));
          scf::YieldOp::create(inner, loc, next);
        });
    set(b, loop.getResult(0), element, position);
  }
};

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
          Value last = arith::SelectOp::create(inner, loc, isFree, at[0],
                                               best.before(inner, k));
          auto isTaken = scf::IfOp::create(
              inner, loc, isFree,
              [&](OpBuilder &then, Location) {
                scf::YieldOp::create(then, loc, isFree);
              },
              [&](OpBuilder &otherwise, Location) {
                Value worst =
                    memref::LoadOp::create(otherwise, loc, best.elements, last);
                scf::YieldOp::create(otherwise, loc,
                                     best.isBetter(otherwise, x, worst));
              });
          scf::IfOp::create(inner, loc, isTaken.getResult(0),
                            [&](OpBuilder &then, Location) {
                              Value position = arith::IndexCastOp::create(
                                  then, loc, then.getI64Type(), at[0]);
                              best.insert(then, last, x, position, zero);
                              scf::YieldOp::create(then, loc);
                            });
          return SmallVector<Value>();
        });
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
