//===- Linker.cpp - Links shared libraries by lld -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lld/Common/Driver.h"
#include "quantc/Artifact/Artifact.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace quantc;

llvm::Error quantc::linkSharedLibrary(llvm::ArrayRef<std::string> objects, llvm::StringRef exportedSymbol,
                                      llvm::StringRef path) {
  std::string output = path.str(), script = output + ".version";
  {
    std::error_code error;
    llvm::raw_fd_ostream out(script, error);
    if (error)
      return llvm::createStringError("'" + script + "': " + error.message());
    out << "{ global: " << exportedSymbol << "; local: *; };\n";
  }
  std::string version = "--version-script=" + script;
  std::vector<const char *> arguments{"ld.lld",       "-shared",        "-o",  output.c_str(),        "-z",
                                      "noexecstack",  "-z",             "now", "--hash-style=gnu",    "--build-id=none",
                                      "--gc-sections", version.c_str(), "-z",  "nostart-stop-gc",     "--undefined-version"};
  for (const std::string &object : objects)
    arguments.push_back(object.c_str());
  std::string text;
  lld::Result result;
  {
    // lld has global state: one link at a time, and errors that it would leave
    // the process for come back as results.
    static std::mutex mutex;
    std::lock_guard<std::mutex> lock(mutex);
    llvm::CrashRecoveryContext::Enable();
    llvm::raw_string_ostream stream(text);
    result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  }
  llvm::sys::fs::remove(script);
  if (result.retCode != 0)
    return llvm::createStringError("linking failed: " + text);
  return llvm::Error::success();
}
