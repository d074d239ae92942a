//===- UnifyDims.cpp - One name for dims that must be equal -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/Transforms/Passes.h"

#include "mlir/IR/AffineMap.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNUNIFYDIMS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

/// Which earlier name stands for each of \p count; empty where all stay.
static SmallVector<unsigned> findEqualDims(func::FuncOp func, unsigned count) {
  SymbolicShapes shapes(func);
  SmallVector<unsigned> first = llvm::to_vector(llvm::seq<unsigned>(0, count));
  auto find = [&](unsigned dim) {
    while (first[dim] != dim)
      dim = first[dim];
    return dim;
  };
  bool isChanged = false;
  for (auto [a, b] : shapes.getExpectations()) {
    auto left = dyn_cast<AffineSymbolExpr>(a),
         right = dyn_cast<AffineSymbolExpr>(b);
    // Symbols behind the names are sizes that nobody knows.
    if (!left || !right || left.getPosition() >= count ||
        right.getPosition() >= count)
      continue;
    unsigned x = find(left.getPosition()), y = find(right.getPosition());
    if (x == y)
      continue;
    first[std::max(x, y)] = std::min(x, y);
    isChanged = true;
  }
  if (!isChanged)
    return {};
  for (unsigned &dim : first)
    dim = find(dim);
  return first;
}

/// Whether one more dim went.
static bool unifyDims(func::FuncOp func) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  if (!names || !maps)
    return false;
  SmallVector<unsigned> first = findEqualDims(func, names.size());
  if (first.empty())
    return false;
  Builder builder(func.getContext());
  SmallVector<Attribute> left;
  SmallVector<AffineExpr> replacements;
  for (auto [dim, name] : llvm::enumerate(names)) {
    if (first[dim] != dim) {
      replacements.push_back(replacements[first[dim]]);
      continue;
    }
    replacements.push_back(builder.getAffineSymbolExpr(left.size()));
    left.push_back(name);
  }
  SmallVector<Attribute> shapes;
  for (AffineMap map : maps.getAsValueRange<AffineMapAttr>())
    shapes.push_back(AffineMapAttr::get(map.replaceDimsAndSymbols(
        {}, replacements, /*numResultDims=*/0, left.size())));
  func->setAttr(dimNamesAttrName, builder.getArrayAttr(left));
  func->setAttr(argShapesAttrName, builder.getArrayAttr(shapes));
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
