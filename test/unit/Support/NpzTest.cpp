//===- NpzTest.cpp - Whole .npz files ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NpzFiles.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

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
