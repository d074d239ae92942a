//===- JointValues.h - Integers that stand for floats -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_TRANSFORMS_JOINTVALUES_H
#define QUANTC_LIB_DIALECT_QT_TRANSFORMS_JOINTVALUES_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc {

/// Whether a value is a tensor of floats that integers may stand for.
bool isFloat(mlir::Value value);
/// Whether a value has codes and scales in one.
bool isJoint(mlir::Value value);

/// The integers that stand for the floats of a network, in all types that their
/// users take them in.
class JointValues {
public:
  /// What stands for a float: itself, what a recipe has quantised, or integers.
  mlir::Value getSource(mlir::Value value) const;
  /// The integers that stand for \p value; null if there are none.
  mlir::Value lookup(mlir::Value value) const { return joint.lookup(value); }
  void enter(mlir::Value value, mlir::Value integers) {
    joint[value] = integers;
  }

  /// A source in a type, made behind it once for all that ask.
  mlir::Value getAs(mlir::OpBuilder &builder, mlir::Value value,
                    mlir::Type type);
  /// Makes a source anew in a type: a float's codes, rows from what is wide,
  /// blocks from rows.
  mlir::Value encode(mlir::OpBuilder &builder, mlir::Value value,
                     mlir::Type type);

private:
  mlir::Value encodeFloat(mlir::OpBuilder &builder, mlir::Value value,
                          mlir::RankedTensorType type);

  llvm::DenseMap<mlir::Value, mlir::Value> joint;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> converted;
};

} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_TRANSFORMS_JOINTVALUES_H
