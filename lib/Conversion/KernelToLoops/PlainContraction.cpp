//===- PlainContraction.cpp - Contractions of plain operands ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Products whose right side is no constant: nothing is packed, both operands
// are read along K. A unit is one row of the result.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;

/// Integers in units of one exponent along the contraction, each of which is an
/// element in memory. Of shorter ones a sum may have more products than an
/// error of requireAtMost can tell.
static bool isIntegerRows(Type format) {
  using Kind = numerics::ElementFormat::Kind;
  auto block = dyn_cast<qt::BlockType>(format);
  if (!block)
    return false;
  Kind kind = block.getElement().getFormat().kind;
  return (kind == Kind::Signed || kind == Kind::Unsigned) && !block.getZero() &&
         !block.getOuter() && block.getElement().getBitWidth() >= 8 &&
         block.getScale().getFormat().isIntegerOnly() &&
         ShapedType::isDynamic(block.getShape().back());
}

bool quantc::canEmitPlainContraction(func::FuncOp kernel) {
  qt::ContractOp contract = dyn_cast_or_null<qt::ContractOp>(getOnlyOp(kernel));
  if (!contract || contract.getLayoutAttr() ||
      !isa<qt::MatmulAttr>(contract.getGeometry()))
    return false;
  Type formats[] = {contract.getLhsFormat(), contract.getRhsFormat()};
  bool isFloat =
      llvm::all_of(formats, [](Type format) { return format.isF32(); });
  if (!isFloat && !(contract.getAcc().isInteger(32) &&
                    llvm::all_of(formats, isIntegerRows)))
    return false;
  auto isOperand = [](Value value) { return isa<BlockArgument>(value); };
  auto rankOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getRank();
  };
  return isOperand(contract.getLhs()[0]) && isOperand(contract.getRhs()[0]) &&
         llvm::all_of(contract.getEpilogueOperands(), isOperand) &&
         rankOf(contract.getLhs()[0]) >= 2 && rankOf(contract.getRhs()[0]) >= 2;
}

namespace {
class PlainContraction : IndexEmitter {
public:
  PlainContraction(KernelBuilder &kernel, qt::ContractOp op)
      : IndexEmitter(kernel), op(op), sizes(shapes.getSizes(op.getResult())) {}

  void emit();

private:
  Value offsetOf(OpBuilder &b, Value operand, size_t inner);
  Value dot(OpBuilder &b, Value lhsAt, Value rhsAt);
  Value widen(OpBuilder &b, Value x, Type format);
  Value multiplyAdd(OpBuilder &b, Value x, Value y, Value sum);
  Value applyEpilogue(OpBuilder &b, Value sum, Value column);

  qt::ContractOp op;
  SmallVector<AffineExpr> sizes;
  SmallVector<Value> position; ///< of the row, along all but the last dim
  Value k;
};
} // namespace

/// Where the elements of \p operand for this row begin; its last \p inner
/// dimensions are not indexed by the row. The others broadcast.
Value PlainContraction::offsetOf(OpBuilder &b, Value operand, size_t inner) {
  SmallVector<AffineExpr> own(shapes.getSizes(operand));
  return kernel.getBroadcastOffset(b, own, sizes, position, inner);
}

/// Codes as words; floats as they are.
Value PlainContraction::widen(OpBuilder &b, Value x, Type format) {
  auto block = dyn_cast<qt::BlockType>(format);
  Type type = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    type = vector.clone(type);
  if (!block || x.getType() == type)
    return x;
  bool isUnsigned = block.getElement().getFormat().kind ==
                    numerics::ElementFormat::Kind::Unsigned;
  if (isUnsigned)
    return arith::ExtUIOp::create(b, loc, type, x);
  return arith::ExtSIOp::create(b, loc, type, x);
}

Value PlainContraction::multiplyAdd(OpBuilder &b, Value x, Value y, Value sum) {
  if (op.getAcc().isF32())
    return math::FmaOp::create(b, loc, x, y, sum);
  x = widen(b, x, op.getLhsFormat());
  y = widen(b, y, op.getRhsFormat());
  return add(b, sum, mul(b, x, y));
}

