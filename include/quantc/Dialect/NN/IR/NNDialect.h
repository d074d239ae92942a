//===- NNDialect.h - What networks compute ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNDIALECT_H
#define QUANTC_DIALECT_NN_IR_NNDIALECT_H

#include "mlir/IR/Dialect.h"

#include "quantc/Dialect/NN/IR/NNDialect.h.inc"

namespace quantc::nn {
/// The most dimensions of a tensor: as many as an artefact's interface states.
inline constexpr int64_t MaxRank = 16;
} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_NNDIALECT_H
