//===- SplatConstants.cpp - Constants of one number -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SplatConstants.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

std::optional<double> quantc::matchSplat(Value value) {
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) || !elements.isSplat() ||
      !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  return elements.getSplatValue<APFloat>().convertToDouble();
}

std::optional<int64_t> quantc::matchIntegerSplat(Value value) {
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat() &&
      elements.getElementType().isInteger())
    return elements.getSplatValue<APInt>().getSExtValue();
  IntegerAttr number;
  if (matchPattern(value, m_Constant(&number)))
    return number.getValue().getSExtValue();
  return std::nullopt;
}
