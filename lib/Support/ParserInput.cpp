//===- ParserInput.cpp - Bytes for MLIR's parsers ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/ParserInput.h"

#include <cstring>

using namespace llvm;

std::unique_ptr<MemoryBuffer> quantc::makeParserInput(ArrayRef<char> bytes,
                                                      StringRef name) {
  auto buffer = WritableMemoryBuffer::getNewUninitMemBuffer(bytes.size(), name,
                                                            Align(64));
  if (!bytes.empty())
    std::memcpy(buffer->getBufferStart(), bytes.data(), bytes.size());
  return buffer;
}
