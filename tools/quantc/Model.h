//===- Model.h - A model that was read --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_MODEL_H
#define QUANTC_TOOLS_QUANTC_MODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Pipelines/Pipelines.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ThreadPool.h"

#include <string>
#include <vector>

namespace quantc {

/// The operand that stands for standard input.
inline constexpr llvm::StringLiteral StandardInput = "-";

/// A module with its context, and every error of what is done with it.
class Model {
public:
  explicit Model(unsigned threads);

  /// Reads an ONNX model, or MLIR (`.mlir`, `.mlirbc`), or either from standard
  /// input. On failure returns false; what is wrong is among the problems.
  bool read(llvm::StringRef path);

  /// Runs the stages behind the one that `module` has reached, which its
  /// attribute `qt.stage` says, up to `last` (empty: all), and calls `after`
  /// behind each. On failure returns false; the problems tell why.
  bool runStages(mlir::ModuleOp module, const StageOptions &options,
                 llvm::StringRef last,
                 llvm::function_ref<void(const Stage &)> after = nullptr);

  /// Adds to the problems of a model that could not be read what the stages up
  /// to \p last find in the rest of it.
  void examineRest(StageOptions options, const CpuTarget &target,
                   llvm::StringRef last);

  /// Parses MLIR that is called `name` in messages; the same way of failing.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text,
                                          llvm::StringRef name);

  /// Frees the bytes of constants that the module has left behind, or of all.
  void releaseBlobs(bool all = false);

  /// Reports the problems, all of them. Returns CannotHandle.
  int fail(llvm::StringRef command) const;

  mlir::MLIRContext &getContext() { return context; }
  mlir::ModuleOp getModule() { return *module; }
  /// Of the file's bytes, in hexadecimal digits.
  llvm::StringRef getHash() const { return hash; }

  std::vector<std::string> problems;

private:
  llvm::DefaultThreadPool pool;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module, rest;
  std::string hash;
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_MODEL_H
