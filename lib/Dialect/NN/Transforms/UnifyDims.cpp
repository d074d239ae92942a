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
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNUNIFYDIMS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

namespace {
/// A name that another size stands for.
struct EqualDim {
  unsigned dim;
  AffineExpr size;
  bool isFront = false; ///< it may also be 1
};
} // namespace

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
        return EqualDim{dim, other};
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
  for (auto [a, b] : shapes.getFrontPairs())
    if (auto equal = solve(canonicalizeSize(a - b), count)) {
      equal->isFront = isa<AffineSymbolExpr>(equal->size);
      return equal;
    }
  return std::nullopt;
}

/// The arguments whose first dim is \p size, each with others behind it.
static SmallVector<BlockArgument> findBatches(func::FuncOp func,
                                              AffineExpr size) {
  SmallVector<BlockArgument> batches;
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  for (auto [argument, map] : llvm::zip_equal(
           func.getArguments(), maps.getAsValueRange<AffineMapAttr>()))
    if (map.getNumResults() != 0 && map.getResult(0) == size)
      batches.push_back(argument);
  return batches;
}

/// \p argument for each of the batch that \p like has: as often as its own
/// batch is 1, or as it is.
static void repeatBatch(BlockArgument argument, BlockArgument like) {
  OpBuilder builder = OpBuilder::atBlockBegin(argument.getOwner());
  Location loc = argument.getLoc();
  auto one = RankedTensorType::get({1}, builder.getI64Type());
  auto list =
      RankedTensorType::get({ShapedType::kDynamic}, builder.getI64Type());
  auto getBatch = [&](Value tensor) -> Value {
    return nn::ShapeOp::create(builder, loc, one, tensor,
                               builder.getI64IntegerAttr(0),
                               builder.getI64IntegerAttr(1));
  };
  auto compute = [&](nn::BinaryKind kind, Value a, Value b) -> Value {
    return nn::BinaryOp::create(builder, loc, a.getType(), kind, a, b);
  };
  // 0, 0, ... for a batch of 1, and 0, 1, ... for another one.
  Value number = nn::makeIntegers(builder, loc, 1), own = getBatch(argument);
  Value step = compute(nn::BinaryKind::Min,
                       compute(nn::BinaryKind::Sub, own, number), number);
  Value position = nn::IotaOp::create(builder, loc, list, getBatch(like));
  Value index = compute(nn::BinaryKind::Mul, position, step);
  auto repeated =
      nn::GatherOp::create(builder, loc, argument.getType(), argument, index,
                           builder.getI64IntegerAttr(0));
  argument.replaceUsesWithIf(repeated, [&](OpOperand &use) {
    return use.getOwner() != repeated && !isa<nn::ShapeOp>(use.getOwner());
  });
}

/// Lets a batch with a name of its own, which is \p equal 's or 1, be that one
/// in all that is computed. False where its tensors cannot be repeated.
static bool repeatBatches(func::FuncOp func, const EqualDim &equal) {
  AffineExpr own = getAffineSymbolExpr(equal.dim, func.getContext());
  SmallVector<BlockArgument> like = findBatches(func, equal.size);
  SmallVector<BlockArgument> batches = findBatches(func, own);
  auto isElement = [](BlockArgument argument) {
    return nn::isElement(getElementTypeOrSelf(argument.getType()));
  };
  llvm::erase_if(like, [&](BlockArgument a) { return !isElement(a); });
  // What is left behind an earlier call are sizes, which are no batch.
  llvm::erase_if(batches, [&](BlockArgument argument) {
    return llvm::all_of(argument.getUsers(), [](Operation *user) {
      return isa<nn::ShapeOp, nn::GatherOp>(user);
    });
  });
  if (like.empty() || batches.empty() || !llvm::all_of(batches, isElement))
    return false;
  for (BlockArgument argument : batches)
    repeatBatch(argument, like.front());
  // (own - 1) * (own - size) = 0, without differences.
  Builder builder(func.getContext());
  SmallVector<Attribute> pairs;
  if (auto known = func->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    pairs.append(known.begin(), known.end());
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  pairs.push_back(AffineMapAttr::get(AffineMap::get(
      0, names.size(), {own * own + equal.size, own * equal.size + own},
      func.getContext())));
  func->setAttr(equalSizesAttrName, builder.getArrayAttr(pairs));
  return true;
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
  if (equal->isFront && repeatBatches(func, *equal))
    return true;
  Builder builder(func.getContext());
  AffineExpr size = equal->size;
  unsigned dim = equal->dim;
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
  // A name that was given to a sum stays in front of its pair.
  SmallVector<Attribute> pairs;
  if (auto known = func->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (AffineMap pair : known.getAsValueRange<AffineMapAttr>())
      pairs.push_back(AffineMapAttr::get(AffineMap::get(
          0, left.size(),
          {pair.getResult(0).replaceSymbols(isName ? replacements : places),
           pair.getResult(1).replaceSymbols(replacements)},
          func.getContext())));
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
