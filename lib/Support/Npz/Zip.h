//===- Zip.h - The part of the zip format that .npz files use ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_SUPPORT_NPZ_ZIP_H
#define QUANTC_LIB_SUPPORT_NPZ_ZIP_H

#include <cstdint>
#include <string>
#include <vector>

namespace quantc::zip {

/// A member, as the central directory describes it.
struct Entry {
  std::string name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t packedSize = 0;
  uint64_t size = 0;
  uint64_t headerOffset = 0;
};

/// Lists the members. Errors are phrases without the file's name.
bool listEntries(const uint8_t *data, uint64_t size,
                 std::vector<Entry> &entries, std::string &error);

/// Reads and unpacks one.
bool readEntry(const uint8_t *data, uint64_t size, const Entry &entry,
               std::vector<uint8_t> &contents, std::string &error);

/// What precedes a stored member's contents, and what ends the file.
std::string makeLocalHeader(const Entry &entry);
std::string makeDirectory(const std::vector<Entry> &entries, uint64_t offset);

} // namespace quantc::zip

#endif // QUANTC_LIB_SUPPORT_NPZ_ZIP_H
