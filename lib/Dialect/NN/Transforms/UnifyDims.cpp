//===- UnifyDims.cpp - One name for dims that must be equal -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNUNIFYDIMS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

/// A name that another size stands for.
using EqualDim = std::pair<unsigned, AffineExpr>;

/// One of \p count names of which \p difference, which has to be zero, tells
/// what it is in terms of the others; the last one where several are.
static std::optional<EqualDim> solve(AffineExpr difference, unsigned count) {
  if (!difference || !usesSymbolsBelow(difference, count))
    return std::nullopt;
  MLIRContext *context = difference.getContext();
  AffineExpr zero = getAffineConstantExpr(0, context);
  for (unsigned dim = count; dim-- > 0;) {
    AffineExpr symbol = getAffineSymbolExpr(dim, context);
    for (AffineExpr other : {symbol - difference, symbol + difference}) {
      other = canonicalizeSize(other);
      // A number is for the size checks to compare with.
      if (other && !isa<AffineConstantExpr>(other) &&
          !other.isFunctionOfSymbol(dim) && isSizeAtLeast(other, zero))
        return EqualDim(dim, other);
    }
  }
  return std::nullopt;
}

static std::optional<EqualDim> findEqualDim(func::FuncOp func, unsigned count) {
  SymbolicShapes shapes(func);
  for (auto [a, b] : shapes.getExpectations())
    // Symbols behind the names are sizes that nobody knows.
    if (auto equal = solve(canonicalizeSize(a - b), count))
      return equal;
  return std::nullopt;
}

/// The maps in the attribute \p name with other symbols.
static ArrayAttr replaceSymbols(func::FuncOp func, StringRef name,
                                ArrayRef<AffineExpr> replacements,
                                unsigned count) {
  SmallVector<Attribute> maps;
  if (auto attribute = func->getAttrOfType<ArrayAttr>(name))
    for (AffineMap map : attribute.getAsValueRange<AffineMapAttr>())
      maps.push_back(AffineMapAttr::get(map.replaceDimsAndSymbols(
          {}, replacements, /*numResultDims=*/0, count)));
  return ArrayAttr::get(func.getContext(), maps);
}

/// Whether one more dim stands for something else now.
static bool unifyDims(func::FuncOp func) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  if (!names || !func->hasAttr(argShapesAttrName))
    return false;
  std::optional<EqualDim> equal = findEqualDim(func, names.size());
  if (!equal)
    return false;
  // Another name takes the place of this one. A sum does so in sizes only: the
  // input's own size has to have a name, which is compared with the sum.
  Builder builder(func.getContext());
  auto [dim, size] = *equal;
  bool isName = isa<AffineSymbolExpr>(size);
  SmallVector<Attribute> left;
  SmallVector<AffineExpr> places;
  for (auto [index, name] : llvm::enumerate(names)) {
    places.push_back(builder.getAffineSymbolExpr(left.size()));
    if (index != dim || !isName)
      left.push_back(name);
  }
  SmallVector<AffineExpr> replacements(places);
  replacements[dim] = size.replaceSymbols(places);
  func->setAttr(dimNamesAttrName, builder.getArrayAttr(left));
  func->setAttr(argShapesAttrName, replaceSymbols(func, argShapesAttrName,
                                                  replacements, left.size()));
  SmallVector<Attribute> pairs(replaceSymbols(func, equalSizesAttrName,
                                              isName ? replacements : places,
                                              left.size())
                                   .getValue());
  if (!isName)
    pairs.push_back(AffineMapAttr::get(AffineMap::get(
        0, left.size(), {places[dim], replacements[dim]}, func.getContext())));
  if (!pairs.empty())
    func->setAttr(equalSizesAttrName, builder.getArrayAttr(pairs));
  return true;
}

namespace {
struct NNUnifyDims : public nn::impl::NNUnifyDimsBase<NNUnifyDims> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    // Bounds and results speak of the names as they were.
    if (func.isExternal() || func.isPrivate() ||
        func->hasAttr(resultShapesAttrName) || func->hasAttr(dimBoundsAttrName))
      return;
    // What is one dim now may make others meet.
    while (unifyDims(func))
      ;
  }
};
} // namespace
