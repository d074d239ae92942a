//===- EqualSizes.cpp - Sizes that have to be equal -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/EqualSizes.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;

/// Adds pairs to those that the entry states.
static void addPairs(FunctionOpInterface entry,
                     ArrayRef<SymbolicShapes::SizePair> pairs) {
  auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  unsigned numDims = names ? names.size() : 0;
  llvm::SmallSetVector<Attribute, 4> maps;
  if (auto known = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    maps.insert_range(known);
  for (auto [a, b] : pairs)
    if (usesSymbolsBelow(a, numDims) && usesSymbolsBelow(b, numDims))
      maps.insert(AffineMapAttr::get(
          AffineMap::get(0, numDims, {a, b}, entry.getContext())));
  if (!maps.empty())
    entry->setAttr(
        equalSizesAttrName,
        Builder(entry.getContext()).getArrayAttr(maps.getArrayRef()));
}

void quantc::stateZeroSizes(FunctionOpInterface entry,
                            const SymbolicShapes &shapes) {
  SmallVector<SymbolicShapes::SizePair> pairs;
  AffineExpr zero = getAffineConstantExpr(0, entry.getContext());
  for (AffineExpr size : shapes.getZeroSizes())
    pairs.emplace_back(zero, size);
  addPairs(entry, pairs);
}

void quantc::stateEqualSizes(FunctionOpInterface entry,
                             const SymbolicShapes &shapes) {
  stateZeroSizes(entry, shapes);
  SmallVector<SymbolicShapes::SizePair> pairs;
  for (auto [a, b] : shapes.getExpectations())
    // Two names may also broadcast, which kernels check; two numbers are for
    // verifiers.
    if (!(isa<AffineConstantExpr>(a) && isa<AffineConstantExpr>(b)) &&
        !(isa<AffineSymbolExpr>(a) && isa<AffineSymbolExpr>(b)))
      pairs.emplace_back(a, b);
  addPairs(entry, pairs);
}

AffineExpr quantc::getDeclaredSize(FunctionOpInterface entry, AffineExpr size) {
  if (isa<AffineConstantExpr, AffineSymbolExpr>(size))
    return size;
  if (auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (AffineMap pair : pairs.getAsValueRange<AffineMapAttr>())
      if (isa<AffineSymbolExpr>(pair.getResult(0)) &&
          canonicalizeSize(pair.getResult(1)) == canonicalizeSize(size))
        return pair.getResult(0);
  return nullptr;
}

ArrayAttr quantc::replaceDims(ArrayAttr maps, ArrayRef<AffineExpr> replacements,
                              unsigned count) {
  SmallVector<Attribute> result;
  for (AffineMap map : maps.getAsValueRange<AffineMapAttr>())
    result.push_back(AffineMapAttr::get(map.replaceDimsAndSymbols(
        {}, replacements, /*numResultDims=*/0, count)));
  return ArrayAttr::get(maps.getContext(), result);
}
