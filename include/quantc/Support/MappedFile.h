//===- MappedFile.h - A file mapped read-only -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_MAPPEDFILE_H
#define QUANTC_SUPPORT_MAPPEDFILE_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quantc {

/// A regular file mapped into memory, read-only, for as long as the object
/// lives, or what came from standard input. Weights are offsets into such
/// files, so it is shared by everything that still refers to one.
class MappedFile {
public:
  /// Maps `path`. On failure returns null and says why in `error`, a sentence
  /// that names the file.
  static std::shared_ptr<const MappedFile> open(const std::string &path,
                                                std::string &error);
  /// Reads standard input up to its end: a file that was redirected is mapped,
  /// anything else is kept in memory.
  static std::shared_ptr<const MappedFile>
  readStandardInput(std::string &error);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const uint8_t *data() const { return bytes; }
  uint64_t size() const { return length; }
  /// How messages call it, and how others can open it where it is a name.
  const std::string &path() const { return name; }
  bool isNamed() const { return !isInput; }

  /// Gives back the memory that pages of the span take. They are read again
  /// where they are needed again.
  void discard(uint64_t offset, uint64_t size) const;

private:
  MappedFile() = default;
  bool map(int descriptor, uint64_t size, std::string &error);

  std::string name;
  bool isInput = false;
  const uint8_t *bytes = nullptr;
  uint64_t length = 0;
  /// What standard input gave; nothing is mapped then.
  std::vector<uint8_t> owned;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_MAPPEDFILE_H
