//===- compile-models.cpp - Compile models and run them ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every line "MODEL IN.npz OUT.npz" on the standard input: compiles the
// model in float, as `quantc compile` does, runs the artefact on IN.npz and
// writes OUT.npz, as `quantc run` does. Answers each line by one: "done",
// "unsupported: " (the model was refused) or "failed: " (it did not run). Why
// goes to the standard error.
//
//===----------------------------------------------------------------------===//

#include "../../tools/quantc/Commands.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"

#include <iostream>
#include <sstream>

using namespace llvm;

static const char *evaluate(StringRef model, StringRef in, StringRef out) {
  // A path of its own: the loader knows libraries by their files.
  SmallString<128> artefact;
  if (sys::fs::createTemporaryFile("model", "so", artefact))
    return "failed: no temporary file";
  const char *answer = "done";
  if (quantc::runCompile({model, "-o", artefact.str(), "--recipe", "f32",
                          "--threads", "1"}) != quantc::Done)
    answer = "unsupported: ";
  else if (quantc::runRun({artefact.str(), "--inputs", in, "--outputs", out,
                           "--threads", "1"}) != quantc::Done)
    answer = "failed: ";
  sys::fs::remove(artefact);
  return answer;
}

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string model, in, out;
    words >> model >> in >> out;
    std::cout << evaluate(model, in, out) << std::endl;
  }
}
