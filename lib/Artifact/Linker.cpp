//===- Linker.cpp - Links shared libraries by lld -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lld/Common/Driver.h"
#include "quantc/Artifact/Artifact.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace quantc;

/// Runs the linker in this process.
static llvm::Error runLinker(llvm::ArrayRef<std::string> arguments) {
  // lld has global state: one link at a time.
  static std::mutex mutex;
  static bool canRun = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!canRun)
    return llvm::createStringError("linking failed before in this process");
  std::vector<const char *> pointers{"ld.lld"};
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  // Errors that lld would leave the process for come back as results.
  llvm::CrashRecoveryContext::Enable();
  std::string text;
  llvm::raw_string_ostream stream(text);
  lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  llvm::CrashRecoveryContext::Disable();
  canRun = result.canRunAgain;
  if (result.retCode != 0)
    return llvm::createStringError("linking failed: " + text);
  return llvm::Error::success();
}

llvm::Error quantc::linkSharedLibrary(llvm::ArrayRef<std::string> objects, const std::string &emptyObject,
                                      llvm::StringRef exportedSymbol, llvm::StringRef path) {
  std::string script = path.str() + ".version", library = path.str() + ".libc";
  llvm::scope_exit clean([&] {
    llvm::sys::fs::remove(script);
    llvm::sys::fs::remove(library);
  });
  {
    std::error_code error;
    llvm::raw_fd_ostream out(script, error);
    if (error)
      return llvm::createStringError("'" + script + "': " + error.message());
    out << "{ global: " << exportedSymbol << "; local: *; };\n";
  }
  // A library of the C library's name with nothing in it: what the runtime
  // calls stays undefined and without a version, and the result is the same
  // on every machine.
  if (llvm::Error error = runLinker({"-shared", "-soname=libc.so.6", "--build-id=none", emptyObject, "-o", library}))
    return error;
  std::vector<std::string> arguments{"-shared",          "-o",
                                     path.str(),         "-z",
                                     "noexecstack",      "-z",
                                     "now",              "-z",
                                     "nostart-stop-gc",  "--hash-style=gnu",
                                     "--build-id=none",  "--gc-sections",
                                     "--undefined-version", "--version-script=" + script};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  arguments.insert(arguments.end(), {"--no-as-needed", library});
  return runLinker(arguments);
}
