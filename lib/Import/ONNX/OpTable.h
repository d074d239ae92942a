//===- OpTable.h - Which ONNX operators can be imported ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_OPTABLE_H
#define QUANTC_LIB_IMPORT_ONNX_OPTABLE_H

#include "NodeBinder.h"

namespace quantc::onnx {

/// The opsets of the default domain that the import functions know.
constexpr unsigned OldestOpset = 7;
constexpr unsigned NewestOpset = 28;

/// Imports one node: builds its results, or reports through the binder.
using ImportFunction = void (*)(NodeBinder &node);

struct OpEntry {
  ImportFunction import;
  /// The first opset that has the operator.
  unsigned since;
  unsigned minInputs;
  unsigned maxInputs;
  unsigned maxOutputs;
};

/// The operators that can be imported, by domain and name.
class OpTable {
public:
  OpTable();

  const OpEntry *find(llvm::StringRef domain, llvm::StringRef name) const;
  /// All names of a domain in alphabetical order.
  std::vector<std::string> names(llvm::StringRef domain) const;

  /// Adds an operator of the default domain.
  void add(llvm::StringRef name, ImportFunction import, unsigned since,
           unsigned minInputs, unsigned maxInputs, unsigned maxOutputs = 1) {
    entries[{"", name.str()}] = {import, since, minInputs, maxInputs,
                                 maxOutputs};
  }

  static constexpr unsigned Variadic = ~0u;

private:
  std::map<std::pair<std::string, std::string>, OpEntry> entries;
};

// One function a family; each lives in the file of its name.
void addAttentionOps(OpTable &table);
void addBitwiseOps(OpTable &table);
void addCastOps(OpTable &table);
void addConstantOps(OpTable &table);
void addContractionOps(OpTable &table);
void addConvolutionOps(OpTable &table);
void addEinsumOps(OpTable &table);
void addElementwiseOps(OpTable &table);
void addIndexingOps(OpTable &table);
void addMovementOps(OpTable &table);
void addNormalizationOps(OpTable &table);
void addPoolingOps(OpTable &table);
void addQuantizingOps(OpTable &table);
void addReductionOps(OpTable &table);
void addResizeOps(OpTable &table);
void addShapeOps(OpTable &table);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_OPTABLE_H
