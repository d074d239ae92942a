//===- Artifact.h - From lowered modules to files ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_ARTIFACT_H
#define QUANTC_ARTIFACT_ARTIFACT_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Artifact/EntryEmitter.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace quantc {

/// How an artefact is written.
struct ArtifactOptions {
  unsigned threads = 1; ///< results do not depend on it
  /// A file of its own for the weights; empty: they are part of the library.
  WeightsFile weights;
  /// Further sections by name, which no program loads.
  std::vector<std::pair<std::string, std::string>> sections;
  /// Told what has been done: "runtime", "kernels", "weights", "link".
  std::function<void(llvm::StringRef step)> onStep = [](llvm::StringRef) {};
};

/// Writes the shared library of \p module, which the stage `llvm` has made, to
/// \p path: under a temporary name first, so that nothing partial is left. An
/// error without a text has told its reasons as diagnostics, here and below.
llvm::Error writeSharedLibrary(mlir::ModuleOp module, const ProgramInfo &info,
                               const ArtifactOptions &options,
                               llvm::StringRef path);

/// Writes the same as an object file that needs nothing, neither memory nor a
/// library, and for C the header \p headerPath of its functions. Every
/// dimension is fixed or bounded. The names of its functions begin with the
/// prefix of \p info; all others are local.
llvm::Error writeStaticObject(mlir::ModuleOp module, const ProgramInfo &info,
                              const ArtifactOptions &options,
                              llvm::StringRef path, llvm::StringRef headerPath);

/// The kernels of \p module in their order, then the program around them, as
/// text of the given kind.
llvm::Expected<std::string> printCode(mlir::ModuleOp module,
                                      const ProgramInfo &info, CodeKind kind,
                                      unsigned threads);

} // namespace quantc

#endif // QUANTC_ARTIFACT_ARTIFACT_H
