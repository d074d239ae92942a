//===- MovementKernel.cpp - Kernels that move data -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit is one row of the result: its last dimension. A row is read at an
// offset and with a stride; where the stride is 1, vector by vector.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

bool quantc::canEmitMovement(func::FuncOp kernel) {
  Operation *op = getOnlyOp(kernel);
  if (!op)
    return false;
  if (auto slice = dyn_cast<nn::SliceOp>(op))
    return nn::getConstantIntegers(slice.getAxes()) &&
           nn::getConstantIntegers(slice.getSteps());
  return isa<nn::TransposeOp, nn::ExpandOp, nn::ConcatOp, nn::GatherOp>(op);
}

namespace {
class MovementEmitter : IndexEmitter {
public:
  MovementEmitter(KernelBuilder &kernel, Operation *op)
      : IndexEmitter(kernel), op(op), sizes(shapes.getSizes(op->getResult(0))) {
    if (sizes.empty()) // a row of one
      sizes.push_back(shapes.getConstant(1));
  }

  LogicalResult emit();

private:
  SmallVector<AffineExpr> stridesOf(Value tensor);
  void copyRow(OpBuilder &b, Value from, Value start, Value stride, Value to,
               Value at, Value count);
  void prepareSlice(nn::SliceOp slice);
  void emitStrided(OpBuilder &b, Value row);
  void emitConcat(OpBuilder &b, Value row);
  void emitGather(OpBuilder &b, Value row);

  Operation *op;
  SmallVector<AffineExpr> sizes; ///< of the result
  /// Of a slice: the first position along each dim, and the steps.
  SmallVector<Value> firsts;
  SmallVector<int64_t> stepsOfDims;
};
} // namespace

SmallVector<AffineExpr> MovementEmitter::stridesOf(Value tensor) {
  SmallVector<AffineExpr> own(shapes.getSizes(tensor)), strides(own.size());
  AffineExpr stride = shapes.getConstant(1);
  for (size_t dim = own.size(); dim-- > 0;) {
    strides[dim] = stride;
    stride = shapes.getProduct({stride, own[dim]});
  }
  return strides;
}

