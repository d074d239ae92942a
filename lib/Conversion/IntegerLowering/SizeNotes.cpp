//===- SizeNotes.cpp - How long sums of run time can be ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SizeBounds.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"

using namespace mlir;
using namespace quantc;

/// What an op sums over: a dimension of each of these operands, which have one
/// size.
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

/// The most elements that an op sums, of what sizes are at most; nothing where
/// one is not known.
static std::optional<int64_t> countMost(
    Operation *op,
    function_ref<std::optional<int64_t>(Value value, int64_t dim)> getMost) {
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  if (!reduce) {
    for (auto [value, dim] : getSummed(op))
      if (std::optional<int64_t> most = getMost(value, dim))
        return most;
    return std::nullopt;
  }
  int64_t count = 1;
  for (int64_t axis : reduce.getAxes()) {
    std::optional<int64_t> most = getMost(reduce.getInput(), axis);
    if (!most || llvm::MulOverflow(count, *most, count))
      return std::nullopt;
  }
  return count;
}

static std::optional<int64_t> getStaticSize(Value value, int64_t dim) {
  int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dim);
  return ShapedType::isDynamic(size) ? std::nullopt : std::optional(size);
}

int64_t quantc::getMostElements(Operation *op) {
  if (std::optional<int64_t> count = countMost(op, getStaticSize))
    return *count;
  auto noted = op->getAttrOfType<IntegerAttr>(qt::mostElementsAttrName);
  return noted ? noted.getInt() : ShapedType::kDynamic;
}

/// The model's own integers wrap around, whatever number of them is summed.
static bool isSumOfFloats(Operation *op) {
  if (isa<nn::AttentionOp, nn::SoftmaxOp, nn::MatmulOp>(op))
    return true;
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  return reduce && reduce.getKind() != nn::ReduceKind::Max &&
         reduce.getKind() != nn::ReduceKind::Min &&
         getElementTypeOrSelf(reduce.getType()).isF32();
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
    if (std::optional<int64_t> size = getStaticSize(value, dim))
      return size;
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
    if (!isSumOfFloats(op) || !ShapedType::isDynamic(getMostElements(op)))
      return;
    if (std::optional<int64_t> most = countMost(op, getMost))
      op->setAttr(qt::mostElementsAttrName,
                  Builder(op->getContext()).getI64IntegerAttr(*most));
  });
}
