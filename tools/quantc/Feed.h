//===- Feed.h - Arrays for and from a program -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_FEED_H
#define QUANTC_TOOLS_QUANTC_FEED_H

#include "quantc/Support/Npz.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace quantc {

/// The names of the program's inputs, in order.
std::vector<std::string> getInputNames(const quantc_program *program);

/// "'x' (f32 [batch, 4]), ...".
std::string listInputs(const quantc_program *program);

/// Reads the arrays of an .npz file, or of a folder with ONNX tensors:
/// input_<i>.pb is the one of `names`[i]. Returns false and says why.
bool readInputs(llvm::StringRef path, llvm::ArrayRef<std::string> names,
                std::vector<NamedArray> &arrays, std::string &error);

/// Writes arrays to an .npz file, or to a folder as ONNX tensors,
/// output_<i>.pb. Returns false and says why.
bool writeOutputs(llvm::StringRef path, bool isFolder,
                  const std::vector<NamedArray> &arrays, std::string &error);

/// Finds the array of each name. Returns false where one is missing or more
/// are there; `error` tells all of them, a line each. `path` is where the
/// arrays come from.
bool matchArrays(llvm::ArrayRef<NamedArray> arrays,
                 llvm::ArrayRef<std::string> names, llvm::StringRef path,
                 llvm::SmallVectorImpl<const NamedArray *> &found,
                 std::string &error);

/// Tensors of the runtime's that refer to arrays.
class Feed {
public:
  /// Finds an array for every input. On failure returns false; `error` tells
  /// every problem with the names. `path` is where the arrays come from.
  bool fill(const quantc_program *program, llvm::ArrayRef<NamedArray> arrays,
            llvm::StringRef path, std::string &error);
  std::vector<quantc_tensor> tensors;
};

/// The outputs of the last run, copied.
std::vector<NamedArray> copyOutputs(const quantc_program *program,
                                    llvm::ArrayRef<quantc_tensor> outputs);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_FEED_H
