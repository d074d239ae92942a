//===- BindDims.cpp - Fixes or bounds named dims ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Verifier.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNBINDDIMS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

namespace {
struct Range {
  int64_t min, max;
};
using Ranges = llvm::MapVector<llvm::StringRef, Range>;
} // namespace

std::optional<std::string> nn::parseDimBinding(llvm::StringRef text,
                                               llvm::StringRef &name,
                                               int64_t &min, int64_t &max) {
  auto [left, right] = text.rsplit('=');
  auto [low, high] = right.split("..");
  name = left;
  bool isRange = right.contains("..");
  if (left.empty() || low.getAsInteger(10, min) ||
      (isRange && high.getAsInteger(10, max)))
    return ("'" + text + "' is not NAME=N or NAME=MIN..MAX").str();
  if (!isRange)
    max = min;
  if (min < 0 || max < min)
    return ("'" + text + "': sizes are not negative, and MIN is at most MAX")
        .str();
  // Bytes that a 64-bit machine addresses: no tensor has more elements.
  constexpr int64_t most = int64_t(1) << 47;
  if (min > most)
    return ("'" + text + "': a size of more than 2^47 cannot be addressed")
        .str();
  return std::nullopt;
}

/// Takes pairs of the function's equal sizes away that are so now. False where
/// one never can be.
static bool dropEqualSizes(func::FuncOp func, ArrayAttr pairs) {
  SmallVector<Attribute> left;
  bool fits = true;
  for (AffineMap pair : pairs.getAsValueRange<AffineMapAttr>()) {
    AffineExpr a = canonicalizeSize(pair.getResult(0)),
               b = canonicalizeSize(pair.getResult(1));
    if (a && a == b)
      continue;
    left.push_back(AffineMapAttr::get(pair));
    fits &=
        !a || !b || !isa<AffineConstantExpr>(a) || !isa<AffineConstantExpr>(b);
  }
  if (left.empty())
    func->removeAttr(equalSizesAttrName);
  else
    func->setAttr(equalSizesAttrName, ArrayAttr::get(func.getContext(), left));
  return fits;
}

LogicalResult nn::fixDims(func::FuncOp func,
                          ArrayRef<std::optional<int64_t>> numbers) {
  Builder builder(func.getContext());
  SmallVector<AffineExpr> replacements;
  SmallVector<Attribute> left;
  for (auto [name, number] : llvm::zip_equal(
           func->getAttrOfType<ArrayAttr>(dimNamesAttrName), numbers)) {
    if (number) {
      replacements.push_back(builder.getAffineConstantExpr(*number));
      continue;
    }
    replacements.push_back(builder.getAffineSymbolExpr(left.size()));
    left.push_back(name);
  }
  func->setAttr(dimNamesAttrName, builder.getArrayAttr(left));
  for (llvm::StringRef key : {argShapesAttrName, resultShapesAttrName})
    if (auto maps = func->getAttrOfType<ArrayAttr>(key))
      func->setAttr(key, replaceDims(maps, replacements, left.size()));
  auto pairs = func->getAttrOfType<ArrayAttr>(equalSizesAttrName);
  bool fits = !pairs || dropEqualSizes(func, replaceDims(pairs, replacements,
                                                         left.size()));
  nn::resolveShapes(func);
  if (fits)
    return success();
  // The op that these sizes do not fit tells it best, if it is still there.
  if (failed(verify(func)))
    return failure();
  return func.emitError() << "no run has these sizes: windows do not fit into "
                             "them, or operands differ";
}

static LogicalResult bindDims(func::FuncOp func, const Ranges &ranges) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  SmallVector<llvm::StringRef> known;
  if (names)
    known.assign(names.getAsValueRange<StringAttr>().begin(),
                 names.getAsValueRange<StringAttr>().end());
  bool isWrong = false;
  for (const auto &[name, range] : ranges)
    if (!llvm::is_contained(known, name)) {
      func.emitError() << "there is no dim '" << name
                       << "' to fix or bound; there "
                       << (known.empty() ? "is none at all"
                                         : "are " + llvm::join(known, ", "));
      isWrong = true;
    }
  if (isWrong)
    return failure();
  if (!names)
    return success();
  for (llvm::StringRef key :
       {argShapesAttrName, resultShapesAttrName, equalSizesAttrName})
    if (auto maps = func->getAttrOfType<ArrayAttr>(key))
      for (AffineMap map : maps.getAsValueRange<AffineMapAttr>())
        if (!llvm::all_of(map.getResults(), [&](AffineExpr size) {
              return usesSymbolsBelow(size, names.size());
            }))
          return func.emitError()
                 << "'" << key << "' has " << AffineMapAttr::get(map)
                 << ", but there are " << names.size() << " names of dims";

  Builder builder(func.getContext());
  SmallVector<std::optional<int64_t>> numbers(known.size());
  SmallVector<NamedAttribute> bounds;
  for (auto [name, number] : llvm::zip_equal(known, numbers)) {
    auto given = ranges.find(name);
    if (given == ranges.end())
      continue;
    auto [min, max] = given->second;
    if (min == max)
      number = min;
    else
      bounds.push_back(
          builder.getNamedAttr(name, builder.getDenseI64ArrayAttr({min, max})));
  }
  if (!bounds.empty())
    func->setAttr(dimBoundsAttrName, builder.getDictionaryAttr(bounds));
  return nn::fixDims(func, numbers);
}

namespace {
struct NNBindDims : public nn::impl::NNBindDimsBase<NNBindDims> {
  using NNBindDimsBase::NNBindDimsBase;

  void runOnOperation() override {
    Ranges ranges;
    for (const std::string &text : dims) {
      llvm::StringRef name;
      Range range;
      if (auto problem =
              nn::parseDimBinding(text, name, range.min, range.max)) {
        getOperation()->emitError(*problem);
        return signalPassFailure();
      }
      ranges[name] = range;
    }
    for (auto func : getOperation()->getRegion(0).getOps<func::FuncOp>())
      if (func.isPublic() && !func.isExternal())
        if (failed(bindDims(func, ranges)))
          return signalPassFailure();
  }
};
} // namespace
