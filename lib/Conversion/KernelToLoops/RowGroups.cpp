//===- RowGroups.cpp - Rows side by side and their numbers ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass over several rows is a loop over them, in which no row waits for
// another; what is computed of their sums and maxima in between, a long chain,
// is computed once for all of them, a row a lane. Within the loop the number of
// a row is loaded from scratch memory.
//
//===----------------------------------------------------------------------===//

#include "IntegerCodes.h"
#include "RowEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;

void RowEmitter::forEachRow(OpBuilder &b,
                            function_ref<void(OpBuilder &)> body) {
  if (together == 1)
    return body(b);
  auto loop = scf::ForOp::create(b, loc, kernel.getIndex(int64_t(0)),
                                 kernel.getIndex(together),
                                 kernel.getIndex(int64_t(1)));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  rowLoop = loop;
  rowOfGroup = loop.getInductionVar();
  startRow(inner, arith::AddIOp::create(inner, loc, firstRow, rowOfGroup));
  scratchBase = arith::MulIOp::create(inner, loc, rowOfGroup,
                                      kernel.getIndex(sizes.back() + width));
  prepareOffsets(inner);
  scalars.clear();
  // Numbers are loaded in front of it.
  rowStart = arith::ConstantIndexOp::create(inner, loc, 0);
  body(inner);
  scalars.clear();
}

Value RowEmitter::getNumberBuffer(Value value, Type stored) {
  Value &buffer = numberBuffers[value];
  if (!buffer)
    buffer = kernel.allocateScratch(stored, shapes.getConstant(together));
  return buffer;
}

Value RowEmitter::getNumberOfRow(Value value) {
  if (Value known = scalars.lookup(value))
    return known;
  DenseElementsAttr constant;
  OpBuilder b(rowStart);
  Type element = getElementTypeOrSelf(value);
  if (matchPattern(value, m_Constant(&constant)))
    return arith::ConstantOp::create(
        b, loc, cast<TypedAttr>(constant.getSplatValue<Attribute>()));
  Value buffer = numberBuffers.lookup(value), at = rowOfGroup;
  if (!buffer) {
    Place place = places[cast<BlockArgument>(value)];
    buffer = place.buffer;
    at = place.at;
  }
  Value stored = memref::LoadOp::create(b, loc, buffer, at);
  return scalars[value] = kernel.fromStored(b, stored, element);
}

void RowEmitter::setNumberOfRow(OpBuilder &b, Value value, Value number) {
  scalars[value] = number;
  finished.insert(value);
  Value stored = kernel.toStored(b, number, getElementTypeOrSelf(value));
  for (unsigned index : getResultIndices(kernel.getKernel(), value))
    memref::StoreOp::create(b, loc, stored, kernel.getResultBuffer(index), row);
  if (together > 1)
    memref::StoreOp::create(
        b, loc, stored, getNumberBuffer(value, stored.getType()), rowOfGroup);
}

Value RowEmitter::getNumbers(OpBuilder &b, Value value) {
  if (together == 1)
    return getNumberOfRow(value);
  if (Value known = numbers.lookup(value))
    return known;
  Type element = getElementTypeOrSelf(value);
  DenseElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(VectorType::get(together, element),
                               constant.getSplatValue<Attribute>()));
  Value zero = kernel.getIndex(int64_t(0)), stored;
  if (Value kept = numberBuffers.lookup(value)) {
    stored = loadVector(b, loc, kept, zero, Value(), together);
  } else {
    Value buffer = kernel.getBuffer(cast<BlockArgument>(value));
    stored = isNumber(value)
                 ? loadVector(b, loc, buffer, firstRow, Value(), together)
                 : splat(b, loc, memref::LoadOp::create(b, loc, buffer, zero),
                         together);
  }
  return numbers[value] = kernel.fromStored(b, stored, element);
}

