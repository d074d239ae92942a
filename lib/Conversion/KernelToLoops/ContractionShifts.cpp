//===- ContractionShifts.cpp - Rows of sums with exponents ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shifts of the epilogue of integer sums that align the exponents of a row: by
// how many places, and half of what that leaves out, is prepared for all rows
// of a unit. Which of two summands is shifted depends on the row, but not for
// most units: sums have more bits than their elements fill, so that their
// exponent is the larger one. Where that is so for all rows of a unit, sums
// take a shorter way.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Conversion/ExpandElementwise/JoinedShift.h"

using namespace mlir;
using namespace quantc;

/// What \p value is, without a shift to the left by a constant, and by how many
/// places that is.
static std::pair<Value, int64_t> stripLeftShift(Value value) {
  auto shift = value.getDefiningOp<nn::BinaryOp>();
  APInt places;
  if (!shift || shift.getKind() != nn::BinaryKind::RShift ||
      !matchPattern(shift.getRhs(), m_ConstantInt(&places)) ||
      places.isStrictlyPositive() || places.slt(-30))
    return {value, 0};
  return {shift.getLhs(), -places.getSExtValue()};
}

/// Whether the epilogue of a tile's integer sums is straight code.
bool ContractionEmitter::hasStraightRows() {
  bool isChained = layout.getForm() == qt::LayoutForm::Chained;
  return width == 8 && (isWidened || isChained);
}

/// The shifts to the right by a number for each row.
void ContractionEmitter::findShifts() {
  if (!hasIntegerSums || conv || width < 8 || !contract.hasEpilogue())
    return;
  for (auto shift : contract.getEpilogue().front().getOps<nn::BinaryOp>()) {
    auto places = dyn_cast<BlockArgument>(shift.getRhs());
    if (!shift->hasAttr(rightShiftAttrName) || !places ||
        places.getArgNumber() == 0)
      continue;
    Value operand = contract.getEpilogueOperands()[places.getArgNumber() - 1];
    if (!isOfRows(operand))
      continue;
    EpilogueShift found;
    found.op = shift;
    found.operand = operand;
    found.isJoined = !hasStraightRows() && getShiftedProduct(shift);
    if (found.isJoined && width < 16)
      continue;
    auto [base, left] = stripLeftShift(shift.getLhs());
    Value source = base;
    if (auto cast = base.getDefiningOp<nn::CastOp>())
      source = cast.getInput();
    auto argument = dyn_cast<BlockArgument>(source);
    // Sums are not shifted, and what is added to them no further than back.
    if (left > 0 || !argument || argument.getArgNumber() == 0)
      found.mostUsual = left;
    shifts.push_back(found);
  }
}

void ContractionEmitter::allocateShifts() {
  findShifts();
  OpBuilder &b = kernel.getBuilder();
  int64_t words = 0, doubles = 0;
  for (EpilogueShift &shift : shifts) {
    int64_t &count = shift.isJoined ? doubles : words;
    shift.first = count;
    count += shift.mostUsual.value_or(0) > 0 ? 3 : 2;
  }
  auto allocate = [&](Type type, int64_t count) -> Value {
    if (count == 0)
      return {};
    return kernel.allocateScratch(type,
                                  shapes.getConstant(getNumbersAt(count)));
  };
  unitShifts = allocate(b.getI32Type(), words);
  unitJoinedShifts = allocate(b.getI64Type(), doubles);
}

