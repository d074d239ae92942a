//===- FilePieces.h - Reads a file piece by piece -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_FILEPIECES_H
#define QUANTC_SUPPORT_FILEPIECES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// Hands the bytes of the file at \p path to \p use, one piece after the other:
/// unlike those of a mapped file they take no memory when they have been used.
llvm::Error readInPieces(llvm::StringRef path,
                         llvm::function_ref<void(llvm::StringRef)> use);

} // namespace quantc

#endif // QUANTC_SUPPORT_FILEPIECES_H
