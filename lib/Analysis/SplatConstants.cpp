//===- SplatConstants.cpp - Constants of one number -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SplatConstants.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace quantc;

/// The number that every element of a weight is.
static std::optional<double> matchSplat(qt::BlobAttr blob) {
  std::optional<qt::ConstantBytes> constant = qt::getConstantBytes(blob);
  if (!constant || !blob.getType().getElementType().isF32() ||
      constant->bytes.size() < sizeof(float))
    return std::nullopt;
  // Each is what the next one is: of most weights the first two differ.
  ArrayRef<uint8_t> bytes = constant->bytes;
  if (bytes.drop_front(sizeof(float)) != bytes.drop_back(sizeof(float)))
    return std::nullopt;
  return llvm::bit_cast<float>(llvm::support::endian::read32le(bytes.data()));
}

std::optional<double> quantc::matchSplat(Value value) {
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  if (auto blob = dyn_cast<qt::BlobAttr>(constant))
    return ::matchSplat(blob);
  auto elements = dyn_cast<DenseElementsAttr>(constant);
  if (!elements || !elements.isSplat() ||
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