/// A null stride stands for 1: whole vectors.
void MovementEmitter::copyRow(OpBuilder &b, Value from, Value start,
                              Value stride, Value to, Value at, Value count) {
  if (!stride)
    return copyVectors(b, loc, from, start, to, at, count);
  auto loop = scf::ForOp::create(b, loc, index(0), count, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value position = loop.getInductionVar();
  Value v = memref::LoadOp::create(
      body, loc, from, add(body, start, mul(body, position, stride)));
  memref::StoreOp::create(body, loc, v, to, add(body, at, position));
}

/// Where a slice begins. ONNX clamps a slice to its dim. Where the size of the
/// result follows from bounds that are sizes themselves, it is that of bounds
/// within the dim; that they are is checked when the kernel runs.
void MovementEmitter::prepareSlice(nn::SliceOp slice) {
  OpBuilder &b = kernel.getBuilder();
  SmallVector<AffineExpr> input(shapes.getSizes(slice.getInput()));
  auto rank = static_cast<int64_t>(input.size());
  firsts.assign(rank, index(0));
  stepsOfDims.assign(rank, 1);
  auto starts = nn::getConstantIntegers(slice.getStarts());
  auto steps = *nn::getConstantIntegers(slice.getSteps());
  for (auto [at, axis] :
       llvm::enumerate(*nn::getConstantIntegers(slice.getAxes()))) {
    int64_t dim = axis < 0 ? axis + rank : axis, step = steps[at];
    Value size = kernel.getIndex(input[dim]);
    Value from;
    if (starts) {
      from = index((*starts)[at]);
    } else {
      Value raw = memref::LoadOp::create(
          b, loc, kernel.getBuffer(cast<BlockArgument>(slice.getStarts())),
          index(static_cast<int64_t>(at)));
      from = arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
    }
    // As ONNX clamps: negative positions count from the end.
    if (!starts || (*starts)[at] < 0) {
      Value isNegative = arith::CmpIOp::create(
          b, loc, arith::CmpIPredicate::slt, from, index(0));
      Value behind = arith::MaxSIOp::create(b, loc, add(b, from, size),
                                            index(step > 0 ? 0 : -1));
      from = arith::SelectOp::create(b, loc, isNegative, behind, from);
    }
    Value last =
        step > 0 ? size
                 : arith::SubIOp::create(b, loc, size, index(1)).getResult();
    from = arith::MinSIOp::create(b, loc, from, last);
    firsts[dim] = from;
    stepsOfDims[dim] = step;
    AffineExpr known = starts && (*starts)[at] >= 0
                           ? shapes.getConstant((*starts)[at])
                           : AffineExpr();
    if (step == 1 && !(known && isSizeAtLeast(input[dim], known + sizes[dim])))
      kernel.require(arith::CmpIOp::create(
                         b, loc, arith::CmpIPredicate::ule,
                         add(b, from, kernel.getIndex(sizes[dim])), size),
                     KernelError::ShapeMismatch);
  }
}

/// Transpose, slice and expand read at an affine function of the position.
void MovementEmitter::emitStrided(OpBuilder &b, Value row) {
  Value input = op->getOperand(0);
  SmallVector<AffineExpr> own = stridesOf(input),
                          inputSizes(shapes.getSizes(input));
  SmallVector<Value> strides;
  Value start = index(0);
  if (auto transpose = dyn_cast<nn::TransposeOp>(op)) {
    for (int64_t dim : transpose.getPerm())
      strides.push_back(kernel.getIndex(own[dim]));
  } else if (isa<nn::SliceOp>(op)) {
    for (size_t dim = 0; dim < own.size(); ++dim) {
      Value stride = kernel.getIndex(own[dim]);
      start = add(b, start, mul(b, firsts[dim], stride));
      strides.push_back(stepsOfDims[dim] == 1
                            ? stride
                            : mul(b, stride, index(stepsOfDims[dim])));
    }
  } else {
    size_t shift = sizes.size() - own.size();
    for (size_t dim = 0; dim < sizes.size(); ++dim) {
      strides.push_back(
          dim < shift ? index(0)
                      : kernel.getBroadcastStep(b, inputSizes[dim - shift],
                                                sizes[dim], own[dim - shift]));
    }
  }
  SmallVector<Value> position =
      kernel.delinearize(b, ArrayRef(sizes).drop_back(), row);
  for (auto [dim, at] : llvm::enumerate(position))
    start = add(b, start, mul(b, at, strides[dim]));
  IntegerAttr known;
  Value inner = strides.back();
  bool isUnit = matchPattern(inner, m_Constant(&known)) && known.getInt() == 1;
  Value count = kernel.getIndex(sizes.back());
  copyRow(b, kernel.getBuffer(cast<BlockArgument>(input)), start,
          isUnit ? Value() : inner, kernel.getResultBuffer(0),
          mul(b, row, count), count);
}

/// Here a unit is one position along the dimensions before the axis.
void MovementEmitter::emitConcat(OpBuilder &b, Value row) {
  int64_t axis = cast<nn::ConcatOp>(op).getAxis();
  AffineExpr inner = shapes.getProduct(ArrayRef(sizes).drop_front(axis + 1));
  Value at =
      mul(b, row, kernel.getIndex(shapes.getProduct({sizes[axis], inner})));
  for (Value input : op->getOperands()) {
    Value count = kernel.getIndex(
        shapes.getProduct({shapes.getSizes(input)[axis], inner}));
    copyRow(b, kernel.getBuffer(cast<BlockArgument>(input)), mul(b, row, count),
            Value(), kernel.getResultBuffer(0), at, count);
    at = add(b, at, count);
  }
}

/// A unit is one index at one position before the axis: a run of elements.
void MovementEmitter::emitGather(OpBuilder &b, Value row) {
  auto gather = cast<nn::GatherOp>(op);
  SmallVector<AffineExpr> input(shapes.getSizes(gather.getInput())),
      picks(shapes.getSizes(gather.getIndices()));
  Value count = kernel.getIndex(
      shapes.getProduct(ArrayRef(input).drop_front(gather.getAxis() + 1)));
  Value size = kernel.getIndex(input[gather.getAxis()]);
  Value numPicks = kernel.getIndex(shapes.getProduct(picks));
  Value outer = arith::DivUIOp::create(b, loc, row, numPicks),
        pick = arith::RemUIOp::create(b, loc, row, numPicks);
  Value raw = memref::LoadOp::create(
      b, loc, kernel.getBuffer(cast<BlockArgument>(gather.getIndices())), pick);
  Value at = arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
  Value isNegative =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, at, index(0));
  at = arith::SelectOp::create(b, loc, isNegative, add(b, at, size), at);
  // Unsigned, so that what is still negative is out of range as well.
  Value isInside =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, at, size);
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder();
  Value from = mul(then, add(then, mul(then, outer, size), at), count);
  copyRow(then, kernel.getBuffer(cast<BlockArgument>(gather.getInput())), from,
          Value(), kernel.getResultBuffer(0), mul(then, row, count), count);
  OpBuilder otherwise = branch.getElseBodyBuilder();
  kernel.recordError(otherwise, KernelError::IndexOutOfRange);
}

LogicalResult MovementEmitter::emit() {
  AffineExpr units = shapes.getProduct(ArrayRef(sizes).drop_back());
  if (auto concat = dyn_cast<nn::ConcatOp>(op)) {
    units = shapes.getProduct(ArrayRef(sizes).take_front(concat.getAxis()));
  } else if (auto gather = dyn_cast<nn::GatherOp>(op)) {
    SmallVector<AffineExpr> input(shapes.getSizes(gather.getInput())),
        picks(shapes.getSizes(gather.getIndices()));
    units = shapes.getProduct(
        {shapes.getProduct(ArrayRef(input).take_front(gather.getAxis())),
         shapes.getProduct(picks)});
  }
  kernel.setIterations(units, 16);
  if (auto slice = dyn_cast<nn::SliceOp>(op))
    prepareSlice(slice);
  if (auto concat = dyn_cast<nn::ConcatOp>(op))
    for (Value input : concat.getInputs())
      for (auto [dim, size] :
           llvm::enumerate(SmallVector<AffineExpr>(shapes.getSizes(input))))
        if (dim != concat.getAxis())
          kernel.requireEqual(size, sizes[dim]);
  if (auto expand = dyn_cast<nn::ExpandOp>(op))
    kernel.requireBroadcast(
        SmallVector<AffineExpr>(shapes.getSizes(expand.getInput())), sizes);
  OpBuilder &b = kernel.getBuilder();
  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  if (isa<nn::ConcatOp>(op))
    emitConcat(body, loop.getInductionVar());
  else if (isa<nn::GatherOp>(op))
    emitGather(body, loop.getInductionVar());
  else
    emitStrided(body, loop.getInductionVar());
  return success();
}

LogicalResult quantc::emitMovement(KernelBuilder &kernel) {
  return MovementEmitter(kernel, getOnlyOp(kernel.getKernel())).emit();
}
