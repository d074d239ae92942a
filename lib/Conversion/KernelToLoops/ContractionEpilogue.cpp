//===- ContractionEpilogue.cpp - What is done with sums ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include <numeric>

using namespace mlir;
using namespace quantc;

/// Where row \p row of an operand that broadcasts to the result begins.
Value ContractionEmitter::operandOffset(OpBuilder &b, Value operand,
                                        Value row) {
  SmallVector<AffineExpr> own(shapes.getSizes(operand));
  if (llvm::equal(own, resultSizes))
    return times(b, row, columns);
  if (own.size() < 2)
    return index(0);
  if (isOfRows(operand))
    return row;
  if (conv && isOfImage(operand))
    return arith::MulIOp::create(b, loc, image, kernel.getIndex(own.back()));
  SmallVector<Value> position =
      kernel.delinearize(b, ArrayRef(resultSizes).drop_back(), row);
  return kernel.getBroadcastOffset(b, own, resultSizes, position);
}

/// Whether \p operand has an element for each row, the same for all columns.
bool ContractionEmitter::isOfRows(Value operand) {
  ArrayRef<AffineExpr> own = shapes.getSizes(operand), all = resultSizes;
  return columns != 1 && own.size() == all.size() &&
         own.back() == shapes.getConstant(1) &&
         own.drop_back() == all.drop_back();
}

/// Whether \p operand has an element for each column, the same for all rows.
bool ContractionEmitter::isOfColumns(Value operand) {
  AffineExpr unit = shapes.getConstant(1);
  ArrayRef<AffineExpr> own = shapes.getSizes(operand);
  return columns != 1 && !own.empty() && own.back() != unit &&
         llvm::all_of(own.drop_back(),
                      [&](AffineExpr size) { return size == unit; });
}

Value ContractionEmitter::loadEpilogueOperand(OpBuilder &b, Value operand,
                                              const Place &place) {
  if (Value number = imageOperands.lookup(operand))
    return splat(b, number);
  Value buffer = kernel.getBuffer(cast<BlockArgument>(operand));
  ArrayRef<AffineExpr> own = shapes.getSizes(operand);
  // Stores in between keep LLVM from seeing that rows load the same, and
  // registers of a row.
  bool hasColumns = columnOperands && isOfColumns(operand);
  if (hasColumns)
    if (Value known = (*columnOperands)[place.vector].lookup(operand))
      return known;
  if (columnOperands)
    if (Value known = rowOperands.lookup({operand, place.row}))
      return known;
  Value offset = operandOffset(b, operand, place.row);
  Type element = getElementTypeOrSelf(operand);
  if (own.empty() || (own.back() == shapes.getConstant(1) && columns != 1)) {
    Value single = memref::LoadOp::create(b, loc, buffer, offset);
    Value number = splat(b, kernel.fromStored(b, single, element));
    if (columnOperands)
      rowOperands[{operand, place.row}] = number;
    return number;
  }
  Value from = add(b, offset, place.at);
  VectorType type =
      vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  Value stored;
  if (place.mask)
    stored = vector::MaskedLoadOp::create(b, loc, type, buffer, from,
                                          place.mask, zeros(b, type));
  else
    stored = vector::LoadOp::create(b, loc, type, buffer, from);
  Value loaded = kernel.fromStored(b, stored, element);
  if (hasColumns)
    (*columnOperands)[place.vector].try_emplace(operand, loaded);
  return loaded;
}

/// One vector of \p values one behind the other; their number is a power of 2.
Value ContractionEmitter::join(OpBuilder &b, Values values) {
  while (values.size() > 1) {
    int64_t lanes = cast<VectorType>(values[0].getType()).getNumElements();
    SmallVector<int64_t> all =
        llvm::to_vector(llvm::seq<int64_t>(0, 2 * lanes));
    Values joined;
    for (size_t i = 0; i < values.size(); i += 2)
      joined.push_back(
          vector::ShuffleOp::create(b, loc, values[i], values[i + 1], all));
    values = joined;
  }
  return values[0];
}

/// Clones the region onto \p accumulators at their places. Those of a call go
/// through it as one vector: operations of a chain wait for one another, those
/// of several do not.
ContractionEmitter::Values
ContractionEmitter::applyEpilogue(OpBuilder &b, ArrayRef<Value> accumulators,
                                  ArrayRef<Place> places) {
  if (!contract.hasEpilogue())
    return Values(accumulators);
  Block &region = contract.getEpilogue().front();
  IRMapping mapping;
  mapping.map(region.getArgument(0), join(b, Values(accumulators)));
  for (auto [argument, operand] : llvm::zip_equal(
           region.getArguments().drop_front(), contract.getEpilogueOperands()))
    if (!argument.use_empty()) {
      Values loaded;
      for (const Place &place : places)
        loaded.push_back(loadEpilogueOperand(b, operand, place));
      mapping.map(argument, join(b, loaded));
    }
  auto count = static_cast<int64_t>(places.size());
  for (Operation &op : region.without_terminator()) {
    Attribute constant;
    if (matchPattern(&op, m_Constant(&constant))) {
      auto type = vectorOf(op.getResult(0).getType(), count);
      mapping.map(op.getResult(0),
                  arith::ConstantOp::create(
                      b, loc, DenseElementsAttr::get(type, constant)));
      continue;
    }
    if (EpilogueShift *shift = findShift(&op)) {
      mapping.map(op.getResult(0), applyShift(b, *shift, mapping));
      continue;
    }
    // A shift that joins the product's own takes its place.
    EpilogueShift *joined =
        op.hasOneUse() ? findShift(*op.user_begin()) : nullptr;
    if (joined && joined->isJoined && !isUsual)
      continue;
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(mapping.lookup(operand));
    Operation *clone = cast<ElementwiseOpInterface>(op).cloneOnto(b, operands);
    mapping.map(op.getResult(0), clone->getResult(0));
  }
  Value result = mapping.lookup(region.getTerminator()->getOperand(0));
  if (count == 1)
    return {result};
  Values results;
  for (int64_t i = 0; i < count; ++i)
    results.push_back(vector::ExtractStridedSliceOp::create(
        b, loc, result, i * width, width, 1));
  return results;
}

