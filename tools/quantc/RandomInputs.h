//===- RandomInputs.h - Inputs for where none are given ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_RANDOMINPUTS_H
#define QUANTC_TOOLS_QUANTC_RANDOMINPUTS_H

#include "quantc/Support/Npz.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace quantc {

class Options;

/// An input of a model or an artefact.
struct InputInfo {
  std::string name;
  quantc_dtype dtype;
  std::vector<int64_t> dims; ///< sizes, or -1 - i for the i-th named dim
};

std::vector<InputInfo> getInputInfos(const quantc_program *program);

/// The names of the program's run-time dims, in order.
std::vector<std::string> getDimNames(const quantc_program *program);

/// The sizes of the dims called `names` from --dim NAME=SIZE. Returns the exit
/// code where one is wrong or missing, which has been reported.
std::optional<int> readDims(llvm::StringRef command, const Options &options,
                            llvm::ArrayRef<std::string> names,
                            std::vector<int64_t> &dims);

/// The limits to draw indices below, in turn: a model's tables are as large as
/// it says nowhere.
constexpr int64_t indexLimits[] = {1000, 100, 10, 2, 1};

/// Arrays of given types and dims, the same every time: floats are normally
/// distributed, integers small, masks ones.
class RandomInputs {
public:
  /// Returns false if one is too large for memory.
  bool make(llvm::ArrayRef<InputInfo> inputs, llvm::ArrayRef<int64_t> dims,
            std::string &error);
  /// Draws the values, integers from 0 to below `limit`.
  void draw(int64_t limit);

  std::vector<NamedArray> arrays;
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_RANDOMINPUTS_H
