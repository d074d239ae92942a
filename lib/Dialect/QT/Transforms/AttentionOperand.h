//===- AttentionOperand.h - One operand of an attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_TRANSFORMS_ATTENTIONOPERAND_H
#define QUANTC_LIB_DIALECT_QT_TRANSFORMS_ATTENTIONOPERAND_H

#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc::qt {

/// q, k or v (0, 1, 2) of an attention, with what the attention says of it.
class AttentionOperand {
public:
  AttentionOperand(AttentionOp op, unsigned index) : op(op), index(index) {}

  /// The tensor; null if the operand is given by its parts.
  mlir::Value get() const;
  HeadOrder getOrder() const;
  HeadRangeAttr getHeads() const;
  void set(mlir::Value tensor, HeadOrder order, HeadRangeAttr heads);

private:
  mlir::StringAttr getOrderName() const;
  mlir::StringAttr getHeadsName() const;

  AttentionOp op;
  unsigned index;
};

/// \p x as four dims: the sizes that \p like states for the two dims
/// \p leading of its result, then \p heads and \p width.
nn::ReshapeOp reshapeToHeads(mlir::OpBuilder &builder, nn::ReshapeOp like,
                             std::array<int64_t, 2> leading, mlir::Value x,
                             int64_t heads, int64_t width);

/// Erases what nobody uses, users before what they used.
void eraseDeadOps(mlir::func::FuncOp func);

} // namespace quantc::qt

#endif // QUANTC_LIB_DIALECT_QT_TRANSFORMS_ATTENTIONOPERAND_H
