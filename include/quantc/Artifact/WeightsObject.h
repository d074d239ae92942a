//===- WeightsObject.h - An object file of constant data -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_WEIGHTSOBJECT_H
#define QUANTC_ARTIFACT_WEIGHTSOBJECT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"
#include <string>
#include <vector>

namespace quantc {

/// Bytes and the symbols that name their beginning.
struct DataItem {
  std::vector<std::string> symbols;
  llvm::ArrayRef<uint8_t> bytes;
};

/// Writes an ELF64 relocatable file with one read-only section that may lie
/// anywhere in memory (`.lrodata`): every item begins on a cache line, its
/// symbols are global and hidden. Constant data then never passes through an
/// intermediate representation.
void writeWeightsObject(llvm::raw_ostream &out, const llvm::Triple &triple,
                        llvm::ArrayRef<DataItem> items);

} // namespace quantc

#endif // QUANTC_ARTIFACT_WEIGHTSOBJECT_H
