//===- SplatConstants.h - Constants of one number ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SPLATCONSTANTS_H
#define QUANTC_ANALYSIS_SPLATCONSTANTS_H

#include "mlir/IR/Value.h"
#include <optional>

namespace quantc {

/// The number that every element of a constant tensor of floats is.
std::optional<double> matchSplat(mlir::Value value);

/// The integer that a constant is, or every element of a constant tensor.
std::optional<int64_t> matchIntegerSplat(mlir::Value value);

} // namespace quantc

#endif // QUANTC_ANALYSIS_SPLATCONSTANTS_H
