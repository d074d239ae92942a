//===- ParserInput.h - Bytes for MLIR's parsers -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_PARSERINPUT_H
#define QUANTC_SUPPORT_PARSERINPUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace quantc {

/// A copy of text or bytecode as MLIR reads it: sections of bytecode are
/// aligned within a buffer that is, and a 0 ends the text.
std::unique_ptr<llvm::MemoryBuffer> makeParserInput(llvm::ArrayRef<char> bytes,
                                                    llvm::StringRef name);

} // namespace quantc

#endif // QUANTC_SUPPORT_PARSERINPUT_H
