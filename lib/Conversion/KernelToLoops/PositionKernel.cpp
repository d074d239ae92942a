//===- PositionKernel.cpp - Positions, sizes, rotations ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

bool quantc::canEmitPositions(func::FuncOp kernel) {
  return isa_and_nonnull<nn::IotaOp, nn::ShapeOp, nn::RotaryOp>(
      getOnlyOp(kernel));
}

namespace {
class PositionEmitter : IndexEmitter {
public:
  explicit PositionEmitter(KernelBuilder &kernel) : IndexEmitter(kernel) {}

  void emit(nn::IotaOp op);
  void emit(nn::ShapeOp op);
  void emit(nn::RotaryOp op);

private:
  /// Where a row begins in a tensor that broadcasts to the input.
  struct RowPlace {
    Value buffer, start;
  };

  OpBuilder makeLoop(AffineExpr units, int64_t grain, Value &unit);
  RowPlace place(OpBuilder &b, Value tensor, Value row);
  void emitHalves(OpBuilder &b, Value half, ArrayRef<RowPlace> places,
                  RowPlace result);
  void emitPairs(OpBuilder &b, Value half, ArrayRef<RowPlace> places,
                 RowPlace result);
  std::pair<Value, Value> rotate(OpBuilder &b, ArrayRef<Value> first,
                                 ArrayRef<Value> second);

  SmallVector<AffineExpr> sizes; ///< of the tensor that is rotated
};
} // namespace

OpBuilder PositionEmitter::makeLoop(AffineExpr units, int64_t grain,
                                    Value &unit) {
  kernel.setIterations(units, grain);
  auto loop = scf::ForOp::create(kernel.getBuilder(), loc, kernel.getBegin(),
                                 kernel.getEnd(), kernel.getIndex(int64_t(1)));
  unit = loop.getInductionVar();
  return OpBuilder::atBlockBegin(loop.getBody());
}

void PositionEmitter::emit(nn::IotaOp op) {
  Value position;
  OpBuilder b = makeLoop(shapes.getSizes(op.getResult())[0], 1024, position);
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), position);
  memref::StoreOp::create(b, loc, number, kernel.getResultBuffer(0), position);
}

void PositionEmitter::emit(nn::ShapeOp op) {
  Value unit;
  SmallVector<AffineExpr> all(shapes.getSizes(op.getInput()));
  OpBuilder b = makeLoop(shapes.getConstant(1), 1, unit);
  for (auto [index, size] : llvm::enumerate(
           ArrayRef(all).slice(op.getStart(), op.getEnd() - op.getStart()))) {
    Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                              kernel.getIndex(size));
    memref::StoreOp::create(b, loc, number, kernel.getResultBuffer(0),
                            kernel.getIndex(static_cast<int64_t>(index)));
  }
}

PositionEmitter::RowPlace PositionEmitter::place(OpBuilder &b, Value tensor,
                                                 Value row) {
  Value buffer = kernel.getBuffer(tensor);
  SmallVector<AffineExpr> own(shapes.getSizes(tensor));
  Value features = kernel.getIndex(sizes.back());
  if (llvm::equal(own, sizes))
    return {buffer, mul(b, row, features)};
  SmallVector<Value> position =
      kernel.delinearize(b, ArrayRef(sizes).drop_back(), row);
  return {buffer, kernel.getBroadcastOffset(b, own, sizes, position)};
}

/// Of (x, cos, sin) at both members of a pair, or of vectors of pairs.
std::pair<Value, Value> PositionEmitter::rotate(OpBuilder &b,
                                                ArrayRef<Value> first,
                                                ArrayRef<Value> second) {
  if (getElementTypeOrSelf(first[0]).isInteger()) {
    auto widened = [&](Value x) -> Value {
      Type word = b.getI32Type();
      if (auto vector = dyn_cast<VectorType>(x.getType()))
        word = vector.clone(word);
      return arith::ExtSIOp::create(b, loc, word, x);
    };
    auto times = [&](Value x, Value y) {
      return mul(b, widened(x), widened(y));
    };
    Value left = arith::SubIOp::create(b, loc, times(first[0], first[1]),
                                       times(second[0], first[2]));
    Value right =
        add(b, times(second[0], second[1]), times(first[0], second[2]));
    return {left, right};
  }
  auto product = [&](Value x, Value y) -> Value {
    return arith::MulFOp::create(b, loc, x, y);
  };
  Value left = arith::SubFOp::create(b, loc, product(first[0], first[1]),
                                     product(second[0], first[2]));
  Value right = arith::AddFOp::create(b, loc, product(second[0], second[1]),
                                      product(first[0], second[2]));
  return {left, right};
}

