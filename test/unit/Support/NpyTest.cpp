//===- NpyTest.cpp - Single arrays ------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NpzFiles.h"

using namespace quantc;

TEST(Npy, FortranOrderIsMadeCOrder) {
  std::string file =
      makeNpy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }",
              std::string("\0\1\2\3\4\5\6\7\10\11\12\13", 12));
  NamedArray array;
  std::string error;
  ASSERT_TRUE(parseNpy(bytes(file), file.size(), "a", array, error)) << error;
  EXPECT_EQ(array.bytes,
            (std::vector<uint8_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST(Npy, DamagedHeadersAreErrors) {
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
