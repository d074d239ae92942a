//===- IntegerRanges.h - What integers of a network can be ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An integer-only network in split form: for every value the integers that it
// can be for any input, and the ops whose results need not fit their type.
//
// MLIR's IntegerRangeAnalysis knows one range a value and lets overflow widen
// it without a word. Here ranges are exact and may differ along the last
// dimension, because weights bound each output of a product; inequalities
// between values (LinearBounds), the bit lengths that integers are shifted by,
// and ranges cut into pieces, where an op depends on one value alone in several
// ways, say what ranges do not. Ops of other dialects are asked by their
// InferIntRangeInterface.
//
// Integers of the model itself (sizes, indices, positions, what it casts floats
// to) wrap around as the model's format says. What is checked is all else that
// depends on a quantised value.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_INTEGERRANGES_H
#define QUANTC_ANALYSIS_INTEGERRANGES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Analysis/Interval.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringRef.h"

namespace quantc {
class LinearBounds;
struct LinearSum;

namespace qt {
class ContractOp;
class IntegerAttentionOp;
} // namespace qt

/// Marks an nn.binary rshift by 0 or more places that has room for half a unit
/// beside what it shifts, whatever the input: half a unit may be added first,
/// and 31 places do for more.
constexpr llvm::StringLiteral rightShiftAttrName = "qt.right";

/// Marks one by places of both signs, no less than -30, that has such room and
/// whose result fits where it goes to the left, but in elements that are
/// replaced by others afterwards.
constexpr llvm::StringLiteral roomyShiftAttrName = "qt.roomy";

/// Marks arithmetic of the model on its own integers that are made of quantised
/// values: the result wraps around as its type does.
constexpr llvm::StringLiteral wrapsAttrName = "qt.wraps";

/// Whether an op is arithmetic on integers that may be marked so. Choices, and
/// what moves elements, leave them as they are.
bool mayWrapAround(mlir::Operation *op);

class IntegerRanges {
public:
  /// An op whose result may leave its type, and what it may be.
  struct Overflow {
    mlir::Operation *op;
    Interval exact;
    std::string what;
  };

  explicit IntegerRanges(mlir::func::FuncOp func);

  llvm::ArrayRef<Overflow> getOverflows() const { return overflows; }
  /// Where exponents are limited to what is stored of them and need it.
  llvm::ArrayRef<mlir::Operation *> getSaturating() const { return saturating; }
  /// The hull over all elements.
  Interval getRange(mlir::Value value) const;

private:
  /// One interval, or one for each place along the last dimension.
  using Lanes = llvm::SmallVector<Interval, 1>;

  void visit(mlir::Operation *op);
  void visitContract(qt::ContractOp op);
  void visitAttention(qt::IntegerAttentionOp op);
  /// The range by the op's own kind; nothing for an op that says nothing.
  std::optional<Lanes> evaluateOp(mlir::Operation *op);
  std::optional<Lanes> evaluateElementwise(mlir::Operation *op);
  std::optional<Lanes> evaluateMovement(mlir::Operation *op) const;
  std::optional<Interval> evaluateCount(mlir::Operation *op);
  Lanes getLanes(mlir::Value value) const;
  Lanes map(mlir::Value value,
            llvm::function_ref<Interval(const Interval &)> apply) const;
  Lanes combine(mlir::Value a, mlir::Value b,
                llvm::function_ref<Interval(const Interval &, const Interval &)>
                    apply) const;
  /// Sets the range of a result after the inequalities that narrow it, and
  /// reports what does not fit.
  void set(mlir::Value result, Lanes lanes, llvm::StringRef what);
  void report(mlir::Operation *op, const Interval &exact, llvm::StringRef what);

  // Narrower ranges than those of the operands' ranges alone.
  Interval narrowShift(nn::BinaryOp op, Interval range);
  /// The same by the lengths of what is shifted, for places that are \p sum.
  Interval narrowLength(nn::BinaryOp op, Interval range, LinearBounds &bounds,
                        const LinearSum &sum);
  std::optional<Interval> matchDropped(nn::BinaryOp op) const;
  std::optional<Interval> matchSaturated(nn::BinaryOp op) const;
  std::optional<llvm::DynamicAPInt> matchRoom(mlir::Value limit,
                                              mlir::Value places) const;
  std::optional<Interval> matchDeviation(nn::BinaryOp op);
  std::optional<Interval> matchPlace(mlir::Operation *op);
  std::optional<Interval> cutPivot(mlir::Operation *op) const;
  std::optional<Interval> evaluatePiece(llvm::ArrayRef<mlir::Operation *> slice,
                                        mlir::Value pivot,
                                        const Interval &piece) const;
  void noteLength(nn::UnaryOp clz);

  mlir::func::FuncOp func;
  /// Inferred where they are asked for.
  std::optional<SymbolicShapes> shapes;
  llvm::DenseMap<mlir::Value, Lanes> ranges;
  /// What depends on a quantised value.
  llvm::DenseSet<mlir::Value> quantised;
  /// The leading zeros of what is nowhere below a value's magnitude.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, 2>> lengths;
  llvm::SmallVector<Overflow> overflows;
  llvm::SmallVector<mlir::Operation *> saturating;
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_INTEGERRANGES_H
