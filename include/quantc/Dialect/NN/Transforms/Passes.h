//===- Passes.h - Passes on networks ----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_TRANSFORMS_PASSES_H
#define QUANTC_DIALECT_NN_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include <optional>
#include <string>

namespace quantc::nn {

/// Reads "NAME=N" or "NAME=MIN..MAX". Returns what is wrong with it.
std::optional<std::string> parseDimBinding(llvm::StringRef text,
                                           llvm::StringRef &name, int64_t &min,
                                           int64_t &max);

/// Puts numbers in the place of the named dims of \p func that have one, and
/// into its types. An error where sizes can never be equal that have to be.
mlir::LogicalResult fixDims(mlir::func::FuncOp func,
                            llvm::ArrayRef<std::optional<int64_t>> numbers);

/// What the pass nn-resolve-shapes does to one function.
void resolveShapes(mlir::func::FuncOp func);

/// Gives the result of an op the static sizes that `shapes` knows. If it is a
/// small integer tensor all of whose elements are known, also makes a constant
/// of it in front of the op and returns that.
mlir::Value resolveResult(mlir::Value result, SymbolicShapes &shapes);

/// What -nn-verify-network does: fails after errors for weights and sizes that
/// no network has.
mlir::LogicalResult verifyNetwork(mlir::func::FuncOp func);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_TRANSFORMS_PASSES_H
