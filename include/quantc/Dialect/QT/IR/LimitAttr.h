//===- LimitAttr.h - Limits of values and of sums ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_LIMITATTR_H
#define QUANTC_DIALECT_QT_IR_LIMITATTR_H

#include "llvm/ADT/StringRef.h"

namespace quantc::qt {

/// On nn.clip in an integer-only network: the result takes the exponent of what
/// is left of a row, whose other elements keep their bits so.
constexpr llvm::StringLiteral ownExponentAttrName = "qt.own_exponent";

/// On nn.softmax in an integer-only network: scores that are as low as the
/// limit of the method `fixed` are hidden, so that a row of nothing else gives
/// zeros.
constexpr llvm::StringLiteral hasHiddenAttrName = "qt.has_hidden";

/// On what sums over a dimension of run time in an integer-only network: the
/// most elements that it has. Bits are chosen by it.
constexpr llvm::StringLiteral mostElementsAttrName = "qt.most_elements";

/// On an op in an integer-only network that finds its elements with an exponent
/// each, or chooses among such ones: they keep them, and do not come to one for
/// a row.
constexpr llvm::StringLiteral elementExponentsAttrName = "qt.element_exponents";

/// On nn.concat, nn.reduce, nn.pool or nn.binary in an integer-only network:
/// results are joined with all their bits, of which small ones count; or the
/// sum or mean of such ones, which something is taken off that is nearly the
/// same; or a maximum of windows, which is compared with what it is found in;
/// or a product, a quotient or a power that an exponential is of.
constexpr llvm::StringLiteral allBitsAttrName = "qt.all_bits";

} // namespace quantc::qt

#endif // QUANTC_DIALECT_QT_IR_LIMITATTR_H
