//===- IntegerLowering.h - Ops as integer ops -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef QUANTC_CONVERSION_INTEGERLOWERING_INTEGERLOWERING_H
#define QUANTC_CONVERSION_INTEGERLOWERING_INTEGERLOWERING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include <string>

namespace quantc {

/// The models of IntegerLoweringInterface, by the method fixed.
void registerIntegerModels(mlir::DialectRegistry &registry);

/// What is wrong with the constants of an op whose floats become integers, one
/// text for each. Ops \p isBeforeBorder compute on floats.
llvm::SmallVector<std::string> describeConstants(mlir::Operation *op,
                                                 bool isBeforeBorder);

/// What a recipe has quantised; the value itself where it has not.
mlir::Value getFloats(mlir::Value value);

/// The integers that a cast makes of integers with exponents; null where there
/// are none of that type.
mlir::Value buildTruncation(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value joint, mlir::Type element);

/// Notes on reshapes of floats which dimensions of both sides come together,
/// where only symbols of sizes say so.
void noteReshapeCuts(mlir::func::FuncOp func);

/// Notes on what sums over a dimension of run time how many elements it has at
/// most, where bounds of named dims say so.
void noteSizeBounds(mlir::func::FuncOp func);

} // namespace quantc

#endif // QUANTC_CONVERSION_INTEGERLOWERING_INTEGERLOWERING_H
