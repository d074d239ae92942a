//===- Linker.cpp - Links by lld --------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/Linker.h"
#include "lld/Common/Driver.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/InterfaceStub/ELFObjHandler.h"
#include "llvm/InterfaceStub/IFSStub.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/Binary.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace quantc;

// All that an artefact may need from the system. Against anything else, as a
// function of the compiler's runtime library, the link fails.
static constexpr const char *libcSymbols[] = {
    "bcmp",         "clock_gettime",   "dl_iterate_phdr",
    "free",         "getauxval",       "getpid",
    "memcmp",       "memcpy",          "memmove",
    "memset",       "posix_memalign",  "pthread_create",
    "pthread_join", "pthread_sigmask", "sched_getaffinity",
    "syscall"};
// CPUs before SSE4.1 and FMA have no instruction for these.
static constexpr const char *libmSymbols[] = {"ceilf",      "floorf", "fmaf",
                                              "fmodf",      "lrintf", "rintf",
                                              "roundevenf", "roundf", "truncf"};

/// Libraries of the target are not needed for linking: stubs take their place.
static llvm::Error writeStub(const llvm::Triple &triple, llvm::StringRef soname,
                             llvm::ArrayRef<const char *> symbols,
                             llvm::StringRef path) {
  llvm::ifs::IFSStub stub;
  stub.IfsVersion = llvm::VersionTuple(3, 0);
  stub.SoName = soname.str();
  stub.Target.Arch = static_cast<llvm::ifs::IFSArch>(
      triple.isX86_64() ? llvm::ELF::EM_X86_64 : llvm::ELF::EM_AARCH64);
  stub.Target.BitWidth = llvm::ifs::IFSBitWidthType::IFS64;
  stub.Target.Endianness = llvm::ifs::IFSEndiannessType::Little;
  for (const char *name : symbols) {
    llvm::ifs::IFSSymbol symbol(name);
    symbol.Type = llvm::ifs::IFSSymbolType::Func;
    stub.Symbols.push_back(symbol);
  }
  return llvm::ifs::writeBinaryStub(path, stub);
}

static llvm::Error writeVersionScript(llvm::StringRef exportedSymbol,
                                      llvm::StringRef path) {
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error)
    return llvm::createFileError(path, error);
  out << "{ global: " << exportedSymbol << "; local: *; };\n";
  out.close();
  if (!out.has_error())
    return llvm::Error::success();
  error = out.error();
  out.clear_error();
  return llvm::createFileError(path, error);
}

/// Runs lld in this process.
static llvm::Error runLinker(llvm::ArrayRef<const char *> arguments) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  // lld has global state: one link at a time. Errors that it would leave the
  // process for come back as results where crashes are recovered from.
  static std::mutex mutex;
  static bool canRun = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!canRun)
    return llvm::createStringError("linking failed before in this process");
  llvm::CrashRecoveryContext::Enable();
  lld::Result result =
      lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  llvm::CrashRecoveryContext::Disable();
  canRun = result.canRunAgain;
  if (result.retCode != 0)
    return llvm::createStringError("linking failed: " +
                                   llvm::StringRef(text).trim());
  return llvm::Error::success();
}

llvm::Error quantc::linkSharedLibrary(const llvm::Triple &triple,
                                      llvm::ArrayRef<std::string> objects,
                                      llvm::StringRef exportedSymbol,
                                      llvm::StringRef folder,
                                      llvm::StringRef path) {
  std::string output = path.str();
  std::string script = (folder + "/exports").str(),
              libc = (folder + "/libc.so").str(),
              libm = (folder + "/libm.so").str();
  if (llvm::Error error = writeVersionScript(exportedSymbol, script))
    return error;
  if (llvm::Error error = writeStub(triple, "libc.so.6", libcSymbols, libc))
    return error;
  if (llvm::Error error = writeStub(triple, "libm.so.6", libmSymbols, libm))
    return error;

  std::string version = "--version-script=" + script;
  std::vector<const char *> arguments{"ld.lld",
                                      "-shared",
                                      "-o",
                                      output.c_str(),
                                      "-z",
                                      "noexecstack",
                                      "-z",
                                      "now",
                                      "-z",
                                      "defs",
                                      "-O1",
                                      "--hash-style=gnu",
                                      "--build-id=none",
                                      "--gc-sections",
                                      version.c_str()};
  for (const std::string &object : objects)
    arguments.push_back(object.c_str());
  for (const char *argument : {libc.c_str(), "--as-needed", libm.c_str()})
    arguments.push_back(argument);

  return runLinker(arguments);
}

llvm::Error quantc::linkObjects(llvm::ArrayRef<std::string> objects,
                                llvm::ArrayRef<std::string> exported,
                                llvm::StringRef folder, llvm::StringRef path) {
  std::string merged = (folder + "/merged.o").str();
  std::vector<const char *> arguments{"ld.lld", "-r", "-o", merged.c_str()};
  for (const std::string &object : objects)
    arguments.push_back(object.c_str());
  if (llvm::Error error = runLinker(arguments))
    return error;
  auto buffer = llvm::MemoryBuffer::getFile(merged);
  if (!buffer)
    return llvm::createFileError(merged, buffer.getError());
  auto file = llvm::object::createBinary((*buffer)->getMemBufferRef());
  if (!file)
    return file.takeError();
  llvm::objcopy::ConfigManager config;
  config.Common.InputFilename = merged;
  config.Common.OutputFilename = path;
  for (const std::string &symbol : exported)
    if (llvm::Error error = config.Common.SymbolsToKeepGlobal.addMatcher(
            llvm::objcopy::NameOrPattern::create(
                symbol, llvm::objcopy::MatchStyle::Literal,
                [](llvm::Error error) { return error; })))
      return error;
  std::error_code problem;
  llvm::raw_fd_ostream out(path, problem);
  if (problem)
    return llvm::createFileError(path, problem);
  llvm::Error error =
      llvm::objcopy::executeObjcopyOnBinary(config, **file, out);
  out.close();
  if (out.has_error())
    error = llvm::joinErrors(std::move(error),
                             llvm::createFileError(path, out.error()));
  out.clear_error();
  return error;
}

llvm::Expected<llvm::SmallVector<char, 0>>
quantc::renameSymbol(llvm::StringRef object, llvm::StringRef from,
                     llvm::StringRef to) {
  auto file =
      llvm::object::createBinary(llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return file.takeError();
  llvm::objcopy::ConfigManager config;
  config.Common.SymbolsToRename[from] = to;
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream out(bytes);
  if (llvm::Error error =
          llvm::objcopy::executeObjcopyOnBinary(config, **file, out))
    return std::move(error);
  return bytes;
}
