//===- IntegerCodes.h - Encodes integers with exponents ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps of fixed::encodeBlocks, on vectors of words.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERCODES_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERCODES_H

#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {

/// i32 arithmetic on a scalar or vectors.
struct Words {
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type;

  Words(mlir::OpBuilder &b, mlir::Location loc, bool isVector)
      : b(b), loc(loc), type(b.getI32Type()) {
    if (isVector)
      type = mlir::VectorType::get(lanes, type);
  }
  /// With as many lanes as \p x has.
  static Words of(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x) {
    Words words(b, loc, /*isVector=*/false);
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(x.getType()))
      words.type = vector.clone(words.type);
    return words;
  }
  mlir::Value number(int64_t value) {
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
      return splatConstant(b, loc, b.getI32Type(), static_cast<double>(value),
                           vector.getNumElements());
    return mlir::arith::ConstantIntOp::create(b, loc, value, 32);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return mlir::arith::AddIOp::create(b, loc, x, y);
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return mlir::arith::SubIOp::create(b, loc, x, y);
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return mlir::arith::MulIOp::create(b, loc, x, y);
  }
  mlir::Value bitAnd(mlir::Value x, mlir::Value y) {
    return mlir::arith::AndIOp::create(b, loc, x, y);
  }
  /// Shifts by 0 .. 31.
  mlir::Value left(mlir::Value x, mlir::Value places) {
    return mlir::arith::ShLIOp::create(b, loc, x, places);
  }
  mlir::Value right(mlir::Value x, mlir::Value places) {
    return mlir::arith::ShRSIOp::create(b, loc, x, places);
  }
  mlir::Value rightUnsigned(mlir::Value x, mlir::Value places) {
    return mlir::arith::ShRUIOp::create(b, loc, x, places);
  }
  mlir::Value clamp(mlir::Value x, int64_t low, int64_t high) {
    return min(max(x, number(low)), number(high));
  }
  mlir::Value max(mlir::Value x, mlir::Value y) {
    return mlir::arith::MaxSIOp::create(b, loc, x, y);
  }
  mlir::Value min(mlir::Value x, mlir::Value y) {
    return mlir::arith::MinSIOp::create(b, loc, x, y);
  }
  mlir::Value isZero(mlir::Value x) {
    return mlir::arith::CmpIOp::create(b, loc, mlir::arith::CmpIPredicate::eq,
                                       x, number(0));
  }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y) {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  mlir::Value extend(mlir::Value x) {
    return x.getType() == type
               ? x
               : mlir::arith::ExtSIOp::create(b, loc, type, x).getResult();
  }
  mlir::Value truncate(mlir::Value x, unsigned bits) {
    mlir::Type element = b.getIntegerType(bits);
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
      element = vector.clone(element);
    return mlir::arith::TruncIOp::create(b, loc, element, x);
  }
  /// Of what is not negative.
  mlir::Value bitLength(mlir::Value x) {
    return sub(number(32), mlir::math::CountLeadingZerosOp::create(b, loc, x));
  }
};

/// What all blocks of a row have in common.
struct RowShift {
  mlir::Value lowest; ///< the smallest shift that one of them can have
  mlir::Value isZero; ///< the row is zeros
};
/// From the largest magnitudes of the row, by lanes, and its exponent, a word.
RowShift getRowShift(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value magnitudes, mlir::Value exponent);

/// The shift of a block with these magnitudes, and as it is stored.
std::pair<mlir::Value, mlir::Value> getBlockShift(mlir::OpBuilder &builder,
                                                  mlir::Location loc,
                                                  const RowShift &row,
                                                  mlir::Value magnitudes);

/// The exponent of the blocks of a row with this one, a word, as it is stored;
/// a row of zeros has its own.
mlir::Value getStoredExponent(mlir::OpBuilder &builder, mlir::Location loc,
                              const RowShift &row, mlir::Value exponent);

/// Words shifted to the right by any number of \p places, a word, half up and
/// limited to \p bits, in 8 or 16.
mlir::Value shiftWords(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value x, mlir::Value places, int64_t bits);

/// Codes of words, each of 16 bits, as \p op stores them; \p shifts are
/// those of getBlockShift.
mlir::Value encodeShifted(mlir::OpBuilder &builder, mlir::Location loc,
                          qt::QuantizeOp op, mlir::Value x, mlir::Value shifts);

/// The same of words that are shifted already.
mlir::Value finishCodes(mlir::OpBuilder &builder, mlir::Location loc,
                        qt::QuantizeOp op, mlir::Value q);

/// Codes of 8 bits as \p op stores them.
mlir::Value biasCodes(mlir::OpBuilder &builder, mlir::Location loc,
                      qt::QuantizeOp op, mlir::Value q);

/// Whether an image has no more channels in a block than 16 bits, in which
/// codes stand with their shift, have room for where the codes of 32 would
/// stand: products then do without blocks. The even ones come before the odd
/// ones, as widenCodes takes weights apart.
bool hasShiftedCodes(qt::LayoutAttr layout, int64_t depth, int64_t groups,
                     const CpuTarget &target);
constexpr int64_t mostShiftedCodes = 4;

/// The even and the odd ones of some bytes as 16 bits, times 2^shift where
/// there is one.
std::pair<mlir::Value, mlir::Value> widenCodes(mlir::OpBuilder &builder,
                                               mlir::Location loc,
                                               mlir::Value codes,
                                               mlir::Value shift);

/// Folds the lanes of each of \p vectors, a power of two of them, into the lane
/// of its number.
mlir::Value foldEach(mlir::OpBuilder &builder, mlir::Location loc,
                     llvm::SmallVector<mlir::Value> vectors, Combine combine);

/// The largest of the words of a vector.
mlir::Value reduceLargest(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value words);

/// Of 16-bit numbers the upper halves of products, or (x y + 2^14) >> 15.
enum class HalfProduct { High, HighUnsigned, Rounded15 };
mlir::Value multiplyHalves(mlir::OpBuilder &builder, mlir::Location loc,
                           HalfProduct kind, mlir::Value x, mlir::Value y,
                           const CpuTarget &target);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERCODES_H
