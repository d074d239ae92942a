//===- Messages.cpp - Text of files in messages -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Messages.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// The first bytes of the text, `size` at most and whole characters.
static StringRef takeCharacters(StringRef text, size_t size) {
  while (size > 0 && size < text.size() && (text[size] & 0xc0) == 0x80)
    --size;
  return text.take_front(size);
}

/// Behind `shown` bytes the text ends with the number of those left out.
static void appendCut(std::string &result, StringRef text, size_t limit,
                      size_t shown) {
  if (text.size() <= limit) {
    result += text;
    return;
  }
  StringRef front = takeCharacters(text, shown);
  result += front;
  result += "...(" + std::to_string(text.size() - front.size()) + " more)";
}

std::string quantc::makePrintable(StringRef text) {
  // Names of exporters are paths of modules, of some hundred characters.
  constexpr size_t longestWord = 400, shownOfWord = 200, longestText = 16384;
  std::string result, word;
  while (!text.empty()) {
    auto first = static_cast<unsigned char>(text.front());
    unsigned size = std::min<size_t>(getNumBytesForUTF8(first), text.size());
    const auto *bytes = reinterpret_cast<const UTF8 *>(text.data());
    if (first == ' ') {
      appendCut(result, word, longestWord, shownOfWord);
      word.clear();
      result += ' ';
    } else if (first >= 0x20 && first != 0x7f &&
               isLegalUTF8Sequence(bytes, bytes + size)) {
      word += text.take_front(size);
    } else {
      size = 1;
      word += {'\\', hexdigit(first >> 4), hexdigit(first & 15)};
    }
    text = text.drop_front(size);
  }
  appendCut(result, word, longestWord, shownOfWord);
  std::string whole;
  appendCut(whole, result, longestText, longestText);
  return whole;
}
