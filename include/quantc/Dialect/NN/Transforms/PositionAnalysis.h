//===- PositionAnalysis.h - Elements that depend on positions ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_TRANSFORMS_POSITIONANALYSIS_H
#define QUANTC_DIALECT_NN_TRANSFORMS_POSITIONANALYSIS_H

#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

namespace quantc::nn {

/// The elements of a tensor as a function of their position, whose coordinates
/// are the dims of affine expressions: a position itself, or one of two numbers
/// depending on where the element lies.
struct Elements {
  mlir::AffineExpr position;  ///< null: the element is a number
  mlir::AffineExpr condition; ///< null: the number is `otherwise` everywhere
  double then = 0;            ///< where `condition` >= 0
  double otherwise = 0;
};

class PositionAnalysis {
public:
  explicit PositionAnalysis(SymbolicShapes &shapes)
      : shapes(shapes), context(shapes.getContext()) {}

  std::optional<Elements> read(mlir::Value value, unsigned depth = 0);

private:
  using Result = std::optional<Elements>;

  Result readConstant(mlir::Value value, mlir::DenseElementsAttr constant);
  Result readTriangle(mlir::DenseElementsAttr constant);
  Result readCompare(CompareOp op, unsigned depth);
  Result readBinary(BinaryOp op, unsigned depth);
  Result readSelect(SelectOp op, unsigned depth);
  Result readSlice(SliceOp op, unsigned depth);
  Result readReshape(ReshapeOp op, unsigned depth);
  Result readConcat(ConcatOp op, unsigned depth);
  Result readTranspose(TransposeOp op, unsigned depth);
  /// The operand's elements by positions of a result that it broadcasts to.
  Result readBroadcast(mlir::Value operand, mlir::Value result, unsigned depth);

  Result replaceDims(Elements elements, llvm::ArrayRef<mlir::AffineExpr> dims);
  /// What \p function makes of numbers, as a function of one condition.
  Result combine(llvm::ArrayRef<Elements> operands,
                 llvm::function_ref<double(llvm::ArrayRef<double>)> function);
  mlir::AffineExpr dim(unsigned position) {
    return getAffineDimExpr(position, context);
  }

  SymbolicShapes &shapes;
  mlir::MLIRContext *context;
};

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_TRANSFORMS_POSITIONANALYSIS_H
