//===- Operands.h - Operands in any order -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_OPERANDS_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_OPERANDS_H

#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include <array>
#include <cmath>

namespace quantc::nn {

/// Each operand of \p op with the other one, for patterns that match a sum or a
/// product in any order.
inline std::array<std::pair<mlir::Value, mlir::Value>, 2>
getBothOrders(BinaryOp op) {
  return {std::pair(op.getLhs(), op.getRhs()),
          std::pair(op.getRhs(), op.getLhs())};
}

/// The operand of \p op, one of \p kind, beside a finite \p number: it has the
/// type of the result. Null where there is none.
inline mlir::Value matchNumber(BinaryOp op, BinaryKind kind, double &number) {
  if (!op || op.getKind() != kind)
    return {};
  for (auto [other, constant] : getBothOrders(op))
    if (std::optional<double> splat = matchSplat(constant);
        splat && std::isfinite(*splat) && other.getType() == op.getType()) {
      number = *splat;
      return other;
    }
  return {};
}

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_OPERANDS_H
