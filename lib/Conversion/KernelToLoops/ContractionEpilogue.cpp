//===- ContractionEpilogue.cpp - What is done with sums ---------*- C++ -*-===//
//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;

/// Where row \p row of an operand that broadcasts to the result begins.
Value ContractionEmitter::operandOffset(OpBuilder &b, Value operand,
                                        Value row) {
  SmallVector<AffineExpr> own(shapes.getSizes(operand));
  if (llvm::equal(own, resultSizes))
    return times(b, row, columns);
  AffineExpr unit = shapes.getConstant(1);
  Value offset = index(0);
  if (own.size() < 2)
    return offset;
  if (conv && isOfImage(operand))
    return arith::MulIOp::create(b, loc, image, kernel.getIndex(own.back()));
  AffineExpr stride = own.back();
  Value rest = row;
  size_t shift = resultSizes.size() - own.size();
  for (size_t dim = resultSizes.size() - 1; dim-- > shift;) {
    AffineExpr size = own[dim - shift];
    Value size0 = kernel.getIndex(resultSizes[dim]);
    Value position =
        dim == 0 ? rest
                 : arith::RemUIOp::create(b, loc, rest, size0).getResult();
    if (size != unit) {
      Value term =
          arith::MulIOp::create(b, loc, position, kernel.getIndex(stride));
      offset = add(b, offset, term);
    }
    if (dim != 0)
      rest = arith::DivUIOp::create(b, loc, rest, size0);
    stride = shapes.getProduct({stride, size});
  }
  return offset;
}

Value ContractionEmitter::loadEpilogueOperand(OpBuilder &b, Value operand,
                                              Value row, Value at, Value mask) {
  if (Value number = imageOperands.lookup(operand))
    return splat(b, number);
  Value buffer = kernel.getBuffer(cast<BlockArgument>(operand));
  ArrayRef<AffineExpr> own = shapes.getSizes(operand);
  AffineExpr unit = shapes.getConstant(1);
  bool isOfColumns = columns != 1 && !own.empty() && own.back() != unit &&
                     llvm::all_of(own.drop_back(), [&](AffineExpr size) {
                       return size == unit;
                     });
  // Stores in between keep LLVM from seeing that rows load the same.
  if (isOfColumns && columnOperands)
    if (Value known = columnOperands->lookup(operand))
      return known;
  Value offset = operandOffset(b, operand, row);
  Type element = getElementTypeOrSelf(operand);
  if (own.empty() || (own.back() == shapes.getConstant(1) && columns != 1)) {
    Value single = memref::LoadOp::create(b, loc, buffer, offset);
    return splat(b, kernel.fromStored(b, single, element));
  }
  Value from = add(b, offset, at);
  VectorType type =
      vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  Value stored;
  if (mask)
    stored = vector::MaskedLoadOp::create(b, loc, type, buffer, from, mask,
                                          zeros(b, type));
  else
    stored = vector::LoadOp::create(b, loc, type, buffer, from);
  Value loaded = kernel.fromStored(b, stored, element);
  if (isOfColumns && columnOperands)
    columnOperands->try_emplace(operand, loaded);
  return loaded;
}

/// Clones the region onto \p accumulator, which holds columns from \p at on.
Value ContractionEmitter::applyEpilogue(OpBuilder &b, Value accumulator,
                                        Value row, Value at, Value mask) {
  if (!contract.hasEpilogue())
    return accumulator;
  Block &region = contract.getEpilogue().front();
  IRMapping mapping;
  mapping.map(region.getArgument(0), accumulator);
  for (auto [argument, operand] : llvm::zip_equal(
           region.getArguments().drop_front(), contract.getEpilogueOperands()))
    if (!argument.use_empty())
      mapping.map(argument, loadEpilogueOperand(b, operand, row, at, mask));
  for (Operation &op : region.without_terminator()) {
    Attribute constant;
    if (matchPattern(&op, m_Constant(&constant))) {
      auto type = vectorOf(op.getResult(0).getType());
      mapping.map(op.getResult(0),
                  arith::ConstantOp::create(
                      b, loc, DenseElementsAttr::get(type, constant)));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(mapping.lookup(operand));
    Operation *clone = cast<ElementwiseOpInterface>(op).cloneOnto(b, operands);
    mapping.map(op.getResult(0), clone->getResult(0));
  }
  return mapping.lookup(region.getTerminator()->getOperand(0));
}

void ContractionEmitter::emitStore(OpBuilder &b, Value value, Value row,
                                   int64_t v) {
  Value at = plus(b, column, v * width);
  Value mask;
  if (n % nr != 0) {
    Value left = arith::SubIOp::create(b, loc, index(n), at);
    mask = vector::CreateMaskOp::create(b, loc, vectorOf(b.getI1Type()), left);
  }
  emitStoreAt(b, value, row, add(b, firstColumn, at), mask);
}

void ContractionEmitter::emitStoreAt(OpBuilder &b, Value value, Value row,
                                     Value at, Value mask) {
  value = applyEpilogue(b, value, row, at, mask);
  Value to = add(b, times(b, row, columns), at);
  if (mask)
    vector::MaskedStoreOp::create(b, loc, resultBuffer, to, mask, value);
  else
    vector::StoreOp::create(b, loc, value, resultBuffer, to);
}

static bool isLong(qt::ContractOp contract) {
  return contract.hasEpilogue() &&
         llvm::any_of(contract.getEpilogue().front(), [](Operation &op) {
           auto elementwise = dyn_cast<ElementwiseOpInterface>(op);
           return elementwise && elementwise.isLong();
         });
}

void ContractionEmitter::emitEpilogue(OpBuilder &b, ArrayRef<Value> values,
                                      Value row, int64_t count) {
  if (!isLong(contract) || count == 1) {
    SmallVector<llvm::DenseMap<Value, Value>> ofColumns(vectors);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t v = 0; v < vectors; ++v) {
        columnOperands = &ofColumns[v];
        emitStore(b, values[r * vectors + v], plus(b, row, r), v);
      }
    columnOperands = nullptr;
    return;
  }
  for (int64_t i = 0; i < count * vectors; ++i)
    vector::StoreOp::create(b, loc, values[i], tile, index(i * width));
  auto loop = scf::ForOp::create(b, loc, index(0), index(count), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value r = loop.getInductionVar();
  for (int64_t v = 0; v < vectors; ++v) {
    Value from = plus(body, times(body, r, nr), v * width);
    Value value = vector::LoadOp::create(body, loc, vectorOf(contract.getAcc()),
                                         tile, from);
    emitStore(body, value, add(body, row, r), v);
  }
}
