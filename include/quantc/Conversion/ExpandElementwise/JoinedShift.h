//===- JoinedShift.h - Shifts of shifted products ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_EXPANDELEMENTWISE_JOINEDSHIFT_H
#define QUANTC_CONVERSION_EXPANDELEMENTWISE_JOINEDSHIFT_H

#include "mlir/IR/Builders.h"

namespace quantc {
namespace nn {
class BinaryOp;
} // namespace nn

/// The product that a shift to the right alone has, whose own shift it may
/// join; null where \p shift is none.
nn::BinaryOp getShiftedProduct(nn::BinaryOp shift);

/// What qt.mul_shift adds and shifts by.
struct JoinedShift {
  mlir::Value addend, places;
};

/// Of (((2^left x y + 2^30) >> 31) + half) >> places, where half is what rounds
/// by that many places: of x y one sum and one shift. \p places are 0 to 31, a
/// word or a vector of them.
JoinedShift joinShifts(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value places, int64_t left);

} // namespace quantc

#endif // QUANTC_CONVERSION_EXPANDELEMENTWISE_JOINEDSHIFT_H
