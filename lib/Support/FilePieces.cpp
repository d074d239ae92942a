//===- FilePieces.cpp - Reads a file piece by piece -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/FilePieces.h"
#include "llvm/Support/FileSystem.h"
#include <vector>

using namespace llvm;
using namespace quantc;

Error quantc::readInPieces(StringRef path,
                           function_ref<void(StringRef piece)> use) {
  static constexpr size_t pieceBytes = 1 << 20;
  auto file = sys::fs::openNativeFileForRead(path);
  if (!file)
    return file.takeError();
  std::vector<char> piece(pieceBytes);
  Error problem = Error::success();
  while (true) {
    auto count = sys::fs::readNativeFile(*file, piece);
    if (!count) {
      problem = joinErrors(std::move(problem), count.takeError());
      break;
    }
    if (*count == 0)
      break;
    use(StringRef(piece.data(), *count));
  }
  if (std::error_code error = sys::fs::closeFile(*file))
    problem = joinErrors(std::move(problem), createFileError(path, error));
  return problem;
}
