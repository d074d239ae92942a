//===- RuntimeBitcode.h - The runtime that artefacts carry -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_RUNTIMEBITCODE_H
#define QUANTC_LIB_ARTIFACT_RUNTIMEBITCODE_H

#include "llvm/ADT/StringRef.h"

namespace quantc {

/// The runtime for a triple as LLVM bitcode; empty where there is none.
llvm::StringRef getRuntimeBitcode(llvm::StringRef triple);

/// The functions of Runtime/Builtins.c likewise, for every triple.
llvm::StringRef getBuiltinsBitcode(llvm::StringRef triple);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_RUNTIMEBITCODE_H
