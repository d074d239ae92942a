//===- OpTable.cpp - Which ONNX operators can be imported -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace quantc::onnx;

OpTable::OpTable() {
  addAttentionOps(*this);
  addBitwiseOps(*this);
  addCastOps(*this);
  addConstantOps(*this);
  addContractionOps(*this);
  addConvolutionOps(*this);
  addEinsumOps(*this);
  addElementwiseOps(*this);
  addIndexingOps(*this);
  addMovementOps(*this);
  addNormalizationOps(*this);
  addPoolingOps(*this);
  addQuantizingOps(*this);
  addReductionOps(*this);
  addResizeOps(*this);
  addShapeOps(*this);
}

const OpEntry *OpTable::find(llvm::StringRef domain,
                             llvm::StringRef name) const {
  // The default domain has two spellings.
  if (domain == "ai.onnx")
    domain = "";
  auto found = entries.find({domain.str(), name.str()});
  return found == entries.end() ? nullptr : &found->second;
}

std::vector<std::string> OpTable::names(llvm::StringRef domain) const {
  std::vector<std::string> result;
  for (const auto &[key, entry] : entries)
    if (key.first == domain)
      result.push_back(key.second);
  return result;
}
