//===- PooledRows.cpp - Rows that a pool leaves of images -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A convolution shows by its shape that an image is a single position. In a
// product the first dimension may be examples or positions: there the pool
// itself is looked for, through what keeps an example one row.
//
//===----------------------------------------------------------------------===//

#include "Contractions.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

/// How many of the dimensions behind the first are not known to be 1.
static int64_t countExtents(Value value) {
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  return shape.empty() ? 0
                       : llvm::count_if(shape.drop_front(),
                                        [](int64_t size) { return size != 1; });
}

/// Whether \p op, which gives one row, takes several positions of an example.
static bool isPool(Operation *op) {
  if (llvm::none_of(op->getOperands(),
                    [](Value operand) { return countExtents(operand) > 1; }))
    return false;
  return TypeSwitch<Operation *, bool>(op)
      .Case([](nn::PoolOp) { return true; })
      .Case([](nn::ReduceOp reduce) {
        return !llvm::is_contained(reduce.getAxes(), 0);
      })
      // Weights of positions times positions.
      .Case([](nn::MatmulOp matmul) {
        return typeOf(matmul.getRhs()).getRank() > 2;
      })
      .Default(false);
}

/// The operands that have to be such rows where the results of \p op are; none
/// where they are not.
static SmallVector<Value> getRows(Operation *op, ConstantSlices &constants) {
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case<nn::ReshapeOp, nn::TransposeOp>([](auto moved) {
        // The examples stay in front.
        Value input = moved.getInput();
        int64_t front = typeOf(input).getShape().front(),
                behind = typeOf(moved.getResult()).getShape().front();
        return front == behind ? SmallVector<Value>{input}
                               : SmallVector<Value>{};
      })
      .Case<nn::UnaryOp, nn::ClipOp, nn::GeluOp, nn::SiluOp, nn::SoftmaxOp,
            nn::LayerNormOp, nn::RMSNormOp, nn::ConvOp, qt::QuantizeOp>(
          [](Operation *single) {
            return SmallVector<Value>{single->getOperand(0)};
          })
      .Case([](nn::MatmulOp matmul) {
        return hasWeights(matmul) ? SmallVector<Value>{matmul.getLhs()}
                                  : SmallVector<Value>{};
      })
      .Case<nn::BinaryOp, nn::ConcatOp>([&](Operation *several) {
        return llvm::filter_to_vector(
            several->getOperands(),
            [&](Value operand) { return !constants.contains(operand); });
      })
      .Default(SmallVector<Value>{});
}

bool quantc::isPooledRow(Value value) {
  SmallVector<Value> worklist{value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  ConstantSlices constants;
  while (!worklist.empty()) {
    Value row = worklist.pop_back_val();
    Operation *op = row.getDefiningOp();
    if (!op || typeOf(row).getRank() < 2 || countExtents(row) > 1)
      return false;
    if (!seen.insert(op).second || isPool(op))
      continue;
    SmallVector<Value> rows = getRows(op, constants);
    if (rows.empty())
      return false;
    llvm::append_range(worklist, rows);
  }
  return true;
}

bool quantc::isSinglePosition(nn::ConvOp op) {
  return llvm::all_of(
      op.getInput().getType().getShape().drop_front().drop_back(),
      [](int64_t size) { return size == 1; });
}
