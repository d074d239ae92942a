//===- SizeBounds.cpp - How large a size can be -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SizeBounds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

/// The smallest interval with the results of \p combine on the ends, which
/// is monotone in each of its operands.
static std::optional<SizeRange>
combineEnds(SizeRange a, SizeRange b,
            llvm::function_ref<bool(int64_t, int64_t, int64_t &)> combine) {
  SizeRange result{INT64_MAX, INT64_MIN};
  for (int64_t x : {a.low, a.high})
    for (int64_t y : {b.low, b.high}) {
      int64_t value;
      if (combine(x, y, value))
        return std::nullopt;
      result = {std::min(result.low, value), std::max(result.high, value)};
    }
  return result;
}

std::optional<SizeRange>
quantc::getSizeRange(AffineExpr size, llvm::ArrayRef<SizeRange> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return SizeRange{constant.getValue(), constant.getValue()};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size)) {
    if (symbol.getPosition() >= symbols.size())
      return std::nullopt;
    return symbols[symbol.getPosition()];
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary)
    return std::nullopt;
  std::optional<SizeRange> left = getSizeRange(binary.getLHS(), symbols),
                           right = getSizeRange(binary.getRHS(), symbols);
  if (!left || !right)
    return std::nullopt;
  if (size.getKind() == AffineExprKind::Add)
    return combineEnds(*left, *right, llvm::AddOverflow<int64_t>);
  if (size.getKind() == AffineExprKind::Mul)
    return combineEnds(*left, *right, llvm::MulOverflow<int64_t>);
  if (right->low <= 0)
    return std::nullopt;
  if (size.getKind() == AffineExprKind::Mod)
    return SizeRange{0, right->high - 1};
  bool isUp = size.getKind() == AffineExprKind::CeilDiv;
  return combineEnds(*left, *right, [&](int64_t x, int64_t y, int64_t &value) {
    value = isUp ? llvm::divideCeilSigned(x, y) : llvm::divideFloorSigned(x, y);
    return false;
  });
}
