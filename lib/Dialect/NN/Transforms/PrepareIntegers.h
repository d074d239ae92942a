//===- PrepareIntegers.h - Parts of nn-prepare-integers ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

namespace quantc::nn {

/// What is added to a score is no further from 0: the exponential of this
/// leaves nothing, and 30 bits for it have units of 2^-13, which is more exact
/// than weights of eight bits.
constexpr double limitOfScores = 65536;

/// Limits what is added to the scores of attention, so that finite biases keep
/// their bits beside what hides a key.
void limitMasks(mlir::func::FuncOp func);

/// Limits what hides elements from a maximum, a minimum or an order, so that
/// those it is given to keep their bits.
void limitHidden(mlir::func::FuncOp func);

/// Limits what functions that are constant far out are of, so that one element
/// does not take the bits of others.
void limitArguments(mlir::func::FuncOp func);

/// Makes one op of a gate of straight pieces, and of what is multiplied by a
/// gate of itself.
void findGates(mlir::func::FuncOp func);

/// Picks the inputs that a product with a matrix of constants gives multiples
/// of.
void pickFeatures(mlir::func::FuncOp func);

/// Patterns that make functions of one or two variables, products along axes
/// and means over open windows of ops with an integer-only form.
void populateFunctionPatterns(mlir::RewritePatternSet &patterns);

/// Patterns that bring factors and summands behind activations to the weights
/// and the bias of the contractions before and behind them.
void populateAffinePatterns(mlir::RewritePatternSet &patterns);

/// Patterns that compute functions of a choice before it where one of its sides
/// is a constant far from 0.
void populateChoicePatterns(mlir::RewritePatternSet &patterns);

/// Patterns that compare counts of conditions between two numbers.
void populateFeaturePatterns(mlir::RewritePatternSet &patterns);

/// Patterns that ask what a result is computed from in the place of whether it
/// is infinite or no number.
void populateGuardPatterns(mlir::RewritePatternSet &patterns);

/// Patterns that find what is small beside one of the arguments of sigmoids.
void populateLogarithmPatterns(mlir::RewritePatternSet &patterns);

/// Patterns that make squares of differences of distances from constants.
void populateDistancePatterns(mlir::RewritePatternSet &patterns);

/// Patterns that make rows of one element of scalars.
void populateScalarPatterns(mlir::RewritePatternSet &patterns);

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

inline bool isReal(mlir::Value value) {
  return typeOf(value).getElementType().isF32();
}

/// Ops on floats at one place.
class Build {
public:
  Build(mlir::PatternRewriter &rewriter, mlir::Location loc)
      : rewriter(rewriter), loc(loc) {}

  mlir::Value number(double value) {
    auto type = mlir::RankedTensorType::get({}, rewriter.getF32Type());
    return mlir::arith::ConstantOp::create(
        rewriter, loc,
        mlir::DenseElementsAttr::get(type, static_cast<float>(value)));
  }
  mlir::Value binary(BinaryKind kind, mlir::Value a, mlir::Value b) {
    mlir::Type type = inferElementwiseType({a.getType(), b.getType()},
                                           typeOf(a).getElementType());
    return BinaryOp::create(rewriter, loc, type, kind, a, b);
  }
  mlir::Value unary(UnaryKind kind, mlir::Value x) {
    return UnaryOp::create(rewriter, loc, x.getType(), kind, x);
  }
  mlir::Value reduce(ReduceKind kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> axes, bool keepDims) {
    llvm::SmallVector<int64_t> shape;
    for (auto [dim, size] : llvm::enumerate(typeOf(x).getShape()))
      if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
        shape.push_back(size);
      else if (keepDims)
        shape.push_back(1);
    return ReduceOp::create(rewriter, loc, typeOf(x).clone(shape), kind, x,
                            axes, keepDims);
  }
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> perm) {
    llvm::SmallVector<int64_t> shape;
    for (int64_t dim : perm)
      shape.push_back(typeOf(x).getDimSize(dim));
    return TransposeOp::create(rewriter, loc, typeOf(x).clone(shape), x,
                               rewriter.getDenseI64ArrayAttr(perm));
  }
  /// The last dimension and another one change places.
  mlir::Value exchange(mlir::Value x, int64_t dim) {
    auto perm = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(x).getRank()));
    std::swap(perm[dim], perm.back());
    return transpose(x, perm);
  }

  mlir::Value compare(Predicate predicate, mlir::Value a, mlir::Value b) {
    mlir::Type type =
        inferElementwiseType({a.getType(), b.getType()}, rewriter.getI1Type());
    return CompareOp::create(rewriter, loc, type, predicate, a, b);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    mlir::Type type = inferElementwiseType(
        {condition.getType(), a.getType(), b.getType()}, rewriter.getF32Type());
    return SelectOp::create(rewriter, loc, type, condition, a, b);
  }
  /// Elements \p from to before \p to along an axis.
  mlir::Value slice(mlir::Value x, int64_t axis, int64_t from, int64_t to) {
    llvm::SmallVector<int64_t> shape(typeOf(x).getShape());
    shape[axis] = to - from;
    auto list = [&](int64_t number) {
      return makeIntegers(rewriter, loc, number);
    };
    return SliceOp::create(rewriter, loc, typeOf(x).clone(shape), x, list(from),
                           list(to), list(axis), list(1));
  }
  mlir::Value concat(mlir::Value a, mlir::Value b, int64_t axis) {
    llvm::SmallVector<int64_t> shape(typeOf(a).getShape());
    shape[axis] += typeOf(b).getDimSize(axis);
    return ConcatOp::create(rewriter, loc, typeOf(a).clone(shape),
                            mlir::ValueRange{a, b},
                            rewriter.getI64IntegerAttr(axis));
  }

private:
  mlir::PatternRewriter &rewriter;
  mlir::Location loc;
};

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H
