//===- IntegerTypes.cpp - Types of integer-only networks --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/IntegerTypes.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

static constexpr int64_t whole = ShapedType::kDynamic;

BlockType qt::getIntegerFormat(MLIRContext *context, ArrayRef<int64_t> blocks,
                               unsigned bits) {
  auto element = ElementFormatAttr::get(context, "s" + std::to_string(bits));
  auto scale =
      ScaleFormatAttr::get(context, bits > rowBits ? "exp<32>" : "exp<8>");
  return BlockType::get(context, blocks, element, scale);
}

BlockType qt::getShiftedFormat(MLIRContext *context, ArrayRef<int64_t> rows) {
  SmallVector<int64_t> blocks(rows.size(), 1);
  blocks.back() = 32;
  return BlockType::get(context, blocks, ElementFormatAttr::get(context, "s8"),
                        ScaleFormatAttr::get(context, "shift<3>"),
                        /*zero=*/{}, ScaleFormatAttr::get(context, "exp<8>"),
                        rows);
}

BlockType qt::getIntegerFormat(Type type) {
  BlockType format = getBlockFormat(type);
  if (!format || format.getZero() || format.getOuter() ||
      format.getElement().getFormat().kind !=
          numerics::ElementFormat::Kind::Signed ||
      format.getScale().getFormat().kind !=
          numerics::ScaleFormat::Kind::Exponent ||
      llvm::any_of(format.getShape(), [](int64_t extent) {
        return extent != 1 && extent != whole;
      }))
    return {};
  return format;
}

bool qt::isWideExponent(BlockType format) {
  return !format.getZero() && !format.getOuter() &&
         format.getScale().getSpelling() == "exp<32>";
}

bool qt::isInputFormat(BlockType format) {
  if (format.getZero() || format.getOuter() ||
      format.getElement().getFormat().kind !=
          numerics::ElementFormat::Kind::Signed)
    return false;
  unsigned bits = format.getElement().getBitWidth();
  StringRef scale = format.getScale().getSpelling();
  return (bits == rowBits && scale == "exp<8>") ||
         (bits == summandBits && scale == "exp<32>");
}

bool qt::isIntegerNibbles(BlockType format) {
  if (format.getZero() || !format.getOuter() ||
      !format.getElement().getFormat().isSigned(4) ||
      !format.getScale().getFormat().isSigned(8) ||
      format.getOuter().getSpelling() != "exp<8>")
    return false;
  auto isOne = [](int64_t extent) { return extent == 1; };
  ArrayRef<int64_t> blocks = format.getShape(), outer = format.getOuterShape();
  return blocks.back() == 32 && llvm::all_of(blocks.drop_back(), isOne) &&
         isOne(outer.front()) &&
         llvm::all_of(outer.drop_front(), ShapedType::isDynamic);
}

qt::EncodingAttr qt::getSignedEncoding(BlockType format, ScaleRule rule) {
  unsigned bits = format.getElement().getBitWidth();
  int64_t limit = (int64_t(1) << (bits - 1)) - 1;
  return EncodingAttr::get(format.getContext(), rule, -limit, limit);
}

qt::EncodingAttr qt::getWeightEncoding(BlockType format) {
  return format.getOuter()
             ? EncodingAttr::get(format.getContext(), ScaleRule::Search, -8, 7)
             : getSignedEncoding(format, ScaleRule::AbsMax);
}

SmallVector<int64_t> qt::getRowBlocks(int64_t rank) {
  return BlockType::getDefaultOuterShape(rank);
}

bool qt::isStaticRange(double lowest, double highest) {
  double most = std::max(std::abs(lowest), std::abs(highest));
  return lowest <= highest && most >= 0x1p-80 && most <= 0x1p80;
}

SmallVector<int64_t> qt::getImageBlocks(int64_t rank) {
  SmallVector<int64_t> blocks(rank, whole);
  if (rank)
    blocks.front() = 1;
  return blocks;
}

SmallVector<int64_t> qt::getExampleBlocks(int64_t rank) {
  return rank == 1 ? SmallVector<int64_t>{1} : getRowBlocks(rank);
}

SmallVector<int64_t> qt::joinBlocks(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<int64_t> blocks(a);
  for (auto [extent, other] :
       llvm::zip(llvm::reverse(blocks), llvm::reverse(b)))
    if (other == whole)
      extent = whole;
  return blocks;
}
