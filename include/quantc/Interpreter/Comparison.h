//===- Comparison.h - Errors of a quantised form, by layer ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_COMPARISON_H
#define QUANTC_INTERPRETER_COMPARISON_H

#include "quantc/Interpreter/Interpreter.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <string>
#include <vector>

namespace quantc {

/// How far numbers are from those they stand for, summed over any number of
/// tensors.
class ErrorSum {
public:
  /// Tensors of as many elements each.
  void add(const HostValue &expected, const HostValue &got);

  bool isEmpty() const { return elements + strange == 0; }
  /// The root of the mean square of the error over that of what is expected.
  double getRelativeRms() const;
  double getMaxAbs() const { return maxAbs; }
  /// Of the angle between both.
  double getCosine() const;
  /// Elements that differ and are infinite or no number on one side at least;
  /// the measures above leave them out.
  int64_t getNumStrange() const { return strange; }

private:
  double errorSquares = 0, expectedSquares = 0, gotSquares = 0, products = 0;
  double maxAbs = 0;
  int64_t elements = 0, strange = 0;
};

/// The error of one value that both forms of a function compute.
struct LayerError {
  std::string name; ///< the value's in the model
  std::string op;   ///< what computes it: "nn.matmul"
  /// Of its quantised operands; empty where it has none.
  std::vector<std::string> formats;
  ErrorSum error; ///< with all that comes from the layers before it
  /// Its own: computed on what the float form hands it.
  ErrorSum own;
};

/// Runs a float function and its quantised form (joint values) side by side.
/// Values are joined on the names in their locations; where several ops have
/// one name, on their kind and order.
class Comparison {
public:
  Comparison(mlir::func::FuncOp reference, mlir::func::FuncOp quantized,
             unsigned threads);

  /// Runs both on the same arguments and adds to the errors. May be called
  /// again with others.
  llvm::LogicalResult run(llvm::ArrayRef<HostValue> arguments);

  /// In the order in which they are computed.
  llvm::ArrayRef<LayerError> getLayers() const { return layers; }
  /// One for each result.
  llvm::ArrayRef<ErrorSum> getResults() const { return results; }
  /// Results of the last run.
  llvm::ArrayRef<HostValue> getFloatResults() const { return floatResults; }
  llvm::ArrayRef<HostValue> getQuantizedResults() const {
    return quantizedResults;
  }

private:
  using Keys = llvm::DenseMap<mlir::Value, std::string>;
  static Keys makeKeys(mlir::func::FuncOp func);
  void makeLayers();
  void observe(mlir::Operation *op, llvm::ArrayRef<HostValue> operands,
               llvm::ArrayRef<HostValue> produced);
  /// What the float form hands to an op of the quantised one, given what that
  /// got itself. Null where the float form has no such value.
  HostValue getFloatOperand(mlir::Value operand, const HostValue &own) const;

  mlir::func::FuncOp reference, quantized;
  unsigned threads;
  Keys referenceKeys, quantizedKeys;
  std::vector<LayerError> layers;
  llvm::DenseMap<mlir::Value, unsigned> layerOf;
  std::vector<ErrorSum> results;

  // Of the run in progress.
  llvm::StringMap<HostValue> recorded;
  llvm::DenseMap<mlir::Value, HostValue> quantizedFloats;
  llvm::SmallVector<HostValue> floatResults, quantizedResults;
  bool isBroken = false;
};

} // namespace quantc

#endif // QUANTC_INTERPRETER_COMPARISON_H
