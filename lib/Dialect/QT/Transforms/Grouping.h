//===- Grouping.h - Which ops are one kernel --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_TRANSFORMS_GROUPING_H
#define QUANTC_LIB_DIALECT_QT_TRANSFORMS_GROUPING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc {

/// Which kernel every op of the entry goes to: at first one for each, but for
/// constants, addresses and views, which the entry holds itself.
class Grouping {
public:
  Grouping(mlir::func::FuncOp func, SymbolicShapes &shapes);

  /// What brings an image to 16 bits joins its quantisation.
  void fuseImages();
  /// Magnitudes of parts join who makes the parts, and a quantisation who
  /// encodes the image as it reads it.
  void fusePartners();
  /// Ops on the same rows join their producers, as long as no third kernel
  /// stands between.
  void fuseRows();
  /// Joins reductions along other axes than rows with the op on single elements
  /// that makes what they alone read, which then is not written.
  void fuseReductions();

  /// The groups in an order in which each follows what it uses.
  std::vector<std::vector<mlir::Operation *>> getOrderedGroups();

private:
  static bool isGrouped(mlir::Operation &op);
  /// The group of an op.
  unsigned find(unsigned index) const;
  struct Producer {
    unsigned index;
    bool isAliased;
  };
  llvm::SmallVector<Producer> findProducers(mlir::Operation *op) const;
  bool reaches(unsigned from, unsigned to);
  std::optional<llvm::SmallVector<mlir::AffineExpr>> joinRows(unsigned from,
                                                              unsigned to);
  void join(unsigned from, unsigned to);
  bool isOfImage(mlir::Operation *op, qt::QuantizeOp quantize);
  bool mayJoin(unsigned from, unsigned to) const;

  SymbolicShapes &shapes;
  /// Of a network of integers: floats are in kernels of their own, outside.
  bool isIntegerOnly;
  std::vector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Operation *, unsigned> indices;
  std::vector<llvm::SmallVector<Producer>> producers; ///< by users
  /// A forest, whose roots are groups.
  mutable std::vector<unsigned> parents;
  std::vector<std::vector<unsigned>> members;
  /// Of the tensor whose rows the group goes over; none where it goes over no
  /// rows.
  std::vector<std::optional<llvm::SmallVector<mlir::AffineExpr>>> rows;
};

} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_TRANSFORMS_GROUPING_H
