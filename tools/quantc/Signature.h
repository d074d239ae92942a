//===- Signature.h - What a model's IR takes and gives ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SIGNATURE_H
#define QUANTC_TOOLS_QUANTC_SIGNATURE_H

#include "RandomInputs.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Interpreter/HostValue.h"

namespace quantc {

/// The interface of a function that was imported from a model.
class Signature {
public:
  explicit Signature(mlir::func::FuncOp func);

  mlir::func::FuncOp getFunction() const { return func; }
  llvm::ArrayRef<InputInfo> getInputs() const { return inputs; }
  llvm::ArrayRef<std::string> getOutputs() const { return outputs; }
  llvm::ArrayRef<std::string> getDims() const { return dims; }
  std::vector<std::string> getInputNames() const;

  /// The function's arguments from arrays by their names, which have to live
  /// as long. Returns false; `error` tells every problem. `path` is where the
  /// arrays come from.
  bool bind(llvm::ArrayRef<NamedArray> arrays, llvm::StringRef path,
            llvm::SmallVectorImpl<HostValue> &arguments,
            std::string &error) const;

private:
  std::string formatDims(const InputInfo &input) const;

  mlir::func::FuncOp func;
  std::vector<InputInfo> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> dims;
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_SIGNATURE_H
