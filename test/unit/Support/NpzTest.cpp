//===- NpzTest.cpp - NumPy's files ------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Npz.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace quantc;

namespace {

class Npz : public testing::Test {
protected:
  void SetUp() override {
    char pattern[] = "/tmp/quantc-npz-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder = pattern;
  }
  void TearDown() override {
    ASSERT_EQ(std::system(("rm -rf '" + folder + "'").c_str()), 0);
  }
  std::string folder;
};

std::string read(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

const uint8_t *bytes(const std::string &text) {
  return reinterpret_cast<const uint8_t *>(text.data());
}

NamedArray makeArray(std::string name, quantc_dtype dtype,
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
std::string makeNpy(const std::string &header, const std::string &data) {
  std::string text = header + "\n";
  std::string out("\x93NUMPY\1\0", 8);
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  return out + text + data;
}

void put(std::string &out, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    out += static_cast<char>(value >> (8 * i));
}

/// A zip file of one member as numpy.savez_compressed makes it: deflated, with
/// zip64 sizes in the local header (and in the directory, if asked for).
std::string makeDeflatedZip(const std::string &name, const std::string &data,
                            bool zip64Directory, int64_t wrongSize = -1) {
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

std::string parseError(const std::string &file) {
  std::vector<NamedArray> arrays;
  std::string error;
  // A copy of exactly this size, so that the sanitizer sees reads beyond it.
  std::vector<uint8_t> copy(file.begin(), file.end());
  EXPECT_FALSE(parseNpz(copy.data(), copy.size(), "f.npz", arrays, error));
  return error;
}

std::string npyError(const std::string &file) {
  NamedArray array;
  std::string error;
  std::vector<uint8_t> copy(file.begin(), file.end());
  EXPECT_FALSE(parseNpy(copy.data(), copy.size(), "array 'a'", array, error));
  return error;
}

} // namespace

TEST_F(Npz, ReadsWhatItWrote) {
  std::vector<NamedArray> arrays;
  for (quantc_dtype dtype :
       {QUANTC_BOOL, QUANTC_I8, QUANTC_U8, QUANTC_I16, QUANTC_U16, QUANTC_I32,
        QUANTC_U32, QUANTC_I64, QUANTC_U64, QUANTC_F16, QUANTC_F32, QUANTC_F64})
    arrays.push_back(makeArray(quantc_dtype_name(dtype), dtype, {2, 3, dtype}));
  arrays.push_back(makeArray("/layers.0/out", QUANTC_F32, {}));
  arrays.push_back(makeArray("empty", QUANTC_F32, {3, 0}));
  arrays.push_back(makeArray("vector", QUANTC_F32, {5}));
  std::string path = folder + "/a.npz", error;
  ASSERT_TRUE(writeNpz(path, arrays, error)) << error;
  std::vector<NamedArray> again;
  ASSERT_TRUE(readNpz(path, again, error)) << error;
  ASSERT_EQ(again.size(), arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    EXPECT_EQ(again[i].name, arrays[i].name);
    EXPECT_EQ(again[i].dtype, arrays[i].dtype);
    EXPECT_EQ(again[i].dims, arrays[i].dims);
    EXPECT_EQ(again[i].bytes, arrays[i].bytes);
  }
  // Equal arrays give equal files.
  ASSERT_TRUE(writeNpz(folder + "/b.npz", arrays, error)) << error;
  EXPECT_EQ(read(path), read(folder + "/b.npz"));
}

TEST_F(Npz, ReadsCompressedAndZip64Files) {
  std::string elements(400000, '\0');
  for (size_t i = 0; i < elements.size(); ++i)
    elements[i] = static_cast<char>(i * i >> 8);
  std::string npy = makeNpy(
      "{'descr': '<i4', 'fortran_order': False, 'shape': (100, 1000), }",
      elements);
  for (bool zip64 : {false, true}) {
    std::string file = makeDeflatedZip("a.npy", npy, zip64);
    std::vector<NamedArray> arrays;
    std::string error;
    ASSERT_TRUE(parseNpz(bytes(file), file.size(), "f.npz", arrays, error))
        << error;
    ASSERT_EQ(arrays.size(), 1u);
    EXPECT_EQ(arrays[0].name, "a");
    EXPECT_EQ(std::memcmp(arrays[0].bytes.data(), elements.data(), 400000), 0);
  }
}

TEST_F(Npz, DamagedFilesAreErrors) {
  std::string npy =
      makeNpy("{'descr': '|u1', 'fortran_order': False, 'shape': (300,), }",
              std::string(300, 'x'));
  for (bool zip64 : {false, true}) {
    std::string file = makeDeflatedZip("a.npy", npy, zip64);
    // Cut off anywhere.
    for (size_t size = 0; size < file.size(); ++size)
      EXPECT_NE(parseError(file.substr(0, size)), "");
    // One byte wrong anywhere: an error, or no difference that matters.
    for (size_t i = 0; i < file.size(); ++i) {
      for (uint8_t flip : {0xff, 0x01, 0x80}) {
        std::string damaged = file;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        std::vector<uint8_t> copy(damaged.begin(), damaged.end());
        std::vector<NamedArray> arrays;
        std::string error;
        if (parseNpz(copy.data(), copy.size(), "f.npz", arrays, error))
          EXPECT_LE(arrays.size(), 1u);
        else
          EXPECT_NE(error, "");
      }
    }
  }
  EXPECT_EQ(parseError(""),
            "cannot read 'f.npz' as an .npz file: it is not a zip file");
  EXPECT_EQ(parseError(makeDeflatedZip("a.npy", npy, true, int64_t(1) << 60)),
            "array 'a' of 'f.npz' cannot be read: its compressed contents are "
            "too short for its size");
  EXPECT_EQ(parseError(makeDeflatedZip("a.npy", npy, true, 100)),
            "array 'a' of 'f.npz' cannot be read: its compressed contents are "
            "damaged");
}

TEST_F(Npz, FortranOrderIsMadeCOrder) {
  std::string file =
      makeNpy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }",
              std::string("\0\1\2\3\4\5\6\7\10\11\12\13", 12));
  NamedArray array;
  std::string error;
  ASSERT_TRUE(parseNpy(bytes(file), file.size(), "a", array, error)) << error;
  EXPECT_EQ(array.bytes,
            (std::vector<uint8_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST_F(Npz, UnsupportedArraysAreNamed) {
  std::string data(8, '\0');
  EXPECT_EQ(
      npyError(makeNpy(
          "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", data)),
      "array 'a' cannot be read: its elements are big-endian ('>f4'); "
      "store them with .astype('<f4')");
  EXPECT_EQ(
      npyError(makeNpy(
          "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", data)),
      "array 'a' cannot be read: its element type '<c8' is not supported "
      "(bool, integers and floats of up to 64 bits are)");
  EXPECT_EQ(npyError(makeNpy("{'descr': [('x', '<f4')], 'fortran_order': "
                             "False, 'shape': (2,), }",
                             data)),
            "array 'a' cannot be read: it has structured elements, which are "
            "not supported");
  EXPECT_EQ(
      npyError(makeNpy(
          "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", data)),
      "array 'a' cannot be read: its shape takes 12 bytes, but it has 8");
  EXPECT_EQ(
      npyError(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': "
                       "(4294967296, 4294967296), }",
                       data)),
      "array 'a' cannot be read: its shape overflows 64 bits");
  EXPECT_EQ(
      npyError(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': "
                       "(99999999999999999999,), }",
                       data)),
      "array 'a' cannot be read: its shape overflows 63 bits");
}

TEST_F(Npz, DamagedHeadersAreErrors) {
  for (const char *header :
       {"", "{", "{}", "[]", "{'descr'", "{'descr': }", "{'descr': '<f4'}",
        "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", "{'other': '<f4'}"})
    EXPECT_NE(npyError(makeNpy(header, std::string(8, '\0'))), "") << header;
  std::string file = makeNpy(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "12345678");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(npyError(file.substr(0, size)), "");
}

TEST_F(Npz, AnOutputIsThereWholeOrNotAtAll) {
  std::string error;
  std::vector<NamedArray> arrays = {makeArray("a", QUANTC_BF16, {2})};
  std::string path = folder + "/a.npz";
  EXPECT_FALSE(writeNpz(path, arrays, error));
  EXPECT_EQ(error, "array 'a' cannot be stored in an .npz file: NumPy has no "
                   "such element type");
  EXPECT_NE(access(path.c_str(), F_OK), 0);
  arrays[0].dtype = QUANTC_I16;
  EXPECT_FALSE(writeNpz(folder + "/none/a.npz", arrays, error));
  EXPECT_EQ(error, "cannot write '" + folder +
                       "/none/a.npz': No such file or directory");
  EXPECT_FALSE(writeNpz(folder, arrays, error));
  EXPECT_EQ(error, "cannot write '" + folder + "': Is a directory");
  EXPECT_FALSE(writeNpz("/dev/full", arrays, error));
  EXPECT_EQ(error, "cannot write '/dev/full': No space left on device");
  ASSERT_EQ(mkdir((folder + "/only").c_str(), 0777), 0);
  ASSERT_TRUE(writeNpz(folder + "/only/a.npz", arrays, error)) << error;
  // Nothing but that file: not even the temporary one.
  EXPECT_EQ(unlink((folder + "/only/a.npz").c_str()), 0);
  EXPECT_EQ(rmdir((folder + "/only").c_str()), 0);
}
