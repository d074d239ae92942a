//===- StaticProgram.h - Programs without a runtime -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_STATICPROGRAM_H
#define QUANTC_LIB_ARTIFACT_STATICPROGRAM_H

#include "quantc/Artifact/EntryEmitter.h"
#include "quantc/Runtime/quantc_runtime.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// A kind of error that only static objects have, behind those of Program.h:
/// the arena is not aligned, or a size lies outside its bounds.
enum class StaticError { Misaligned = 16, SizeOutOfBounds = 17 };

/// A tensor that is handed over: an argument of a function.
struct StaticTensor {
  std::string name; ///< an identifier of C
  /// The model's; of what parts hand over those of all inputs or outputs that
  /// it belongs to.
  std::vector<std::string> given;
  quantc_dtype dtype;
  llvm::SmallVector<int64_t> dims; ///< at most
  std::string sizes;               ///< as text: "batch x 64"
  std::string note;                ///< what its numbers mean
  bool isWritten = false;
};

/// A function as the header declares it: the dims that are not fixed, tensors,
/// the arena.
struct StaticFunction {
  std::string name;
  std::string comment;
  std::vector<StaticTensor> tensors;
};

struct StaticDim {
  std::string name, given;
  int64_t min, max;
};

/// What a static object offers.
struct StaticInterface {
  std::string prefix;
  uint64_t arenaBytes;
  std::vector<StaticDim> dims;
  std::vector<StaticFunction> functions; ///< the first runs all
  /// That a call takes, at most. Known when there is code.
  std::optional<uint64_t> stackBytes = std::nullopt;

  std::string print(const ProgramInfo &info) const;
};

/// Emits into \p program the functions of \p entry, all of whose dims are
/// fixed or bounded.
llvm::Expected<StaticInterface> emitStaticProgram(mlir::func::FuncOp entry,
                                                  mlir::ModuleOp kernels,
                                                  const ProgramInfo &info,
                                                  llvm::Module &program);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_STATICPROGRAM_H
