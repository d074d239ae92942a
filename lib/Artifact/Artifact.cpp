//===- Artifact.cpp - From lowered modules to shared libraries -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/Artifact.h"
#include "CheckProgram.h"
#include "RuntimeBitcode.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/xxhash.h"
#include <atomic>
#include <map>
#include <thread>

using namespace mlir;
using namespace quantc;

namespace {
/// Files of one link, removed when it ends.
class Workspace {
public:
  Workspace() { problem = llvm::sys::fs::createUniqueDirectory("quantc", folder); }
  ~Workspace() {
    if (!problem)
      llvm::sys::fs::remove_directories(folder);
  }
  std::error_code getProblem() const { return problem; }
  std::string makePath() { return (folder + "/" + std::to_string(count++) + ".o").str(); }
  llvm::Error write(llvm::ArrayRef<char> bytes) {
    files.push_back(makePath());
    std::error_code error;
    llvm::raw_fd_ostream out(files.back(), error);
    if (!error)
      out.write(bytes.data(), bytes.size());
    out.close();
    if (error || out.has_error())
      return llvm::createStringError("'" + files.back() + "': " + (error ? error : out.error()).message());
    return llvm::Error::success();
  }

  std::vector<std::string> files;

private:
  llvm::SmallString<128> folder;
  std::error_code problem;
  unsigned count = 0;
};
} // namespace

/// The values of all globals, several at a time.
static llvm::Expected<std::vector<HostValue>> evaluateGlobals(llvm::ArrayRef<qt::GlobalOp> globals, unsigned threads) {
  std::vector<HostValue> values(globals.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto work = [&] {
    for (size_t i = next++; i < globals.size(); i = next++) {
      qt::GlobalOp global = globals[i];
      InterpreterContext context(1);
      SmallVector<HostValue> results;
      if (llvm::failed(context.interpretBlock(global.getBody().front(), {}, results)))
        failed = true;
      else
        values[i] = results.front();
    }
  };
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads && i < globals.size(); ++i)
    pool.emplace_back(work);
  work();
  for (std::thread &thread : pool)
    thread.join();
  if (failed)
    return llvm::createStringError("a constant cannot be evaluated");
  return values;
}

static llvm::Error writeDataFile(const std::string &path, const CpuTarget &target, llvm::ArrayRef<DataItem> items) {
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (!error) {
    writeWeightsObject(out, llvm::Triple(target.getTriple()), items);
    out.close();
    error = out.error();
    out.clear_error();
  }
  if (error)
    return llvm::createStringError("'" + path + "': " + error.message());
  return llvm::Error::success();
}

static llvm::Error writeWeights(ModuleOp module, const CpuTarget &target, unsigned threads, Workspace &workspace) {
  SmallVector<qt::GlobalOp> globals(module.getOps<qt::GlobalOp>());
  llvm::Expected<std::vector<HostValue>> values = evaluateGlobals(globals, threads);
  if (!values)
    return values.takeError();
  // Equal bytes once: by hash, then by comparison.
  std::vector<DataItem> items;
  std::multimap<uint64_t, size_t> known;
  for (auto [global, value] : llvm::zip_equal(globals, *values)) {
    llvm::ArrayRef<uint8_t> bytes = value.getBytes();
    uint64_t hash = llvm::xxh3_64bits(bytes);
    auto [from, to] = known.equal_range(hash);
    auto same = std::find_if(from, to, [&](const auto &entry) { return items[entry.second].bytes == bytes; });
    if (same != to) {
      items[same->second].symbols.push_back(global.getSymName().str());
      continue;
    }
    known.emplace(hash, items.size());
    items.push_back({{global.getSymName().str()}, bytes});
  }
  workspace.files.push_back(workspace.makePath());
  return writeDataFile(workspace.files.back(), target, items);
}

/// The runtime, for the baseline of the triple: what looks for the CPU's
/// features must run on every CPU.
static llvm::Expected<ObjectBytes> compileRuntime(const CpuTarget &target, llvm::StringRef prefix) {
  llvm::InitializeAllAsmParsers();
  llvm::LLVMContext context;
  llvm::StringRef bitcode = getRuntimeBitcode(target.getTriple());
  if (bitcode.empty())
    return llvm::createStringError("there is no runtime for " + target.getTriple() +
                                   "; supported: x86_64 and aarch64 with Linux");
  auto module = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "runtime"), context);
  if (!module)
    return module.takeError();
  if (!prefix.empty())
    (*module)->getFunction("quantc_model")->setName(prefix + "_model");
  auto machine = makeTargetMachine(target.getTriple(), "", "");
  if (!machine)
    return machine.takeError();
  return emitObject(**module, **machine);
}

llvm::Error quantc::writeSharedLibrary(ModuleOp module, const ProgramInfo &info, const ArtifactOptions &options,
                                       llvm::StringRef path) {
  Workspace workspace;
  if (std::error_code problem = workspace.getProblem())
    return llvm::createStringError("no temporary folder: " + problem.message());
  auto entry = module.lookupSymbol<func::FuncOp>("main");
  if (!entry)
    return llvm::createStringError("the module has no function 'main'");
  if (failed(checkProgram(entry, module)))
    return llvm::createStringError("the program cannot become an artefact");
  llvm::LLVMContext context;
  llvm::Module program("program", context);
  if (llvm::Error error = emitProgram(entry, module, info, program))
    return error;
  auto machine = makeTargetMachine(info.target.getTriple(), "", "");
  if (!machine)
    return machine.takeError();
  llvm::Expected<ObjectBytes> programObject = emitObject(program, **machine);
  if (!programObject)
    return programObject.takeError();
  llvm::Expected<ObjectBytes> runtime = compileRuntime(info.target, options.prefix);
  if (!runtime)
    return runtime.takeError();
  auto kernels = compileKernels(module, info.target, options.threads);
  if (!kernels)
    return kernels.takeError();
  kernels->push_back(std::move(*programObject));
  kernels->push_back(std::move(*runtime));
  for (const ObjectBytes &object : *kernels)
    if (llvm::Error error = workspace.write(object))
      return error;
  if (llvm::Error error = writeWeights(module, info.target, options.threads, workspace))
    return error;

  std::string emptyObject = workspace.makePath();
  if (llvm::Error error = writeDataFile(emptyObject, info.target, {}))
    return error;

  llvm::SmallString<128> temporary;
  if (std::error_code error = llvm::sys::fs::createUniqueFile(path + ".%%%%%%", temporary))
    return llvm::createStringError("'" + path + "': " + error.message());
  std::string symbol = (options.prefix.empty() ? std::string("quantc") : options.prefix) + "_model";
  llvm::Error error = linkSharedLibrary(workspace.files, emptyObject, symbol, temporary);
  if (!error)
    if (std::error_code problem = llvm::sys::fs::rename(temporary, path))
      error = llvm::createStringError("'" + path + "': " + problem.message());
  if (error)
    llvm::sys::fs::remove(temporary);
  return error;
}
