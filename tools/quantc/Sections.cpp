//===- Sections.cpp - What artefacts carry for tools ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sections.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Compression.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace quantc;

// 'z' or '-', the size of the text as a 64-bit number, and the text as zlib
// stores it or as it is.
static constexpr size_t headBytes = 9;

std::string quantc::packSection(StringRef text) {
  bool isCompressed = compression::zlib::isAvailable();
  char head[headBytes] = {isCompressed ? 'z' : '-'};
  support::endian::write64le(head + 1, text.size());
  std::string packed(head, headBytes);
  if (!isCompressed)
    return packed + text.str();
  SmallVector<uint8_t> compressed;
  compression::zlib::compress(arrayRefFromStringRef(text), compressed,
                              compression::zlib::BestSizeCompression);
  return packed.append(toStringRef(compressed));
}

static Expected<std::string> unpack(StringRef packed) {
  if (packed.size() < headBytes)
    return createStringError("it is cut off");
  uint64_t size = support::endian::read64le(packed.data() + 1);
  StringRef body = packed.drop_front(headBytes);
  if (packed.front() != 'z') {
    if (body.size() != size)
      return createStringError("it is cut off");
    return body.str();
  }
  if (!compression::zlib::isAvailable())
    return createStringError("it is compressed by zlib, which this build of "
                             "quantc was made without");
  // zlib makes no more than about a thousand bytes of one.
  constexpr uint64_t mostRatio = 1100;
  if (size / mostRatio > body.size())
    return createStringError("its size cannot be right");
  SmallVector<uint8_t> text;
  if (Error error = compression::zlib::decompress(arrayRefFromStringRef(body),
                                                  text, size))
    return std::move(error);
  if (text.size() != size)
    return createStringError("it is cut off");
  return toStringRef(text).str();
}

/// Copies the section's bytes, if there is one.
static Error findSection(StringRef path, StringRef name, std::string &bytes) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return errorCodeToError(buffer.getError());
  auto file =
      object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef());
  if (!file)
    return file.takeError();
  for (const object::SectionRef &section : (*file)->sections()) {
    Expected<StringRef> own = section.getName();
    if (!own)
      return own.takeError();
    if (*own != name)
      continue;
    Expected<StringRef> contents = section.getContents();
    if (!contents)
      return contents.takeError();
    bytes = contents->str();
  }
  return Error::success();
}

bool quantc::readSection(StringRef path, StringRef name, std::string &text,
                         std::string &error) {
  auto fail = [&](Error problem) {
    error = ("'" + path + "' has a section " + name +
             " that cannot be read: " + toString(std::move(problem)))
                .str();
    return false;
  };
  std::string bytes;
  if (Error problem = findSection(path, name, bytes))
    return fail(std::move(problem));
  text.clear();
  if (bytes.empty())
    return true;
  Expected<std::string> unpacked = unpack(bytes);
  if (!unpacked)
    return fail(unpacked.takeError());
  text = std::move(*unpacked);
  return true;
}
