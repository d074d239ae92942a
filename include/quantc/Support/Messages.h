//===- Messages.h - Text of files in messages -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_MESSAGES_H
#define QUANTC_SUPPORT_MESSAGES_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace quantc {

/// A message in which names from a file may stand: what is no printable UTF-8
/// as \XX, and words and texts that nobody reads to their end cut.
std::string makePrintable(llvm::StringRef text);

} // namespace quantc

#endif // QUANTC_SUPPORT_MESSAGES_H
