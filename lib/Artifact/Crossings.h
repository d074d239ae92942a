//===- Crossings.h - What parts of a program hand over ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_CROSSINGS_H
#define QUANTC_LIB_ARTIFACT_CROSSINGS_H

#include "quantc/Artifact/ArenaPlan.h"

namespace quantc {

/// The tensors that the parts of a static program hand to each other: codes of
/// inputs and of outputs, and their exponents.
class Crossings {
public:
  using Launches = llvm::ArrayRef<const ArenaPlan::Launch *>;
  using Sizes =
      llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::AffineExpr>>;
  /// The kind and the index of a place.
  using Key = std::pair<unsigned, unsigned>;

  /// \p first are the launches of the part that begins with the inputs, \p last
  /// those of the part that ends with the outputs.
  Crossings(mlir::func::FuncOp entry, const ArenaPlan &plan, Launches first,
            Launches last, const Sizes &sizes);

  struct Crossing {
    bool isOfInputs;
    /// The inputs that it is made of, or the outputs that are made of it.
    llvm::SmallVector<unsigned> ends;
    /// What exponents are those of, by their numbers.
    llvm::SmallVector<unsigned> codes;
  };
  const Crossing &get(unsigned index) const { return crossings[index]; }

  /// The tensors of a function in the order of what they belong to: inputs,
  /// then outputs, codes before their exponents.
  llvm::SmallVector<Key> sort(llvm::ArrayRef<Key> keys) const;

private:
  void findExponents(mlir::ValueRange values, const Sizes &sizes);

  const ArenaPlan &plan;
  std::vector<Crossing> crossings;
};

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_CROSSINGS_H
