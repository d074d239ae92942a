//===- Checksum.h - Tell a damaged artefact from a whole one ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_CHECKSUM_H
#define QUANTC_ARTIFACT_CHECKSUM_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// Appends to the shared library at \p path a checksum of its bytes, behind
/// all that a loader reads.
llvm::Error appendChecksum(llvm::StringRef path);

/// Whether \p contents end in a checksum that is not theirs. Those without one
/// (stripped, or made by another tool) are taken as they are.
bool isDamaged(llvm::StringRef contents);

} // namespace quantc

#endif // QUANTC_ARTIFACT_CHECKSUM_H
