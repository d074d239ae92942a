//===- Checksum.cpp - Tell a damaged artefact from a whole one --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/Checksum.h"
#include "quantc/Support/FilePieces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;

static constexpr llvm::StringLiteral marker = "quantc blake3 ";
static constexpr size_t digestBytes = 32;

using Digest = std::array<uint8_t, digestBytes>;

static llvm::StringRef toString(const Digest &digest) {
  return llvm::toStringRef(llvm::ArrayRef<uint8_t>(digest));
}

llvm::Error quantc::appendChecksum(llvm::StringRef path) {
  llvm::BLAKE3 hasher;
  if (llvm::Error error = readInPieces(
          path, [&](llvm::StringRef piece) { hasher.update(piece); }))
    return error;
  std::error_code error;
  llvm::raw_fd_ostream out(path, error, llvm::sys::fs::OF_Append);
  if (error)
    return llvm::errorCodeToError(error);
  out << marker << toString(hasher.final<digestBytes>());
  out.close();
  error = out.error();
  out.clear_error();
  return llvm::errorCodeToError(error);
}

bool quantc::isDamaged(llvm::StringRef contents) {
  llvm::StringRef trailer = contents.take_back(marker.size() + digestBytes);
  llvm::StringRef digest = trailer;
  return digest.consume_front(marker) &&
         digest != toString(llvm::BLAKE3::hash<digestBytes>(
                       llvm::arrayRefFromStringRef(
                           contents.drop_back(trailer.size()))));
}
