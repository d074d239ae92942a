//===- Linker.h - Links by lld ----------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_LINKER_H
#define QUANTC_ARTIFACT_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"
#include <string>

namespace quantc {

/// Links object files to a shared library at \p path that exports one symbol
/// and needs libc and libm only. Other files of the link go to \p folder.
llvm::Error linkSharedLibrary(const llvm::Triple &triple,
                              llvm::ArrayRef<std::string> objects,
                              llvm::StringRef exportedSymbol,
                              llvm::StringRef folder, llvm::StringRef path);

/// Links object files to one relocatable file at \p path, of whose symbols
/// those alone are global that are in \p exported.
llvm::Error linkObjects(llvm::ArrayRef<std::string> objects,
                        llvm::ArrayRef<std::string> exported,
                        llvm::StringRef folder, llvm::StringRef path);

/// The object file \p object with another name for one of its symbols.
llvm::Expected<llvm::SmallVector<char, 0>>
renameSymbol(llvm::StringRef object, llvm::StringRef from, llvm::StringRef to);

} // namespace quantc

#endif // QUANTC_ARTIFACT_LINKER_H
