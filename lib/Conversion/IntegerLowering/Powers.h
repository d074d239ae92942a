//===- Powers.h - Integer quotients, roots, powers --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions of rows of 16 bits, roots, reciprocals and logarithms of results,
// too, in the steps of Numerics/Fixed/Powers.h. Their elements have exponents
// of their own, `e` of the size of `m`, until they are put on one for each
// block. Where a function is not defined: 0 as a divisor or under a logarithm
// is one unit of its row, what is negative under a root is 0, under a logarithm
// one unit, and to a power that is no integer 0.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_POWERS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_POWERS_H

#include "IntegerBuilder.h"
#include "quantc/Numerics/Fixed/Functions.h"

namespace quantc {

/// Integers of up to 30 bits with an exponent each on one for every block, of
/// magnitudes up to 2^29.
Scaled joinExponents(IntegerBuilder &b, Scaled x,
                     llvm::ArrayRef<int64_t> blocks);

/// Whether each element has an exponent.
bool haveOwnExponents(qt::BlockType format);
/// Elements of \p x where \p isFirst says so, else of \p y: below 2^30, each
/// with the exponent of what is chosen, whatever the other one is.
Scaled chooseElements(IntegerBuilder &b, mlir::Value isFirst, Scaled x,
                      Scaled y);
/// The larger, or the smaller, elements of both in the same way.
Scaled chooseExtreme(IntegerBuilder &b, bool isLarger, Scaled x, Scaled y);

/// Sums of 64 bits as integers below 2^29 with an exponent each.
Scaled narrowSums(IntegerBuilder &b, mlir::Value sum, mlir::Value e);

Scaled buildQuotient(IntegerBuilder &b, Scaled x, Scaled y);
/// What is left of \p x divided by \p y, with the sign of \p x, or of \p y
/// where \p isFloored: exact but for the bits that do not fit 30. Of quotients
/// beyond 2^93 it lies within the divisor. A divisor of 0 is one unit.
Scaled buildRemainder(IntegerBuilder &b, Scaled x, Scaled y, bool isFloored);
Scaled buildReciprocal(IntegerBuilder &b, Scaled x);
/// What roots and powers are of, below 2^29, so that an odd exponent can double
/// it. Elements below that keep all bits.
Scaled leaveRoom(IntegerBuilder &b, Scaled x, qt::BlockType format);
Scaled buildRoot(IntegerBuilder &b, Scaled x, bool isReciprocal);
/// Of integers up to \p bound.
Scaled buildExponential(IntegerBuilder &b, Scaled x, int64_t bound);
/// fixed::expm1
Scaled buildExpm1(IntegerBuilder &b, Scaled x, int64_t bound);
/// An odd function of rows up to the exponent fixed::mostOddExponent
/// (fixed::timesOdd), of others \p table.
Scaled buildOdd(IntegerBuilder &b,
                const numerics::fixed::OddPolynomial &polynomial, Scaled x,
                Scaled table);
/// 1 / (1 + e^-x), as exact beside 0 as an exponential is.
Scaled buildSigmoid(IntegerBuilder &b, Scaled x);
/// With one exponent for all.
Scaled buildLogarithm(IntegerBuilder &b, Scaled x);
/// fixed::log1p of what has room.
Scaled buildLog1p(IntegerBuilder &b, Scaled x);
/// fixed::softplus
Scaled buildSoftplus(IntegerBuilder &b, Scaled x);
/// The cosine, or the sine, of an angle in radians, in Q30.
Scaled buildCosine(IntegerBuilder &b, Scaled x, bool isSine);
/// To constant exponents of a shape, of integers of 16 bits or, where \p
/// isWide, below 2^29.
Scaled buildPower(IntegerBuilder &b, Scaled x, llvm::ArrayRef<double> powers,
                  llvm::ArrayRef<int64_t> shape, bool isWide);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_POWERS_H
