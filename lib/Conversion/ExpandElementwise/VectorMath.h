//===- VectorMath.h - Polynomials on vectors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Functions of f32 scalars and vectors in arith and math.fma, without libm.
// Coefficients are least-squares fits iterated towards the smallest largest
// error; bounds are the largest over all floats of the stated range, found by
// test/unit/Conversion/MathTest.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_VECTORMATH_H
#define QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_VECTORMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace quantc {

/// Emits f32 arithmetic on values of one type, a scalar or a vector.
class VectorMath {
public:
  VectorMath(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type)
      : builder(builder), loc(loc), type(type) {}

  using Value = mlir::Value;

  Value number(double value);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b);
  Value fma(Value a, Value b, Value c);
  Value neg(Value a);
  Value abs(Value a);
  Value copySign(Value magnitude, Value sign);
  /// The other one where a comparison with NaN fails: min(NaN, b) is NaN.
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  Value less(Value a, Value b);
  Value equal(Value a, Value b);
  Value isNaN(Value a);
  Value select(Value condition, Value a, Value b);
  /// c[0] + x c[1] + x^2 c[2] + ...
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients);

  // With FMA; split into two operations the bounds in brackets hold.
  Value exp(Value x);   ///< 1 [1.5] ulp, denormals and overflow included
  Value expm1(Value x); ///< 2 ulp
  Value log(Value x);   ///< 1.5 ulp
  Value log1p(Value x); ///< 3 ulp
  Value tanh(Value x);  ///< 1.5 ulp
  Value erf(Value x);   ///< 2 ulp
  /// exp of what lies in [-88, 89]: 0 up to -87.69, infinite from 88.38 on.
  /// 1 ulp; fast ones have a relative error of 1.8e-7 + 2.8e-9 |x|
  /// [1.8e-7 + 9e-8 |x|].
  Value expInRange(Value x, bool isFast = false);
  Value sigmoid(Value x); ///< 2.5 ulp above 2^-126
  /// x sigmoid(y) with the error of a sigmoid, or of a fast exponential.
  Value timesSigmoid(Value x, Value y, bool isFast = false);
  Value geluErf(Value x); ///< 5e-7
  Value sin(Value x);     ///< 2 ulp
  Value cos(Value x);
  Value tan(Value x);          ///< 4 ulp
  Value asin(Value x);         ///< 3 ulp
  Value acos(Value x);         ///< 3 ulp
  Value atan(Value x);         ///< 3 ulp
  Value sinh(Value x);         ///< 3 ulp
  Value cosh(Value x);         ///< 3 ulp
  Value asinh(Value x);        ///< 4 ulp
  Value acosh(Value x);        ///< 4 ulp
  Value atanh(Value x);        ///< 4 ulp
  Value pow(Value x, Value y); ///< 1 ulp, with the special cases of IEEE

private:
  mlir::Type intType();
  mlir::Type wideType();
  Value integer(int64_t value);
  Value bits(Value x);
  Value fromBits(Value x);
  Value expOfRest(Value x, Value n);
  /// 2^n of what an addition left n + 127 in the low bits of, for n in
  /// [-127, 128]: 0 at -127, infinite at 128.
  Value lowBitsPower(Value shifted);
  Value scaleByPowers(Value p, Value n);
  /// exp(x) 2^power, up to x = 89.5; infinite and 0 beyond what a float holds.
  Value scaledExp(Value x, int64_t power);
  /// x = quadrant pi/2 + rest, and both functions of the rest.
  struct Angle {
    Value quadrant, sine, cosine;
  };
  Angle reduceAngle(Value x);
  Value testBit(Value x, int64_t bit);
  Value sinCos(Value x, bool cosine);
  /// asin of what lies in [0, 1/2].
  Value asinOfSmall(Value x);
  /// log(x + root) where root, near x, may not be added to a large x.
  Value logOfSum(Value x, Value root);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_VECTORMATH_H
