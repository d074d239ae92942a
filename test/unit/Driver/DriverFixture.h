//===- DriverFixture.h - Running the driver as a process --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_DRIVER_DRIVERFIXTURE_H
#define QUANTC_TEST_UNIT_DRIVER_DRIVERFIXTURE_H

#include "quantc/Support/Npz.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cstring>
#include <gtest/gtest.h>

namespace quantc {

struct Result {
  int code;
  std::string out;
  std::string err;
};

class Driver : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("quantc-driver", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) {
    llvm::SmallString<128> joined(folder);
    llvm::sys::path::append(joined, name);
    return joined.str().str();
  }

  Result run(std::vector<std::string> arguments) {
    std::string out = path("stdout"), err = path("stderr");
    std::vector<llvm::StringRef> words = {QUANTC_DRIVER};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::optional<llvm::StringRef> streams[] = {
        llvm::StringRef(), llvm::StringRef(out), llvm::StringRef(err)};
    std::string problem;
    int code = llvm::sys::ExecuteAndWait(QUANTC_DRIVER, words, std::nullopt,
                                         streams, 60, 0, &problem);
    EXPECT_EQ(problem, "");
    return {code, read(out), read(err)};
  }

  static std::string read(const std::string &file) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  }

  /// Good inputs of the fake artefact, of which `change` may make wrong ones.
  std::string makeInputs(llvm::StringRef name, int64_t batch,
                         void (*change)(std::vector<NamedArray> &) = nullptr) {
    std::vector<NamedArray> arrays(2);
    arrays[0].name = "x";
    arrays[0].dims = {batch, 4};
    arrays[0].bytes.resize(batch * 16);
    for (int64_t i = 0; i < batch * 4; ++i) {
      float value = static_cast<float>(i) / 4;
      std::memcpy(&arrays[0].bytes[i * 4], &value, 4);
    }
    arrays[1].name = "ids";
    arrays[1].dtype = QUANTC_I64;
    arrays[1].dims = {batch};
    arrays[1].bytes.resize(batch * 8);
    for (int64_t i = 0; i < batch; ++i)
      arrays[1].bytes[i * 8] = static_cast<uint8_t>(i % 10);
    if (change)
      change(arrays);
    std::string file = path(name), error;
    EXPECT_TRUE(writeNpz(file, arrays, error)) << error;
    return file;
  }

  void expectOutputs(const std::string &file, int64_t batch) {
    std::vector<NamedArray> arrays;
    std::string error;
    ASSERT_TRUE(readNpz(file, arrays, error)) << error;
    ASSERT_EQ(arrays.size(), 2u);
    EXPECT_EQ(arrays[0].name, "y");
    EXPECT_EQ(arrays[1].name, "rows");
    ASSERT_EQ(arrays[0].dims, (std::vector<int64_t>{batch, 4}));
    for (int64_t i = 0; i < batch * 4; ++i) {
      float value;
      std::memcpy(&value, &arrays[0].bytes[i * 4], 4);
      ASSERT_EQ(value,
                static_cast<float>(i) / 2 + static_cast<float>(i / 4 % 10));
    }
  }

  llvm::SmallString<128> folder;
};

} // namespace quantc

#endif // QUANTC_TEST_UNIT_DRIVER_DRIVERFIXTURE_H
