//===- RunTest.cpp - quantc run, from outside -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DriverFixture.h"
#include "quantc/Import/ONNX/TensorFile.h"

using namespace llvm;
using namespace quantc;

TEST_F(Driver, Runs) {
  std::string in = makeInputs("in.npz", 30), out = path("out.npz");
  for (const char *threads : {"1", "2", "8"}) {
    Result result = run({"run", FAKE_ARTIFACT, "--inputs", in, "--outputs", out,
                         "--threads", threads, "--repeat=3"});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out + result.err, "");
    expectOutputs(out, 30);
    sys::fs::remove(out);
  }
  Result shapes = run({"run", FAKE_ARTIFACT, "--inputs=" + in});
  EXPECT_EQ(shapes.code, 0);
  EXPECT_EQ(shapes.out, "y: f32 [30, 4]\nrows: i64 []\n");
}

TEST_F(Driver, RunsSeveralInputs) {
  std::string a = makeInputs("a.npz", 3), b = makeInputs("b.npz", 0),
              c = makeInputs("c.npz", 900);
  Result result = run({"run", FAKE_ARTIFACT, "--inputs", a, "--inputs", b,
                       "--inputs", c, "--outputs", path("out/")});
  EXPECT_EQ(result.code, 0) << result.err;
  expectOutputs(path("out/a.npz"), 3);
  expectOutputs(path("out/b.npz"), 0);
  expectOutputs(path("out/c.npz"), 900);
  result = run({"run", FAKE_ARTIFACT, "--inputs", a, "--inputs", c, "--outputs",
                path("1.npz"), "--outputs", path("2.npz")});
  EXPECT_EQ(result.code, 0) << result.err;
  expectOutputs(path("2.npz"), 900);
  EXPECT_EQ(run({"run", FAKE_ARTIFACT, "--inputs", a, "--inputs", b,
                 "--outputs", path("1.npz")})
                .code,
            2);
  EXPECT_EQ(run({"run", FAKE_ARTIFACT, "--inputs", a, "--inputs", a,
                 "--outputs", path("out")})
                .code,
            2);
}

TEST_F(Driver, RunsFoldersOfTensors) {
  auto makeFolder = [&](StringRef name, int64_t batch) {
    std::vector<NamedArray> arrays;
    std::string error;
    EXPECT_TRUE(readNpz(makeInputs("in.npz", batch), arrays, error)) << error;
    sys::fs::create_directory(path(name));
    for (auto [i, array] : enumerate(arrays)) {
      array.name = "any"; // their numbers count
      EXPECT_TRUE(onnx::writeTensorFile(
          path((name + "/input_" + Twine(i) + ".pb").str()), array, error))
          << error;
    }
    return path(name);
  };
  auto expectFolder = [&](const std::string &folder, int64_t batch) {
    std::vector<NamedArray> arrays(2);
    std::string error;
    for (auto [i, array] : enumerate(arrays))
      ASSERT_TRUE(onnx::readTensorFile(
          folder + "/output_" + std::to_string(i) + ".pb", array, error))
          << error;
    ASSERT_TRUE(writeNpz(path("check.npz"), arrays, error)) << error;
    expectOutputs(path("check.npz"), batch);
  };
  std::string a = makeFolder("a", 3), b = makeFolder("b", 0);
  // What else is in a folder does not matter.
  std::error_code code;
  raw_fd_ostream(a + "/output_0.pb", code) << "expected";
  Result result = run({"run", FAKE_ARTIFACT, "--inputs", a, "--outputs",
                       path("one/"), "--repeat=2"});
  EXPECT_EQ(result.code, 0) << result.err;
  expectFolder(path("one"), 3);
  result = run({"run", FAKE_ARTIFACT, "--inputs", a + "/", "--inputs", b,
                "--outputs", path("all/")});
  EXPECT_EQ(result.code, 0) << result.err;
  expectFolder(path("all/a"), 3);
  expectFolder(path("all/b"), 0);
  result = run({"run", FAKE_ARTIFACT, "--inputs", a, "--inputs", b, "--outputs",
                path("1"), "--outputs", path("2.npz")});
  EXPECT_EQ(result.code, 0) << result.err;
  expectFolder(path("1"), 3);
  expectOutputs(path("2.npz"), 0);

  auto expect = [&](const std::string &in, const char *message) {
    result = run({"run", FAKE_ARTIFACT, "--inputs", in});
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  };
  sys::fs::create_directory(path("empty"));
  expect(path("empty"), "has no ONNX tensors");
  raw_fd_ostream(b + "/input_2.pb", code) << "";
  raw_fd_ostream(b + "/input_1.pb", code) << "";
  expect(b, "input_2.pb': the model has 2 inputs");
  expect(b, "input_1.pb' is not an ONNX tensor that can be read: the file is "
            "empty");
  sys::fs::remove(a + "/input_1.pb");
  expect(a, "has no array 'ids'");
}

TEST_F(Driver, WrongInputsAreExplained) {
  std::string out = path("out.npz");
  auto expect = [&](const std::string &in, const char *message) {
    Result result =
        run({"run", FAKE_ARTIFACT, "--inputs", in, "--outputs", out});
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
    EXPECT_FALSE(sys::fs::exists(out));
  };
  using Arrays = std::vector<NamedArray> &;
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[0].name = "X"; }),
         "array 'X' of");
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[0].name = "X"; }),
         "has no array 'x'");
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[1].dtype = QUANTC_F64; }),
         "input 'ids' has dtype f64, but the model takes i64");
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[0].dims = {12}; }),
         "input 'x' has rank 1, but the model takes [batch, 4] (rank 2)");
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[0].dims = {4, 3}; }),
         "dimension 1 is 3, not 4");
  expect(makeInputs("a.npz", 3,
                    [](Arrays a) {
                      a[1].dims = {2};
                      a[1].bytes.resize(16);
                    }),
         "'batch' is 2 there and 3 in input 'x'");
  expect(makeInputs("a.npz", 3,
                    [](Arrays a) {
                      a[0].dims = {1, 1, 1, 1, 1, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 12};
                    }),
         "has rank 17");
  expect(makeInputs("a.npz", 3, [](Arrays a) { a[1].bytes[0] = 77; }),
         "an index lies outside its dimension in '/embed/Gather': 77");
  expect(path("none.npz"), "No such file or directory");
  expect(FAKE_ARTIFACT, "it is not a zip file");
}

TEST_F(Driver, OutputsThatCannotBeWritten) {
  std::string in = makeInputs("a.npz", 3);
  Result result = run({"run", FAKE_ARTIFACT, "--inputs", in, "--outputs",
                       path("none/out.npz")});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("cannot write"), std::string::npos) << result.err;
  result = run({"run", FAKE_ARTIFACT, "--inputs", in, "--outputs", in + "/"});
  EXPECT_EQ(result.code, 1);
}
