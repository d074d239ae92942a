//===- IntegerMath.h - Integer arithmetic on one type -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_INTEGERMATH_H
#define QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_INTEGERMATH_H

#include "Expansions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

namespace quantc {

/// Emits arithmetic on integers of one type, a scalar or a vector.
class IntegerMath {
public:
  using Value = mlir::Value;
  using Type = mlir::Type;

  IntegerMath(mlir::OpBuilder &builder, mlir::Location loc, Type type)
      : b(builder), loc(loc), type(type) {}

  Value number(int64_t value) { return integerLike(b, loc, type, value); }
  Value add(Value x, Value y) { return make<mlir::arith::AddIOp>(x, y); }
  Value sub(Value x, Value y) { return make<mlir::arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return make<mlir::arith::MulIOp>(x, y); }
  Value max(Value x, Value y) { return make<mlir::arith::MaxSIOp>(x, y); }
  Value min(Value x, Value y) { return make<mlir::arith::MinSIOp>(x, y); }
  Value bitAnd(Value x, Value y) { return make<mlir::arith::AndIOp>(x, y); }
  Value left(Value x, Value y) { return make<mlir::arith::ShLIOp>(x, y); }
  Value right(Value x, Value y) { return make<mlir::arith::ShRSIOp>(x, y); }
  Value rightUnsigned(Value x, Value y) {
    return make<mlir::arith::ShRUIOp>(x, y);
  }
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y) {
    return mlir::arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value isLess(Value x, Value y) {
    return compare(mlir::arith::CmpIPredicate::slt, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// (x + 2^(by-1)) >> by for a sum that fits.
  Value rightRounded(Value x, int64_t by) {
    return right(add(x, number(int64_t(1) << (by - 1))), number(by));
  }

private:
  template <typename OpTy> Value make(Value x, Value y) {
    return OpTy::create(b, loc, x, y);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
  Type type;
};

/// IntegerRoots.cpp, without divisions, of lanes of i64: the integer part of
/// the root of what is below 2^62, and min(2^61 / x, 2^31 - 1) of what is above
/// 0. Of others they are some numbers. The second of the first is 0 of those.
mlir::Value expandRootOfLanes(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value x);
mlir::Value expandReciprocalOfRoot(mlir::OpBuilder &builder, mlir::Location loc,
                                   mlir::Value x);
mlir::Value expandReciprocalOfLanes(mlir::OpBuilder &builder,
                                    mlir::Location loc, mlir::Value x);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_INTEGERMATH_H
