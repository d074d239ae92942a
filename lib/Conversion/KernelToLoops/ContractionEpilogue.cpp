//===- ContractionEpilogue.cpp - What is done with sums ---------*- C++ -*-===//
//
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
#include "quantc/Analysis/IntegerRanges.h"
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

/// The operand with a number for each row by which \p op shifts to the right.
/// Null if it does anything else.
Value ContractionEmitter::getRowShift(Operation &op) {
  auto shift = dyn_cast<nn::BinaryOp>(op);
  auto places =
      shift ? dyn_cast<BlockArgument>(shift.getRhs()) : BlockArgument();
  if (!places || places.getArgNumber() == 0 ||
      !shift->hasAttr(rightShiftAttrName))
    return {};
  Value operand = contract.getEpilogueOperands()[places.getArgNumber() - 1];
  return isOfRows(operand) ? operand : Value();
}

/// Whether the epilogue of a tile's integer sums is straight code.
bool ContractionEmitter::hasStraightRows() {
  bool isChained = layout.getForm() == qt::LayoutForm::Chained;
  return width == 8 && (isWidened || isChained);
}

/// Whether the shift of a row is left to the product that it follows, whose own
/// shift it joins: in loops over rows.
bool ContractionEmitter::isJoinedShift(Operation &op) {
  if (hasStraightRows() || !getRowShift(op))
    return false;
  auto product = op.getOperand(0).getDefiningOp<nn::BinaryOp>();
  return product && product.getKind() == nn::BinaryKind::MulHigh31 &&
         product->hasOneUse();
}

/// Numbers of places that are prepared for a unit's rows at once.
ContractionEmitter::Values ContractionEmitter::findRowShifts() {
  Values found;
  if (!hasIntegerSums || conv || width < 8 || !contract.hasEpilogue())
    return found;
  for (Operation &op : contract.getEpilogue().front())
    if (Value operand = getRowShift(op);
        operand && !isJoinedShift(op) && !llvm::is_contained(found, operand))
      found.push_back(operand);
  return found;
}

/// The shifts whose numbers of 64 bits are prepared in the same way.
SmallVector<Operation *> ContractionEmitter::findJoinedShifts() {
  SmallVector<Operation *> found;
  if (!hasIntegerSums || conv || width < 16 || !contract.hasEpilogue())
    return found;
  for (Operation &op : contract.getEpilogue().front())
    if (isJoinedShift(op))
      found.push_back(&op);
  return found;
}

void ContractionEmitter::allocateShifts() {
  auto allocate = [&](Type type, size_t count) -> Value {
    if (count == 0)
      return {};
    return kernel.allocateScratch(
        type, shapes.getConstant(getShiftsAt(2 * static_cast<int64_t>(count))));
  };
  OpBuilder &b = kernel.getBuilder();
  unitShifts = allocate(b.getI32Type(), findRowShifts().size());
  unitJoinedShifts = allocate(b.getI64Type(), findJoinedShifts().size());
}

/// What a product multiplies, without a shift to the left by a constant, which
/// is how many places less it is shifted to the right.
static std::pair<Value, int64_t> stripShift(nn::BinaryOp product) {
  auto shift = product.getLhs().getDefiningOp<nn::BinaryOp>();
  APInt places;
  if (!shift || shift.getKind() != nn::BinaryKind::RShift ||
      !matchPattern(shift.getRhs(), m_ConstantInt(&places)) ||
      places.isStrictlyPositive() || places.slt(-30))
    return {product.getLhs(), 0};
  return {shift.getLhs(), -places.getSExtValue()};
}

/// Of ((x y + 2^30) >> 31) + half >> places, which is one sum and one shift.
void ContractionEmitter::prepareJoinedShifts(OpBuilder &b, Value last) {
  auto shifts = findJoinedShifts();
  if (shifts.empty())
    return;
  forRange(b, firstRow, last, width, [&](OpBuilder &body, Value row) {
    Value own = arith::SubIOp::create(body, loc, row, firstRow);
    Value exists = vector::CreateMaskOp::create(
        body, loc, vectorOf(b.getI1Type()),
        ValueRange{arith::SubIOp::create(body, loc, last, row)});
    auto number = [&](int64_t value) -> Value {
      auto type = VectorType::get(width, body.getI64Type());
      return arith::ConstantOp::create(
          body, loc,
          DenseElementsAttr::get(type, body.getI64IntegerAttr(value)));
    };
    for (auto [i, shift] : llvm::enumerate(shifts)) {
      VectorType type = vectorOf(body.getI32Type());
      Value places = vector::MaskedLoadOp::create(
          body, loc, type,
          kernel.getBuffer(cast<BlockArgument>(getRowShift(*shift))), row,
          exists, zeros(body, type));
      places = arith::MinSIOp::create(
          body, loc, places,
          splatConstant(body, loc, body.getI32Type(), 31, width));
      places = arith::ExtUIOp::create(body, loc, number(0).getType(), places);
      auto product = shift->getOperand(0).getDefiningOp<nn::BinaryOp>();
      int64_t bits = 31 - stripShift(product).second;
      Value half = arith::ShLIOp::create(
          body, loc, number(int64_t(1) << (bits - 1)), places);
      // Of no place there is no half.
      half = arith::AddIOp::create(
          body, loc,
          arith::AndIOp::create(body, loc, half, number(-(int64_t(1) << bits))),
          number(int64_t(1) << (bits - 1)));
      Value by = arith::AddIOp::create(body, loc, places, number(bits));
      for (auto [numbers, at] : {std::pair(half, 2 * i), {by, 2 * i + 1}})
        vector::StoreOp::create(body, loc, numbers, unitJoinedShifts,
                                plus(body, own, getShiftsAt(at)));
    }
  });
}

