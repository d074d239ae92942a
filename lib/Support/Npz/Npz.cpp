//===- Npz.cpp - NumPy's files of arrays ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Npz.h"

#include "Zip.h"
#include "quantc/Support/MappedFile.h"
#include "quantc/Support/OutputFile.h"

#include <set>
#include <zlib.h>

using namespace quantc;

static constexpr char Suffix[] = ".npy";
static constexpr size_t SuffixSize = 4;

bool quantc::parseNpz(const uint8_t *data, uint64_t size,
                      const std::string &path, std::vector<NamedArray> &arrays,
                      std::string &error) {
  std::vector<zip::Entry> entries;
  std::string problem;
  if (!zip::listEntries(data, size, entries, problem)) {
    error = "cannot read '" + path + "' as an .npz file: " + problem;
    return false;
  }
  std::set<std::string> seen;
  for (const zip::Entry &entry : entries) {
    NamedArray array;
    array.name = entry.name;
    if (array.name.size() >= SuffixSize &&
        array.name.compare(array.name.size() - SuffixSize, SuffixSize,
                           Suffix) == 0)
      array.name.resize(array.name.size() - SuffixSize);
    std::string what = "array '" + array.name + "' of '" + path + "'";
    if (!seen.insert(array.name).second) {
      error = what + " is there twice";
      return false;
    }
    std::vector<uint8_t> contents;
    if (!zip::readEntry(data, size, entry, contents, problem)) {
      error = what + " cannot be read: " + problem;
      return false;
    }
    if (!parseNpy(contents.data(), contents.size(), what, array, error))
      return false;
    arrays.push_back(std::move(array));
  }
  return true;
}

bool quantc::readNpz(const std::string &path, std::vector<NamedArray> &arrays,
                     std::string &error) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path, error);
  return file && parseNpz(file->data(), file->size(), path, arrays, error);
}

bool quantc::writeNpz(const std::string &path,
                      const std::vector<NamedArray> &arrays,
                      std::string &error) {
  OutputFile file;
  if (!file.open(path, error))
    return false;
  std::vector<zip::Entry> entries;
  uint64_t offset = 0;
  for (const NamedArray &array : arrays) {
    std::string header = makeNpyHeader(array);
    zip::Entry entry;
    entry.name = array.name + Suffix;
    if (header.empty() || entry.name.size() > 0xffff) {
      error = "array '" + array.name + "' cannot be stored in an .npz file: " +
              (header.empty() ? "NumPy has no such element type"
                              : "its name is too long");
      return false;
    }
    uLong crc = crc32_z(0, reinterpret_cast<const Bytef *>(header.data()),
                        header.size());
    if (!array.bytes.empty())
      crc = crc32_z(crc, array.bytes.data(), array.bytes.size());
    entry.crc = static_cast<uint32_t>(crc);
    entry.size = entry.packedSize = header.size() + array.bytes.size();
    entry.headerOffset = offset;
    std::string local = zip::makeLocalHeader(entry);
    if (!file.write(local.data(), local.size(), error) ||
        !file.write(header.data(), header.size(), error) ||
        !file.write(array.bytes.data(), array.bytes.size(), error))
      return false;
    offset += local.size() + entry.size;
    entries.push_back(std::move(entry));
  }
  std::string directory = zip::makeDirectory(entries, offset);
  return file.write(directory.data(), directory.size(), error) &&
         file.commit(error);
}