void PositionEmitter::emitHalves(OpBuilder &b, Value half,
                                 ArrayRef<RowPlace> places, RowPlace result) {
  forEachVector(b, loc, half, {},
                [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                  SmallVector<Value> first, second;
                  Value behind = add(inner, step.position, half);
                  for (const RowPlace &place : places) {
                    first.push_back(loadVector(
                        inner, loc, place.buffer,
                        add(inner, place.start, step.position), step.valid));
                    second.push_back(loadVector(inner, loc, place.buffer,
                                                add(inner, place.start, behind),
                                                step.valid));
                  }
                  auto [left, right] = rotate(inner, first, second);
                  storeVector(inner, loc, left, result.buffer,
                              add(inner, result.start, step.position),
                              step.valid);
                  storeVector(inner, loc, right, result.buffer,
                              add(inner, result.start, behind), step.valid);
                  return SmallVector<Value>();
                });
}

void PositionEmitter::emitPairs(OpBuilder &b, Value half,
                                ArrayRef<RowPlace> places, RowPlace result) {
  Value one = kernel.getIndex(int64_t(1));
  auto loop =
      scf::ForOp::create(b, loc, kernel.getIndex(int64_t(0)), half, one);
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  Value even = mul(inner, loop.getInductionVar(), kernel.getIndex(int64_t(2)));
  Value odd = add(inner, even, one);
  SmallVector<Value> first, second;
  for (const RowPlace &place : places) {
    first.push_back(memref::LoadOp::create(inner, loc, place.buffer,
                                           add(inner, place.start, even)));
    second.push_back(memref::LoadOp::create(inner, loc, place.buffer,
                                            add(inner, place.start, odd)));
  }
  auto [left, right] = rotate(inner, first, second);
  memref::StoreOp::create(inner, loc, left, result.buffer,
                          add(inner, result.start, even));
  memref::StoreOp::create(inner, loc, right, result.buffer,
                          add(inner, result.start, odd));
}

void PositionEmitter::emit(nn::RotaryOp op) {
  sizes.assign(shapes.getSizes(op.getInput()).begin(),
               shapes.getSizes(op.getInput()).end());
  for (Value operand : op.getOperands()) {
    SmallVector<AffineExpr> own(shapes.getSizes(operand));
    for (auto [mine, whole] :
         llvm::zip_equal(own, ArrayRef(sizes).take_back(own.size())))
      if (mine != whole && mine != shapes.getConstant(1))
        kernel.requireBroadcast(mine, whole);
  }
  Value row;
  OpBuilder b =
      makeLoop(shapes.getProduct(ArrayRef(sizes).drop_back()), 32, row);
  SmallVector<RowPlace> places;
  for (Value operand : op.getOperands())
    places.push_back(place(b, operand, row));
  int64_t features = op.getInput().getType().getShape().back();
  RowPlace result{kernel.getResultBuffer(0),
                  mul(b, row, kernel.getIndex(features))};
  Value half = kernel.getIndex(features / 2);
  if (op.getInterleaved())
    emitPairs(b, half, places, result);
  else
    emitHalves(b, half, places, result);
}

LogicalResult quantc::emitPositions(KernelBuilder &kernel) {
  Operation *op = getOnlyOp(kernel.getKernel());
  PositionEmitter emitter(kernel);
  if (auto iota = dyn_cast<nn::IotaOp>(op))
    emitter.emit(iota);
  else if (auto shape = dyn_cast<nn::ShapeOp>(op))
    emitter.emit(shape);
  else
    emitter.emit(cast<nn::RotaryOp>(op));
  return success();
}
