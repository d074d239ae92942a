//===- MovementKernel.cpp - Kernels that move data -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// One class an op, listed in the table at the end. Those that read at an affine
// function of the position say which. A run is copied vector by vector where
// its elements are neighbours.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;

namespace {
class MovementEmitter : protected IndexEmitter {
public:
  MovementEmitter(KernelBuilder &kernel, Operation *op)
      : IndexEmitter(kernel), op(op), sizes(shapes.getSizes(op->getResult(0))) {
    if (sizes.empty()) // a row of one
      sizes.push_back(shapes.getConstant(1));
  }
  virtual ~MovementEmitter() = default;

  LogicalResult emit();

protected:
  /// How many units of work there are.
  virtual AffineExpr getUnits() = 0;
  /// Emits what all units share, and the checks of sizes.
  virtual void prepare() {}
  virtual void emitUnit(OpBuilder &b, Value unit) = 0;

  SmallVector<AffineExpr> stridesOf(Value tensor);
  /// Goes on with the index at \p pick of \p indices if it lies within \p size.
  void emitPick(OpBuilder &b, Value indices, Value pick, Value size,
                function_ref<void(OpBuilder &, Value)> then);
  Value getBuffer(Value operand) { return kernel.getBuffer(operand); }
  /// Copies \p count elements to the result. A null stride stands for 1: whole
  /// vectors.
  void copyRun(OpBuilder &b, Value from, Value start, Value stride, Value at,
               Value count);

  Operation *op;
  SmallVector<AffineExpr> sizes; ///< of the result
};

/// Reads its first operand at an affine function of the position in the result.
/// A unit is one row of the result.
class StridedEmitter : public MovementEmitter {
protected:
  StridedEmitter(KernelBuilder &kernel, Operation *op)
      : MovementEmitter(kernel, op), start(index(0)) {}

  AffineExpr getUnits() override {
    return shapes.getProduct(ArrayRef(sizes).drop_back());
  }
  void emitUnit(OpBuilder &b, Value row) override;

  /// To be set by `prepare`: the element that position zero reads, and how far
  /// those of neighbours along each dim of the result lie apart.
  Value start;
  SmallVector<Value> strides;
};

struct TransposeEmitter : StridedEmitter {
  using Op = nn::TransposeOp;
  TransposeEmitter(KernelBuilder &kernel, Operation *op)
      : StridedEmitter(kernel, op) {}
  void prepare() override;
};

struct SliceEmitter : StridedEmitter {
  using Op = nn::SliceOp;
  SliceEmitter(KernelBuilder &kernel, Operation *op)
      : StridedEmitter(kernel, op) {}
  static bool canEmit(Operation *op) {
    auto slice = cast<nn::SliceOp>(op);
    return slice.getKnownAxes() && nn::getConstantIntegers(slice.getSteps());
  }
  void prepare() override;
};

struct ExpandEmitter : StridedEmitter {
  using Op = nn::ExpandOp;
  ExpandEmitter(KernelBuilder &kernel, Operation *op)
      : StridedEmitter(kernel, op) {}
  void prepare() override;
};

/// A unit is one position along the dimensions before the axis.
struct ConcatEmitter : MovementEmitter {
  using Op = nn::ConcatOp;
  ConcatEmitter(KernelBuilder &kernel, Operation *op)
      : MovementEmitter(kernel, op), axis(cast<Op>(op).getAxis()) {}
  AffineExpr getUnits() override {
    return shapes.getProduct(ArrayRef(sizes).take_front(axis));
  }
  void prepare() override;
  void emitUnit(OpBuilder &b, Value row) override;

  size_t axis;
};

/// A unit is one index at one position before the axis: a run of elements.
struct GatherEmitter : MovementEmitter {
  using Op = nn::GatherOp;
  GatherEmitter(KernelBuilder &kernel, Operation *op)
      : MovementEmitter(kernel, op), gather(cast<Op>(op)),
        input(shapes.getSizes(gather.getInput())),
        picks(shapes.getSizes(gather.getIndices())) {}
  AffineExpr getUnits() override {
    return shapes.getProduct(
        {shapes.getProduct(ArrayRef(input).take_front(gather.getAxis())),
         shapes.getProduct(picks)});
  }
  void emitUnit(OpBuilder &b, Value row) override;

  Op gather;
  SmallVector<AffineExpr> input, picks;
};

/// A unit is one index: its row is decoded on the way.
struct DecodingGatherEmitter : MovementEmitter {
  using Op = qt::GatherOp;
  DecodingGatherEmitter(KernelBuilder &kernel, Operation *op)
      : MovementEmitter(kernel, op), gather(cast<Op>(op)),
        table(shapes.getSizes(gather.getCodes())) {}
  AffineExpr getUnits() override {
    return shapes.getProduct(ArrayRef(sizes).drop_back());
  }
  void emitUnit(OpBuilder &b, Value row) override;

