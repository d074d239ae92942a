//===- DriverTest.cpp - quantc run and bench, from outside ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Npz.h"
#include "quantc/Support/Version.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace llvm;
using namespace quantc;

namespace {

struct Result {
  int code;
  std::string out;
  std::string err;
};

class Driver : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("quantc-driver", folder));
  }
  void TearDown() override { sys::fs::remove_directories(folder); }

  std::string path(StringRef name) {
    SmallString<128> joined(folder);
    sys::path::append(joined, name);
    return joined.str().str();
  }

  Result run(std::vector<std::string> arguments) {
    std::string out = path("stdout"), err = path("stderr");
    std::vector<StringRef> words = {QUANTC_DRIVER};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::optional<StringRef> streams[] = {StringRef(), StringRef(out),
                                          StringRef(err)};
    std::string problem;
    int code = sys::ExecuteAndWait(QUANTC_DRIVER, words, std::nullopt, streams,
                                   60, 0, &problem);
    EXPECT_EQ(problem, "");
    return {code, read(out), read(err)};
  }

  static std::string read(const std::string &file) {
    auto buffer = MemoryBuffer::getFile(file);
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  }

  /// Good inputs of the fake artefact, of which `change` may make wrong ones.
  std::string makeInputs(StringRef name, int64_t batch,
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

  SmallString<128> folder;
};

} // namespace

TEST_F(Driver, SaysWhatItIs) {
  Result version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out, "quantc " + std::string(getVersion()) + "\n");
  for (const char *help : {"--help", "-h", "help"})
    EXPECT_EQ(run({help}).code, 0);
  for (const char *command : {"run", "bench"}) {
    Result help = run({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find("usage: quantc " + std::string(command)),
              std::string::npos);
    EXPECT_NE(help.out.find("--threads=N"), std::string::npos);
    EXPECT_EQ(help.err, "");
  }
}

TEST_F(Driver, WrongUseIsExplained) {
  auto expect = [&](std::vector<std::string> arguments, const char *message) {
    Result result = run(std::move(arguments));
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  };
  expect({}, "usage: quantc");
  expect({"rnu"}, "unknown command 'rnu' (did you mean 'run'?)");
  expect({"--verison"}, "unknown option '--verison'");
  expect({"run"}, "ARTEFACT is missing");
  expect({"run", "a.so", "b.so"}, "unexpected argument 'b.so'");
  expect({"run", "a.so", "--input=x.npz"},
         "unknown option '--input' (did you mean '--inputs'?)");
  expect({"run", "a.so", "--threads"}, "option '--threads' needs a value");
  expect({"run", "a.so", "--threads="},
         "option '--threads' has an empty value");
  expect({"run", "a.so", "--threads=0"},
         "--threads takes a number from 1 to 1024, not '0'");
  expect({"run", "a.so", "--threads=1", "--threads=2"}, "given twice");
  expect({"run", "a.so", "--repeat=x"},
         "--repeat takes a number of at least 1, not 'x'");
  expect({"run", FAKE_ARTIFACT},
         "--inputs is missing: the model's inputs are 'x' (f32 [batch, 4]), "
         "'ids' (i64 [batch])");
  expect({"bench", FAKE_ARTIFACT},
         "the model has dimensions that are known at run time only; give "
         "--dim batch=SIZE");
  expect({"bench", FAKE_ARTIFACT, "--dim", "bacth=3"},
         "no run-time dimension 'bacth' (did you mean 'batch'?)");
  expect({"bench", FAKE_ARTIFACT, "--dim", "batch"}, "NAME=SIZE");
  expect({"bench", FAKE_ARTIFACT, "--dim", "batch=-1"}, "at least 0");
  expect({"bench", FAKE_ARTIFACT, "--json=yes"}, "takes no value");
  expect({"bench", FAKE_ARTIFACT, "--seconds=nan"}, "--seconds takes");
}

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
         "an index lies outside its dimension in '/embed/Gather'");
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
