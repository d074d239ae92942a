//===- SymbolicShapes.h - Sizes as expressions of symbols -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SYMBOLICSHAPES_H
#define QUANTC_ANALYSIS_SYMBOLICSHAPES_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Location.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>

namespace quantc {

/// The sizes of every tensor of a function as expressions of its symbols.
///
/// Symbols are the named dims of `qt.dim_names`, in the sizes that
/// `qt.arg_shapes` (one affine map per argument) gives the arguments. A size
/// that nothing determines (a dynamic argument without such a map, a size that
/// depends on data) is a fresh symbol behind those. Expressions are uniqued and
/// simplified: equal sizes are equal pointers.
class SymbolicShapes {
public:
  using Sizes = llvm::SmallVector<mlir::AffineExpr>;
  using SizePair = std::pair<mlir::AffineExpr, mlir::AffineExpr>;

  explicit SymbolicShapes(mlir::FunctionOpInterface func);

  /// Adds the results of an op that was created after this object, behind what
  /// it uses.
  void infer(mlir::Operation *op);
  /// Removes what is known of a value that is about to be erased.
  void forget(mlir::Value value);

  /// The sizes of a ranked tensor.
  llvm::ArrayRef<mlir::AffineExpr> getSizes(mlir::Value tensor);
  void setSizes(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> sizes);

  /// The elements of a small integer tensor, row by row, where they
  /// follow from sizes and constants.
  std::optional<llvm::ArrayRef<mlir::AffineExpr>>
  getElements(mlir::Value value);
  void setElements(mlir::Value value,
                   llvm::ArrayRef<mlir::AffineExpr> elements);

  /// Whether both have the same sizes, symbol by symbol.
  bool haveEqualSizes(mlir::Value a, mlir::Value b);

  /// The number of symbols, fresh ones included.
  unsigned getNumSymbols() const { return numSymbols; }
  mlir::AffineExpr makeFreshSymbol();
  mlir::AffineExpr getConstant(int64_t value);
  mlir::MLIRContext *getContext() const { return context; }

  /// The product of all of \p sizes.
  mlir::AffineExpr getProduct(llvm::ArrayRef<mlir::AffineExpr> sizes);

  /// The quotient of two products, which divide without remainder at run time:
  /// equal factors cancel. Null where unknown divisors are left over.
  mlir::AffineExpr divideExactly(llvm::ArrayRef<mlir::AffineExpr> factors,
                                 llvm::ArrayRef<mlir::AffineExpr> divisors);

  /// How many windows of \p span, \p stride apart, fit into \p size with
  /// \p pads. Notes that the model is only right where one fits.
  mlir::AffineExpr countWindows(mlir::AffineExpr size, int64_t pads,
                                int64_t span, int64_t stride);

  /// Sizes that are zero wherever the model is right.
  llvm::ArrayRef<mlir::AffineExpr> getZeroSizes() const { return zeroSizes; }
  /// The op that says so of each; null where none does.
  llvm::ArrayRef<mlir::LocationAttr> getZeroSizeLocs() const {
    return zeroSizeLocs;
  }

  /// Notes that the model is only right where both are equal, or one is 1.
  void expectEqual(mlir::AffineExpr a, mlir::AffineExpr b);
  /// The pairs that were noted and are not equal for all symbols.
  llvm::ArrayRef<SizePair> getExpectations() const { return expectations; }
  /// The op that each is for; null where the function itself states it.
  llvm::ArrayRef<mlir::LocationAttr> getExpectationLocs() const {
    return expectationLocs;
  }
  /// Pairs of dims in front of the last in elementwise ops, which are equal or
  /// one of which is 1: models have tables with a batch of their own.
  llvm::ArrayRef<SizePair> getFrontPairs() const { return frontPairs; }

  /// The size that two dims broadcast to; \p isFront is as of getFrontPairs.
  mlir::AffineExpr broadcast(mlir::AffineExpr a, mlir::AffineExpr b,
                             bool isFront = false);

private:
  mlir::AffineExpr canonicalize(mlir::AffineExpr size);
  void inferArguments(mlir::FunctionOpInterface func);
  void inferResults(mlir::FunctionOpInterface func);

  mlir::MLIRContext *context;
  unsigned numSymbols = 0;
  llvm::DenseMap<mlir::Value, Sizes> sizes;
  llvm::DenseMap<mlir::Value, Sizes> elements;
  llvm::SmallVector<SizePair> expectations, frontPairs;
  llvm::SmallVector<mlir::AffineExpr> zeroSizes;
  llvm::SmallVector<mlir::LocationAttr> expectationLocs, zeroSizeLocs;
  mlir::LocationAttr current; ///< of the op that is asked
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_SYMBOLICSHAPES_H