/// What the unit's rows are shifted by, and half of what that leaves out, into
/// scratch.
void ContractionEmitter::prepareShifts(OpBuilder &b, Value last) {
  if (shifts.empty())
    return;
  VectorType type = vectorOf(b.getI32Type());
  auto loop =
      scf::ForOp::create(b, loc, firstRow, last, index(width), zeros(b, type));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value row = loop.getInductionVar(), any = loop.getRegionIterArg(0);
  Value own = arith::SubIOp::create(body, loc, row, firstRow);
  auto number = [&](int64_t value) {
    return splatConstant(body, loc, b.getI32Type(), value, width);
  };
  Value exists = vector::CreateMaskOp::create(
      body, loc, vectorOf(b.getI1Type()),
      ValueRange{arith::SubIOp::create(body, loc, last, row)});
  for (EpilogueShift &shift : shifts) {
    Value places = vector::MaskedLoadOp::create(
        body, loc, type, kernel.getBuffer(cast<BlockArgument>(shift.operand)),
        row, exists, zeros(body, type));
    places = arith::MinSIOp::create(body, loc, places, number(31));
    auto keep = [&](int64_t slot, Value numbers) {
      vector::StoreOp::create(
          body, loc, numbers, shift.isJoined ? unitJoinedShifts : unitShifts,
          plus(body, own, getNumbersAt(shift.first + slot)));
    };
    if (shift.mostUsual) {
      Value back =
          arith::SubIOp::create(body, loc, number(*shift.mostUsual), places);
      if (*shift.mostUsual > 0)
        keep(2, back);
      // Below 0 the highest bit is set.
      any = arith::OrIOp::create(body, loc, any, back);
    }
    if (shift.isJoined) {
      nn::BinaryOp product = getShiftedProduct(shift.op);
      JoinedShift joined = joinShifts(body, loc, places,
                                      stripLeftShift(product.getLhs()).second);
      keep(0, joined.addend);
      keep(1, joined.places);
      continue;
    }
    Value half = arith::ShLIOp::create(body, loc, number(1), places);
    keep(0, arith::ShRUIOp::create(body, loc, half, number(1)));
    keep(1, places);
  }
  scf::YieldOp::create(body, loc, any);
  if (llvm::none_of(shifts, [](const EpilogueShift &shift) {
        return shift.mostUsual.has_value();
      }))
    return;
  any = reduceLanes(b, loc, loop.getResult(0),
                    [&](OpBuilder &at, Value x, Value y) -> Value {
                      return arith::OrIOp::create(at, loc, x, y);
                    });
  hasUsualShifts =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, any,
                            arith::ConstantIntOp::create(b, loc, 0, 32));
}

/// Where the \p number-th numbers of all rows begin.
int64_t ContractionEmitter::getNumbersAt(int64_t number) {
  return number * static_cast<int64_t>(llvm::alignTo(blockRows, width));
}

/// Takes those of row \p row.
void ContractionEmitter::loadShiftsOfRow(OpBuilder &b, Value row) {
  hasShiftsOfRow = true;
  Value own = arith::SubIOp::create(b, loc, row, firstRow);
  for (EpilogueShift &shift : shifts) {
    auto load = [&](int64_t slot) -> Value {
      return memref::LoadOp::create(
          b, loc, shift.isJoined ? unitJoinedShifts : unitShifts,
          plus(b, own, getNumbersAt(shift.first + slot)));
    };
    shift.half = shift.places = Value();
    if (isUsual && shift.mostUsual) {
      if (*shift.mostUsual > 0)
        shift.places = splat(b, load(2));
    } else if (shift.isJoined) {
      shift.half = load(0);
      shift.places = load(1);
    } else {
      shift.half = splat(b, load(0));
      shift.places = splat(b, load(1));
    }
  }
}

ContractionEmitter::EpilogueShift *
ContractionEmitter::findShift(Operation *op) {
  if (!hasShiftsOfRow)
    return nullptr;
  auto *it = llvm::find_if(
      shifts, [&](const EpilogueShift &shift) { return shift.op == op; });
  return it == shifts.end() ? nullptr : it;
}

/// What \p shift gives of the row whose numbers are at hand.
Value ContractionEmitter::applyShift(OpBuilder &b, const EpilogueShift &shift,
                                     const IRMapping &mapping) {
  nn::BinaryOp op = shift.op;
  Value input = op.getLhs();
  if (isUsual && shift.mostUsual) {
    if (*shift.mostUsual == 0)
      return mapping.lookup(input);
    return arith::ShLIOp::create(
        b, loc, mapping.lookup(stripLeftShift(input).first), shift.places);
  }
  if (shift.isJoined) {
    nn::BinaryOp product = getShiftedProduct(op);
    return qt::MulShiftOp::create(
        b, loc, mapping.lookup(stripLeftShift(product.getLhs()).first),
        mapping.lookup(product.getRhs()), shift.half, shift.places);
  }
  return arith::ShRSIOp::create(
      b, loc, arith::AddIOp::create(b, loc, mapping.lookup(input), shift.half),
      shift.places);
}

/// \p body in one way for units whose rows have usual shifts, and in another
/// one for others.
void ContractionEmitter::forUsualShifts(OpBuilder &b,
                                        function_ref<void(OpBuilder &)> body) {
  if (!hasUsualShifts)
    return body(b);
  auto branch =
      scf::IfOp::create(b, loc, hasUsualShifts, /*withElseRegion=*/true);
  isUsual = true;
  OpBuilder then = branch.getThenBodyBuilder();
  body(then);
  isUsual = false;
  OpBuilder otherwise = branch.getElseBodyBuilder();
  body(otherwise);
}
