//===- Pipelines.h - The stages of the compiler -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PIPELINES_PIPELINES_H
#define QUANTC_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>
#include <vector>

namespace quantc {

/// What the stages need to be told.
struct StageOptions {
  std::string recipe = "w8a8g32"; ///< a name, or a path
  bool integerOnly = false;
  std::string integerMethod = "fixed"; ///< or "ibert", "ivit"
  bool integerPartial = false;         ///< what has no integer form stays float
  std::string ranges; ///< a file of ranges of values; empty: none
  std::string
      cpuLayout; ///< class of target to lay out for; empty: the module's
  bool directConvolutions = false; ///< none by tiles of their windows
  std::vector<std::string>
      dims; ///< what to fix or bound: "batch=8", "n=1..128"
  /// Whether formats that no kernel takes, and sizes that only data decide, are
  /// errors.
  bool needsCode = false;
  /// Remarks on chains that became whole ops, and on those that nearly did.
  bool reportRecompose = false, explainRecompose = false;
};

/// One arrow of the way from a model to object code. The IR behind each is
/// legal by itself.
struct Stage {
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
  void (*build)(mlir::OpPassManager &manager, const StageOptions &options);
  /// Whether its passes meet ops of kernels alone, which only other passes have
  /// made: then `quantc` verifies what comes behind the last of them, once.
  bool isOfKernels = false;
};

/// All stages in their order, from `import` (what follows the reading of the
/// file) to `llvm`.
llvm::ArrayRef<Stage> getStages();

/// Registers `--quantc-<stage>` for every stage, and `--quantc-pipeline` for
/// all of them up to the last.
void registerStagePipelines();

} // namespace quantc

#endif // QUANTC_PIPELINES_PIPELINES_H
