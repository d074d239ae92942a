//===- Scalar.h - Scalar functions, the same on every host ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C library picks other code on other CPUs, and its results differ in the
// last place. What quantc evaluates at compile time is part of its output, so
// these functions are built of IEEE double operations alone and give the same
// bits everywhere.
//
// Errors, in units in the last place of a double: exp, log, log1p, sin and cos
// stay below 2, tanh and erf below 8, erfc below 128, the others of one operand
// below 6. pow stays below 2^-41 of
// its result, and is exact for integer exponents where the products are.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_SCALAR_H
#define QUANTC_NUMERICS_SCALAR_H

namespace quantc::numerics {

double exp(double x);
/// exp(x) - 1
double expm1(double x);
double log(double x);
/// log(1 + x)
double log1p(double x);
double tanh(double x);
double erf(double x);
/// 1 - erf(x), accurate where that is small.
double erfc(double x);
double sin(double x);
double cos(double x);
double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double sinh(double x);
double cosh(double x);
double asinh(double x);
double acosh(double x);
double atanh(double x);
/// With the special cases of C's pow.
double pow(double x, double y);

/// 1 / (1 + exp(-x))
double sigmoid(double x);
/// log(1 + exp(x))
double softplus(double x);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_SCALAR_H
