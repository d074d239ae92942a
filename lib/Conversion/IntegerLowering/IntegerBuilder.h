//===- IntegerBuilder.h - Integer ops on tensors ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the method fixed is written in: int32 arithmetic on tensors that
// broadcast, integers with exponents, and the steps that several ops share.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERBUILDER_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERBUILDER_H

#include "mlir/IR/Builders.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Primitives.h"

namespace quantc {

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// Integers of 32 bits whose value is m 2^e.
struct Scaled {
  mlir::Value m, e;
};

class IntegerBuilder {
public:
  IntegerBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() { return loc; }

  /// Constants: a scalar, a tensor.
  mlir::Value number(int64_t value, unsigned bits = 32);
  mlir::Value numbers(llvm::ArrayRef<int32_t> values,
                      llvm::ArrayRef<int64_t> shape);

  mlir::Value binary(nn::BinaryKind kind, mlir::Value a, mlir::Value b);
  mlir::Value unary(nn::UnaryKind kind, mlir::Value x);
  mlir::Value compare(nn::Predicate predicate, mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value cast(mlir::Value x, unsigned bits);
  mlir::Value clip(mlir::Value x, int64_t low, int64_t high);
  /// Along \p axes, which keep the size 1.
  mlir::Value reduce(nn::ReduceKind kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> axes);

  mlir::Value add(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::Add, a, b);
  }
  mlir::Value add(mlir::Value a, int64_t b) { return add(a, like(a, b)); }
  mlir::Value sub(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::Sub, a, b);
  }
  mlir::Value mul(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::Mul, a, b);
  }
  mlir::Value min(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::Min, a, b);
  }
  mlir::Value max(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::Max, a, b);
  }
  mlir::Value max(mlir::Value a, int64_t b) { return max(a, like(a, b)); }
  mlir::Value both(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::And, a, b);
  }
  mlir::Value maskBits(mlir::Value a, int64_t mask) {
    return binary(nn::BinaryKind::And, a, like(a, mask));
  }
  /// Shifts to the right, rounded half up; to the left below 0.
  mlir::Value shift(mlir::Value x, mlir::Value places) {
    return binary(nn::BinaryKind::RShift, x, places);
  }
  mlir::Value shift(mlir::Value x, int64_t places) {
    return places == 0 ? x : shift(x, like(x, places));
  }
  /// x >> places, rounded down, for places > 0 and x - 2^(places-1) that fits.
  mlir::Value shiftDown(mlir::Value x, int64_t places) {
    return shift(add(x, -(int64_t(1) << (places - 1))), places);
  }
  /// fixed::shiftToEven of 64 bits, for places from 1 to 62.
  mlir::Value shiftToEven(mlir::Value x, mlir::Value places);
  mlir::Value multiplyHigh(mlir::Value a, mlir::Value b) {
    return binary(nn::BinaryKind::MulHigh31, a, b);
  }

  //===--------------------------------------------------------------------===//
  // Integers with exponents
  //===--------------------------------------------------------------------===//

  /// The parts of a value, widened; and back, where the exponents are
  /// saturated, and one that several blocks share is repeated.
  Scaled load(mlir::ValueRange parts);
  llvm::SmallVector<mlir::Value> store(Scaled x, qt::BlockType format);
  /// The parts of a joint value, widened.
  Scaled loadJoint(mlir::Value joint);
  /// On the next exponent, rounded half up.
  Scaled halve(Scaled x) { return {shift(x.m, 1), add(x.e, 1)}; }

  /// Constants as integers of up to \p bits bits with one exponent.
  Scaled constant(llvm::ArrayRef<double> values, llvm::ArrayRef<int64_t> shape,
                  unsigned bits);
  /// The same with an exponent for each, where they differ.
  Scaled constantElements(llvm::ArrayRef<double> values,
                          llvm::ArrayRef<int64_t> shape, unsigned bits);
  /// Sums by the multipliers of their channels, or by those of a \p shape.
  mlir::Value apply(const numerics::fixed::Multipliers &multipliers,
                    mlir::Value acc, llvm::ArrayRef<int64_t> shape = {});
  /// With the low bits that alignment shifts out, below 2^31, and the exponent
  /// \p zero where a block of \p format is zeros: it does not count then.
  Scaled prepareAlignment(Scaled x, qt::BlockType format,
                          int64_t zero = numerics::fixed::zeroExponent);
  /// Both on the larger exponent, which is that of the results.
  void align(Scaled &a, Scaled &b);
  /// The largest magnitude of each block.
  mlir::Value largest(mlir::Value x, llvm::ArrayRef<int64_t> blocks);
  /// To a format of up to 31 bits: the exponent of a block, for which the
  /// integers, of 32 or 64 bits, have one already, from its largest magnitude.
  llvm::SmallVector<mlir::Value> normalise(Scaled x, qt::BlockType format);
  /// 2^x 32640 of a Q15 exponent 0 .. -n below zero: the power of the fraction,
  /// and n.
  std::pair<mlir::Value, mlir::Value> powerOfTwo(mlir::Value below);
  /// Scores in units of log2, Q15, from products and their exponent.
  mlir::Value score(const numerics::fixed::Multipliers &multipliers,
                    mlir::Value product, mlir::Value exponent,
                    llvm::ArrayRef<int64_t> shape = {});
  /// The multiplier that divides by a sum of 32 or 64 bits, of step 4 of
  /// attention.
  mlir::Value sumReciprocal(mlir::Value sum);
  /// The cosine in Q30 of a phase of which 2^30 are a turn, of up to half a
  /// turn; in Q15 that of a phase of which 2^32 are a turn.
  mlir::Value cosine30(mlir::Value phase);
  mlir::Value cosine(mlir::Value phase);
  /// The number of bits of integers that are not negative.
  mlir::Value bitLength(mlir::Value x);

  /// One number \p e for each block of \p m.
  mlir::Value spread(mlir::Value e, mlir::Value m, qt::BlockType format);

private:
  /// The cosine in Q30 of a distance from a quarter, in Q30 eighths of a turn.
  mlir::Value cosineNear(mlir::Value quarter, mlir::Value distance);
  mlir::Value like(mlir::Value x, int64_t value);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The dimensions that lie within one block.
llvm::SmallVector<int64_t> getWholeAxes(llvm::ArrayRef<int64_t> blocks);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_INTEGERBUILDER_H
