//===- UseTest.cpp - The driver's help and errors of use --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DriverFixture.h"

#include "quantc/Support/Version.h"

using namespace llvm;
using namespace quantc;

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
         "option '--threads' has an empty value; supported: --threads=N");
  expect({"compile", "a.onnx", "-o", "a.so", "--integer-only="},
         "option '--integer-only' has an empty value; supported: "
         "--integer-only[=fixed|ibert|ivit]");
  expect({"compile", "a.onnx", "-o", "a.so", "--integer-only=i-bert"},
         "--integer-only takes fixed, ibert or ivit, not 'i-bert'");
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
  expect({"bench", FAKE_ARTIFACT, "--dim", "batch=1", "--dim", "batch=2"},
         "--dim gives 'batch' twice");
  expect({"compile", "a.onnx", "-o", "a.so", "--dim", "n=1", "--dim", "n=2"},
         "--dim gives 'n' twice");
  expect({"bench", FAKE_ARTIFACT, "--json=yes"}, "takes no value");
  expect({"bench", FAKE_ARTIFACT, "--seconds=nan"}, "--seconds takes");
  expect({"compare"}, "MODEL|ARTEFACT [ARTEFACT] is missing");
  expect({"compare", FAKE_ARTIFACT}, "was not compiled with --keep-ir");
  expect({"compare", FAKE_ARTIFACT, FAKE_ARTIFACT}, "give --dim batch=SIZE");
  expect({"compare", FAKE_ARTIFACT, "--recipe=f32"}, "stated by the artefact");
  expect({"compare", "a.onnx", "--top=0"}, "--top takes");
  expect({"inspect", FAKE_ARTIFACT, "--recipe=f32"}, "stated by the artefact");
  expect({"inspect", FAKE_ARTIFACT, "--ir=both"}, "--ir takes float");
}
