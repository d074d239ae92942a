//===- Artifact.h - An artefact that was loaded -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_ARTIFACT_H
#define QUANTC_TOOLS_QUANTC_ARTIFACT_H

#include "quantc/Runtime/quantc_runtime.h"

#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>

namespace quantc {

/// Whether the file is an ELF file, as artefacts are and models are not.
bool isElfFile(llvm::StringRef path);

/// A shared library with its program open.
class Artifact {
public:
  /// Loads the file. On failure returns null and says why in `error`.
  static std::unique_ptr<Artifact> load(llvm::StringRef path,
                                        std::string &error);
  ~Artifact();

  const quantc_program *program() const { return opened; }
  quantc_program *program() { return opened; }

  /// Makes a context with that many threads (0: one per CPU).
  quantc_context *makeContext(int32_t threads, std::string &error);

private:
  Artifact() = default;

  void *handle = nullptr;
  quantc_program *opened = nullptr;
};

struct ContextDeleter {
  void operator()(quantc_context *context) const {
    quantc_context_destroy(context);
  }
};
using ContextPtr = std::unique_ptr<quantc_context, ContextDeleter>;

/// "[batch, 98, 40]" of an input or output.
std::string formatDims(const quantc_program *program,
                       const quantc_value_info &info);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_ARTIFACT_H
