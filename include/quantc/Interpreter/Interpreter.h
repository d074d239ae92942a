//===- Interpreter.h - Evaluation of functions on host tensors --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_INTERPRETER_H
#define QUANTC_INTERPRETER_INTERPRETER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Interpreter/HostValue.h"
#include <functional>
#include <optional>
#include <string>

namespace quantc {

/// What evaluation needs beside an op's operands.
class InterpreterContext {
public:
  /// Ops may compute on \p threads threads; results do not depend on it.
  explicit InterpreterContext(unsigned threads = 1) : threads(threads) {}

  /// Evaluates the ops of \p block, whose arguments are \p arguments, and
  /// appends the operands of its terminator to \p results.
  llvm::LogicalResult interpretBlock(mlir::Block &block,
                                     llvm::ArrayRef<HostValue> arguments,
                                     llvm::SmallVectorImpl<HostValue> &results);

  /// Told of every op that was evaluated, with its operands and results.
  using Observer = std::function<void(mlir::Operation *op,
                                      llvm::ArrayRef<HostValue> operands,
                                      llvm::ArrayRef<HostValue> results)>;
  void setObserver(Observer function) { observer = std::move(function); }

  /// Ops with these results are not evaluated, nor is what only they need.
  using KnownResults =
      llvm::DenseMap<mlir::Operation *, llvm::SmallVector<HostValue>>;
  void setKnownResults(KnownResults results) { known = std::move(results); }

  /// Calls \p body with 0 to before \p count, on several threads.
  void parallelFor(int64_t count, llvm::function_ref<void(int64_t)> body) const;

private:
  unsigned threads;
  Observer observer;
  KnownResults known;
};

/// Evaluates \p func on \p arguments; failures have emitted their reason.
llvm::FailureOr<llvm::SmallVector<HostValue>>
interpretFunction(mlir::func::FuncOp func, llvm::ArrayRef<HostValue> arguments,
                  InterpreterContext &context);
llvm::FailureOr<llvm::SmallVector<HostValue>>
interpretFunction(mlir::func::FuncOp func, llvm::ArrayRef<HostValue> arguments,
                  unsigned threads = 1);

/// Evaluates one op, a constant or an interpretable one.
llvm::LogicalResult interpretOp(mlir::Operation &op,
                                llvm::ArrayRef<HostValue> operands,
                                llvm::SmallVectorImpl<HostValue> &results,
                                InterpreterContext &context);

/// A zeroed tensor for a result of \p op; an error where a machine cannot hold
/// it, for sizes may be data.
llvm::FailureOr<HostValue> allocateResult(mlir::Operation *op,
                                          llvm::ArrayRef<int64_t> shape,
                                          mlir::Type element);

/// The results of an op that a constant slice (see Analysis/ConstantSlices.h)
/// ends with.
llvm::FailureOr<llvm::SmallVector<HostValue>>
interpretConstantOp(mlir::Operation *op, unsigned threads = 1);
/// Evaluates a constant slice.
llvm::FailureOr<HostValue> interpretConstant(mlir::Value value,
                                             unsigned threads = 1);

/// Where an element is by its place in the order of rows: " at [1, 3]", and
/// nothing of a scalar.
std::string describePosition(const HostValue &value, int64_t index);

/// What is wrong with the first element of floats that is no finite number in
/// float32, or no number where they may be infinite: "is NaN at [1, 3]".
std::optional<std::string> describeNotFinite(const HostValue &value,
                                             bool mayBeInfinite = false);

/// The value of an op with the trait ConstantLike.
llvm::FailureOr<HostValue> getConstantValue(mlir::Operation *op);

/// The type with every dynamic size of \p type taken from \p shape.
mlir::RankedTensorType makeStatic(mlir::RankedTensorType type,
                                  llvm::ArrayRef<int64_t> shape);

} // namespace quantc

#endif // QUANTC_INTERPRETER_INTERPRETER_H
