//===- LayoutClass.h - What layouts are chosen by ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TARGET_CPU_LAYOUTCLASS_H
#define QUANTC_TARGET_CPU_LAYOUTCLASS_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace quantc {

/// Classes of CPUs that lay packed operands out alike. A layout may be made for
/// another class than the code: registers and instructions are the target's.
enum class LayoutClass { Generic, AVX2, AVX512VNNI };

struct LayoutClassTraits {
  /// As options and recipes spell it.
  llvm::StringLiteral name;
  /// Columns of a panel and rows of a tile against codes.
  int64_t panel, rows;
  /// The same against floats: sums enough to hide the latency of products.
  int64_t floatPanel, floatRows;
  /// Whether dot products take unsigned activations only.
  bool isBiased;
  /// Whether exact products of 8 bits gain from matched steps.
  bool isMatched;
};

const LayoutClassTraits &getTraits(LayoutClass layoutClass);
std::optional<LayoutClass> parseLayoutClass(llvm::StringRef name);
/// All names, for messages.
std::string listLayoutClasses();

} // namespace quantc

#endif // QUANTC_TARGET_CPU_LAYOUTCLASS_H
