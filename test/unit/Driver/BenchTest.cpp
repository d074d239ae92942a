//===- BenchTest.cpp - quantc bench, and what is no artefact ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DriverFixture.h"

#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace quantc;

TEST_F(Driver, Benches) {
  Result result = run({"bench", FAKE_ARTIFACT, "--dim", "batch=20", "--threads",
                       "2", "--json", "--seconds=0.05"});
  ASSERT_EQ(result.code, 0) << result.err;
  Expected<json::Value> value = json::parse(result.out);
  ASSERT_TRUE(bool(value)) << result.out;
  const json::Object *object = value->getAsObject();
  ASSERT_NE(object, nullptr);
  double median = object->getNumber("median").value_or(-1);
  double min = object->getNumber("min").value_or(-1);
  EXPECT_GT(min, 0);
  EXPECT_GE(median, min);
  EXPECT_LT(median, 1);
  EXPECT_GE(object->getInteger("runs").value_or(0), 5);
  EXPECT_EQ(object->getInteger("threads"), 2);
  ASSERT_NE(object->getArray("samples"), nullptr);
  EXPECT_GE(object->getArray("samples")->size(), 5u);

  result = run({"bench", FAKE_ARTIFACT, "--dim=batch=0", "--seconds=0.05"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("median"), std::string::npos);
  result = run({"bench", FAKE_ARTIFACT, "--dim=batch=1001"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("compiled for 0 to 1000"), std::string::npos);
  result = run({"bench", FAKE_ARTIFACT, "--dim=batch=9000000000000000000"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("too large"), std::string::npos);
}

TEST_F(Driver, OtherFilesAreNoArtefacts) {
  std::string in = makeInputs("a.npz", 3);
  for (const std::string &file :
       {in, path("none.so"), std::string("/dev/null"), std::string("/"),
        std::string(QUANTC_DRIVER)}) {
    Result result = run({"run", file, "--inputs", in});
    EXPECT_EQ(result.code, 1) << file;
    EXPECT_NE(result.err.find("'" + file + "'"), std::string::npos)
        << result.err;
  }
  // Cut off, and with damage anywhere: never a crash.
  std::string whole = read(FAKE_ARTIFACT);
  for (size_t size = 1; size < whole.size(); size *= 2) {
    std::error_code code;
    raw_fd_ostream(path("cut.so"), code) << whole.substr(0, size);
    EXPECT_EQ(run({"bench", path("cut.so"), "--dim=batch=1"}).code, 1);
  }
}