  Op gather;
  SmallVector<AffineExpr> table;
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

void MovementEmitter::copyRun(OpBuilder &b, Value from, Value start,
                              Value stride, Value at, Value count) {
  Value to = kernel.getResultBuffer(0);
  if (!stride)
    return copyVectors(b, loc, from, start, to, at, count);
  auto loop = scf::ForOp::create(b, loc, index(0), count, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value position = loop.getInductionVar();
  Value v = memref::LoadOp::create(
      body, loc, from, add(body, start, mul(body, position, stride)));
  memref::StoreOp::create(body, loc, v, to, add(body, at, position));
}

void MovementEmitter::emitPick(OpBuilder &b, Value indices, Value pick,
                               Value size,
                               function_ref<void(OpBuilder &, Value)> then) {
  Value raw = memref::LoadOp::create(b, loc, getBuffer(indices), pick);
  Value at = arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
  Value isNegative =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, at, index(0));
  at = arith::SelectOp::create(b, loc, isNegative, add(b, at, size), at);
  // Unsigned, so that what is still negative is out of range as well.
  Value isInside =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, at, size);
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
  OpBuilder inside = branch.getThenBodyBuilder();
  then(inside, at);
  OpBuilder otherwise = branch.getElseBodyBuilder();
  kernel.recordIndex(otherwise, raw);
}

void StridedEmitter::emitUnit(OpBuilder &b, Value row) {
  SmallVector<Value> position =
      kernel.delinearize(b, ArrayRef(sizes).drop_back(), row);
  Value from = start;
  for (auto [at, stride] :
       llvm::zip(position, strides)) // without the last: the row's own
    from = add(b, from, mul(b, at, stride));
  IntegerAttr known;
  // A result of rank 0 is a row of one and has no strides.
  Value inner = strides.empty() ? Value() : strides.back();
  bool isUnit =
      inner && matchPattern(inner, m_Constant(&known)) && known.getInt() == 1;
  Value count = kernel.getIndex(sizes.back());
  copyRun(b, getBuffer(op->getOperand(0)), from, isUnit ? Value() : inner,
          mul(b, row, count), count);
}

void TransposeEmitter::prepare() {
  SmallVector<AffineExpr> own = stridesOf(op->getOperand(0));
  for (int64_t dim : cast<nn::TransposeOp>(op).getPerm())
    strides.push_back(kernel.getIndex(own[dim]));
}

void ExpandEmitter::prepare() {
  Value input = op->getOperand(0);
  SmallVector<AffineExpr> own(shapes.getSizes(input)), apart = stridesOf(input);
  kernel.requireBroadcast(own, sizes);
  size_t shift = sizes.size() - own.size();
  for (size_t dim = 0; dim < sizes.size(); ++dim)
    strides.push_back(dim < shift ? index(0)
                                  : kernel.getBroadcastStep(
                                        kernel.getBuilder(), own[dim - shift],
                                        sizes[dim], apart[dim - shift]));
}

/// Where a slice begins. ONNX clamps a slice to its dim. Where the size of the
/// result follows from bounds that are sizes themselves, it is that of bounds
/// within the dim; that they are is checked when the kernel runs.
void SliceEmitter::prepare() {
  auto slice = cast<nn::SliceOp>(op);
  OpBuilder &b = kernel.getBuilder();
  SmallVector<AffineExpr> input(shapes.getSizes(slice.getInput())),
      own = stridesOf(slice.getInput());
  for (AffineExpr stride : own)
    strides.push_back(kernel.getIndex(stride));
  auto starts = nn::getConstantIntegers(slice.getStarts());
  auto steps = *nn::getConstantIntegers(slice.getSteps());
  for (auto [at, dim] : llvm::enumerate(*slice.getKnownAxes())) {
    int64_t step = steps[at];
    Value size = kernel.getIndex(input[dim]);
    Value from;
    if (starts) {
      from = index((*starts)[at]);
    } else {
      Value raw =
          memref::LoadOp::create(b, loc, kernel.getBuffer(slice.getStarts()),
                                 index(static_cast<int64_t>(at)));
      from = arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
    }
    // As ONNX clamps: negative positions count from the end.
    if (!starts || (*starts)[at] < 0) {
      Value isNegative = arith::CmpIOp::create(
          b, loc, arith::CmpIPredicate::slt, from, index(0));
      Value behind =
          arith::MaxSIOp::create(b, loc, add(b, from, size), index(0));
      from = arith::SelectOp::create(b, loc, isNegative, behind, from);
    }
    Value last =
        step > 0 ? size
                 : arith::SubIOp::create(b, loc, size, index(1)).getResult();
    from = arith::MinSIOp::create(b, loc, from, last);
    start = add(b, start, mul(b, from, strides[dim]));
    if (step != 1)
      strides[dim] = mul(b, strides[dim], index(step));
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

void ConcatEmitter::prepare() {
  for (Value input : op->getOperands())
    for (auto [dim, size] :
         llvm::enumerate(SmallVector<AffineExpr>(shapes.getSizes(input))))
      if (dim != axis)
        kernel.requireEqual(size, sizes[dim]);
}

void ConcatEmitter::emitUnit(OpBuilder &b, Value row) {
  AffineExpr inner = shapes.getProduct(ArrayRef(sizes).drop_front(axis + 1));
  Value at =
      mul(b, row, kernel.getIndex(shapes.getProduct({sizes[axis], inner})));
  for (Value input : op->getOperands()) {
    Value count = kernel.getIndex(
        shapes.getProduct({shapes.getSizes(input)[axis], inner}));
    copyRun(b, getBuffer(input), mul(b, row, count), Value(), at, count);
    at = add(b, at, count);
  }
}

void GatherEmitter::emitUnit(OpBuilder &b, Value row) {
  Value count = kernel.getIndex(
      shapes.getProduct(ArrayRef(input).drop_front(gather.getAxis() + 1)));
  Value size = kernel.getIndex(input[gather.getAxis()]);
  Value numPicks = kernel.getIndex(shapes.getProduct(picks));
  Value outer = arith::DivUIOp::create(b, loc, row, numPicks),
        pick = arith::RemUIOp::create(b, loc, row, numPicks);
  emitPick(b, gather.getIndices(), pick, size, [&](OpBuilder &then, Value at) {
    Value from = mul(then, add(then, mul(then, outer, size), at), count);
    copyRun(then, getBuffer(gather.getInput()), from, Value(),
            mul(then, row, count), count);
  });
}

void DecodingGatherEmitter::emitUnit(OpBuilder &b, Value row) {
  Value count = kernel.getIndex(table[1]);
  emitPick(b, gather.getIndices(), row, kernel.getIndex(table[0]),
           [&](OpBuilder &then, Value at) {
             Value scale =
                 splat(then, loc,
                       memref::LoadOp::create(
                           then, loc, getBuffer(gather.getScales()), at));
             Value from = mul(then, at, count), to = mul(then, row, count);
             forEachVector(
                 then, loc, count, {},
                 [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                   Value codes =
                       loadVector(inner, loc, getBuffer(gather.getCodes()),
                                  add(inner, from, step.position), step.valid);
                   auto type = VectorType::get(lanes, inner.getF32Type());
                   Value x = arith::MulFOp::create(
                       inner, loc,
                       arith::SIToFPOp::create(inner, loc, type, codes), scale);
                   storeVector(inner, loc, x, kernel.getResultBuffer(0),
                               add(inner, to, step.position), step.valid);
                   return SmallVector<Value>();
                 });
           });
}

LogicalResult MovementEmitter::emit() {
  kernel.setIterations(getUnits(), 16);
  prepare();
  auto loop = scf::ForOp::create(kernel.getBuilder(), loc, kernel.getBegin(),
                                 kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  emitUnit(body, loop.getInductionVar());
  return success();
}

namespace {
struct MovementModel {
  TypeID op;
  bool (*canEmit)(Operation *op);
  LogicalResult (*emit)(KernelBuilder &kernel, Operation *op);
};
} // namespace

template <typename Emitter>
static MovementModel makeModel(bool (*canEmit)(Operation *) = [](Operation *) {
  return true;
}) {
  return {TypeID::get<typename Emitter::Op>(), canEmit,
          [](KernelBuilder &kernel, Operation *op) {
            return Emitter(kernel, op).emit();
          }};
}

/// The model of \p op; null for an op that moves no data.
static const MovementModel *getModel(Operation *op) {
  static const MovementModel models[] = {
      makeModel<TransposeEmitter>(),
      makeModel<SliceEmitter>(SliceEmitter::canEmit),
      makeModel<ExpandEmitter>(),
      makeModel<ConcatEmitter>(),
      makeModel<GatherEmitter>(),
      makeModel<DecodingGatherEmitter>(),
  };
  for (const MovementModel &model : models)
    if (op->getName().getTypeID() == model.op)
      return &model;
  return nullptr;
}

bool quantc::canEmitMovement(func::FuncOp kernel) {
  Operation *op = getOnlyOp(kernel);
  const MovementModel *model = op ? getModel(op) : nullptr;
  return model && model->canEmit(op);
}

LogicalResult quantc::emitMovement(KernelBuilder &kernel) {
  Operation *op = getOnlyOp(kernel.getKernel());
  return getModel(op)->emit(kernel, op);
}
