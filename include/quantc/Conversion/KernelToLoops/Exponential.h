//===- Exponential.h - The exponentials of softmax --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_EXPONENTIAL_H
#define QUANTC_CONVERSION_KERNELTOLOOPS_EXPONENTIAL_H

#include "mlir/IR/Builders.h"

namespace quantc {

/// exp(x) for f32 x <= 0, scalars or vectors: 1 at 0, exactly 0 below -87.69,
/// NaN for NaN. The relative error is 1.8e-7 + 2.8e-9 |x| down to -87.33,
/// where results become denormal; without FMA, 1.8e-7 + 9e-8 |x|, as much as
/// half a unit in the last place of x makes.
mlir::Value emitExpOfNonPositive(mlir::OpBuilder &builder, mlir::Location loc,
                                 mlir::Value x);

} // namespace quantc

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_EXPONENTIAL_H