/// What the unit's rows are shifted by, and half of what that leaves out, into
/// scratch.
void ContractionEmitter::prepareShifts(OpBuilder &b, Value last) {
  prepareJoinedShifts(b, last);
  Values operands = findRowShifts();
  if (operands.empty())
    return;
  auto loop = scf::ForOp::create(b, loc, firstRow, last, index(width),
                                 zeros(b, vectorOf(b.getI32Type())));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value row = loop.getInductionVar();
  Value own = arith::SubIOp::create(body, loc, row, firstRow);
  VectorType type = vectorOf(b.getI32Type());
  auto number = [&](int64_t value) {
    return splatConstant(body, loc, b.getI32Type(), value, width);
  };
  Value any = loop.getRegionIterArg(0);
  Value exists = vector::CreateMaskOp::create(
      body, loc, vectorOf(b.getI1Type()),
      ValueRange{arith::SubIOp::create(body, loc, last, row)});
  for (auto [i, operand] : llvm::enumerate(operands)) {
    Value places = vector::MaskedLoadOp::create(
        body, loc, type, kernel.getBuffer(cast<BlockArgument>(operand)), row,
        exists, zeros(body, type));
    places = arith::MinSIOp::create(body, loc, places, number(31));
    if (i == 0)
      any = arith::OrIOp::create(body, loc, any, places);
    Value half = arith::ShLIOp::create(body, loc, number(1), places);
    half = arith::ShRUIOp::create(body, loc, half, number(1));
    for (auto [numbers, at] : {std::pair(places, 2 * i), {half, 2 * i + 1}})
      vector::StoreOp::create(body, loc, numbers, unitShifts,
                              plus(body, own, getShiftsAt(at)));
  }
  scf::YieldOp::create(body, loc, any);
  any = reduceLanes(b, loc, loop.getResult(0),
                    [&](OpBuilder &at, Value x, Value y) -> Value {
                      return arith::OrIOp::create(at, loc, x, y);
                    });
  isShifted =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, any,
                            arith::ConstantIntOp::create(b, loc, 0, 32));
}

/// Where the \p number-th numbers of all rows begin.
int64_t ContractionEmitter::getShiftsAt(int64_t number) {
  return number * llvm::alignTo(blockRows, width);
}

/// Takes those of row \p row.
void ContractionEmitter::loadShiftsOfRow(OpBuilder &b, Value row) {
  rowShifts.clear();
  Value own = arith::SubIOp::create(b, loc, row, firstRow);
  for (auto [i, operand] : llvm::enumerate(findRowShifts())) {
    auto load = [&](int64_t number) {
      return splat(b,
                   memref::LoadOp::create(b, loc, unitShifts,
                                          plus(b, own, getShiftsAt(number))));
    };
    if (i > 0 || !leavesFirstShift)
      rowShifts[operand] = {load(2 * i), load(2 * i + 1)};
    else
      rowShifts[operand] = {};
  }
  joinedShifts.clear();
  for (auto [i, shift] : llvm::enumerate(findJoinedShifts())) {
    auto load = [&](int64_t number) -> Value {
      return memref::LoadOp::create(b, loc, unitJoinedShifts,
                                    plus(b, own, getShiftsAt(number)));
    };
    joinedShifts[shift] = {load(2 * i), load(2 * i + 1)};
  }
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
    if (auto it = joinedShifts.find(&op); it != joinedShifts.end()) {
      auto product = op.getOperand(0).getDefiningOp<nn::BinaryOp>();
      auto [half, places] = it->second;
      mapping.map(op.getResult(0),
                  qt::MulShiftOp::create(
                      b, loc, mapping.lookup(stripShift(product).first),
                      mapping.lookup(product.getRhs()), half, places));
      continue;
    }
    if (op.hasOneUse() && joinedShifts.contains(*op.user_begin()))
      continue;
    if (Value operand = getRowShift(op); rowShifts.contains(operand)) {
      Value shifted = mapping.lookup(op.getOperand(0));
      if (auto [places, half] = rowShifts[operand]; places)
        shifted = arith::ShRSIOp::create(
            b, loc, arith::AddIOp::create(b, loc, shifted, half), places);
      mapping.map(op.getResult(0), shifted);
      continue;
    }
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
    rowShifts.clear();
    joinedShifts.clear();
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
    auto emitAll = [&](OpBuilder body) {
      for (int64_t r = 0; r < count; r += rowsAtOnce)
        emitRows(body, values.slice(r * vectors, rowsAtOnce * vectors),
                 plus(body, row, r));
      mergeLargest(body);
      rowOperands.clear();
    };
    if (!isShifted)
      return emitAll(b);
    // Of the product and the bias the one with the larger exponent stays, which
    // is the product in most units.
    auto branch = scf::IfOp::create(b, loc, isShifted, /*withElseRegion=*/true);
    emitAll(branch.getThenBodyBuilder());
    leavesFirstShift = true;
    emitAll(branch.getElseBodyBuilder());
    leavesFirstShift = false;
    return;
  }
  for (int64_t i = 0; i < count * vectors; ++i)
    vector::StoreOp::create(b, loc, values[i], tile, index(i * width));
  auto loop =
      scf::ForOp::create(b, loc, index(0), index(count), index(rowsAtOnce));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value r = loop.getInductionVar();
  Values loaded;
  for (int64_t i = 0; i < rowsAtOnce * vectors; ++i)
    loaded.push_back(
        vector::LoadOp::create(body, loc, vectorOf(contract.getAcc()), tile,
                               plus(body, times(body, r, nr), i * width)));
  emitRows(body, loaded, add(body, row, r));
  mergeLargest(body);
}
