//===- StaticForms.h - Ops on integers of constant scales -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_STATICFORMS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_STATICFORMS_H

#include "IntegerModels.h"
#include "quantc/Conversion/IntegerLowering/StaticIntegers.h"

namespace quantc {

/// fixed::rescale to \p scale with 64 bits and without limits; null where the
/// ratio of scales is no dyadic one of 31 bits and a shift to the right.
mlir::Value rescaleStatically(IntegerBuilder &b, const StaticValue &x,
                              double scale);

/// The result of an op on static operands; nothing where it has no such form,
/// or a scale that it needs is not known.
std::optional<StaticValue> buildStaticForm(StaticIntegers &integers,
                                           mlir::OpBuilder &builder,
                                           mlir::Operation *op);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_STATICFORMS_H