/// The sum over K: 16 lanes at a time, then what is left one by one.
Value PlainContraction::dot(OpBuilder &b, Value lhsAt, Value rhsAt) {
  Value lhs = kernel.getBuffer(cast<BlockArgument>(op.getLhs()[0]));
  Value rhs = kernel.getBuffer(cast<BlockArgument>(op.getRhs()[0]));
  Value zero = kernel.getIndex(int64_t(0)), one = kernel.getIndex(int64_t(1));
  Value step = kernel.getIndex(lanes);
  Value whole = mul(b, arith::DivUIOp::create(b, loc, k, step), step);
  auto vectors = scf::ForOp::create(
      b, loc, zero, whole, step, splatConstant(b, loc, op.getAcc(), 0),
      [&](OpBuilder &inner, Location, Value p, ValueRange carried) {
        Value x =
            loadVector(inner, loc, lhs, add(inner, lhsAt, p), /*mask=*/Value());
        Value y =
            loadVector(inner, loc, rhs, add(inner, rhsAt, p), /*mask=*/Value());
        scf::YieldOp::create(inner, loc, multiplyAdd(inner, x, y, carried[0]));
      });
  // LLVM 22 takes narrow products whose lanes these shuffles sum for ways of
  // one instruction and loses most of them; of integers any order gives the
  // same.
  Value sum =
      op.getAcc().isF32()
          ? reduceLanes(b, loc, vectors.getResult(0),
                        [&](OpBuilder &inner, Value x, Value y) -> Value {
                          return arith::AddFOp::create(inner, loc, x, y);
                        })
          : vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD,
                                        vectors.getResult(0))
                .getResult();
  auto rest = scf::ForOp::create(
      b, loc, whole, k, one, sum,
      [&](OpBuilder &inner, Location, Value p, ValueRange carried) {
        Value x = memref::LoadOp::create(inner, loc, lhs, add(inner, lhsAt, p));
        Value y = memref::LoadOp::create(inner, loc, rhs, add(inner, rhsAt, p));
        scf::YieldOp::create(inner, loc, multiplyAdd(inner, x, y, carried[0]));
      });
  return rest.getResult(0);
}

Value PlainContraction::applyEpilogue(OpBuilder &b, Value sum, Value column) {
  if (!op.hasEpilogue())
    return sum;
  Block &region = op.getEpilogue().front();
  IRMapping mapping;
  mapping.map(region.getArgument(0), sum);
  for (auto [argument, operand] : llvm::zip_equal(
           region.getArguments().drop_front(), op.getEpilogueOperands())) {
    Value at = offsetOf(b, operand, 1);
    SmallVector<AffineExpr> own(shapes.getSizes(operand));
    if (!own.empty() && own.back() != shapes.getConstant(1))
      at = add(b, at, column);
    Value buffer = kernel.getBuffer(cast<BlockArgument>(operand));
    Value stored = memref::LoadOp::create(b, loc, buffer, at);
    mapping.map(argument, kernel.fromStored(b, stored, argument.getType()));
  }
  for (Operation &inner : region.without_terminator())
    b.clone(inner, mapping);
  return mapping.lookup(region.getTerminator()->getOperand(0));
}

void PlainContraction::emit() {
  kernel.setIterations(shapes.getProduct(ArrayRef(sizes).drop_back()), 4);
  SmallVector<AffineExpr> lhs(shapes.getSizes(op.getLhs()[0]));
  SmallVector<AffineExpr> rhs(shapes.getSizes(op.getRhs()[0]));
  kernel.requireEqual(lhs.back(), rhs.back());
  kernel.requireBroadcast(ArrayRef(lhs).drop_back(2),
                          ArrayRef(sizes).drop_back(2));
  kernel.requireBroadcast(ArrayRef(rhs).drop_back(2),
                          ArrayRef(sizes).drop_back(2));
  for (Value operand : op.getEpilogueOperands())
    kernel.requireBroadcastOfRows(
        SmallVector<AffineExpr>(shapes.getSizes(operand)), sizes);
  k = kernel.getIndex(lhs.back());
  if (auto most = op.getMostProducts();
      most && !isa<AffineConstantExpr>(lhs.back()))
    kernel.requireAtMost(k, *most);
  Value n = kernel.getIndex(sizes.back());
  Value zero = kernel.getIndex(int64_t(0)), one = kernel.getIndex(int64_t(1));
  OpBuilder &b = kernel.getBuilder();
  auto rows =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), one);
  OpBuilder body = OpBuilder::atBlockBegin(rows.getBody());
  Value row = rows.getInductionVar();
  position = kernel.delinearize(body, ArrayRef(sizes).drop_back(), row);
  // Of lhs the row is indexed, of rhs only the batch: [..., N, K] has one
  // more inner dimension, which stands where the result has M.
  Value lhsAt = offsetOf(body, op.getLhs()[0], 1);
  Value rhsAt = offsetOf(body, op.getRhs()[0], 2);
  Value to = mul(body, row, n);
  auto columns = scf::ForOp::create(body, loc, zero, n, one);
  OpBuilder inner = OpBuilder::atBlockBegin(columns.getBody());
  Value column = columns.getInductionVar();
  Value sum = dot(inner, lhsAt, add(inner, rhsAt, mul(inner, column, k)));
  sum = applyEpilogue(inner, sum, column);
  memref::StoreOp::create(inner, loc, sum, kernel.getResultBuffer(0),
                          add(inner, to, column));
}

LogicalResult quantc::emitPlainContraction(KernelBuilder &kernel) {
  PlainContraction(kernel, cast<qt::ContractOp>(getOnlyOp(kernel.getKernel())))
      .emit();
  return success();
}
