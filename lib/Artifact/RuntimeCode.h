//===- RuntimeCode.h - The runtime that artefacts carry -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_RUNTIMECODE_H
#define QUANTC_LIB_ARTIFACT_RUNTIMECODE_H

#include "llvm/ADT/StringRef.h"

namespace quantc {

/// The runtime for a triple as an object file for the baseline of its CPUs:
/// what looks for the features of one must run on every one. Empty where there
/// is none.
llvm::StringRef getRuntimeObject(llvm::StringRef triple);

/// The functions of Runtime/Builtins.c as LLVM bitcode, for every triple.
llvm::StringRef getBuiltinsBitcode(llvm::StringRef triple);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_RUNTIMECODE_H