void RowEmitter::setNumbers(OpBuilder &b, Value value, Value all) {
  if (together == 1)
    return setNumberOfRow(b, value, all);
  numbers[value] = all;
  finished.insert(value);
  Value stored = kernel.toStored(b, all, getElementTypeOrSelf(value));
  for (unsigned index : getResultIndices(kernel.getKernel(), value))
    vector::StoreOp::create(b, loc, stored, kernel.getResultBuffer(index),
                            firstRow);
  // Ops on numbers take them as they are.
  bool isReadInRows = llvm::any_of(value.getUsers(), [&](Operation *user) {
    return !user->hasTrait<OpTrait::IsTerminator>() &&
           !isNumber(user->getResult(0));
  });
  if (isReadInRows)
    vector::StoreOp::create(
        b, loc, stored,
        getNumberBuffer(value, getElementTypeOrSelf(stored.getType())),
        kernel.getIndex(int64_t(0)));
}

Value RowEmitter::deriveNumberOfRow(
    OpBuilder &ofRow, Value value, int64_t index,
    function_ref<Value(OpBuilder &, Value)> make) {
  if (together == 1)
    return make(ofRow, getNumberOfRow(value));
  auto [it, isNew] = derived.try_emplace({value, index});
  if (isNew) {
    OpBuilder b(rowLoop);
    Value all = make(b, getNumbers(b, value));
    Value buffer = kernel.allocateScratch(getElementTypeOrSelf(all.getType()),
                                          shapes.getConstant(together));
    vector::StoreOp::create(b, loc, all, buffer, kernel.getIndex(int64_t(0)));
    it->second = buffer;
  }
  OpBuilder atStart(rowStart);
  return memref::LoadOp::create(atStart, loc, it->second, rowOfGroup);
}

/// An op on values with one number for each row.
void RowEmitter::emitNumbers(OpBuilder &b, ElementwiseOpInterface op) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(getNumbers(b, operand));
  setNumbers(b, op->getResult(0), op.cloneOnto(b, operands)->getResult(0));
  shiftFarProducts(b, op->getResult(0));
}

void RowEmitter::foldRows(OpBuilder &b, Value result,
                          function_ref<Value(OpBuilder &)> pass,
                          Combine combine, bool isSum,
                          function_ref<Value(OpBuilder &, Value)> finish) {
  if (together == 1) {
    Value vector = pass(b), number;
    // Sums of integers as one operation: PlainContraction.cpp says why.
    if (isSum && isa<IntegerType>(getElementTypeOrSelf(vector.getType())))
      number = vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD,
                                           vector);
    else
      number = reduceLanes(b, loc, vector, combine);
    return setNumberOfRow(b, result, finish(b, number));
  }
  // What one register has of each row, then all rows' halves at once.
  constexpr int64_t most = 8;
  Value buffer;
  int64_t count = 0;
  forEachRow(b, [&](OpBuilder &ofRow) {
    Value vector = pass(ofRow);
    auto type = cast<VectorType>(vector.getType());
    count = type.getNumElements();
    for (; count > most; count /= 2) {
      Value low = vector::ExtractStridedSliceOp::create(ofRow, loc, vector, 0,
                                                        count / 2, 1);
      Value high = vector::ExtractStridedSliceOp::create(
          ofRow, loc, vector, count / 2, count / 2, 1);
      vector = combine(ofRow, low, high);
    }
    buffer = kernel.allocateScratch(type.getElementType(),
                                    shapes.getConstant(count * together));
    Value at =
        arith::MulIOp::create(ofRow, loc, rowOfGroup, kernel.getIndex(count));
    vector::StoreOp::create(ofRow, loc, vector, buffer, at);
  });
  // As many rows at once as a vector has lanes.
  int64_t atOnce = std::min(count, together);
  Value all;
  for (int64_t from = 0; from < together; from += atOnce) {
    SmallVector<Value> vectors;
    for (int64_t i = from; i < from + atOnce; ++i)
      vectors.push_back(loadVector(b, loc, buffer, kernel.getIndex(i * count),
                                   Value(), count));
    Value part = foldEach(b, loc, std::move(vectors), combine);
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq<int64_t>(0, from + atOnce));
    all = vector::ShuffleOp::create(b, loc, all ? all : part, part, order);
  }
  setNumbers(b, result, finish(b, all));
}
