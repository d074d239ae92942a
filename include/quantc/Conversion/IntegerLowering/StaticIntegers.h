//===- StaticIntegers.h - Integers whose scales are constants ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where ranges of values are known before, I-BERT and I-ViT compute on integers
// with constant scales: builtin tensors, which are brought from one scale to
// another by a multiplier and a shift (Numerics/Fixed/Dyadic.h). What has no
// such form takes the same integers with an exponent.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_INTEGERLOWERING_STATICINTEGERS_H
#define QUANTC_CONVERSION_INTEGERLOWERING_STATICINTEGERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <optional>

namespace quantc {

/// Signed integers of 8, 16 or 32 bits, at most \p bound in magnitude, by a
/// scale for all or for each index of the last dimension.
struct StaticValue {
  mlir::Value codes;
  llvm::SmallVector<double> scales;
  int64_t bound = 0;

  bool isScalar() const { return scales.size() == 1; }
};

/// The codes that a value is to have: 8 bits of a scale, or 16 of a 256th.
struct StaticScale {
  static constexpr int64_t most = 127, fine = 256;

  double scale;
  int64_t low = -most, high = most;

  double getScale(unsigned bits) const {
    return bits == 8 ? scale : scale / fine;
  }
  int64_t getLow(unsigned bits) const { return bits == 8 ? low : low * fine; }
  int64_t getHigh(unsigned bits) const {
    return bits == 8 ? high : high * fine;
  }
};

/// The values of a function that have such integers.
class StaticIntegers {
public:
  /// Gives the integers with exponents that stand for a float, and a constant
  /// as the weights that \p op takes; null after an error.
  struct Source {
    virtual ~Source() = default;
    virtual mlir::Value getJoint(mlir::OpBuilder &builder,
                                 mlir::Value value) = 0;
    virtual mlir::Value getWeights(mlir::OpBuilder &builder,
                                   mlir::Operation *op) = 0;
  };

  /// Reads the ranges of \p func and the scales on its ops.
  StaticIntegers(mlir::func::FuncOp func, qt::IntegerMethod method,
                 Source &source);

  /// The result of \p op as integers with exponents, computed on static ones;
  /// null where there is no such form or no range.
  mlir::Value build(mlir::OpBuilder &builder, mlir::Operation *op);

  // What forms are built of.

  qt::IntegerMethod getMethod() const { return method; }
  Source &getSource() { return source; }
  /// The scale that the value is to have.
  std::optional<StaticScale> getTarget(mlir::Value value) const;
  /// Whether it is the model that quantises the value to these codes.
  bool statesCodes(mlir::Value value) const;
  /// Its integers as they were computed; nothing where scales are not static.
  std::optional<StaticValue> getSums(mlir::Value value) const;
  /// At its own scale, with up to \p bits bits and one scale for all.
  std::optional<StaticValue> getCodes(mlir::OpBuilder &builder,
                                      mlir::Value value, unsigned bits);
  /// At \p scale, below 2^30, as 32 bits; null where there is no such form.
  mlir::Value getTerm(mlir::OpBuilder &builder, mlir::Value value,
                      double scale);

private:
  void readRanges(mlir::func::FuncOp func);

  qt::IntegerMethod method;
  Source &source;
  llvm::DenseMap<mlir::Value, StaticScale> targets;
  llvm::DenseSet<mlir::Value> stated;
  llvm::DenseMap<mlir::Value, StaticValue> values;
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, StaticValue> narrow;
};

} // namespace quantc

#endif // QUANTC_CONVERSION_INTEGERLOWERING_STATICINTEGERS_H
