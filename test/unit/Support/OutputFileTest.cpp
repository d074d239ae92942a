//===- OutputFileTest.cpp - Temporary names of outputs ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/OutputFile.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>
#include <vector>

using quantc::OutputFile;

/// What removes files on a signal must not remove one that was there before.
TEST(OutputFile, WithdrawsNamesOfOtherFiles) {
  char folder[] = "/tmp/quantc-output-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder));
  std::string path = std::string(folder) + "/model.so",
              prefix = path + ".tmp" + std::to_string(::getpid()) + ".";
  std::ofstream(prefix + "0") << "of another";
  std::vector<std::string> announced;
  auto announce = [&](const std::string &name) { announced.push_back(name); };
  auto withdraw = [&](const std::string &name) {
    ASSERT_EQ(announced.back(), name);
    announced.pop_back();
  };
  {
    OutputFile file;
    std::string error;
    ASSERT_TRUE(file.open(path, error, 0666, announce, withdraw)) << error;
    EXPECT_EQ(announced, std::vector<std::string>{prefix + "1"});
    EXPECT_EQ(file.getTemporary(), prefix + "1");
  }
  EXPECT_EQ(::access((prefix + "0").c_str(), F_OK), 0);
  EXPECT_NE(::access((prefix + "1").c_str(), F_OK), 0);
  // Nor is a name of which no file could be made.
  OutputFile none;
  std::string error;
  announced.clear();
  EXPECT_FALSE(none.open(std::string(folder) + "/none/model.so", error, 0666,
                         announce, withdraw));
  EXPECT_TRUE(announced.empty());
  ::unlink((prefix + "0").c_str());
  ::rmdir(folder);
}
