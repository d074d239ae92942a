//===- SizeNotes.cpp - How long sums of run time can be ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "quantc/Analysis/SizeBounds.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"

using namespace mlir;
using namespace quantc;

static int64_t getSize(Value value, int64_t dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim);
}

/// What an op sums over: a dimension of each of these operands.
static SmallVector<std::pair<Value, int64_t>> getSummed(Operation *op) {
  SmallVector<std::pair<Value, int64_t>> summed;
  auto addLast = [&](Value value) {
    if (int64_t rank = cast<RankedTensorType>(value.getType()).getRank())
      summed.emplace_back(value, rank - 1);
  };
  if (auto attention = dyn_cast<nn::AttentionOp>(op))
    summed.emplace_back(attention.getKey(), 2);
  else if (isa<nn::SoftmaxOp, nn::MatmulOp>(op))
    llvm::for_each(op->getOperands(), addLast);
  return summed;
}

int64_t quantc::getMostElements(Operation *op) {
  for (auto [value, dim] : getSummed(op))
    if (int64_t size = getSize(value, dim); !ShapedType::isDynamic(size))
      return size;
  auto noted = op->getAttrOfType<IntegerAttr>(qt::mostElementsAttrName);
  return noted ? noted.getInt() : ShapedType::kDynamic;
}

void quantc::noteSizeBounds(func::FuncOp func) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  auto bounds = func->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  if (!names || !bounds)
    return;
  // What has no bound is as large as a size can be.
  constexpr int64_t most = int64_t(1) << 47;
  SmallVector<SizeRange> ranges;
  for (auto name : names.getAsRange<StringAttr>()) {
    auto own = bounds.getAs<DenseI64ArrayAttr>(name);
    ranges.push_back(own ? SizeRange{own[0], own[1]} : SizeRange{0, most});
  }
  SymbolicShapes shapes(func);
  auto getMost = [&](Value value, int64_t dim) -> std::optional<int64_t> {
    AffineExpr size = shapes.getSizes(value)[dim];
    bool isNamed = true;
    size.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      isNamed &= !symbol || symbol.getPosition() < ranges.size();
    });
    std::optional<SizeRange> range;
    if (isNamed)
      range = getSizeRange(size, ranges);
    if (!range || range->high >= most)
      return std::nullopt;
    return std::max<int64_t>(range->high, 1);
  };
  func.walk([&](Operation *op) {
    if (!ShapedType::isDynamic(getMostElements(op)))
      return;
    for (auto [value, dim] : getSummed(op))
      if (std::optional<int64_t> known = getMost(value, dim))
        op->setAttr(qt::mostElementsAttrName,
                    Builder(op->getContext()).getI64IntegerAttr(*known));
  });
}
