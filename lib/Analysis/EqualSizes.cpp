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
#include "quantc/Support/Locations.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;

/// Two sizes, and the op that they are equal for.
using NamedPair = std::pair<SymbolicShapes::SizePair, LocationAttr>;

/// Adds pairs to those that the entry states.
static void addPairs(FunctionOpInterface entry, ArrayRef<NamedPair> pairs) {
  auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  unsigned numDims = names ? names.size() : 0;
  Builder builder(entry.getContext());
  llvm::SmallSetVector<Attribute, 4> maps;
  llvm::SmallDenseSet<Attribute> named;
  SmallVector<Attribute> valueNames;
  if (auto known = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    maps.insert_range(known);
  if (auto known = entry->getAttrOfType<ArrayAttr>(equalSizeNamesAttrName))
    for (auto name : known.getAsRange<ArrayAttr>())
      if (maps.contains(name[0]) && named.insert(name[0]).second)
        valueNames.push_back(name);
  for (const auto &[pair, where] : pairs) {
    auto [a, b] = pair;
    if (!usesSymbolsBelow(a, numDims) || !usesSymbolsBelow(b, numDims))
      continue;
    Attribute map = AffineMapAttr::get(
        AffineMap::get(0, numDims, {a, b}, entry.getContext()));
    maps.insert(map);
    StringRef name = where ? getValueName(where) : "";
    if (!name.empty() && named.insert(map).second)
      valueNames.push_back(
          builder.getArrayAttr({map, builder.getStringAttr(name)}));
  }
  if (!maps.empty())
    entry->setAttr(equalSizesAttrName,
                   builder.getArrayAttr(maps.getArrayRef()));
  if (!valueNames.empty())
    entry->setAttr(equalSizeNamesAttrName, builder.getArrayAttr(valueNames));
}

void quantc::stateZeroSizes(FunctionOpInterface entry,
                            const SymbolicShapes &shapes) {
  SmallVector<NamedPair> pairs;
  AffineExpr zero = getAffineConstantExpr(0, entry.getContext());
  for (auto [size, where] :
       llvm::zip_equal(shapes.getZeroSizes(), shapes.getZeroSizeLocs()))
    pairs.push_back({{zero, size}, where});
  addPairs(entry, pairs);
}

void quantc::stateEqualSizes(FunctionOpInterface entry,
                             const SymbolicShapes &shapes) {
  stateZeroSizes(entry, shapes);
  SmallVector<NamedPair> pairs;
  for (auto [pair, where] :
       llvm::zip_equal(shapes.getExpectations(), shapes.getExpectationLocs())) {
    auto [a, b] = pair;
    // Two names may also broadcast, which kernels check; two numbers are for
    // verifiers.
    if (!(isa<AffineConstantExpr>(a) && isa<AffineConstantExpr>(b)) &&
        !(isa<AffineSymbolExpr>(a) && isa<AffineSymbolExpr>(b)))
      pairs.push_back({pair, where});
  }
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
