//===- NpzFiles.h - Files for tests, built by hand --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_SUPPORT_NPZFILES_H
#define QUANTC_TEST_UNIT_SUPPORT_NPZFILES_H

#include "quantc/Support/Npz.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace quantc {

inline const uint8_t *bytes(const std::string &text) {
  return reinterpret_cast<const uint8_t *>(text.data());
}

inline NamedArray makeArray(std::string name, quantc_dtype dtype,
                            std::vector<int64_t> dims) {
  NamedArray array;
  array.name = std::move(name);
  array.dtype = dtype;
  array.dims = std::move(dims);
  size_t size = quantc_dtype_bytes(dtype);
  for (int64_t dim : array.dims)
    size *= static_cast<size_t>(dim);
  for (size_t i = 0; i < size; ++i)
    array.bytes.push_back(dtype == QUANTC_BOOL ? i % 2 : uint8_t(i * 7));
  return array;
}

/// An .npy file with that header text.
inline std::string makeNpy(const std::string &header, const std::string &data) {
  std::string text = header + "\n";
  std::string out("\x93NUMPY\1\0", 8);
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  return out + text + data;
}

inline void put(std::string &out, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    out += static_cast<char>(value >> (8 * i));
}

/// A zip file of one member as numpy.savez_compressed makes it: deflated, with
/// zip64 sizes in the local header (and in the directory, if asked for).
inline std::string makeDeflatedZip(const std::string &name,
                                   const std::string &data, bool zip64Directory,
                                   int64_t wrongSize = -1) {
  std::string packed(compressBound(data.size()) + 64, '\0');
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, 0), Z_OK);
  stream.next_in = const_cast<Bytef *>(bytes(data));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef *>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  uint64_t size = wrongSize >= 0 ? uint64_t(wrongSize) : data.size();
  uint64_t crc = crc32(0, bytes(data), static_cast<uInt>(data.size()));

  std::string out;
  put(out, 0x04034b50, 4), put(out, 45, 2), put(out, 0, 2), put(out, 8, 2);
  put(out, 0, 4), put(out, crc, 4), put(out, 0xffffffff, 4);
  put(out, 0xffffffff, 4), put(out, name.size(), 2), put(out, 20, 2);
  out += name;
  put(out, 1, 2), put(out, 16, 2), put(out, size, 8),
      put(out, packed.size(), 8);
  out += packed;
  uint64_t directory = out.size();
  put(out, 0x02014b50, 4), put(out, 45, 2), put(out, 45, 2), put(out, 0, 2);
  put(out, 8, 2), put(out, 0, 4), put(out, crc, 4);
  put(out, zip64Directory ? 0xffffffff : packed.size(), 4);
  put(out, zip64Directory ? 0xffffffff : size, 4);
  put(out, name.size(), 2), put(out, zip64Directory ? 28 : 0, 2);
  put(out, 0, 2), put(out, 0, 2), put(out, 0, 2), put(out, 0, 4);
  put(out, zip64Directory ? 0xffffffff : 0, 4);
  out += name;
  if (zip64Directory) {
    put(out, 1, 2), put(out, 24, 2), put(out, size, 8);
    put(out, packed.size(), 8), put(out, 0, 8);
  }
  uint64_t end = out.size();
  if (zip64Directory) {
    put(out, 0x06064b50, 4), put(out, 44, 8), put(out, 45, 2), put(out, 45, 2);
    put(out, 0, 8), put(out, 1, 8), put(out, 1, 8);
    put(out, end - directory, 8), put(out, directory, 8);
    put(out, 0x07064b50, 4), put(out, 0, 4), put(out, end, 8), put(out, 1, 4);
  }
  put(out, 0x06054b50, 4), put(out, 0, 4);
  put(out, zip64Directory ? 0xffff : 1, 2);
  put(out, zip64Directory ? 0xffff : 1, 2);
  put(out, zip64Directory ? 0xffffffff : end - directory, 4);
  put(out, zip64Directory ? 0xffffffff : directory, 4), put(out, 0, 2);
  return out;
}

inline std::string parseError(const std::string &file) {
  std::vector<NamedArray> arrays;
  std::string error;
  // A copy of exactly this size, so that the sanitizer sees reads beyond it.
  std::vector<uint8_t> copy(file.begin(), file.end());
  EXPECT_FALSE(parseNpz(copy.data(), copy.size(), "f.npz", arrays, error));
  return error;
}

inline std::string npyError(const std::string &file) {
  NamedArray array;
  std::string error;
  std::vector<uint8_t> copy(file.begin(), file.end());
  EXPECT_FALSE(parseNpy(copy.data(), copy.size(), "array 'a'", array, error));
  return error;
}

} // namespace quantc

#endif // QUANTC_TEST_UNIT_SUPPORT_NPZFILES_H