/// Where the vector \p v of the panel's columns goes in a row.
ContractionEmitter::Place ContractionEmitter::getPlace(OpBuilder &b, Value row,
                                                       int64_t v) {
  Value at = plus(b, column, v * width);
  Value mask;
  if (n % nr != 0) {
    Value left = arith::SubIOp::create(b, loc, index(n), at);
    mask = vector::CreateMaskOp::create(b, loc, vectorOf(b.getI1Type()), left);
  }
  return {row, add(b, firstColumn, at), mask, v};
}

void ContractionEmitter::emitStores(OpBuilder &b, ArrayRef<Value> accumulators,
                                    ArrayRef<Place> places) {
  Values values = applyEpilogue(b, accumulators, places);
  for (auto [value, place] : llvm::zip_equal(values, places)) {
    noteLargest(b, value, place.mask, place.vector);
    Value to = add(b, times(b, place.row, columns), place.at);
    if (place.mask)
      vector::MaskedStoreOp::create(b, loc, resultBuffer, to, place.mask,
                                    value);
    else
      vector::StoreOp::create(b, loc, value, resultBuffer, to);
  }
}

bool ContractionEmitter::isEpilogueLong() {
  return contract.hasEpilogue() &&
         llvm::any_of(contract.getEpilogue().front(), [](Operation &op) {
           auto elementwise = dyn_cast<ElementwiseOpInterface>(op);
           return elementwise && elementwise.isLong();
         });
}

void ContractionEmitter::emitEpilogue(OpBuilder &b, ArrayRef<Value> values,
                                      Value row, int64_t count) {
  SmallVector<llvm::DenseMap<Value, Value>> ofColumns(vectors);
  columnOperands = &ofColumns;
  emitEpilogueOfTile(b, values, row, count);
  columnOperands = nullptr;
  rowOperands.clear();
}

void ContractionEmitter::emitEpilogueOfTile(OpBuilder &b,
                                            ArrayRef<Value> values, Value row,
                                            int64_t count) {
  if (!isEpilogueLong()) {
    for (int64_t r = 0; r < count; ++r) {
      Value own = plus(b, row, r);
      for (int64_t v = 0; v < vectors; ++v)
        emitStores(b, values[r * vectors + v], getPlace(b, own, v));
    }
    mergeLargest(b);
    return;
  }
  // So many vectors at once, of as many rows as have a multiple of them. Tables
  // of integer functions are looked up by one register.
  int64_t together = !contract.getAcc().isF32() ? 1 : 4;
  int64_t rowsAtOnce = together / std::gcd(together, vectors);
  if (count % rowsAtOnce != 0)
    rowsAtOnce = 1;
  together = std::gcd(together, rowsAtOnce * vectors);
  auto emitRows = [&](OpBuilder &body, ArrayRef<Value> values, Value row) {
    loadShiftsOfRow(body, row);
    SmallVector<Place> places;
    for (int64_t r = 0; r < rowsAtOnce; ++r) {
      Value own = plus(body, row, r);
      for (int64_t v = 0; v < vectors; ++v)
        places.push_back(getPlace(body, own, v));
    }
    for (int64_t i = 0; i < rowsAtOnce * vectors; i += together)
      emitStores(body, values.slice(i, together),
                 ArrayRef(places).slice(i, together));
    hasShiftsOfRow = false;
  };
  if (count == rowsAtOnce) {
    emitRows(b, values, row);
    mergeLargest(b);
    return;
  }
  // In front of what repeats them, whose stores might write them for all LLVM
  // knows.
  if (hasIntegerSums)
    for (Value operand : contract.getEpilogueOperands())
      for (int64_t v = 0; v < vectors; ++v)
        if (isOfColumns(operand))
          loadEpilogueOperand(b, operand, getPlace(b, row, v));
  if (hasStraightRows()) {
    forUsualShifts(b, [&](OpBuilder &body) {
      for (int64_t r = 0; r < count; r += rowsAtOnce)
        emitRows(body, values.slice(r * vectors, rowsAtOnce * vectors),
                 plus(body, row, r));
      mergeLargest(body);
      rowOperands.clear();
    });
    return;
  }
  for (int64_t i = 0; i < count * vectors; ++i)
    vector::StoreOp::create(b, loc, values[i], tile, index(i * width));
  forUsualShifts(b, [&](OpBuilder &branch) {
    auto loop = scf::ForOp::create(branch, loc, index(0), index(count),
                                   index(rowsAtOnce));
    OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
    Value r = loop.getInductionVar();
    Values loaded;
    for (int64_t i = 0; i < rowsAtOnce * vectors; ++i)
      loaded.push_back(
          vector::LoadOp::create(body, loc, vectorOf(contract.getAcc()), tile,
                                 plus(body, times(body, r, nr), i * width)));
    emitRows(body, loaded, add(body, row, r));
    mergeLargest(body);
    rowOperands.clear();
  });
}
