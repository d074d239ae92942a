//===- NpzDamageTest.cpp - Files that cannot be read ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NpzFiles.h"

using namespace quantc;

TEST(NpzDamage, DamagedFilesAreErrors) {
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

TEST(NpzDamage, UnsupportedArraysAreNamed) {
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
