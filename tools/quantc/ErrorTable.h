//===- ErrorTable.h - Errors of outputs and layers, worst first -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_ERRORTABLE_H
#define QUANTC_TOOLS_QUANTC_ERRORTABLE_H

#include "quantc/Interpreter/Comparison.h"
#include "llvm/Support/raw_ostream.h"

namespace quantc {

/// Collects the errors of outputs, and shows them with those of layers.
class ErrorTable {
public:
  /// Adds to the error of the output `name` between the two that `what` tells.
  void addOutput(llvm::StringRef name, llvm::StringRef what,
                 const HostValue &expected, const HostValue &got);

  /// As text, with the worst `top` layers.
  void print(llvm::raw_ostream &out, llvm::ArrayRef<LayerError> layers,
             int64_t top) const;
  void writeJson(llvm::raw_ostream &out, llvm::ArrayRef<LayerError> layers,
                 int64_t top) const;

private:
  struct Output {
    std::string name, what;
    ErrorSum error;
    bool hasOtherShape = false;
  };
  std::vector<const Output *> getSorted() const;

  std::vector<Output> outputs;
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_ERRORTABLE_H
